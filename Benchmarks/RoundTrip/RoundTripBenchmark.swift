import ArgumentParser
import BenchmarkSupport

/// Point reads by primary key through the network, beside the same statement in process: rounds in turn, medians with
/// their spread.
@main
struct RoundTripBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "round-trip",
        abstract:
            "SELECT id, name, email, role FROM users WHERE id = ? on 100,000 rows: through the server and in process, in turn.",
        discussion:
            "Figures of one run compare with one another only: machines are shared and noisy, so look at the ratios.")

    @Option(help: "The dosql executable whose server is measured.")
    var server: String

    @Option(help: "Rounds; each runs every cell once.")
    var rounds = 5

    @Option(help: "Seconds of each cell.")
    var seconds = 2.0

    @Option(help: "Rows of the users table.")
    var rows = 100_000

    @Option(
        name: .customLong("cell"),
        help: "CONNECTIONSxDEPTH, the requests in flight on each; may be given several times.")
    var cells: [LoadShape] = [
        LoadShape(connections: 1, depth: 1), LoadShape(connections: 8, depth: 16),
        LoadShape(connections: 64, depth: 128),
    ]

    func run() throws {
        try TemporaryFolder.use { try measure(in: $0) }
    }

    private func measure(in folder: String) throws {
        let process = try ServerProcess(executable: server, folder: folder + "/data")
        defer { process.stop() }
        try UsersTable(rows: rows).load(into: process.address)
        let inProcess = try InProcessReads(folder: folder, rows: rows)

        var table = FigureTable()
        for round in 1...rounds {
            Report.progress("round \(round) of \(rounds)")
            table.add("in process, as people open it", try inProcess.run(.asPeopleOpenIt, seconds: seconds))
            table.add(
                "in process, unix-excl, 64 reads share a transaction",
                try inProcess.run(.sharedTransaction, seconds: seconds))
            for cell in cells {
                let load = try PointReadLoad(address: process.address, shape: cell, rows: rows)
                table.add("server, \(cell)", try load.run(seconds: seconds, cpuOf: process.usage))
            }
        }
        table.print(relativeTo: "in process, as people open it")
    }
}
