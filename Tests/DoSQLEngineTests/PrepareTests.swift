import Testing

@testable import DoSQLEngine

struct PrepareTests {
    let file = TemporaryDatabase()

    @Test(arguments: ["", "  \n\t", "-- nothing", "/* nothing */", "/* open", ";", " ; -- x\n ;", "\u{feff}"])
    func `a text without a statement is empty`(_ sql: String) throws {
        let connection = try file.writer()
        #expect(throws: PrepareError.empty) { _ = try connection.prepare(sql) }
        #expect(throws: PrepareError.empty) { _ = try connection.cached(SQLText(sql)) }
        #expect(SQLScanner.skipSeparators(Array(sql.utf8).span, from: 0) == sql.utf8.count)
    }

    @Test(arguments: ["", ";", "  ", " ; ; ", ";-- x", " /* x */ ; \n", "; /* open"])
    func `separators and comments may follow a statement`(_ rest: String) throws {
        let connection = try file.writer()
        #expect(try connection.rows("SELECT 1" + rest) == [[1]])
    }

    @Test
    func `a second statement is told by its offset`() throws {
        let connection = try file.writer()
        #expect(throws: PrepareError.severalStatements(offset: 16)) {
            _ = try connection.prepare("SELECT 1; /*x*/ SELECT 2")
        }
    }

    @Test
    func `what stands behind a NUL is not silently dropped`() throws {
        let connection = try file.writer()
        #expect(throws: PrepareError.severalStatements(offset: 8)) {
            _ = try connection.prepare("SELECT 1\0; SELECT 2")
        }
        #expect(throws: PrepareError.self) { _ = try connection.prepare("\0SELECT 1") }
    }

    @Test
    func `the tail is the offset after the first statement`() throws {
        let connection = try file.writer()
        let sql = Array("SELECT 1; SELECT 2".utf8)
        let first = try connection.prepare(sql.span)
        #expect(first.tail == 9)
        let second = try connection.prepare(sql.span, from: first.tail)
        #expect(second.tail == 18)
        let statement = try #require(second.statement)
        #expect(try statement.rows() == [[2]])
        let third = try connection.prepare(sql.span, from: 18)
        #expect(third.statement == nil)
    }

    @Test
    func `an error has SQLite's code, message and offset`() throws {
        let connection = try file.writer("CREATE TABLE t (x UNIQUE)")
        let syntaxFailure = connection.failure("SELECT 1 FRM t")
        let syntax = try #require(syntaxFailure)
        #expect(syntax.code == .error)
        #expect(syntax.message == "near \"t\": syntax error")
        #expect(syntax.offset == 13)
        try connection.rows("INSERT INTO t VALUES (1)")
        let uniqueFailure = connection.failure("INSERT INTO t VALUES (1)")
        let unique = try #require(uniqueFailure)
        #expect(unique.code == .constraintUnique)
        #expect(unique.code.primary == .constraint)
        #expect(unique.message == "UNIQUE constraint failed: t.x")
        #expect(unique.offset == nil)
    }

    @Test
    func `a query plan is explained`() throws {
        let connection = try file.writer("CREATE TABLE t (x); CREATE INDEX i ON t (x)")
        let plan = try connection.explainQueryPlan("SELECT * FROM t WHERE x = 1")
        #expect(plan.map(\.detail) == ["SEARCH t USING COVERING INDEX i (x=?)"])
    }
}

struct StatementCacheTests {
    let file = TemporaryDatabase()

    private func connection(cached: Int) throws -> Connection {
        var options = file.writerOptions
        options.limits.cachedStatements = cached
        return try Connection(options)
    }

