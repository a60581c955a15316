import DoSQLTestSupport
import Testing

/// The shapes of results and of errors.
struct ResultTests {
    private let server: TestServer
    private let app: HTTPClient

    init() throws {
        server = try TestServer.guide()
        app = try server.http("acme")
    }

    // MARK: 11

    @Test func `rows are objects, and a queryOne without a row gives null`() throws {
        #expect(try app.query("SELECT * FROM users") == #"{"rows":[]}"#)
        #expect(try app.queryOne("SELECT * FROM users WHERE id = ?", "[999]") == #"{"row":null}"#)
        #expect(
            try app.query("SELECT 1 AS a, 'x' AS b UNION ALL SELECT 2, NULL")
                == #"{"rows":[{"a":1,"b":"x"},{"a":2,"b":null}]}"#)
        #expect(try app.queryOne("SELECT 1 AS a UNION ALL SELECT 2") == #"{"row":{"a":1}}"#)
    }

    @Test func `params may be left out or null, and members that nobody knows are passed over`() throws {
        for body in [
            #"{"sql":"SELECT 1"}"#, #"{"sql":"SELECT 1","params":null}"#, #"{"params":[],"sql":"SELECT 1","id":7}"#,
            " { \"sql\" : \"SELECT 1\" , \"params\" : [ ] } \n",
        ] {
            #expect(try app.post("/query", body).guideText() == #"{"rows":[{"1":1}]}"#)
        }
    }

