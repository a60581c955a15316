import DoSQLAccess
import DoSQLProtocol
import DoSQLServer
import DoSQLTestSupport
import Testing

/// Tokens that end while streams, sockets and named transactions live.
struct LiveTokenTests {
    private let tokens: TestTokens
    private let server: TestServer
    private let all: String
    private let key: String

    init() throws {
        let tokens = try TestTokens()
        all = try tokens.key(Grant("*", rights: .all))
        key = try tokens.key(Grant("a", rights: .all))
        server = try TestServer { tokens.configure(&$0) }
        self.tokens = tokens
        try server.http("a", token: all).call("/run", "CREATE TABLE t(x)").expect(200)
    }

    private func revoke() throws {
        try tokens.revoke(TestTokens.id(of: key))
        server.reload()
    }

    private func stream(_ token: String) throws -> EventStreamClient {
        try server.events("a", "channels/c/stream", headers: [("Authorization", "Bearer \(token)")])
    }

    @Test func `an event stream ends with the error when its token is revoked`() throws {
        let (ended, other) = (try stream(key), try stream(all))
        #expect(ended.head.status == 200)
        _ = try ended.nextBlock()
        try revoke()
        let event = try #require(try ended.next())
        #expect(event.event == "error" && event.data.contains("UNAUTHENTICATED"), "\(event)")
        #expect(event.data.contains("the token was revoked"))
        #expect(try ended.next() == nil)
        try server.http("a", token: all).post("/channels/c", #"{"data":7}"#).expect(200)
        #expect(try other.next()?.data == "7")
    }

    @Test func `an event stream ends when its token expires`() throws {
        let jwt = tokens.jwt(#"{"tenants":["a"],"rights":["subscribe"]}"#, lifetime: 1.5)
        let ended = try stream(jwt)
        let event = try #require(try ended.next())
        #expect(event.event == "error" && event.data.contains("the token has expired"), "\(event)")
        #expect(try ended.next() == nil)
        #expect(try stream(jwt).head.status == 401)
    }

    @Test func `sockets are closed with the error`() throws {
        let hub = try server.webSocket("a", token: key)
        try hub.subscribe("c")
        let frames = WebSocketFrames(try server.webSocket("a", token: key, subprotocol: "dosql.v1"))
        try frames.send { writer in
            Hello.encode(into: &writer, request: 1, client: "dosql-tests")
            Open.encode(into: &writer, stream: 1, request: 2, tenant: "a")
        }
        _ = try frames.next(.helloOK, request: 1)
        _ = try frames.next(.ok, request: 2)
        try revoke()
        #expect(try hub.nextError() == "UNAUTHENTICATED")
        #expect(try hub.nextClose() == 1008)
        let error = try frames.nextError(0)
        #expect(error.code == .unauthenticated && error.isFatal)
    }

    @Test func `the next request of a connection is 401, and what it was in the middle of ends`() throws {
        let app = try server.http("a", token: key)
        try app.call("/query", "SELECT 1").expect(200)
        // An endless answer, of which the client takes what comes.
        let endless = try server.http("a", token: key)
        try endless.send(
            "POST", "/query", headers: [("Accept", "application/x-ndjson")],
            body:
                #"{"sql":"WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i, hex(zeroblob(500)) FROM n"}"#)
        #expect(try endless.head().status == 200)
        #expect(try endless.chunk()?.isEmpty == false)
        try revoke()
        var last: [UInt8] = []
        while let chunk = try endless.chunk(), !chunk.isEmpty { last = chunk }
        // The end without the last chunk, behind the error.
        #expect(String(decoding: last, as: UTF8.self).contains("UNAUTHENTICATED"))
        try app.call("/query", "SELECT 1").expect(401)
        try app.call("/query", "SELECT 1", headers: []).expect(401)
        app.headers = [("X-Tenant-ID", "a"), ("Authorization", "Bearer \(all)")]
        try app.call("/query", "SELECT 1").expect(200)
    }

    @Test func `a named transaction of a revoked token is rolled back`() throws {
        let app = try server.http("a", token: key)
        let id = try app.begin()
        try app.call("/transactions/\(id)/run", "INSERT INTO t VALUES (1)").expect(200)
        try revoke()
        let other = try server.http("a", token: all)
        // Its turn to write is free.
        try other.call("/run", "INSERT INTO t VALUES (2)").expect(200)
        #expect(try other.query("SELECT x FROM t") == #"{"rows":[{"x":2}]}"#)
        try app.post("/transactions/\(id)/commit", "").expect(401)
        try other.post("/transactions/\(id)/commit", "").expect(404)
    }

    @Test func `requests go on while the files are read again`() throws {
        let apps = try (0..<3).map { _ in try server.http("a", token: all) }
        for round in 0..<20 {
            _ = try tokens.key(Grant("b", rights: .read), name: "k\(round)")
            for app in apps { try app.send("POST", "/run", body: #"{"sql":"INSERT INTO t VALUES (1)"}"#) }
            server.reload()
            for app in apps { try app.answer().expect(200) }
        }
        #expect(try apps[0].count("t") == 60)
    }
}