    @Test
    func `the same text gives the same statement, without its old values`() throws {
        let connection = try connection(cached: 4)
        var first: Statement? = try connection.cached(Array("SELECT ?".utf8).span)
        let identity = ObjectIdentifier(try #require(first))
        try first?.bind(Int64(7), at: 1)
        #expect(try first?.step() == true)
        first = nil
        let second = try connection.cached(SQLText("SELECT ?"))
        #expect(ObjectIdentifier(second) == identity)
        #expect(try second.rows() == [[nil]])
    }

    @Test
    func `a statement somebody holds is not handed out`() throws {
        let connection = try connection(cached: 4)
        let sql = SQLText("SELECT 1 UNION ALL SELECT 2")
        let first = try connection.cached(sql)
        #expect(try first.step())
        let second = try connection.cached(sql)
        #expect(first !== second)
        #expect(first.isBusy && !second.isBusy)
        #expect(try second.rows() == [[1], [2]])
        #expect(try first.step())
        #expect(first.int64(at: 0) == 2)
    }

    @Test
    func `the least recently used one leaves first`() throws {
        let connection = try connection(cached: 2)
        let texts = ["SELECT 1", "SELECT 2", "SELECT 3"].map { SQLText($0) }
        func identity(_ text: SQLText, _ connection: borrowing Connection) throws -> ObjectIdentifier {
            ObjectIdentifier(try connection.cached(text))
        }
        let one = try identity(texts[0], connection)
        let two = try identity(texts[1], connection)
        #expect(try identity(texts[0], connection) == one)
        let keeper = try connection.cached(texts[1])
        #expect(ObjectIdentifier(keeper) == two)
        #expect(try identity(texts[0], connection) == one)
        _ = try identity(texts[2], connection)
        #expect(connection.cachedStatementCount == 2)
        #expect(try identity(texts[0], connection) == one)
        #expect(try identity(texts[1], connection) != two)
        connection.releaseMemory()
        #expect(connection.cachedStatementCount == 0)
    }

    @Test
    func `a hundred texts in a cache of ten all give their own answer`() throws {
        let connection = try connection(cached: 10)
        for round in 0..<300 {
            let number = round * 7919 % 100
            #expect(try connection.cached(SQLText("SELECT \(number)")).rows() == [[.integer(Int64(number))]])
        }
        #expect(connection.cachedStatementCount == 10)
    }

    @Test
    func `pragmas and very long texts are prepared each time`() throws {
        let connection = try connection(cached: 4)
        _ = try connection.cached(SQLText("PRAGMA user_version"))
        _ = try connection.cached(SQLText("SELECT 1 --" + String(repeating: "x", count: 70_000)))
        #expect(connection.cachedStatementCount == 0)
    }

    @Test
    func `SQLite prepares again after a change of the schema`() throws {
        let connection = try connection(cached: 4)
        try connection.rows("CREATE TABLE t (x)")
        try connection.rows("INSERT INTO t VALUES (1)")
        let sql = SQLText("SELECT * FROM t")
        #expect(try connection.cached(sql).rows() == [[1]])
        try connection.rows("ALTER TABLE t ADD COLUMN y DEFAULT 2")
        let statement = try connection.cached(sql)
        #expect(try statement.rows() == [[1, 2]])
        #expect(statement.reprepareCount == 1)
    }

    @Test
    func `a statement never touches what its record does not name`() throws {
        let connection = try connection(cached: 4)
        try connection.execute(
            trusted:
                "CREATE TABLE a (x); CREATE TABLE b (x); INSERT INTO b VALUES (9); CREATE VIEW v AS SELECT x FROM a")
        let statement = try connection.prepare("SELECT x FROM v")
        #expect(statement.access.tablesRead == ["a", "v"])
        #expect(try statement.rows() == [])
        try connection.execute(trusted: "DROP VIEW v; CREATE VIEW v AS SELECT x FROM b")
        for _ in 0..<2 {
            let error = #expect(throws: SQLiteError.self) { try statement.step() }
            #expect(error?.code == .schema)
            #expect(!statement.isBusy)
        }
        #expect(try connection.rows("SELECT x FROM v") == [[9]])
    }

    @Test
    func `a text prepared where more was allowed is refused where less is`() throws {
        let connection = try connection(cached: 4)
        let sql = SQLText("CREATE TEMP TABLE t (x)")
        connection.sandbox = .transaction
        _ = try connection.cached(sql)
        connection.sandbox = .autocommit
        #expect(throws: PrepareError.denied(.temporaryObject(name: "t"))) { _ = try connection.cached(sql) }
        connection.sandbox = .trusted
        _ = try connection.cached(SQLText("ATTACH ':memory:' AS other"))
        connection.sandbox = .transaction
        #expect(connection.denial("ATTACH ':memory:' AS other") == .attach)
        // What changes the schema is compiled each time it runs.
        #expect(connection.cachedStatementCount == 0)
    }

    @Test
    func `equal bytes are equal texts`() {
        #expect(SQLText("SELECT 1") == SQLText("SELECT 1"))
        #expect(SQLText("SELECT 1") != SQLText("SELECT 2"))
        #expect(SQLText("SELECT 1").hash == SQLText.hash(Array("SELECT 1".utf8).span))
        #expect(SQLText("").hash != SQLText("\0").hash)
    }
}
