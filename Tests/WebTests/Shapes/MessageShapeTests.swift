import DoSQLProtocol
import DoSQLTestSupport
import Testing

/// Heads, methods, framing and codings as HTTP has them.
struct MessageShapeTests {
    private let server: TestServer
    private let client: HTTPClient

    init() throws {
        server = try TestServer(loops: 1)
        client = try server.http("acme")
    }

    private static let select = HTTPClient.statement("SELECT 1")
    private static let rows = #"{"rows":[{"1":1}]}"#

    // MARK: Connections

    @Test func `a connection stays open, and closes when the client says so`() throws {
        for _ in 0..<3 {
            let answer = try client.post("/query", Self.select)
            #expect(try answer.guideText() == Self.rows && answer.header("connection") == nil)
        }
        let last = try client.post("/query", Self.select, headers: [("Connection", "close")])
        #expect(try last.guideText() == Self.rows && last.header("connection") == "close")
        #expect(try client.isEnded())
    }

    @Test func `HTTP/1.0 closes unless it asks to stay, and gets no chunks`() throws {
        let body = Self.select
        let head = "POST /query HTTP/1.0\r\nX-Tenant-ID: acme\r\nContent-Length: \(body.utf8.count)\r\n"
        try client.send(raw: head + "Connection: keep-alive\r\n\r\n" + body)
        let kept = try client.answer()
        #expect(try kept.guideText() == Self.rows && kept.header("connection") == "keep-alive")
        try client.send(raw: head + "\r\n" + body)
        let last = try client.answer()
        #expect(try last.guideText() == Self.rows && last.header("connection") == "close")
        #expect(try client.isEnded())
        let large = HTTPClient.statement(
            "SELECT n FROM (WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 60000) SELECT n FROM c)"
        )
        let old = try server.http()
        try old.send(
            raw: "POST /query HTTP/1.0\r\nX-Tenant-ID: acme\r\nConnection: keep-alive\r\n"
                + "Content-Length: \(large.utf8.count)\r\n\r\n" + large)
        let streamed = try old.answer()
        #expect(streamed.header("transfer-encoding") == nil && streamed.header("connection") == "close")
        #expect(try streamed.guideText().hasSuffix(#"{"n":60000}]}"#))
    }

