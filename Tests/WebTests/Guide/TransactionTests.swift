import DoSQLServer
import DoSQLTestSupport
import Testing

/// Interactive transactions over HTTP: held by whoever knows their id.
struct TransactionTests {
    private let server: TestServer
    private let app: HTTPClient

    init() throws {
        server = try TestServer.guide()
        app = try server.http("acme")
    }

    private static let insert = "INSERT INTO users (name, email) VALUES (?, ?)"

    // MARK: 14

    @Test func `begin gives an id and when it ends; results are real, own writes are visible, others see none`() throws
    {
        let begun = try app.post("/transactions", "")
        #expect(begun.status == 201)
        let id = try begun.member("id")
        #expect(begun.text == #"{"id":"\#(id)","expiresAt":\#(try begun.integer("expiresAt"))}"#)
        #expect(try begun.integer("expiresAt") > 1_700_000_000_000)
        #expect(begun.header("location") == "/transactions/\(id)")
        let another = try server.http("acme")
        let path = "/transactions/\(id)"
        #expect(
            try app.call(path + "/run", Self.insert, #"["Alice","a@x"]"#).guideText()
                == #"{"changes":1,"lastInsertRowid":1}"#)
        // Any connection may call, and it need not name the tenant.
        let stranger = try server.http()
        #expect(
            try stranger.call(path + "/queryOne", "SELECT name FROM users WHERE id = ?", "[1]").guideText()
                == #"{"row":{"name":"Alice"}}"#)
        #expect(
            try another.call(path + "/query", "SELECT name FROM users").guideText() == #"{"rows":[{"name":"Alice"}]}"#)
        #expect(try another.count("users") == 0)
        #expect(try app.count("users") == 0)
        let committed = try app.post(path + "/commit", "")
        #expect(committed.status == 200)
        #expect(committed.text == #"{"lsn":\#(try committed.integer("lsn"))}"#)
        #expect(try another.count("users") == 1)
        let late = try app.call(path + "/run", Self.insert, #"["Bob","b@x"]"#)
        #expect(late.status == 404 && late.code == "NO_TRANSACTION")
    }

    @Test func `a rollback leaves nothing, and the connection usable`() throws {
        let id = try app.begin()
        _ = try app.call("/transactions/\(id)/run", Self.insert, #"["Alice","a@x"]"#).guideText()
        let end = try app.post("/transactions/\(id)/rollback", "{}")
        #expect(end.status == 200)
        #expect(end.text == #"{"lsn":\#(try end.integer("lsn"))}"#)
        #expect(try app.count("users") == 0)
        #expect(try app.post("/transactions/\(id)/commit", "").status == 404)
        try app.addUser("Bob", "b@x")
    }

    // MARK: 15

    @Test func `a statement that fails leaves the transaction usable and the earlier rows in it`() throws {
        let id = try app.begin()
        var inserted: [Int64] = []
        var errors: [String] = []
        for (index, email) in ["a@x", "b@x", "a@x", "c@x"].enumerated() {
            let answer = try app.call("/transactions/\(id)/run", Self.insert, #"["user","\#(email)"]"#)
            if answer.status == 200 {
                inserted.append(try answer.integer("lastInsertRowid"))
            } else {
                errors.append("\(index): \(answer.status) \(try answer.member("error"))")
            }
        }
        for sql in ["SELCT", "SELECT * FROM x", "INSERT INTO posts (user_id, title, content) VALUES (42, 't', 'c')"] {
            #expect(try app.call("/transactions/\(id)/run", sql).status == 400)
        }
        #expect(inserted == [1, 2, 3])
        #expect(errors == ["2: 409 UNIQUE constraint failed: users.email"])
        #expect(try app.post("/transactions/\(id)/commit", "").status == 200)
        #expect(
            try app.query("SELECT id, email FROM users ORDER BY id")
                == #"{"rows":[{"id":1,"email":"a@x"},{"id":2,"email":"b@x"},{"id":3,"email":"c@x"}]}"#)
    }

    // MARK: 16

    @Test func `savepoints nest, batches belong to it, and an empty one is legal`() throws {
        let id = try app.begin()
        let path = "/transactions/\(id)"
        func count() throws -> Int64 {
            try app.call(path + "/queryOne", "SELECT count(*) AS n FROM users").integer("n")
        }
        _ = try app.call(path + "/run", Self.insert, #"["Alice","a@x"]"#).guideText()
        #expect(try app.post(path + "/savepoint", #"{"name":"outer"}"#).status == 200)
        _ = try app.call(path + "/run", Self.insert, #"["Bob","b@x"]"#).guideText()
        #expect(try app.post(path + "/savepoint", #"{"name":"inner"}"#).status == 200)
        let batch = try app.post(
            path + "/batch",
            #"{"steps":[{"sql":"INSERT INTO users (name, email) VALUES ('Carol', 'c@x')"},{"sql":"SELECT 1 AS one"}]}"#)
        #expect(batch.status == 200 && batch.text.contains(#""rows":[{"one":1}]"#), "\(batch.text)")
        #expect(try app.post(path + "/release", #"{"name":"inner"}"#).status == 200)
        #expect(try count() == 3)
        #expect(try app.post(path + "/rollbackTo", #"{"name":"outer"}"#).status == 200)
        #expect(try count() == 1)
        let missing = try app.post(path + "/release", #"{"name":"inner"}"#)
        #expect(missing.status == 400 && missing.code == "NO_SAVEPOINT")
        #expect(try app.post(path + "/commit", "").status == 200)
        #expect(try app.count("users") == 1)
        let empty = try app.begin()
        #expect(try app.post("/transactions/\(empty)/commit", "").status == 200)
    }

    // MARK: 17

    @Test func `a write of another waits, and neither joins it nor sees what it has not committed`() throws {
        let id = try app.begin()
        _ = try app.call("/transactions/\(id)/run", Self.insert, #"["first","1"]"#).guideText()
        let waiting = try server.http("acme")
        try waiting.send(
            "POST", "/run",
            body: HTTPClient.statement(
                "INSERT INTO users (name, email) SELECT 'behind ' || count(*), 'second' FROM users"))
        let reader = try server.http("acme")
        #expect(try reader.count("users") == 0)
        _ = try app.call("/transactions/\(id)/run", Self.insert, #"["third","3"]"#).guideText()
        #expect(try app.post("/transactions/\(id)/commit", "").status == 200)
        #expect(try waiting.answer().guideText() == #"{"changes":1,"lastInsertRowid":3}"#)
        #expect(
            try reader.query("SELECT name FROM users ORDER BY id")
                == #"{"rows":[{"name":"first"},{"name":"third"},{"name":"behind 2"}]}"#)
    }

    @Test func `a read transaction sees one snapshot, cannot write, and holds nobody up`() throws {
        let id = try app.begin(#"{"mode":"read"}"#)
        let count = { try app.call("/transactions/\(id)/queryOne", "SELECT count(*) AS n FROM users").integer("n") }
        #expect(try count() == 0)
        try app.addUser("Alice", "a@x")
        #expect(try count() == 0)
        let write = try app.call("/transactions/\(id)/run", Self.insert, #"["Bob","b@x"]"#)
        #expect(write.status == 400 && write.code == "READ_ONLY")
        #expect(try app.post("/transactions/\(id)/commit", "").status == 200)
        #expect(try app.count("users") == 1)
    }

    @Test func `one that idles too long is rolled back, says so once with a code of its own, and frees the tenant`()
        throws
    {
        let id = try app.begin(#"{"idle":100}"#)
        _ = try app.call("/transactions/\(id)/run", Self.insert, #"["slow","slow"]"#)
        // It gets its turn when the transaction's time is over.
        try server.http("acme").addUser("quick", "quick")
        let late = try app.call("/transactions/\(id)/run", Self.insert, #"["late","late"]"#)
        #expect(late.status == 504 && late.code == "TRANSACTION_EXPIRED", "\(late.text)")
        #expect(late.text.contains(#""retryable":true,"executed":"no""#))
        let later = try app.call("/transactions/\(id)/run", Self.insert, #"["later","later"]"#)
        #expect([404, 504].contains(later.status) && later.text.contains(#""executed":"no""#), "\(later.text)")
        #expect(try app.query("SELECT name FROM users") == #"{"rows":[{"name":"quick"}]}"#)
    }

    @Test func `a begin that waits too long for its turn gives up`() throws {
        let id = try app.begin()
        let another = try server.http("acme").post("/transactions", #"{"wait":50}"#)
        #expect(another.status == 504 && another.code == "LOCK_TIMEOUT", "\(another.text)")
        #expect(try app.post("/transactions/\(id)/rollback", "").status == 200)
        #expect(try app.begin().isEmpty == false)
    }

    @Test func `the client's connection may end, the transaction does not: its id is what holds it`() throws {
        let id: String
        do {
            let client = try server.http("acme")
            id = try client.begin()
            _ = try client.call("/transactions/\(id)/run", Self.insert, #"["Alice","a@x"]"#).guideText()
        }
        #expect(try app.post("/transactions/\(id)/commit", "").status == 200)
        #expect(try app.count("users") == 1)
    }

    @Test func `a restart rolls back what is open`() throws {
        let id = try app.begin()
        _ = try app.call("/transactions/\(id)/run", Self.insert, #"["Alice","a@x"]"#).guideText()
        try server.restart()
        let again = try server.http("acme")
        #expect(try again.count("users") == 0)
        #expect(try again.post("/transactions/\(id)/commit", "").status == 404)
    }

    @Test func `ids that are not there, are not ids, or another tenant's are all the same 404`() throws {
        let id = try app.begin()
        _ = try app.call("/transactions/\(id)/run", Self.insert, #"["Alice","a@x"]"#).guideText()
        let unknown = try app.post("/transactions/0-00000000000000000000000000000000/commit", "")
        #expect(unknown.status == 404 && unknown.code == "NO_TRANSACTION")
        let last = id.last == "0" ? "1" : "0"
        let guesses = [
            "0", "x", "0-0", "99-00000000000000000000000000000000", "ffffffffffffffffffffffff-0", "-1-0",
            String(id.dropLast()), String(id.dropLast()) + last, id + "0", String(repeating: "f", count: 4000),
        ]
        for guess in guesses {
            for word in ["run", "commit", "rollback", "query"] {
                let answer = try app.post("/transactions/\(guess)/\(word)", HTTPClient.statement("DELETE FROM users"))
                #expect(
                    answer.status == 404 && answer.code == "NO_TRANSACTION",
                    "\(guess) \(word): \(answer.status) \(answer.text)")
            }
        }
        let thief = try server.http("beta")
        for (path, headers) in [
            ("/transactions/\(id)/commit", []), ("/t/beta/transactions/\(id)/commit", []),
            ("/transactions/\(id)/run", [("X-Tenant-ID", "gamma")]),
        ] as [(String, [(String, String)])] {
            let client = headers.isEmpty ? thief : try server.http()
            let answer = try client.post(path, HTTPClient.statement("DELETE FROM users"), headers: headers)
            #expect(answer.status == 404 && answer.text == unknown.text, "\(answer.text)")
        }
        #expect(try app.post("/t/acme/transactions/\(id)/commit", "").status == 200)
        #expect(try app.count("users") == 1)
    }

    @Test func `two calls at once are carried out one after the other`() throws {
        let id = try app.begin()
        let clients = try (0..<8).map { _ in try server.http("acme") }
        for (number, client) in clients.enumerated() {
            try client.send(
                "POST", "/transactions/\(id)/run",
                body: HTTPClient.statement(Self.insert, #"["user","\#(number)@x"]"#))
        }
        var ids: Set<Int64> = []
        for client in clients {
            let answer = try client.answer()
            _ = try answer.guideText()
            ids.insert(try answer.integer("lastInsertRowid"))
        }
        #expect(ids == Set(1...8))
        #expect(try app.count("users") == 0)
        #expect(try app.post("/transactions/\(id)/commit", "").status == 200)
        #expect(try app.count("users") == 8)
    }

    @Test func `whoever goes while its BEGIN waits does not get the turn`() throws {
        // On one loop what was sent before has been taken when what was sent behind it is answered.
        let server = try TestServer(loops: 1)
        let app = try server.http("acme")
        let id = try app.begin()
        let gone = try server.http("acme")
        try gone.send("POST", "/transactions", body: "{}")
        // It waits in the tenant's line when this has been answered behind it.
        #expect(try app.call("/transactions/\(id)/query", "SELECT 1").status == 200)
        gone.socket.close()
        #expect(try app.post("/transactions/\(id)/rollback", "").status == 200)
        // The server's own limit is minutes: with the turn lost to nobody this would not come.
        try app.run("CREATE TABLE behind(x)")
    }

    @Test func `what comes with a commit, and behind it, is inside or not at all`() throws {
        let others = try (0..<6).map { _ in try server.http("acme") }
        var inside = 0
        for round in 0..<25 {
            let id = try app.begin()
            for (number, other) in others.enumerated() {
                if number == 3 { try app.send("POST", "/transactions/\(id)/commit", body: "") }
                try other.send(
                    "POST", "/transactions/\(id)/run",
                    body: HTTPClient.statement(Self.insert, #"["user","\#(round)-\#(number)@x"]"#))
            }
            #expect(try app.answer().status == 200)
            for other in others {
                let answer = try other.answer()
                if answer.status == 200 {
                    inside += 1
                    #expect(answer.text.contains(#""transaction":"write""#), "\(answer.text)")
                } else {
                    #expect(answer.status == 404 && answer.text.contains("NO_TRANSACTION"), "\(answer.text)")
                }
            }
        }
        #expect(try app.count("users") == inside)
    }

    @Test func `what a transaction has no word for is not found`() throws {
        let id = try app.begin()
        for word in ["script", "migrate", "transaction", "begin", ""] {
            #expect(try app.post("/transactions/\(id)/\(word)", "{}").status == 404)
        }
        #expect(try app.request("GET", "/transactions/\(id)/run").status == 405)
        #expect(try app.post("/transactions/\(id)/rollback", "").status == 200)
    }

    @Test func `more open transactions than there may be are refused with 503, until one has ended`() throws {
        let server = try TestServer.guide(loops: 1) { $0.http.transactionsMax = 2 }
        let client = try server.http("acme")
        let first = try client.begin(#"{"mode":"read"}"#)
        let second = try server.http("beta").begin()
        let third = try client.post("/transactions", #"{"mode":"read"}"#)
        #expect(third.status == 503 && third.code == "OVERLOADED", "\(third.text)")
        #expect(third.header("retry-after") == "1" && third.text.contains(#""retryable":true"#))
        #expect(try client.post("/transactions/\(first)/rollback", "").status == 200)
        #expect(try client.post("/transactions", #"{"mode":"read"}"#).status == 201)
        #expect(try server.http("beta").post("/transactions/\(second)/commit", "").status == 200)
    }

    @Test func `a large result streams inside a transaction, with what it has written`() throws {
        let id = try app.begin()
        _ = try app.call("/transactions/\(id)/run", Self.insert, #"["Alice","a@x"]"#).guideText()
        let answer = try app.call(
            "/transactions/\(id)/query",
            """
            WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 20000)
            SELECT n, name, 'some text to make it long' AS text FROM c, users
            """)
        let text = try answer.guideText()
        #expect(text.hasPrefix(#"{"rows":[{"n":1,"name":"Alice","text":"some text to make it long"},{"n":2,"#))
        #expect(text.hasSuffix(#"{"n":20000,"name":"Alice","text":"some text to make it long"}]}"#))
        #expect(try app.post("/transactions/\(id)/rollback", "").status == 200)
    }

    // MARK: 19

    @Test func `requests that nobody waits for and requests at once are all carried out`() throws {
        try app.addUser("Alice", "a@x")
        let other = try server.http("acme")
        for number in 0..<25 {
            // The guide's list: rows and their count at the same time, and a log nobody waits for.
            try app.send(
                "POST", "/run",
                body: HTTPClient.statement(
                    """
                    INSERT INTO request_logs (request_id, tenant_id, method, path, status, duration_ms, created_at)
                     VALUES (?, ?, ?, ?, ?, ?, CURRENT_TIMESTAMP)
                    """, #"["request \#(number)","acme","GET","/users",200,1]"#))
            try app.send(
                "POST", "/query", body: HTTPClient.statement("SELECT name FROM users LIMIT ? OFFSET ?", "[20,0]"))
            try other.send("POST", "/queryOne", body: HTTPClient.statement("SELECT COUNT(*) as total FROM users"))
            _ = try app.answer().guideText()
            #expect(try app.answer().guideText() == #"{"rows":[{"name":"Alice"}]}"#)
            #expect(try other.answer().guideText() == #"{"row":{"total":1}}"#)
        }
        #expect(try other.count("request_logs") == 25)
    }
}