    @Test func `run gives changes and lastInsertRowid as numbers, and the id can be used at once`() throws {
        #expect(
            try app.run(
                "INSERT INTO users (name, email, bio) VALUES (?, ?, ?)", #"["Alice","alice@example.com",null]"#)
                == #"{"changes":1,"lastInsertRowid":1}"#)
        #expect(
            try app.queryOne("SELECT email FROM users WHERE id = ?", "[1]")
                == #"{"row":{"email":"alice@example.com"}}"#)
        #expect(try app.run("SELECT 1") == #"{"changes":0,"lastInsertRowid":0}"#)
    }

    @Test func `changes is 0 where nothing matched, counts what was set to what it was, and is not carried over`() throws
    {
        func changes(_ sql: String, _ params: String = "[]") throws -> Int64 {
            try app.call("/run", sql, params).integer("changes")
        }
        #expect(
            try changes("UPDATE users SET name = ?, updated_at = CURRENT_TIMESTAMP WHERE id = ?", #"["x",999]"#) == 0)
        #expect(try changes("DELETE FROM users WHERE id = ?", "[999]") == 0)
        try app.addUser("Alice", "alice@example.com")
        try app.addUser("Bob", "bob@example.com")
        #expect(try changes("UPDATE users SET name = name") == 2)
        #expect(try changes("CREATE TABLE t(x)") == 0)
        #expect(try changes("DELETE FROM users") == 2)
        #expect(try changes("DELETE FROM users") == 0)
    }

    @Test func `a query that writes gives its rows, and what it changed`() throws {
        let answer = try app.call(
            "/query", "INSERT INTO users (name, email) VALUES (?, ?), (?, ?) RETURNING id, name",
            #"["Alice","a@x","Bob","b@x"]"#)
        #expect(
            try answer.guideText()
                == #"{"rows":[{"id":1,"name":"Alice"},{"id":2,"name":"Bob"}],"changes":2,"lastInsertRowid":2}"#)
    }

    @Test func `each write has a log sequence number of its own, and a read has the last one's`() throws {
        try app.addUser("Alice", "alice@example.com")
        let first = try app.call("/query", "SELECT 1").integer("lsn")
        let write = try app.call("/run", "UPDATE users SET name = 'Al'").integer("lsn")
        #expect(write == first + 1)
        #expect(try app.call("/query", "SELECT 1").integer("lsn") == write)
    }

    // MARK: 12

    private static let failures: [(sql: String, status: Int, text: String)] = [
        (
            "INSERT INTO users (name, email) VALUES ('Al', 'alice@example.com')", 409,
            #"{"error":"UNIQUE constraint failed: users.email","code":"CONSTRAINT_UNIQUE","category":"CONFLICT","#
                + #""retryable":false,"executed":"no","sqliteCode":2067"#
        ),
        (
            "INSERT INTO users (id, name, email) VALUES (1, 'Al', 'al@example.com')", 409,
            #"{"error":"UNIQUE constraint failed: users.id","code":"CONSTRAINT_UNIQUE","category":"CONFLICT","#
                + #""retryable":false,"executed":"no","sqliteCode":1555"#
        ),
        (
            "INSERT INTO posts (user_id, title, content) VALUES (42, 't', 'c')", 400,
            #"{"error":"FOREIGN KEY constraint failed","code":"CONSTRAINT_FOREIGN_KEY","category":"VALIDATION","#
                + #""retryable":false,"executed":"no","sqliteCode":787"#
        ),
        (
            "INSERT INTO users (email) VALUES ('carol@example.com')", 400,
            #"{"error":"NOT NULL constraint failed: users.name","code":"CONSTRAINT_NOT_NULL","category":"VALIDATION","#
                + #""retryable":false,"executed":"no","sqliteCode":1299"#
        ),
        (
            "SELECT * FROM x", 400,
            #"{"error":"no such table: x","code":"SQL_ERROR","category":"VALIDATION","retryable":false,"#
                + #""executed":"no","sqliteCode":1"#
        ),
        (
            "SELECT x FROM users", 400,
            #"{"error":"no such column: x","code":"SQL_ERROR","category":"VALIDATION","retryable":false,"#
                + #""executed":"no","sqliteCode":1,"offset":7"#
        ),
        (
            "SELCT * FROM users", 400,
            #"{"error":"near \"SELCT\": syntax error","code":"SQL_ERROR","category":"VALIDATION","retryable":false,"#
                + #""executed":"no","sqliteCode":1,"offset":0"#
        ),
    ]

    @Test(arguments: failures.indices)
    func `errors have SQLite's own words on their own, in a batch and in a transaction`(index: Int) throws {
        let (sql, status, text) = Self.failures[index]
        try app.addUser("Alice", "alice@example.com")
        for path in ["/run", "/query", "/queryOne"] {
            let answer = try app.call(path, sql)
            #expect(answer.status == status && answer.text == text + "}", "\(answer.text)")
            #expect(answer.header("content-type") == "application/json")
        }
        let batch = try app.post(
            "/transaction",
            #"{"operations":[{"type":"run","sql":"UPDATE users SET name = 'changed'"},{"type":"run","sql":\#(sql.json)}]}"#)
        #expect(batch.status == status, "\(batch.text)")
        #expect(batch.text == text + #","step":1}"#, "\(batch.text)")
        let id = try app.begin()
        let inside = try app.call("/transactions/\(id)/run", sql)
        #expect(inside.status == status && inside.text == text + #","transaction":"write"}"#, "\(inside.text)")
        #expect(try app.post("/transactions/\(id)/rollback", "").status == 200)
        #expect(try app.queryOne("SELECT name FROM users") == #"{"row":{"name":"Alice"}}"#)
    }

    // MARK: 13

    @Test func `every category has its status`() throws {
        func status(_ path: String, _ body: String, _ headers: [(String, String)] = []) throws -> String {
            let answer = try app.post(path, body, headers: headers)
            return "\(answer.status) \(try answer.member("category")) \(try answer.member("code"))"
        }
        let endless = """
            SELECT count(*) FROM (WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n > 0) SELECT n FROM c)
            """
        #expect(try status("/query", HTTPClient.statement("SELCT")) == "400 VALIDATION SQL_ERROR")
        #expect(
            try status("/query", #"{"sql":\#(endless.json),"deadline":50}"#) == "504 TIMEOUT DEADLINE_EXCEEDED")
        #expect(try status("/query", "{") == "400 PROTOCOL MALFORMED")
        #expect(try status("/query", HTTPClient.statement("ATTACH 'x' AS y")) == "403 AUTHORIZATION NOT_ALLOWED")
        #expect(
            try status("/transactions/0-00000000000000000000000000000000/run", HTTPClient.statement("SELECT 1"))
                == "404 VALIDATION NO_TRANSACTION")
        #expect(try status("/query", HTTPClient.statement("BEGIN")) == "400 VALIDATION TRANSACTION_CONTROL")
        #expect(try status("/query", HTTPClient.statement("SELECT 1; SELECT 2")) == "400 VALIDATION SEVERAL_STATEMENTS")
        #expect(try status("/query", HTTPClient.statement("-- nothing")) == "400 VALIDATION EMPTY_STATEMENT")
        #expect(try status("/query", HTTPClient.statement("SELECT ?, ?", "[1]")) == "400 VALIDATION PARAMETER_COUNT")
        #expect(
            try status("/query", HTTPClient.statement("SELECT :a", #"{"b":1}"#)) == "400 VALIDATION PARAMETER_UNKNOWN")
        #expect(
            try status("/run", HTTPClient.statement("INSERT INTO t2(rowid) VALUES ('x')")) == "400 VALIDATION SQL_ERROR")
        #expect(
            try status("/query", HTTPClient.statement("SELECT zeroblob(100000000)"))
                == "507 RESOURCE VALUE_TOO_LARGE")
        #expect(
            try status("/run", HTTPClient.statement("INSERT INTO users (id, name, email) VALUES ('x', 'n', 'e')"))
                == "400 VALIDATION TYPE_MISMATCH")
    }

    @Test func `what is no request says which part is wrong`() throws {
        let cases: [(path: String, body: String, error: String)] = [
            ("/query", "", "a value is needed"),
            ("/query", "[]", "an object is needed"),
            ("/query", "{}", "sql: a string is needed"),
            ("/query", #"{"sql":1}"#, "sql: a string is needed"),
            ("/query", #"{"sql":"SELECT 1","sql":"SELECT 2"}"#, "sql: it occurs twice"),
            ("/query", #"{"sql":"SELECT ?","params":[[1]]}"#, "params[0]: an array is not a value"),
            ("/query", #"{"sql":"SELECT ?","params":[{"a":1}]}"#, "params[0]: an object is a value only as"),
            ("/query", #"{"sql":"SELECT ?","params":"x"}"#, "params: an array or an object is needed"),
            ("/transaction", "{}", "operations: an array is needed"),
            ("/transaction", #"{"operations":[{"type":"run"}]}"#, "operations[0].sql: a string is needed"),
            ("/batch", #"{"steps":[]}"#, "steps: a batch has at least one step"),
            ("/batch", #"{"steps":[{"sql":"SELECT 1","iff":1}]}"#, "steps[0].iff: a step has no such member"),
            ("/migrate", #"{"migrations":[{"id":"1"}]}"#, "migrations[0].sql: a string is needed"),
            ("/script", "{}", "sql: a string is needed"),
        ]
        for (path, body, error) in cases {
            let answer = try app.post(path, body)
            #expect(answer.status == 400 && answer.code == "MALFORMED", "\(path) \(body): \(answer.text)")
            #expect(answer.text.contains(error), "\(path) \(body): \(answer.text)")
        }
    }
}
