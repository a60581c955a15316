import ArgumentParser
import BenchmarkSupport
import DoSQLLoad
import DoSQLLoop
import DoSQLTLS

/// A point read over HTTP, beside an answer that is always the same, and beside the same read in the binary protocol.
struct HTTPBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "http",
        abstract: "POST /queryOne on the users table, beside GET /health/live and the binary protocol, in turn.")

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
    var cells: [LoadShape] = [LoadShape(connections: 64, depth: 1)]

    @Flag(help: "Ask over TLS as well, with the certificates of the tests.")
    var tls = false

    /// Where these are, from the package's root.
    private static let certificates = "Tests/DoSQLTestSupport/Certificates/"

    func run() throws {
        try TemporaryFolder.use { try measure(in: $0) }
    }

    private func measure(in folder: String) throws {
        let certificates = Self.certificates
        let flags = [
            "--tls-certificate", certificates + "server.pem", "--tls-key", certificates + "server.key",
        ]
        let secured = tls ? try TLSClientContext(trustRoots: certificates + "root.pem") : nil
        let process = try ServerProcess(executable: server, folder: folder + "/data", flags: tls ? flags : [])
        defer { process.stop() }
        try UsersTable(rows: rows).load(into: process.address)

        for shape in cells {
            let query = "HTTP POST /queryOne, \(shape)"
            let constant = "HTTP GET /health/live, \(shape)"
            let binary = "binary QUERY_ONE, \(shape)"
            let secureQuery = "HTTPS POST /queryOne, \(shape)"
            var table = FigureTable()
            for round in 1...rounds {
                Report.progress("round \(round) of \(rounds)")
                for (name, request) in [(query, HTTPRequest.pointRead(rows: rows)), (constant, HTTPRequest.live())] {
                    table.add(name, try ask(process, request, shape))
                }
                if let secured {
                    let figures = try ask(process, .pointRead(rows: rows), shape) { try TLSClientTransform(secured) }
                    table.add(secureQuery, figures)
                }
                table.add(
                    binary,
                    try Load.pointReads(
                        UsersTable(rows: rows), at: process.address, shape, seconds: seconds, cpuOf: process.usage))
            }
            table.print(relativeTo: constant)
            table.printRatios("server CPU", of: \.cpu, [query, binary], to: constant)
            table.printRatios("server CPU", of: \.cpu, [query], to: binary)
            if tls { table.printRatios("server CPU", of: \.cpu, [secureQuery], to: query) }
        }
    }

    private func ask(
        _ process: ServerProcess, _ request: HTTPRequest, _ shape: LoadShape,
        through transform: (() throws -> any StreamTransform)? = nil
    ) throws -> Figures {
        let traffic = Traffic(to: process.address, connections: shape.connections, transform: transform) { _ in
            request.dialogue(depth: shape.depth)
        }
        return try Load.run(traffic, seconds: seconds, cpuOf: process.usage)
    }
}
