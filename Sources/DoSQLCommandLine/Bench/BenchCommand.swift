import ArgumentParser
import DoSQLClient
import DoSQLLoad
import DoSQLLoop
import DoSQLProtocol
import DoSQLTLS

/// `dosql bench`: how many statements a server carries out, and how long they take.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure a server: one statement, again and again.",
        discussion: """
            Without --rate each connection keeps --depth requests in flight: it sends so many, waits for all answers, and sends again. With --rate so \
            many are sent in a second whatever is still to be answered, and the time of each counts from when it should have been sent: what a stall \
            holds up is in the figures.

            A parameter is a value as `dosql query` takes it, or random:N, an integer from 1 to N that is another one each time, or random:text, a text \
            of 19 digits such as no two requests have.

            This runs on one thread. The time that it needs itself is printed too: where that is nearly all of a processor, it is not the server \
            that was measured.

            Examples:
              dosql bench dosql://127.0.0.1/acme --query "SELECT * FROM users WHERE id = ?" --param random:100000
              dosql bench dosql://127.0.0.1/acme --query "INSERT INTO notes (text) VALUES (?)" --param random:text --connections 64 --depth 1
              dosql bench dosql://127.0.0.1/acme --rate 5000 --seconds 30
            """)

    @Argument(help: "dosql://[TOKEN@]HOST[:PORT]/TENANT or dosql+unix:///PATH?tenant=TENANT.")
    var url: String

    @Option(help: "The statement.")
    var query = "SELECT 1"

    @Option(name: .customLong("param"), help: "A value for its next parameter; may be given several times.")
    var parameters: [String] = []

    @Option(help: "Connections.")
    var connections = 8

    @Option(help: "Requests in flight on each connection; not with --rate.")
    var depth: Int?

    @Option(help: "Requests a second, over all connections.")
    var rate: Double?

    @Option(help: "Seconds that are measured, after half a second that is not.")
    var seconds = 5.0

    @OptionGroup var connection: ConnectionOptions

    /// Requests in flight where nothing else is said: enough to keep a loop busy.
    private static let depthDefault = 16

    /// More bytes than any result has: nobody reads them here.
    private static let credit: UInt64 = 1 << 40

    func validate() throws {
        guard connections > 0, depth ?? 1 > 0, rate ?? 1 > 0, seconds > 0 else {
            throw ValidationError("--connections, --depth, --rate and --seconds are above 0")
        }
        if depth != nil, rate != nil { throw ValidationError("--depth is what --rate takes away: give one of them") }
        if let rate, rate > 10_000_000 { throw ValidationError("--rate is at most 10000000") }
        if connection.deadline != nil { throw ValidationError("--deadline is not for bench") }
        _ = try parameters.map { try LoadParameter($0) }
    }

    func run() throws {
        let configuration = try connection.configuration(url)
        let dialogue = try self.dialogue(configuration)
        let pace = rate.map { Traffic.Pace.rate($0) } ?? .closed
        let traffic = Traffic(
            to: try Self.address(configuration.endpoint), connections: connections, pace: pace,
            transform: try transform(configuration)
        ) { _ in dialogue }
        do {
            let generator = try LoadGenerator()
            generator.add(traffic)
            let report = LoadReport(try generator.run(warmUp: 0.5, seconds: seconds), pace: pace)
            Output.line(report.text)
        } catch let error as LoadError {
            throw CommandError(error.description)
        } catch let error as LoopError {
            throw CommandError("\(error)")
        }
    }

    private func dialogue(_ configuration: DoSQLClient.Configuration) throws -> Dialogue {
        let values = try parameters.map { try LoadParameter($0) }
        var burst = Burst()
        burst.addFrame(random: values.compactMap(\.random)) { writer, random in
            var next = random[...]
            let parameters = values.compactMap { $0.value ?? next.popFirst() }
            Execute.encode(
                into: &writer, kind: .query, stream: 1, request: 1, statement: .prepared(1),
                parameters: .positional(parameters), credit: Self.credit)
        }
        var opening = ByteWriter(Preamble.bytes)
        Hello.encode(
            into: &opening, request: 1, client: "dosql bench", token: configuration.token.map { Array($0.utf8) })
        Open.encode(into: &opening, stream: 1, request: 2, tenant: try configuration.namedTenant)
        Prepare.encode(into: &opening, request: 3, id: 1, sql: query)
        return Dialogue(
            opening: opening.take(), openingAnswers: 3,
            steps: [burst.repeated(rate == nil ? depth ?? Self.depthDefault : 1)], answers: FrameAnswers())
    }

    private static func address(_ endpoint: DoSQLURL.Endpoint) throws -> ListenAddress {
        switch endpoint {
        case .host(let name, let port): .tcp(host: name, port: UInt16(port))
        case .unixSocket(let path): .unix(path: path)
        }
    }

    private func transform(_ configuration: DoSQLClient.Configuration) throws -> (() throws -> any StreamTransform)? {
        guard configuration.tls != nil, case .host(let name, _) = configuration.endpoint else { return nil }
        var certificate: (chain: String, key: String)?
        if let chain = connection.tlsCertificate, let key = connection.tlsKey { certificate = (chain, key) }
        do {
            let context = try TLSClientContext(trustRoots: connection.tlsCA, certificate: certificate)
            return { try TLSClientTransform(context, serverName: name) }
        } catch {
            throw CommandError("\(error)")
        }
    }
}
