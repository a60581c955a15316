import ArgumentParser
import BenchmarkSupport
import DoSQLLoad
import DoSQLLoop
import Foundation

/// Whether a request costs no more than it may: in allocations, system calls, bytes and instructions, which are the same on
/// a machine that is busy.
@main
struct ThresholdsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "thresholds", abstract: "Check what a request costs that no other program can change.")

    @Option(help: "The dosql executable whose server is measured.")
    var server: String

    @Option(help: "The library that counts calls.")
    var counter: String

    @Flag(help: "It is a debug build: its allocations are not those that count.")
    var debug = false

    @Flag(help: "Count instructions, too: under valgrind, and a copy of the server without its debug information.")
    var instructions = false

    @Option(help: "Seconds of each.")
    var seconds = 1.0

    func run() throws {
        try TemporaryFolder.use { folder in
            var failed = 0
            let figures = try calls(in: folder) + (instructions ? try instructions(in: folder) : [])
            for threshold in Threshold.all where !debug || threshold.holdsInDebug {
                guard
                    let figure = figures.first(where: { $0.work == threshold.work && $0.measure == threshold.measure })
                else { continue }
                let isMet = figure.value <= threshold.most
                if !isMet { failed += 1 }
                print(
                    "\(isMet ? "ok  " : "OVER")  \(figure.work), \(figure.measure.rawValue): \(FigureText.number(figure.value)),",
                    "at most \(FigureText.number(threshold.most))")
            }
            guard failed == 0 else { throw BenchmarkError("\(failed) cost more than they may") }
        }
    }

    private typealias Figure = (work: String, measure: Threshold.Measure, value: Double)

    // MARK: Calls and bytes

    private func calls(in folder: String) throws -> [Figure] {
        let counts = folder + "/counts"
        let process = try ServerProcess(
            executable: server, folder: folder + "/data", environment: ["LD_PRELOAD": counter, "CALL_COUNTS": counts])
        defer { process.stop() }
        let table = UsersTable(rows: 1000)
        try table.load(into: process.address)
        let works: [(name: String, burst: Int, dialogue: Dialogue)] = [
            (Work.pipelined, 16, table.pointReads(depth: 16)),
            (Work.single, 1, table.pointReads()),
            (Work.hundredRows, 1, table.hundredRowReads()),
            (Work.inserts, 16, table.inserts(depth: 16)),
            (Work.http, 1, HTTPRequest.pointRead(rows: table.rows).dialogue()),
        ]
        return try works.flatMap { work -> [Figure] in
            // Taken where the load takes processor time: as its measurement begins and ends.
            var taken: [CallCounts] = []
            var failure: (any Error)?
            let generator = try LoadGenerator()
            generator.add(Traffic(to: process.address, connections: 1) { _ in work.dialogue })
            let load = try generator.run(seconds: seconds) {
                do { taken.append(try CallCounts(path: counts)) } catch { failure = error }
                return 0
            }
            if let failure { throw failure }
            let answers = Double(max(1, load.kinds[0].count))
            func each(_ figure: KeyPath<CallCounts, UInt64>) -> Double {
                Double(taken[1][keyPath: figure] - taken[0][keyPath: figure]) / answers
            }
            return [
                (work.name, .allocations, each(\.allocations)),
                (work.name, .systemCalls, each(\.systemCalls) * Double(work.burst)),
                (work.name, .bytes, load.kinds[0].bytesPerAnswer),
            ]
        }
    }

    // MARK: Instructions

    private func instructions(in folder: String) throws -> [Figure] {
        let stripped = folder + "/dosql"
        let strip = try PinnedProcess("/usr/bin/strip", ["-g", "-o", stripped, server])
        guard strip.succeeded() else { throw BenchmarkError("\(server) cannot be stripped") }
        let table = UsersTable(rows: 1000)
        return try [
            (Work.pipelined, table.pointReads(depth: 16)), (Work.inserts, table.inserts(depth: 16)),
        ].map { work, dialogue in
            (work, .instructions, try instructions(of: dialogue, stripped, in: "\(folder)/\(work)"))
        }
    }

    /// Of two runs, one longer than the other: what they differ by is what the requests cost by which they differ.
    private func instructions(of dialogue: Dialogue, _ stripped: String, in folder: String) throws -> Double {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var runs: [(instructions: Double, answers: Double)] = []
        for (index, seconds) in [seconds, 4 * seconds].enumerated() {
            let output = "\(folder)/callgrind-\(index)"
            let process = try ServerProcess(
                executable: "/usr/bin/valgrind", folder: "\(folder)/data-\(index)",
                before: ["--tool=callgrind", "--callgrind-out-file=\(output)", stripped])
            try UsersTable(rows: 1000).load(into: process.address)
            let generator = try LoadGenerator()
            generator.add(Traffic(to: process.address, connections: 1) { _ in dialogue })
            let load = try generator.run(seconds: seconds)
            process.stop()
            let lines = try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n")
            guard let line = lines.last(where: { $0.hasPrefix("totals: ") || $0.hasPrefix("summary: ") }),
                let count = line.split(separator: " ").dropFirst().first.flatMap({ Double($0) })
            else { throw BenchmarkError("callgrind has counted nothing") }
            runs.append((count, Double(load.kinds[0].received)))
        }
        return (runs[1].instructions - runs[0].instructions) / (runs[1].answers - runs[0].answers)
    }
}
