import Testing

@testable import DoSQLClient

struct SQLTests {
    private func values(_ sql: SQL) -> [DoSQLValue] {
        guard case .positional(let values) = sql.parameters else { return [] }
        return values.compactMap { if case .value(let value) = $0 { value } else { nil } }
    }

    @Test func `what is interpolated is bound, whatever it looks like`() {
        let name = "Robert'); DROP TABLE students;--"
        let sql: SQL = "SELECT * FROM students WHERE name = \(name) AND age > \(7) AND score < \(1.5) AND new = \(true)"
        #expect(sql.text == "SELECT * FROM students WHERE name = ? AND age > ? AND score < ? AND new = ?")
        #expect(values(sql) == [.text(name), .integer(7), .real(1.5), .integer(1)])
    }

    @Test func `nil is NULL, bytes are a blob, raw values stand for their enums`() {
        enum Role: String, DoSQLEncodable { case admin }
        let nothing: String? = nil
        let sql: SQL = "INSERT INTO t VALUES (\(nothing), \([1, 2] as [UInt8]), \(Role.admin), \(DoSQLValue.null))"
        #expect(values(sql) == [.null, .blob([1, 2]), .text("admin"), .null])
    }

    @Test func `a list becomes as many parameters, and an empty one NULL`() {
        #expect(("id IN (\(list: [1, 2, 3]))" as SQL).text == "id IN (?, ?, ?)")
        #expect(("id IN (\(list: [Int]()))" as SQL).text == "id IN (NULL)")
    }

    @Test func `an identifier is quoted, raw text is not`() {
        let sql: SQL = "SELECT \(identifier: "we\"ird") FROM \(raw: "main.t")"
        #expect(sql.text == "SELECT \"we\"\"ird\" FROM main.t")
    }

    @Test func `a part is taken in with its values, in order`() {
        let part: SQL = "a = \(1) OR b = \(2)"
        let sql: SQL = "SELECT * FROM t WHERE c = \(0) AND (\(part)) AND d = \(3)"
        #expect(sql.text == "SELECT * FROM t WHERE c = ? AND (a = ? OR b = ?) AND d = ?")
        #expect(values(sql) == [.integer(0), .integer(1), .integer(2), .integer(3)])
    }

    @Test func `a value that SQLite cannot hold is told when the statement is sent`() throws {
        let sql: SQL = "SELECT \(UInt64.max)"
        let error = try #require(throws: DoSQLError.self) { try sql.validated() }
        #expect(error.code == .encoding)
    }

    @Test func `named and positional values do not mix`() {
        let sql = SQL(raw: "SELECT :a, ?", named: ["a": 1]).binding([2])
        #expect(throws: DoSQLError.self) { try sql.validated() }
    }

    @Test(arguments: [
        ("SELECT 1", true), ("  -- note\n /* a */ select 1", true), ("VALUES (1)", true),
        ("EXPLAIN DELETE FROM t", true),
        ("INSERT INTO t VALUES (1) RETURNING id", false), ("WITH x AS (SELECT 1) DELETE FROM t", false),
        ("PRAGMA user_version = 3", false), ("SELECTED", false), ("/* never ends", false), ("", false),
    ])
    func `only what certainly reads may be sent again unasked`(text: String, isRead: Bool) {
        #expect(SQL(raw: text).isCertainlyRead == isRead)
    }
}
