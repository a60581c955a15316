import DoSQLAccess
import DoSQLProtocol
import DoSQLServer
import DoSQLTestSupport
import Logging
import Testing

/// Statements that took long are logged with their plan, and nothing of their parameters.
struct SlowStatementTests {
    private static let secret = "a value that is nobody's business"
    /// A scan that is slow by any measure of a nanosecond.
    private static let scan: String = "SELECT count(*) FROM t WHERE x <> ?"

    /// A nanosecond: whatever runs is slow. A tenant `acme` with a table.
    private func server(_ log: TestLog, _ nanoseconds: UInt64 = 1) throws -> TestServer {
        let server = try TestServer(log: log.logger) { $0.slowStatement = nanoseconds }
        try server.client("acme").run("CREATE TABLE t(x)")
        return server
    }

    @Test func `a read on the loop, a write and a long read each have a line with the plan`() throws {
        let log = try TestLog(.warning)
        let server = try server(log)
        let client = try server.stranger()
        let connection = try #require(try client.hello().connection)
        try client.open("acme")
        let request = try client.sendQuery(.sql(Self.scan), [.text(Self.secret)])
        _ = try client.receive(for: request)
        let read = try log.line { $0["sql"] == Self.scan }
        #expect(read.level == "warning" && read.message == "slow statement")
        #expect(read["tenant"] == "acme" && read["face"] == "binary" && read["rows"] == "1")
        #expect(read["request"] == "\(connection).\(request)" && read["plan"] == "SCAN t")
        #expect(Int(read["sqliteMicroseconds"]) != nil && Int(read["waitedMicroseconds"]) != nil)
        #expect(read["peer"].hasPrefix("127.0.0.1:"))

        let insert = "INSERT INTO t SELECT value FROM json_each(?)"
        try client.run(.sql(insert), ["[1,2,3]"])
        let write = try log.line { $0["sql"] == insert }
        #expect(write["plan"].contains("json_each") && write["tenant"] == "acme")
        #expect(write["request"].hasPrefix("\(connection)."))

        // Off the loop: it gives the read up, and a thread carries it out.
        let long =
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400000) SELECT max(i), ? FROM n"
        _ = try client.query(.sql(long), [.text(Self.secret)])
        let slow = try log.line { $0["sql"] == long }
        #expect(slow["plan"].contains("SCAN n") && slow["rows"] == "1")
        #expect(!log.text.contains(Self.secret))
    }

    @Test func `over HTTP it carries the request's own name`() throws {
        let log = try TestLog(.warning)
        let server = try server(log)
        let client = try server.http("acme")
        let body = #"{"sql":"SELECT count(*) FROM t WHERE x = ?","params":["\#(Self.secret)"]}"#
        _ = try client.post("/query", body, headers: [("X-Request-ID", "order-4711")])
        let line = try log.line { $0["sql"] == "SELECT count(*) FROM t WHERE x = ?" }
        #expect(line["request"] == "order-4711" && line["face"] == "http" && !log.text.contains(Self.secret))

        let begun = try client.post("/transactions", "{}")
        let id = try #require(begun.text.split(separator: "\"").dropFirst(3).first)
        let inside = "INSERT INTO t SELECT value FROM json_each('[1]')"
        _ = try client.post(
            "/transactions/\(id)/run", "{\"sql\":\"\(inside)\"}", headers: [("X-Request-ID", "order-4712")])
        #expect(try log.line { $0["sql"] == inside }["request"] == "order-4712")
        _ = try client.post("/transactions/\(id)/rollback", "{}")
    }

    @Test func `in a transaction the plan is taken outside of it, or not at all`() throws {
        let log = try TestLog(.warning)
        let server = try server(log)
        let client = try server.client("acme")
        try client.begin(.write)
        try client.run("CREATE TABLE mine(y)")
        try client.run("INSERT INTO mine VALUES (1)")
        let line = try log.line { $0["sql"] == "INSERT INTO mine VALUES (1)" }
        #expect(line.metadata?["plan"] == nil && line["tenant"] == "acme")
        try client.rollback()
        #expect(try client.value("SELECT count(*) FROM sqlite_schema WHERE name = 'mine'") == .integer(0))
    }

    @Test func `with tokens the plan needs no right of the caller's`() throws {
        let log = try TestLog(.warning)
        let tokens = try TestTokens()
        let token = try tokens.key(Grant("acme", rights: .all))
        let server = try TestServer(log: log.logger) {
            $0.slowStatement = 1
            tokens.configure(&$0)
        }
        let client = try server.client("acme", token: token)
        try client.run("CREATE TABLE t(x)")
        _ = try client.query(.sql(Self.scan), [1])
        #expect(try log.line { $0["sql"] == Self.scan }["plan"] == "SCAN t")
        // Nobody's connection is nobody's again.
        #expect(try client.value("SELECT count(*) FROM t") == .integer(0))
    }

    @Test func `a long text is cut, and has no plan`() throws {
        let log = try TestLog(.warning)
        let server = try server(log)
        let text = "SELECT count(*) FROM t -- " + String(repeating: "é", count: 6000)
        _ = try server.client("acme").query(.sql(text))
        let line = try log.line { $0["sql"].hasPrefix("SELECT count(*) FROM t --") }
        #expect(line["sql"].hasSuffix("é…") && line["sql"].utf8.count < 4200 && line.metadata?["plan"] == nil)
    }

    @Test func `so many lines a second, and how many were left out`() throws {
        let log = try TestLog(.warning)
        let server = try server(log)
        let client = try server.client("acme")
        for _ in 0..<200 { _ = try client.query(.sql(Self.scan), [1]) }
        // A later one tells of those between.
        let told = try Deadline.poll(for: .seconds(60)) {
            _ = try client.query(.sql(Self.scan), [1])
            return try log.all().contains { Int($0["leftOut"]) ?? 0 > 0 }
        }
        #expect(told)
    }

    @Test func `by default, and below the bound, there is none`() throws {
        for nanoseconds in [0, 3_600_000_000_000] as [UInt64] {
            let log = try TestLog(.debug)
            let server = try server(log, nanoseconds)
            _ = try server.client("acme").query(.sql(Self.scan), [1])
            server.stop()
            log.close()
            #expect(try log.all().allSatisfy { $0.message != "slow statement" })
        }
    }
}
