import DoSQLAccess
import DoSQLServer
import DoSQLTestSupport
import Testing

/// Bodies that nobody takes: where a path has none, and behind a refusal. They are passed over if they are short; nothing
/// of a long one is waited for, and none is kept (`protocol/http.md`, limits).
struct UntakenBodyTests {
    /// Requests of a server that allows one origin.
    private static let paths = [
        "GET /health/live", "GET /health/ready", "GET /health", "GET /metrics", "GET /openapi.json", "GET /connect",
        "GET /events/stream", "GET /channels/c/stream",
    ]
    private static let preflight =
        "OPTIONS /query HTTP/1.1\r\nHost: x\r\nOrigin: https://app.example\r\nAccess-Control-Request-Method: POST\r\n"

    private func server(_ settings: (inout Configuration) -> Void = { _ in }) throws -> TestServer {
        try TestServer(loops: 1) {
            $0.http.allowedOrigins = ["https://app.example"]
            settings(&$0)
        }
    }

    @Test(arguments: paths.map { "\($0) HTTP/1.1\r\nHost: x\r\n" } + [preflight])
    func `where none belongs a long one is refused at its head`(_ head: String) throws {
        let server = try server()
        let announced = try server.http()
        // Not a byte of it is sent.
        try announced.send(raw: head + "Content-Length: 16777216\r\n\r\n")
        let answer = try announced.answer()
        #expect(answer.status == 413 && answer.code == "FRAME_TOO_LARGE", "\(answer.text)")
        #expect(answer.text.contains("ignoredBodyBytesMax") && answer.header("connection") == "close")
        #expect(try announced.isEnded())
        let chunked = try server.http()
        try chunked.send(raw: head + "Transfer-Encoding: chunked\r\n\r\n")
        for _ in 0..<5 {
            try chunked.send(raw: "1000\r\n" + String(repeating: "x", count: 4096) + "\r\n")
        }
        let refused = try chunked.answer()
        #expect(refused.status == 413 && refused.code == "FRAME_TOO_LARGE", "\(refused.text)")
        #expect(try chunked.isEnded())
    }

    @Test func `a short one is passed over, and the connection goes on`() throws {
        let client = try server().http()
        for length in [1, 16_384] {
            try client.send(
                raw: "GET /health/live HTTP/1.1\r\nHost: x\r\nContent-Length: \(length)\r\n\r\n"
                    + String(repeating: "x", count: length))
            #expect(try client.answer().status == 200)
            try client.send(
                raw: "GET /health/live HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + String(length, radix: 16) + "\r\n" + String(repeating: "x", count: length) + "\r\n0\r\n\r\n")
            #expect(try client.answer().status == 200)
        }
    }

    @Test(arguments: ["POST /query", "POST /nothing", "GET /query", "PUT /admin/tenants/a/restore"])
    func `whoever is refused hears so before a long one, and after a short one`(_ request: String) throws {
        let tokens = try TestTokens()
        let server = try server { tokens.configure(&$0) }
        let status = request.hasPrefix("POST /nothing") ? 404 : request.hasPrefix("GET") ? 405 : 401
        let long = try server.http()
        try long.send(raw: "\(request) HTTP/1.1\r\nHost: x\r\nContent-Length: 16777216\r\n\r\n")
        let answer = try long.answer()
        #expect(answer.status == status && answer.header("connection") == "close", "\(answer.text)")
        #expect(try long.isEnded())
        let short = try server.http()
        for _ in 0..<2 {
            try short.send(raw: "\(request) HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
            #expect(try short.answer().status == status)
        }
        let endless = try server.http()
        try endless.send(raw: "\(request) HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in 0..<5 { try endless.send(raw: "1000\r\n" + String(repeating: "x", count: 4096) + "\r\n") }
        #expect(try endless.answer().status == status)
        #expect(try endless.isEnded())
    }

    @Test func `nothing of one is kept, whoever sends it`() throws {
        let tokens = try TestTokens()
        let key = try tokens.key(Grant("*", rights: .all))
        let server = try server { tokens.configure(&$0) }
        let admin = try server.http(token: key)
        let strangers = try (0..<50).map { number in
            let client = try server.http()
            let path = ["GET /health/live", "GET /openapi.json", "POST /query"][number % 3]
            try client.send(
                raw: "\(path) HTTP/1.1\r\nHost: x\r\nContent-Length: 16384\r\n\r\n"
                    + String(repeating: "x", count: 16_383))
            return client
        }
        // The last byte of each has not come, and the others are nowhere.
        for path in ["/health/live", "/metrics"] { #expect(try admin.get(path).status == 200) }
        #expect(try Deadline.poll { try admin.metrics().value("dosql_in_flight_bytes") == 0 })
        for client in strangers {
            try client.send(raw: "x")
            #expect(try client.answer().status != 413)
        }
    }

    @Test func `an operator's body is refused as soon as it is too long`() throws {
        let client = try server().http()
        try client.send(raw: "POST /admin/tenants HTTP/1.1\r\nHost: localhost\r\nContent-Length: 65537\r\n\r\n")
        let answer = try client.answer()
        #expect(answer.status == 413 && answer.text.contains("administrationBodyMax"), "\(answer.text)")
        #expect(try client.isEnded())
    }
}
