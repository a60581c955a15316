import ArgumentParser
import BenchmarkSupport
import DoSQLLoad

/// What one tenant's flood and heavy SQL cost another tenant's point reads: alone and beside, rounds in turn.
@main
struct NeighboursBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "neighbours",
        abstract:
            "Point reads of one tenant, alone and beside a tenant that runs cross joins and keeps 1,000 requests in flight.",
        discussion: """
            The server has one loop on one processor. The greedy tenant's load runs on threads that give way to the quiet one's, so that its latency is \
            the server's and the network's as far as a shared processor allows. Look at the ratio of the p99s: each round's own pair, their median and their spread.
            """)

    @Option(help: "The dosql executable whose server is measured.")
    var server: String

    @Option(help: "Rounds; each measures alone and beside, whichever comes first in turn.")
    var rounds = 7

    @Option(help: "Seconds of each measurement.")
    var seconds = 3.0

    @Option(help: "Rows of the users table.")
    var rows = 100_000

    @Option(help: "CONNECTIONSxDEPTH of the quiet tenant's reads.")
    var quiet = LoadShape(connections: 1, depth: 1)

    @Option(help: "CONNECTIONSxDEPTH of the greedy tenant's point reads.")
    var flood = LoadShape(connections: 10, depth: 100)

    @Option(help: "Cross joins that the greedy tenant runs at a time.")
    var joins = 1

    @Option(help: "The ratio of the p99s that is aimed at.")
    var goal = 3.0

    func run() throws {
        try TemporaryFolder.use { try measure(in: $0) }
    }

    private func measure(in folder: String) throws {
        let process = try ServerProcess(executable: server, folder: folder + "/data")
        defer { process.stop() }
        for tenant in ["quiet", GreedyTenant.name] {
            try UsersTable(rows: rows).load(into: process.address, tenant: tenant)
        }
        var table = FigureTable()
        var pairs: [(alone: Double, beside: Double)] = []
        for round in 1...rounds {
            Report.progress("round \(round) of \(rounds)")
            var alone: Figures?
            var beside: Figures?
            for isAlone in round % 2 == 1 ? [true, false] : [false, true] {
                if isAlone {
                    alone = try read(process)
                } else {
                    let greedy = try GreedyTenant(
                        at: process.address, flood: flood, joins: joins, rows: rows, seconds: seconds + 1.5,
                        cpuOf: process.usage)
                    beside = try read(process)
                    table.add("the greedy tenant, \(flood) and \(joins) cross joins", try greedy.figures())
                }
            }
            guard let alone, let beside else { continue }
            table.add("the quiet tenant, \(quiet), alone", alone)
            table.add("the quiet tenant, \(quiet), beside", beside)
            pairs.append((alone.p99 ?? .nan, beside.p99 ?? .nan))
        }
        table.print(relativeTo: "the quiet tenant, \(quiet), alone")
        let ratios = pairs.map { $0.beside / $0.alone }
        print(
            """
            p99 alone \(Self.text(pairs.map(\.alone))) µs, beside \(Self.text(pairs.map(\.beside))) µs
            p99 beside / alone: \(Self.text(ratios)); aimed at: at most \(FigureText.number(goal))
            """)
    }

    private func read(_ process: ServerProcess) throws -> Figures {
        try Load.pointReads(
            UsersTable(rows: rows), at: process.address, quiet, tenant: "quiet", seconds: seconds, cpuOf: process.usage)
    }

    /// A median with its spread.
    private static func text(_ values: [Double]) -> String {
        let (least, most) = (values.min() ?? .nan, values.max() ?? .nan)
        return
            "\(FigureText.number(FigureText.median(values))) (\(FigureText.number(least))–\(FigureText.number(most)))"
    }
}
