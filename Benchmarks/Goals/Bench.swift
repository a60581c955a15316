import ArgumentParser
import BenchmarkSupport
import DoSQLLoop
import Foundation

/// How fast DoSQL is beside what people would otherwise use, and beside what the hardware allows.
@main
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract:
            "Measure DoSQL beside C, PostgreSQL, Redis, nginx, Node and SQLite in process, and print the table of goals.",
        discussion: """
            Every figure is a ratio between programs that ran in turn in this call: the median of the rounds, and their spread. Servers have processor 0, \
            whoever asks them processor 1. What is not installed is not compared with.
            """)

    @Argument(help: "Rows of the table to measure, such as 1 4 5b; without any, all.")
    var rows: [String] = []

    @Option(help: "The dosql executable whose server is measured.")
    var server: String

    @Option(help: "The bound-server executable.")
    var bound: String

    @Option(help: "Rounds; each runs every cell once.")
    var rounds = 5

    @Option(help: "Seconds of each cell.")
    var seconds = 0.75

    @Option(help: "Rows of the users table.")
    var tableRows = 100_000

    @Option(help: ArgumentHelp("Write RESULTS.md and results.svg into this folder, too.", valueName: "folder"))
    var save: String?

    @Flag(help: "See only that everything works: little data, no time, one round.")
    var smoke = false

    private static var stages: [any Stage.Type] {
        [
            PointReads.self, DurableInserts.self, MixedLoad.self, TenantInserts.self, LongScan.self, HundredRows.self,
            Orders.self, HTTPReads.self, ManyTenants.self, ClientReads.self,
        ]
    }

    func validate() throws {
        let known = Self.stages.flatMap { $0.rows }
        for row in rows where !known.contains(row) {
            throw ValidationError("there is no row \(row), but \(known.joined(separator: ", "))")
        }
        guard rounds > 0, seconds > 0, tableRows >= 100 else {
            throw ValidationError("there is at least one round of some time, on at least 100 rows")
        }
    }

    func run() throws {
        try TemporaryFolder.use { try measure(in: $0) }
    }

    private func measure(in folder: String) throws {
        let began = MonotonicClock.nanoseconds()
        let machine = Machine(dosql: server)
        let bench = try Workbench(
            dosql: server, bound: bound, folder: folder, table: UsersTable(rows: smoke ? 1000 : tableRows),
            isSmoke: smoke)
        var measurements = Measurements()
        var missing: [Program: String] = [:]
        for type in Self.stages where rows.isEmpty || type.rows.contains(where: rows.contains) {
            Report.progress("rows \(type.rows.joined(separator: ", "))")
            let stage = try type.init(bench)
            defer { stage.close() }
            missing.merge(stage.missing) { first, _ in first }
            for round in 1...(smoke ? 1 : rounds) {
                for cell in stage.cells {
                    do {
                        let figures = try cell.measure(smoke ? 0.05 : seconds)
                        for (id, value) in zip(cell.ids, figures) { measurements.add(id, round: round, value) }
                    } catch  where cell.ids.allSatisfy({ $0.program.isPeer }) && !smoke {
                        // Theirs to explain; its other rounds count.
                        Report.progress("  \(cell.ids[0]): \(error)")
                    }
                }
                Report.progress("  round \(round) of \(smoke ? 1 : rounds)")
            }
        }
        let goals = GoalTable.goals.filter { rows.isEmpty || rows.contains($0.row) }
        let table = ResultTable(
            verdicts: goals.map { Verdict($0, measurements, missing: missing) }, measurements: measurements)
        let how = "\(smoke ? 1 : rounds) rounds of \(FigureText.number(smoke ? 0.05 : seconds)) s a cell"
        print(machine.text, how, table.goals, table.cells, separator: "\n\n")
        Report.progress("\((MonotonicClock.nanoseconds() - began) / 1_000_000_000) s")
        if let save {
            let report =
                [
                    "# Results", "What `make bench` printed. \(ResultTable.legend)", machine.text + "; " + how + ".",
                    table.goals,
                    "## What each cell came to", table.cells,
                ].joined(separator: "\n\n") + "\n"
            try Data(report.utf8).write(to: URL(filePath: save + "/RESULTS.md"))
            let plot = Plot(
                measurements, caption: "\(how); the line in a bar: least to most. \(machine.text.prefix(16)) UTC")
            try Data(plot.svg.utf8).write(to: URL(filePath: save + "/results.svg"))
        }
        if smoke { try Self.check(table) }
    }

    /// Every goal must have its figures, unless its peer is not installed: what they are is nobody's business here.
    private static func check(_ table: ResultTable) throws {
        for verdict in table.verdicts {
            let goal = "\(verdict.goal.of), \(verdict.goal.figure.rawValue)"
            switch verdict.outcome {
            case .notMeasured(Verdict.noFigure): throw BenchmarkError("\(goal): \(Verdict.noFigure)")
            case .notMeasured: continue
            default:
                guard verdict.median > 0, verdict.median.isFinite else {
                    throw BenchmarkError("\(goal): \(verdict.median) makes no sense")
                }
            }
        }
    }
}
