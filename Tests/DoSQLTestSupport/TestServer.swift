import DoSQLEngine
import DoSQLLoop
public import DoSQLServer
import DoSQLSession
public import Logging
import Synchronization

/// A server inside the test's process, on a port that the system chose and in a folder of its own.
///
///     let server = try TestServer { $0.session.transactionIdleMax = 50_000_000 }
///     let client = try server.client("acme")
///     try client.run("CREATE TABLE t(x)")
///
/// It stops, and its folder goes, with its last client.
public final class TestServer: Sendable {
    /// Where its data is.
    public let folder: TemporaryFolder
    private let configuration: Configuration
    private let log: Logger
    private let running: Mutex<Server?>

    /// Starts a server. `settings` changes what a test needs otherwise than ``Configuration`` has it.
    /// `log`: where it logs; without one nowhere.
    public init(
        loops: Int = 2, log: Logger? = nil, _ settings: (inout Configuration) -> Void = { _ in }
    ) throws {
        self.log = log ?? Logger(label: "dosql-tests") { _ in SwiftLogNoOpLogHandler() }
        folder = try TemporaryFolder()
        var configuration = Configuration()
        configuration.listen = [.tcp(host: "127.0.0.1", port: 0)]
        configuration.dataFolder = folder.path(of: "data")
        configuration.loops = loops
        configuration.handlesSignals = false
        // Nobody pulls the plug on a test, and nobody waits for clients that a test left behind.
        configuration.synchronous = .off
        configuration.session.shutdownGrace = 200_000_000
        // A client on a slow machine is no slow client.
        configuration.session.handshakeTime = 300_000_000_000
        configuration.http.headTime = 300_000_000_000
        configuration.http.bodyTime = 300_000_000_000
        configuration.http.keepAliveTime = 300_000_000_000
        configuration.http.stallTime = 300_000_000_000
        // A test that the machine stops for seconds is no client that fell silent: bounds are met where a test sets them.
        configuration.session.handshakeTime = 60_000_000_000
        configuration.session.transactionIdleMax = 120_000_000_000
        configuration.session.transactionTotalMax = 300_000_000_000
        configuration.session.transactionWaitMax = 120_000_000_000
        settings(&configuration)
        self.configuration = configuration
        running = Mutex(nil)
        try start()
    }

    deinit { stop() }

    /// Where it listens, each as ``WireClient`` takes it; empty while it is stopped.
    public var addresses: [String] { running.withLock { $0?.addresses ?? [] } }

    /// The first of its addresses.
    public var address: String {
        get throws {
            guard let address = addresses.first else { throw TestSupportError("the server is stopped") }
            return address
        }
    }

    /// The first of its addresses, to be spoken to in TLS.
    public var secureAddress: String { get throws { "tls:\(try address)" } }

    /// Has it read its certificates again.
    public func reload() { running.withLock { $0 }?.reload() }

    /// The port of its first address.
    public var port: Int {
        get throws {
            guard case .tcp(_, let port) = try ListenAddress(parsing: try address) else {
                throw TestSupportError("the server has no port")
            }
            return Int(port)
        }
    }

    /// The folder that holds the tenants.
    public var dataFolder: String { configuration.dataFolder }

    /// Starts it anew on the same folder, with the same settings; the port is another one.
    public func start() throws {
        let configuration = configuration
        try running.withLock { server in
            guard server == nil else { throw TestSupportError("the server is running") }
            server = try Server(configuration, log: log)
        }
    }

    /// Lends the server itself, for what no client can ask of it.
    public func withServer<Result>(_ body: (Server) throws -> Result) throws -> Result {
        try running.withLock { server in
            guard let server else { throw TestSupportError("the server is stopped") }
            return try body(server)
        }
    }

    /// Stops it in an orderly way.
    public func stop() {
        let server = running.withLock { server in
            defer { server = nil }
            return server
        }
        server?.stop()
    }

    /// Stops it and starts it on the same folder.
    public func restart() throws {
        stop()
        try start()
    }

    /// A client behind HELLO; with a tenant, stream 1 is open on it.
    public func client(
        _ tenant: String? = nil, token: String? = nil, frameMax: Int? = nil, receiveBuffer: Int? = nil
    ) throws -> WireClient {
        let client = try WireClient(connectingTo: try address, receiveBuffer: receiveBuffer, server: self)
        let token = token.map { Array($0.utf8) }
        if let frameMax { try client.hello(frameMax: frameMax, token: token) } else { try client.hello(token: token) }
        if let tenant { try client.open(tenant) }
        return client
    }

    /// A client that speaks HTTP; with a tenant, every request names it.
    public func http(_ tenant: String? = nil, token: String? = nil, receiveBuffer: Int? = nil) throws -> HTTPClient {
        let client = try HTTPClient(connectingTo: try address, receiveBuffer: receiveBuffer, server: self)
        if let tenant { client.headers = [("X-Tenant-ID", tenant)] }
        if let token { client.headers.append(("Authorization", "Bearer \(token)")) }
        return client
    }

    /// A client of the hub, connected to a tenant.
    public func webSocket(
        _ tenant: String, token: String? = nil, subprotocol: String? = nil, receiveBuffer: Int? = nil
    ) throws -> WebSocketClient {
        try WebSocketClient(
            connectingTo: try address, path: "/t/\(tenant)/connect",
            headers: token.map { [("Authorization", "Bearer \($0)")] } ?? [], subprotocol: subprotocol,
            receiveBuffer: receiveBuffer, server: self)
    }

    /// A reader of an event stream of a tenant: `events/stream?types=order`.
    public func events(
        _ tenant: String, _ path: String, headers: [(String, String)] = [], receiveBuffer: Int? = nil
    ) throws -> EventStreamClient {
        try EventStreamClient(
            connectingTo: try address, path: "/t/\(tenant)/\(path)", headers: headers, receiveBuffer: receiveBuffer,
            server: self)
    }

    /// A client that has sent nothing but the preamble.
    public func stranger(preamble: [UInt8] = [0x44, 0x53, 0x51, 0x4C]) throws -> WireClient {
        try WireClient(connectingTo: try address, preamble: preamble, server: self)
    }
}
