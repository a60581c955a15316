import DoSQLLoop
import DoSQLProtocol
import DoSQLSession
import DoSQLTLS
import DoSQLTestSupport
import Testing

@testable import DoSQLServer

/// TLS on the port of everything else (`protocol/handshake.md`, *TLS*).
@Suite("TLS", .timeLimit(.minutes(10)))
struct TLSTests {
    private static func server(
        _ files: TLSFiles = TestCertificates.files(), _ settings: (inout Configuration) -> Void = { _ in }
    ) throws -> TestServer {
        try TestServer(loops: 1) {
            $0.tls = files
            settings(&$0)
        }
    }

    private static func http(_ address: String) throws -> HTTPClient {
        let client = try HTTPClient(connectingTo: address)
        client.headers = [("X-Tenant-ID", "acme")]
        return client
    }

    // MARK: What is spoken inside

    @Test func `the binary protocol, HTTP and WebSocket are inside TLS what they are without`() throws {
        let server = try Self.server()
        let binary = try WireClient(connectingTo: server.secureAddress)
        try binary.hello()
        try binary.open("acme")
        try binary.run("CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT)")
        try binary.run("INSERT INTO t(name) VALUES ('lamp')")
        let http = try Self.http(server.secureAddress)
        let answer = try http.post("/query", #"{"sql": "SELECT name FROM t"}"#)
        #expect(answer.status == 200 && answer.text.contains("lamp"))
        let socket = try WebSocketClient(connectingTo: server.secureAddress, path: "/t/acme/connect")
        #expect(socket.handshake.status == 101)
        try socket.send(#"{"type": "query", "id": 1, "sql": "SELECT name FROM t"}"#)
        #expect(try socket.nextText().contains("lamp"))
        let frames = try WebSocketClient(
            connectingTo: server.secureAddress, path: "/t/acme/connect", subprotocol: "dosql.v1")
        #expect(frames.handshake.header("sec-websocket-protocol") == "dosql.v1")
        let events = try EventStreamClient(
            connectingTo: server.secureAddress, path: "/t/acme/channels/room/stream?after=0")
        _ = try http.post("/channels/room", #"{"data": {"a": 1}}"#)
        #expect(try events.next()?.data.contains("1") == true)
    }

    @Test func `one port takes both at once`() throws {
        let server = try Self.server()
        let plain = try server.client("acme")
        let secure = try WireClient(connectingTo: server.secureAddress)
        try secure.hello()
        try secure.open("acme")
        try plain.run("CREATE TABLE t(x)")
        try secure.run("INSERT INTO t VALUES (1)")
        #expect(try plain.value("SELECT count(*) FROM t") == 1)
    }

    @Test func `a handshake that comes byte by byte is one`() throws {
        let server = try Self.server()
        let session = try TestCertificates.client().makeSession(serverName: "localhost")
        let socket = try BlockingSocket(connectingTo: server.address)
        var hello: [UInt8] = []
        session.begin(into: &hello)
        for byte in hello { try socket.send([byte]) }
        var plain: [UInt8] = []
        let deadline = Deadline()
        while !session.isEstablished {
            let bytes = try socket.receive(deadline)
            try #require(!bytes.isEmpty)
            var answer: [UInt8] = []
            try session.receive(bytes.span, into: &plain, answering: &answer)
            for byte in answer { try socket.send([byte]) }
        }
        var request: [UInt8] = []
        let question = Array("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
        try session.send(question.span, into: &request)
        for byte in request { try socket.send([byte]) }
        while !String(decoding: plain, as: UTF8.self).contains("\"live\"") {
            var nothing: [UInt8] = []
            let bytes = try socket.receive(deadline)
            try #require(!bytes.isEmpty)
            try session.receive(bytes.span, into: &plain, answering: &nothing)
        }
    }

    @Test func `an answer that is whole ends with close_notify`() throws {
        let server = try Self.server()
        let client = try Self.http(server.secureAddress)
        let answer = try client.get("/health/live", headers: [("Connection", "close")])
        #expect(answer.status == 200)
        #expect(try client.isEnded())
        #expect(client.socket.wasClosedOrderly)
    }

    @Test func `a client that says it sends no more still gets its answer`() throws {
        let server = try Self.server()
        let client = try Self.http(server.secureAddress)
        try client.send("POST", "/query", body: #"{"sql": "SELECT 42 AS n"}"#)
        try client.socket.closeNotify()
        #expect(try client.answer().text.contains("42"))
    }

    // MARK: Who gets in

    @Test func `a certificate that clients must show lets nobody in without`() throws {
        let server = try Self.server(TestCertificates.files(clients: .required))
        func ping(_ client: TLSClientContext) throws {
            let socket = try BlockingSocket(connectingTo: server.address)
            try socket.secure(with: client)
            try socket.send(Array("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
            let bytes = try socket.receive(Deadline())
            if bytes.isEmpty { throw TestSupportError("the server ended the connection") }
        }
        try ping(TestCertificates.client("client"))
        #expect(throws: (any Error).self) { try ping(TestCertificates.client()) }
        #expect(throws: (any Error).self) { try ping(TestCertificates.client("forged")) }
        try ping(TestCertificates.client("client", allowsTLS13: false))
    }

    @Test func `without TLS nobody but this machine is answered, unless the operator says so`() throws {
        for (policy, isTaken) in [(PlaintextPolicy.never, false), (.loopback, true), (.always, true)] {
            let server = try Self.server { $0.plaintext = policy }
            let http = try Self.http(server.address)
            let answer = try http.get("/health/live")
            let binary = try server.stranger()
            if isTaken {
                #expect(answer.status == 200)
                try binary.hello()
            } else {
                #expect(answer.status == 403 && answer.text.contains("TLS_REQUIRED"))
                #expect(answer.text.contains("https://"))
                #expect(try http.isEnded())
                #expect(try binary.fatalError().code == .tlsRequired)
            }
            let secure = try Self.http(server.secureAddress)
            #expect(try secure.get("/health/live").status == 200)
        }
    }

    @Test func `loopback is what it says`() {
        for address in ["127.0.0.1:5", "127.9.9.9:5", "[::1]:5", "unix"] {
            #expect(PlaintextPolicy.loopback.allows(address))
            #expect(!PlaintextPolicy.never.allows(address))
        }
        for address in ["10.0.0.1:5", "128.0.0.1:5", "[::2]:5", "[fe80::1]:5", "[::ffff:127.0.0.1]:5", "unknown"] {
            #expect(!PlaintextPolicy.loopback.allows(address))
            #expect(PlaintextPolicy.always.allows(address))
        }
    }

    @Test func `TLS where none is configured is answered with an alert`() throws {
        let server = try TestServer(loops: 1)
        let fault = #expect(throws: TLSFault.self) { try BlockingSocket(connectingTo: server.secureAddress) }
        #expect(fault?.reason == "HANDSHAKE_FAILURE_ON_CLIENT_HELLO")
        let socket = try BlockingSocket(connectingTo: server.address)
        try socket.send([22, 3, 1])
        #expect(try socket.receive(Deadline()) == [21, 3, 1, 0, 2, 2, 40])
        #expect(try Self.http(server.address).get("/health/live").status == 200)
    }

    @Test func `what is no TLS behind a first byte that is gets an alert, and the others are served`() throws {
        let server = try Self.server()
        for bytes: [UInt8] in [
            [22, 9, 9, 9, 9, 9], [22, 3, 1, 0, 4, 255, 0, 0, 0], [22] + [UInt8](repeating: 22, count: 5000),
        ] {
            let socket = try BlockingSocket(connectingTo: server.address)
            try socket.send(bytes)
            #expect(try socket.receive(Deadline()).first == 21)
        }
        #expect(try Self.http(server.secureAddress).get("/health/live").status == 200)
    }

    @Test func `a connection too many is not worth a handshake`() throws {
        let server = try Self.server { $0.connectionsMax = 1 }
        let first = try WireClient(connectingTo: server.secureAddress)
        try first.hello()
        #expect(throws: (any Error).self) { try WireClient(connectingTo: server.secureAddress) }
        try first.ping()
    }

    // MARK: Certificates

    @Test func `certificates that are read again are for who comes, and a bad file changes nothing`() throws {
        let folder = try TemporaryFolder()
        let files = TLSFiles(certificate: folder.path(of: "cert.pem"), key: folder.path(of: "key.pem"))
        func put(_ name: String) throws {
            let from = TestCertificates.files(name)
            try folder.copy(from.certificate, to: "cert.pem")
            try folder.copy(from.key, to: "key.pem")
        }
        try put("elsewhere")
        let server = try Self.server(files)
        func connect(_ name: String) throws -> BlockingSocket {
            let socket = try BlockingSocket(connectingTo: server.address)
            try socket.secure(with: TestCertificates.client(), serverName: name)
            return socket
        }
        func expectAnswer(_ socket: BlockingSocket) throws {
            try socket.send(Array("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
            #expect(try !socket.receive(Deadline()).isEmpty)
        }
        let old = try connect("elsewhere.example")
        try put("server")
        server.reload()
        let new = try connect("localhost")
        for socket in [old, new] { try expectAnswer(socket) }
        #expect(throws: TLSFault.self) { try connect("elsewhere.example") }
        try folder.copy(TestCertificates.path("client.key"), to: "key.pem")
        server.reload()
        for socket in [old, new, try connect("localhost")] { try expectAnswer(socket) }
    }

    @Test func `files that cannot be used are faults of the configuration`() throws {
        var configuration = Configuration()
        configuration.tls = TestCertificates.files()
        #expect(configuration.faults.isEmpty)
        configuration.tls?.key = "/nowhere/key.pem"
        #expect(configuration.faults == ["/nowhere/key.pem: it cannot be read: No such file or directory"])
        configuration.tls?.key = TestCertificates.path("client.key")
        #expect(configuration.faults.first?.contains("does not belong") == true)
        configuration.tls = TestCertificates.files("expired")
        #expect(configuration.faults.isEmpty)
    }

    // MARK: Slowness

    @Test func `the handshake's time bounds TLS, and what comes before HELLO inside it`() throws {
        let server = try Self.server { $0.session.handshakeTime = 300_000_000 }
        // Says nothing inside.
        let silent = try BlockingSocket(connectingTo: server.secureAddress)
        // Never ends its handshake.
        let session = try TestCertificates.client().makeSession(serverName: "localhost")
        var hello: [UInt8] = []
        session.begin(into: &hello)
        let half = try BlockingSocket(connectingTo: server.address)
        try half.send(hello)
        // Never ends its first message.
        let begun = try BlockingSocket(connectingTo: server.address)
        try begun.send(Array(hello.prefix(50)))
        for socket in [silent, half, begun] {
            let deadline = Deadline(in: .seconds(60))
            while try !socket.receive(deadline).isEmpty {}
        }
        // Half a request inside TLS has HTTP's bound.
        let slow = try Self.server { $0.http.headTime = 300_000_000 }
        let client = try Self.http(slow.secureAddress)
        try client.send(raw: "GET /health/live HTTP/1.1\r\nHost:")
        #expect(try client.answer().status == 408)
    }

    @Test func `more handshakes than there may be end the oldest`() throws {
        var line = HandshakeLine()
        let ended = (0..<UInt64(HandshakeLine.max)).map { line.begin($0) }
        #expect(ended.allSatisfy { $0 == nil })
        let oldest = line.begin(5000)
        #expect(oldest == 0)
        let (first, again, other) = (line.end(1), line.end(1), line.end(0))
        #expect(first && !again && !other)
        let place = line.begin(5001)
        #expect(place == nil)
        let second = line.begin(5002)
        #expect(second == 2)
        #expect(line.count == HandshakeLine.max)
        for connection in 0..<UInt64(100_000) {
            _ = line.begin(10_000 + connection)
            _ = line.end(10_000 + connection)
        }
        #expect(line.contains(5001) && line.count <= HandshakeLine.max)
    }
}
