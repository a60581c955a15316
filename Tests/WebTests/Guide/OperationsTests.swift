import DoSQLTestSupport
import Testing

/// POST /transaction: the guide's operations, all or nothing.
struct OperationsTests {
    private let server: TestServer
    private let app: HTTPClient

    init() throws {
        server = try TestServer.guide()
        app = try server.http("acme")
    }

    private static let insert = "INSERT INTO users (name, email) VALUES (?, ?)"

    private static func operation(_ type: String?, _ sql: String, _ params: String? = nil) -> String {
        var members = type.map { ["\"type\":\($0)"] } ?? []
        members.append("\"sql\":\(sql.json)")
        if let params { members.append("\"params\":\(params)") }
        return "{\(members.joined(separator: ","))}"
    }

    private func transaction(_ operations: String...) throws -> HTTPAnswer {
        try app.post("/transaction", #"{"operations":[\#(operations.joined(separator: ","))]}"#)
    }

    @Test func `results are in the order of the operations, rows for a query and changes for a run`() throws {
        let answer = try transaction(
            Self.operation("\"query\"", "SELECT name FROM users"),
            Self.operation("\"run\"", Self.insert, #"["Alice","a@x"]"#),
            Self.operation("\"run\"", Self.insert, #"["Bob","b@x"]"#),
            Self.operation("\"query\"", "SELECT id, name FROM users ORDER BY id"),
            Self.operation("\"queryOne\"", "SELECT name FROM users WHERE id = ?", "[2]"),
            Self.operation("\"queryOne\"", "SELECT name FROM users WHERE id = ?", "[3]"),
            Self.operation("\"run\"", "UPDATE users SET status = 'new'"))
        #expect(
            try answer.guideText()
                == #"{"results":[[],{"changes":1,"lastInsertRowid":1},{"changes":1,"lastInsertRowid":2},"#
                + #"[{"id":1,"name":"Alice"},{"id":2,"name":"Bob"}],{"name":"Bob"},null,"#
                + #"{"changes":2,"lastInsertRowid":0}]}"#, "\(answer.text)")
    }

    @Test func `no operations give no results`() throws {
        let answer = try app.post("/transaction", #"{"operations":[]}"#)
        #expect(answer.status == 200 && answer.text == #"{"results":[]}"#)
        #expect(answer.header("content-type") == "application/json")
    }

    @Test(arguments: ["\"exec\"", "\"RUN\"", "null", "\"\"", nil]) func `a type that nobody knows means run`(
        type: String?
    ) throws {
        let answer = try transaction(
            Self.operation(type, Self.insert, #"["Alice","a@x"]"#), Self.operation(type, "SELECT 1"))
        let text = try answer.guideText()
        #expect(
            text.hasPrefix(#"{"results":[{"changes":1,"lastInsertRowid":1},{"changes":0,"lastInsertRowid":"#), "\(text)"
        )
        #expect(try app.count("users") == 1)
    }

    @Test(arguments: [0, 1, 2]) func `the first failure undoes all, and names its index`(failing: Int) throws {
        let operations = (0..<3).map { index in
            index == failing
                ? Self.operation("\"run\"", "INSERT INTO users (name) VALUES ('no address')")
                : Self.operation("\"run\"", Self.insert, #"["u","\#(index)@x"]"#)
        }
        let answer = try transaction(operations[0], operations[1], operations[2])
        #expect(answer.status == 400)
        #expect(
            answer.text
                == #"{"error":"NOT NULL constraint failed: users.email","code":"CONSTRAINT_NOT_NULL","#
                + #""category":"VALIDATION","retryable":false,"executed":"no","sqliteCode":1299,"step":\#(failing)}"#)
        #expect(try app.count("users") == 0)
    }

    @Test func `two operations that race with others are carried out without anybody between`() throws {
        try app.addProduct(7, stock: 0)
        let clients = try (0..<8).map { _ in try server.http("acme") }
        let body =
            #"{"operations":[{"type":"run","sql":"UPDATE products SET stock = stock + 1"},"#
            + #"{"type":"query","sql":"SELECT stock FROM products"},"#
            + #"{"type":"run","sql":"UPDATE products SET stock = stock + 1"},"#
            + #"{"type":"query","sql":"SELECT stock FROM products"}]}"#
        for client in clients { try client.send("POST", "/transaction", body: body) }
        var seen: Set<String> = []
        for client in clients { seen.insert(try client.answer().guideText()) }
        let expected = (0..<8).map { number in
            #"{"results":[{"changes":1,"lastInsertRowid":0},[{"stock":\#(number * 2 + 1)}],"#
                + #"{"changes":1,"lastInsertRowid":0},[{"stock":\#(number * 2 + 2)}]]}"#
        }
        #expect(seen == Set(expected))
    }
}
