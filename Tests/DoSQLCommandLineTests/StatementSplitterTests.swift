import Testing

@testable import DoSQLCommandLine

struct StatementSplitterTests {
    /// The statements of a text that comes line by line, and what is left at its end.
    private func split(_ text: String) -> (statements: [String], rest: String?) {
        var splitter = StatementSplitter()
        var statements: [String] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            splitter.append((line + "\n").utf8)
            while let statement = splitter.next() { statements.append(String(decoding: statement, as: UTF8.self)) }
        }
        return (statements, splitter.rest().map { String(decoding: $0, as: UTF8.self) })
    }

    @Test func `semicolons end statements, several in a line and one over several`() {
        #expect(split("SELECT 1; SELECT\n2;").statements == ["SELECT 1;", "SELECT\n2;"])
    }

    @Test(arguments: [
        "SELECT ';';", "SELECT 'it''s; ';", "SELECT \"a;\"\"b\" FROM t;", "SELECT [a;b];", "SELECT `a;b`;",
        "SELECT 1 -- ; no\n;", "SELECT 1 /* ; \n ; */;", "SELECT 'two\n;lines';", "SELECT '--', \"/*\";",
        "SELECT 1 /*;*/ ;",
    ])
    func `semicolons in quotes and comments end nothing`(sql: String) {
        #expect(split(sql).statements == [sql])
        #expect(split(sql).rest == nil)
    }

    @Test(arguments: [
        "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; SELECT CASE WHEN 1 THEN 2 END; END;",
        "create temp trigger t after insert on a begin\n select 1;\n -- END;\n select 2;\nend;",
        "EXPLAIN CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END;",
        "/* x */ CREATE /* y */ TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END ;",
    ])
    func `a trigger goes on to its END`(sql: String) {
        #expect(split(sql + " SELECT 3;").statements == [sql, "SELECT 3;"])
    }

    @Test func `a trigger is only what CREATE begins`() {
        #expect(split("DROP TRIGGER t; SELECT 1;").statements == ["DROP TRIGGER t;", "SELECT 1;"])
        #expect(split("CREATE TABLE trigger_(x); SELECT 1;").statements == ["CREATE TABLE trigger_(x);", "SELECT 1;"])
    }

    @Test func `empty statements and comments alone are left out`() {
        #expect(split(";; -- a\n ; /* b */ ;\n").statements == [])
        #expect(split("-- only a comment\n/* and one */").rest == nil)
    }

    @Test func `what is not complete is the rest`() {
        let (statements, rest) = split("SELECT 1; SELECT 2")
        #expect(statements == ["SELECT 1;"] && rest == "SELECT 2\n")
        #expect(split("SELECT 'x").rest == "SELECT 'x\n")
    }

    @Test func `it knows whether a statement has begun`() {
        var splitter = StatementSplitter()
        #expect(!splitter.isInStatement)
        splitter.append(" -- note\n".utf8)
        #expect(splitter.next() == nil && !splitter.isInStatement)
        splitter.append("/* long\n".utf8)
        #expect(splitter.next() == nil && splitter.isInStatement)
        splitter.append("*/ SELECT\n".utf8)
        #expect(splitter.next() == nil && splitter.isInStatement)
        splitter.clear()
        #expect(!splitter.isInStatement && splitter.rest() == nil)
    }
}
