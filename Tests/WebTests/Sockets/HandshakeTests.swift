import DoSQLServer
import DoSQLTestSupport
import Testing

/// `GET /connect`: who is let in, and for which tenant (`protocol/http.md`, streams).
struct HandshakeTests {
    private static let key = ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
    private static let version = ("Sec-WebSocket-Version", "13")
    private static let upgrade = [("Upgrade", "websocket"), ("Connection", "Upgrade")]

    @Test func `the upgrade is granted as RFC 6455 has it`() throws {
        let client = try TestServer().webSocket("acme")
        #expect(client.handshake.status == 101)
        #expect(client.handshake.header("sec-websocket-accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        #expect(client.handshake.header("upgrade")?.lowercased() == "websocket")
        #expect(client.handshake.header("connection")?.lowercased() == "upgrade")
        #expect(client.handshake.header("sec-websocket-protocol") == nil)
        #expect(client.handshake.header("sec-websocket-extensions") == nil)
    }

    @Test func `without an upgrade it is 426 with the guide's words, and the connection goes on`() throws {
        let client = try TestServer().http("acme")
        for headers in [[], [("Upgrade", "h2c"), ("Connection", "Upgrade")]] {
            let answer = try client.get("/connect", headers: headers)
            #expect(answer.status == 426)
            #expect(answer.text == "Expected WebSocket")
            #expect(answer.header("content-type") == "text/plain; charset=utf-8")
            #expect(answer.header("upgrade") == "websocket")
        }
        #expect(try client.post("/connect", "").status == 405)
        #expect(try client.query("SELECT 1 AS n") == #"{"rows":[{"n":1}]}"#)
    }

    @Test(arguments: [
        [upgrade[0], key, version], [("Upgrade", "websocket"), ("Connection", "keep-alive"), key, version],
        upgrade + [version], upgrade + [key], upgrade + [key, key, version], upgrade + [key, version, version],
        upgrade + [("Sec-WebSocket-Key", "short"), version],
        upgrade + [("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=!"), version],
        upgrade + [key, version, ("Sec-WebSocket-Extensions", "permessage-deflate; =")],
    ])
    func `a handshake that is none is 400`(headers: [(String, String)]) throws {
        let server = try TestServer(loops: 1)
        let answer = try server.http("acme").get("/connect", headers: headers)
        #expect(answer.status == 400 && answer.code == "MALFORMED", "\(answer.text)")
        #expect(try server.http("acme").query("SELECT 1 AS n") == #"{"rows":[{"n":1}]}"#)
    }

    @Test func `another version is 426, and says which one is spoken`() throws {
        let answer = try TestServer().http("acme")
            .get("/connect", headers: Self.upgrade + [Self.key, ("Sec-WebSocket-Version", "8")])
        #expect(answer.status == 426 && answer.header("sec-websocket-version") == "13")
    }

    @Test func `a page of a foreign origin is turned away unless it is allowed`() throws {
        func status(_ server: TestServer, _ origin: String, host: String = "localhost") throws -> Int {
            try WebSocketClient(
                connectingTo: try server.address, headers: [("Origin", origin), ("Host", host)], server: server
            ).handshake.status
        }
        let closed = try TestServer()
        #expect(try status(closed, "https://evil.example") == 403)
        #expect(try status(closed, "null") == 403)
        #expect(try status(closed, "https://localhost.evil.example") == 403)
        // A page that the server's own host has delivered.
        #expect(try status(closed, "http://localhost:8080", host: "localhost:8080") == 101)
        let open = try TestServer { $0.http.allowedOrigins = ["https://app.example.com"] }
        #expect(try status(open, "https://app.example.com") == 101)
        #expect(try status(open, "http://app.example.com") == 403)
        #expect(try status(TestServer { $0.http.allowedOrigins = ["*"] }, "https://evil.example") == 101)
    }

    @Test func `the tenant is the header's, the host's or the path's, else default`() throws {
        let server = try TestServer { $0.http.baseDomains = ["db.example.com"] }
        func connect(_ path: String, _ headers: [(String, String)]) throws -> WebSocketClient {
            try WebSocketClient(connectingTo: try server.address, path: path, headers: headers, server: server)
        }
        let ways: [(String, [(String, String)], String)] = [
            ("/connect", [("X-Tenant-ID", "header")], "header"),
            ("/connect", [("Host", "host.db.example.com")], "host"),
            ("/t/path/connect", [], "path"), ("/t/p%61th/connect", [], "path"), ("/connect", [], "default"),
        ]
        for (number, way) in ways.enumerated() {
            let client = try connect(way.0, way.1)
            try client.publish("\(number)", to: "who")
        }
        for (tenant, data) in [("header", "0"), ("host", "1"), ("path", "3"), ("default", "4")] {
            #expect(
                try server.http(tenant).query("SELECT max(data) AS d FROM messages") == #"{"rows":[{"d":"\#(data)"}]}"#)
        }
        #expect(try connect("/t/a/connect", [("X-Tenant-ID", "b")]).handshake.status == 400)
    }

    @Test func `a name that no tenant can have is 400, and where none are made an unknown one is told`() throws {
        let server = try TestServer()
        let bad = try WebSocketClient(
            connectingTo: try server.address, headers: [("X-Tenant-ID", "../etc")], server: server)
        #expect(bad.handshake.status == 400 && bad.handshake.code == "TENANT_NAME_INVALID")
        let strict = try TestServer { $0.createsTenants = false }
        let client = try strict.webSocket("nobody")
        try client.send(#"{"type":"subscribe","channel":"c","id":1}"#)
        #expect(try client.nextError() == "TENANT_NOT_FOUND")
        try client.send(#"{"type":"query","sql":"SELECT 1"}"#)
        #expect(try client.nextError() == "TENANT_NOT_FOUND")
    }

    @Test func `messages that come right behind the handshake are not lost`() throws {
        let server = try TestServer()
        let http = try server.http("acme")
        let message = #"{"type":"subscribe","channel":"c","id":1}"#
        http.headers += Self.upgrade + [Self.key, Self.version]
        var bytes = Array("GET /connect HTTP/1.1\r\nHost: localhost\r\n".utf8)
        for (name, value) in http.headers { bytes += Array("\(name): \(value)\r\n".utf8) }
        bytes += [0x0D, 0x0A, 0x81, 0x80 | UInt8(message.utf8.count), 0, 0, 0, 0] + Array(message.utf8)
        try http.socket.send(bytes)
        #expect(try http.answer().status == 101)
        let answer = #"{"type":"subscribed","id":1,"channel":"c"}"#
        var frame: [UInt8] = []
        while frame.count < answer.utf8.count + 2 { frame += try http.bytes() }
        #expect(frame == [0x81, UInt8(answer.utf8.count)] + Array(answer.utf8))
    }
}