    @Test func `a hundred requests in one write are answered in order`() throws {
        var text = ""
        for number in 0..<100 {
            // Reads and writes, quick ones and slow ones, tenants and errors.
            let body: String
            switch number % 4 {
            case 0: body = HTTPClient.statement("SELECT ? AS n", "[\(number)]")
            case 1:
                body = HTTPClient.statement(
                    "SELECT count(*) + ? AS n FROM (WITH RECURSIVE c(n) AS "
                        + "(SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 20000) SELECT n FROM c)",
                    "[\(number - 20000)]")
            case 2: body = HTTPClient.statement("CREATE TABLE t\(number)(x)")
            default: body = HTTPClient.statement("SELECT '\(number)' FROM nowhere")
            }
            text +=
                "POST /\(number % 4 == 2 ? "run" : "queryOne") HTTP/1.1\r\nHost: x\r\nX-Tenant-ID: t\(number % 7)\r\n"
                + "X-Request-ID: \(number)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        }
        try client.send(raw: text)
        for number in 0..<100 {
            let answer = try client.answer()
            #expect(answer.header("x-request-id") == "\(number)")
            switch number % 4 {
            case 2: #expect(answer.status == 200, "\(answer.text)")
            case 3: #expect(answer.status == 400 && answer.code == "SQL_ERROR")
            default: #expect(try answer.guideText() == #"{"row":{"n":\#(number)}}"#)
            }
        }
        #expect(try client.query("SELECT 1") == Self.rows)
    }

    @Test func `a request may come byte by byte`() throws {
        let text =
            "POST /query HTTP/1.1\r\nHost: x\r\nX-Tenant-ID: acme\r\nContent-Length: \(Self.select.utf8.count)\r\n\r\n"
            + Self.select
        for byte in text.utf8 { try client.socket.send([byte]) }
        #expect(try client.answer().guideText() == Self.rows)
    }

    // MARK: Bodies

    @Test func `a body may come in chunks, with extensions and trailers`() throws {
        let parts = [#"{"sql":"#, #""SELECT"#, " ", "?", #"","params":["ü"]}"#]
        var text = "POST /query HTTP/1.1\r\nHost: x\r\nX-Tenant-ID: acme\r\nTransfer-Encoding: chunked\r\n\r\n"
        for part in parts {
            text += String(part.utf8.count, radix: 16, uppercase: true) + ";name=value\r\n" + part + "\r\n"
        }
        try client.send(raw: text + "0\r\nX-Checksum: none\r\n\r\n")
        #expect(try client.answer().guideText() == #"{"rows":[{"?":"ü"}]}"#)
        try client.send(raw: text + "0\r\n\r\n" + text + "0\r\n\r\n")
        for _ in 0..<2 { #expect(try client.answer().guideText() == #"{"rows":[{"?":"ü"}]}"#) }
    }

    @Test func `whoever expects 100 is told to go on, or why not before it sends anything`() throws {
        let head = "POST /query HTTP/1.1\r\nHost: x\r\nX-Tenant-ID: acme\r\nExpect: 100-continue\r\n"
        try client.send(raw: head + "Content-Length: \(Self.select.utf8.count)\r\n\r\n")
        #expect(try client.head().status == 100)
        try client.send(raw: Self.select)
        #expect(try client.answer().guideText() == Self.rows)
        try client.send(raw: head.replacing("/query", with: "/nowhere") + "Content-Length: 5\r\n\r\n")
        let refused = try client.head()
        #expect(refused.status == 404 && refused.header("connection") == "close")
        let large = try server.http()
        try large.send(raw: head + "Content-Length: 99999999999\r\n\r\n")
        #expect(try large.head().status == 413)
        let other = try server.http()
        try other.send(raw: "POST /query HTTP/1.1\r\nHost: x\r\nExpect: the-worst\r\nContent-Length: 1\r\n\r\n")
        #expect(try other.answer().status == 417)
        #expect(try other.isEnded())
    }

    @Test func `a body is JSON, whatever it says about its characters if that is UTF-8, or nothing is done with it`()
        throws
    {
        for type in ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=\"UTF-8\""] {
            #expect(try client.post("/query", Self.select, headers: [("Content-Type", type)]).status == 200, "\(type)")
        }
        for type in [
            "text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1", "json", "*/*",
        ] {
            let answer = try client.post("/query", Self.select, headers: [("Content-Type", type)])
            #expect(answer.status == 415 && answer.code == "UNSUPPORTED", "\(type): \(answer.text)")
        }
        let encoded = try client.post("/query", Self.select, headers: [("Content-Encoding", "gzip")])
        #expect(encoded.status == 415 && encoded.code == "UNSUPPORTED")
        try client.send(
            raw: "POST /query HTTP/1.1\r\nHost: x\r\nX-Tenant-ID: acme\r\n"
                + "Content-Length: \(Self.select.utf8.count)\r\n\r\n" + Self.select)
        #expect(try client.answer().guideText() == Self.rows)
    }

    // MARK: Paths and methods

    @Test(arguments: [
        "/", "/users", "/query/", "/Query", "/t/acme", "/t/acme/", "/t/acme/users", "/query/1", "/%71uery/x",
    ])
    func `what is not there is 404 in the guide's plain words`(path: String) throws {
        for method in ["GET", "POST", "DELETE"] {
            let answer = try client.request(method, path, body: method == "POST" ? "{}" : nil)
            #expect(answer.status == 404 && answer.text == "Not Found", "\(method) \(path): \(answer.text)")
            #expect(answer.header("content-type")?.hasPrefix("text/plain") == true)
        }
        #expect(try client.post("/query", Self.select).status == 200)
    }

    @Test func `a method that a path does not take is 405 and says which it takes`() throws {
        for path in ["/query", "/queryOne", "/run", "/transaction", "/batch", "/script", "/migrate", "/transactions"] {
            for method in ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"] {
                let answer = try client.request(method, path)
                #expect(answer.status == 405 && answer.header("allow") == "POST", "\(method) \(path)")
            }
        }
        let health = try client.post("/health", "{}")
        #expect(health.status == 405 && health.header("allow") == "GET, HEAD")
        #expect(try client.get("/health/live").status == 200)
    }

    @Test func `HEAD has GET's head and no body`() throws {
        let get = try client.get("/health/live")
        let head = try client.request("HEAD", "/health/live")
        #expect(head.status == 200 && head.body.isEmpty)
        #expect(head.header("content-length") == "\(get.body.count)")
        #expect(head.header("content-type") == get.header("content-type"))
        let missing = try client.request("HEAD", "/nowhere")
        #expect(missing.status == 404 && missing.header("content-length") == "9")
        // Nothing of a body is in the way of the next answer.
        #expect(try client.post("/query", Self.select).guideText() == Self.rows)
    }

    @Test func `a target may be absolute, and its host is the one that counts`() throws {
        try client.send(
            raw: "POST http://localhost/t/acme/query HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
                + "\(Self.select.utf8.count)\r\n\r\n" + Self.select)
        #expect(try client.answer().guideText() == Self.rows)
    }

    // MARK: Idempotency

    @Test func `a write with a key is carried out once, and the key is no other request's`() throws {
        try client.run("CREATE TABLE t(id INTEGER PRIMARY KEY, x)")
        let key = [("Idempotency-Key", "9b1d-order-1")]
        let insert = HTTPClient.statement("INSERT INTO t(x) VALUES (?)", "[1]")
        let first = try client.post("/run", insert, headers: key)
        #expect(try first.guideText() == #"{"changes":1,"lastInsertRowid":1}"#)
        try client.run("INSERT INTO t(x) VALUES (2)")
        let again = try server.http("acme").post("/run", insert, headers: key)
        #expect(again.status == 200 && again.text == String(first.text.dropLast()) + #","replayed":true}"#)
        #expect(try client.count("t") == 2)
        let other = try client.post("/run", HTTPClient.statement("INSERT INTO t(x) VALUES (?)", "[2]"), headers: key)
        #expect(other.status == 409 && other.code == "IDEMPOTENCY_MISMATCH", "\(other.text)")
        // Of another tenant it is another key.
        let beta = try server.http("beta")
        try beta.run("CREATE TABLE t(id INTEGER PRIMARY KEY, x)")
        #expect(try beta.post("/run", insert, headers: key).guideText() == #"{"changes":1,"lastInsertRowid":1}"#)
        #expect(try client.count("t") == 2)
    }

    @Test func `batches, operations, scripts and commits take keys too`() throws {
        try client.run("CREATE TABLE t(id INTEGER PRIMARY KEY, x)")
        let bodies = [
            ("/transaction", #"{"operations":[{"type":"run","sql":"INSERT INTO t(x) VALUES (1)"}]}"#),
            ("/batch", #"{"steps":[{"sql":"INSERT INTO t(x) VALUES (1)"}]}"#),
            ("/script", #"{"sql":"INSERT INTO t(x) VALUES (1); INSERT INTO t(x) VALUES (1);"}"#),
        ]
        for (path, body) in bodies {
            let before = try client.count("t")
            let first = try client.post(path, body, headers: [("Idempotency-Key", path)])
            let again = try client.post(path, body, headers: [("Idempotency-Key", path)])
            #expect(first.status == 200 && again.status == 200, "\(first.text) \(again.text)")
            #expect(again.text.contains(#""replayed":true"#) && !first.text.contains("replayed"))
            #expect(try client.count("t") == before + (path == "/script" ? 2 : 1))
        }
        for round in 0..<2 {
            let id = try client.begin()
            if round == 0 { _ = try client.call("/transactions/\(id)/run", "INSERT INTO t(x) VALUES (9)").guideText() }
            let commit = try client.post("/transactions/\(id)/commit", "", headers: [("Idempotency-Key", "commit-1")])
            #expect(commit.status == 200 && commit.text.contains("replayed") == (round == 1), "\(commit.text)")
        }
        for bad in ["", String(repeating: "k", count: 129)] {
            let answer = try client.post(
                "/run", HTTPClient.statement("INSERT INTO t(x) VALUES (7)"), headers: [("Idempotency-Key", bad)])
            #expect(answer.status == 400, "\(answer.text)")
        }
        #expect(try client.integer("SELECT count(*) AS n FROM t WHERE x = 7") == 0)
    }
}
