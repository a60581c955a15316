import DoSQLProtocol
import DoSQLServer
import DoSQLTestSupport
import Testing

/// DESCRIBE compiles and carries nothing out (`protocol/messages.md`, statements); PING gives back what it was given (`protocol/handshake.md`).
struct DescribeTests {
    @Test func `columns have their names, types and origins`() throws {
        let client = try TestServer(loops: 1).client("acme")
        try client.run("CREATE TABLE users(id INTEGER PRIMARY KEY, name VARCHAR(20), at)")
        let description = try client.describe("SELECT u.id, name AS n, at, count(*) FROM users u WHERE name = ?")
        #expect(description.isReadOnly && description.plan.isEmpty && description.parameters == [""])
        #expect(
            description.columns == [
                .init(name: "id", declaredType: "INTEGER", originTable: "users", originColumn: "id"),
                .init(name: "n", declaredType: "VARCHAR(20)", originTable: "users", originColumn: "name"),
                .init(name: "at", declaredType: "", originTable: "users", originColumn: "at"),
                .init(name: "count(*)", declaredType: "", originTable: "", originColumn: ""),
            ])
    }

    @Test func `parameters have their names`() throws {
        let client = try TestServer(loops: 1).client("acme")
        try client.run("CREATE TABLE t(x)")
        let description = try client.describe("INSERT INTO t VALUES (:a + @b + $c + ? + ?7)")
        #expect(description.parameters == [":a", "@b", "$c", "", "", "", "?7"])
        #expect(!description.isReadOnly && description.columns.isEmpty)
        #expect(try client.describe("INSERT INTO t VALUES (1) RETURNING x").columns.map(\.name) == ["x"])
        #expect(try client.value("SELECT count(*) FROM t") == 0)
    }

    @Test func `the plan comes if it is asked for`() throws {
        let client = try TestServer(loops: 1).client("acme")
        try client.run("CREATE TABLE t(x UNIQUE, y)")
        let description = try client.describe("SELECT y FROM t WHERE x = ? UNION SELECT 1 ORDER BY 1", withPlan: true)
        #expect(description.plan.contains { $0.detail.contains("USING INDEX sqlite_autoindex_t_1") })
        #expect(description.plan.contains { $0.parent != 0 })
        try client.prepare(5, "SELECT x FROM t")
        #expect(try client.describe(.prepared(5), withPlan: true).plan.count == 1)
    }

    @Test func `it fails as its statement would, also in a transaction`() throws {
        let client = try TestServer(loops: 1).client("acme")
        for inTransaction in [false, true] {
            if inTransaction { try client.begin() }
            let error = try client.failure(of: try client.sendDescribe("SELECT nope"))
            #expect(error.code == .sqlError && error.message == "no such column: nope" && error.offset == 7)
            #expect(try client.failure(of: try client.sendDescribe(.prepared(9))).code == .statementUnknown)
            #expect(try client.failure(of: try client.sendDescribe("SELECT 1; SELECT 2")).code == .severalStatements)
        }
        try client.run("CREATE TABLE mine(x)")
        #expect(try client.describe("SELECT * FROM mine").columns.map(\.name) == ["x"])
        try client.rollback()
        #expect(try client.failure(of: try client.sendDescribe("SELECT * FROM mine")).code == .sqlError)
    }

    @Test func `PONG gives back what PING had, and overtakes everything`() throws {
        let server = try TestServer(loops: 1)
        let client = try server.client("acme")
        for payload in [[], [0], [UInt8](repeating: 255, count: 64)] as [[UInt8]] {
            #expect(try client.ping(payload) == payload)
        }
        let endless = try client.sendQuery(EndlessStatement.read)
        let behind = try client.sendQuery("SELECT 1")
        #expect(try client.ping([1]) == [1])
        try client.sendCancel(endless)
        #expect(try client.failure(of: endless).code == .cancelled)
        #expect(try client.answer(to: behind).value == 1)
    }
}
