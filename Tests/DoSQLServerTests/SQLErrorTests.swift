import DoSQLProtocol
import DoSQLTestSupport
import Testing

/// Every kind of SQL error with its code, its category, SQLite's own words and the place (`protocol/errors.md`).
struct SQLErrorTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let sql: String
        let code: ErrorCode
        let sqlite: Int32
        let message: String
        var offset: UInt64?
        var testDescription: String { sql.count < 100 ? sql : String(sql.prefix(100)) + "…" }
    }

    static let schema = """
        CREATE TABLE users(id INTEGER PRIMARY KEY, email TEXT UNIQUE NOT NULL, name TEXT NOT NULL, age INTEGER CHECK (age > 0));
        CREATE TABLE posts(id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL, FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE);
        CREATE TABLE strictly(n INTEGER) STRICT;
        CREATE TABLE pairs(a, b, PRIMARY KEY (a, b)) WITHOUT ROWID;
        CREATE TRIGGER no_zed BEFORE INSERT ON users WHEN new.name = 'Zed' BEGIN SELECT RAISE(ABORT, 'Zed is not welcome: ü'); END;
        CREATE TRIGGER no_yan BEFORE INSERT ON users WHEN new.name = 'Yan' BEGIN SELECT RAISE(FAIL, 'Yan fails'); END;
        INSERT INTO users(id, email, name) VALUES (1, 'ann@example.org', 'Ann');
        INSERT INTO pairs VALUES (1, 2);
        """

    static let cases = [
        Case(sql: "SELCT 1", code: .sqlError, sqlite: 1, message: #"near "SELCT": syntax error"#, offset: 0),
        Case(sql: "SELECT *\nFROM users WHERE", code: .sqlError, sqlite: 1, message: "incomplete input"),
        Case(sql: "SELECT * FROM nope", code: .sqlError, sqlite: 1, message: "no such table: nope"),
        Case(sql: "SELECT nope FROM users", code: .sqlError, sqlite: 1, message: "no such column: nope", offset: 7),
        Case(
            sql: "INSERT INTO users(nope) VALUES (1)", code: .sqlError, sqlite: 1,
            message: "table users has no column named nope"),
        Case(
            sql: "INSERT INTO pairs VALUES (1)", code: .sqlError, sqlite: 1,
            message: "table pairs has 2 columns but 1 values were supplied"),
        Case(sql: "SELECT nope(1)", code: .sqlError, sqlite: 1, message: "no such function: nope"),
        Case(
            sql: "SELECT abs(1, 2)", code: .sqlError, sqlite: 1, message: "wrong number of arguments to function abs()"),
        Case(sql: "SELECT abs(-9223372036854775807 - 1)", code: .sqlError, sqlite: 1, message: "integer overflow"),
        Case(sql: "SELECT json('{')", code: .sqlError, sqlite: 1, message: "malformed JSON"),
        Case(sql: "CREATE TABLE users(x)", code: .sqlError, sqlite: 1, message: "table users already exists"),
        Case(sql: "DROP TABLE nope", code: .sqlError, sqlite: 1, message: "no such table: nope"),
        Case(
            sql: "INSERT INTO users(email, name) VALUES ('ann@example.org', 'A')", code: .constraintUnique,
            sqlite: 2067,
            message: "UNIQUE constraint failed: users.email"),
        Case(
            sql: "INSERT INTO users(id, email, name) VALUES (1, 'b@example.org', 'B')", code: .constraintUnique,
            sqlite: 1555,
            message: "UNIQUE constraint failed: users.id"),
        Case(
            sql: "INSERT INTO pairs VALUES (1, 2)", code: .constraintUnique, sqlite: 1555,
            message: "UNIQUE constraint failed: pairs.a, pairs.b"),
        Case(
            sql: "INSERT INTO users(email) VALUES ('b@example.org')", code: .constraintNotNull, sqlite: 1299,
            message: "NOT NULL constraint failed: users.name"),
        Case(
            sql: "UPDATE users SET age = 0", code: .constraintCheck, sqlite: 275,
            message: "CHECK constraint failed: age > 0"),
        Case(
            sql: "INSERT INTO posts(user_id) VALUES (99)", code: .constraintForeignKey, sqlite: 787,
            message: "FOREIGN KEY constraint failed"),
        Case(
            sql: "INSERT INTO users(id, email, name) VALUES ('abc', 'b@example.org', 'B')", code: .typeMismatch,
            sqlite: 20,
            message: "datatype mismatch"),
        Case(
            sql: "INSERT INTO strictly VALUES ('x')", code: .constraintOther, sqlite: 3091,
            message: "cannot store TEXT value in INTEGER column strictly.n"),
        Case(
            sql: "INSERT INTO users(email, name) VALUES ('z@example.org', 'Zed')", code: .constraintOther, sqlite: 1811,
            message: "Zed is not welcome: ü"),
        Case(
            sql: "INSERT INTO users(email, name) VALUES ('y@example.org', 'Yan')", code: .constraintOther, sqlite: 1811,
            message: "Yan fails"),
        Case(sql: "SELECT zeroblob(70000000)", code: .valueTooLarge, sqlite: 18, message: "string or blob too big"),
        Case(
            sql: "SELECT " + Array(repeating: "1", count: 2001).joined(separator: ","), code: .sqlError, sqlite: 1,
            message: "too many columns in result set"),
        Case(
            sql: "SELECT " + String(repeating: "1+", count: 1100) + "1", code: .sqlError, sqlite: 1,
            message: "Expression tree is too large (maximum depth 1000)"),
        Case(
            sql: "SELECT " + Array(repeating: "1", count: 501).joined(separator: " UNION ALL SELECT "), code: .sqlError,
            sqlite: 1,
            message: "too many terms in compound SELECT"),
        Case(
            sql: "SELECT ?32767", code: .sqlError, sqlite: 1, message: "variable number must be between ?1 and ?32766",
            offset: 7),
    ]

    @Test(arguments: cases)
    func `an error has its code, SQLite's words and its place`(expected: Case) throws {
        let client = try TestServer(loops: 1).client("acme")
        try client.script(Self.schema)
        for inTransaction in [false, true] {
            if inTransaction { try client.begin() }
            for kind in [Execute.Kind.run, .query, .queryOne] {
                let error = try client.failure(of: try client.sendExecute(kind, .sql(expected.sql)))
                #expect(error.code == expected.code)
                #expect(error.category == expected.code.category)
                #expect(error.sqlite == expected.sqlite)
                #expect(error.message == expected.message)
                if let offset = expected.offset { #expect(error.offset == offset) }
                #expect(error.execution == .notExecuted && !error.isFatal && !error.isRetryable)
                #expect(error.transaction == (inTransaction ? .write : .none))
            }
            let batch = try client.failure(
                of: try client.sendBatch([BatchStep("SELECT 1"), BatchStep(.sql(expected.sql))]))
            #expect(batch.code == expected.code && batch.message == expected.message && batch.step == 1)
        }
        try client.commit()
        #expect(try client.query("SELECT name FROM users").rows == [["Ann"]])
    }

    @Test func `an expression that nests too deeply is an error, not the end of the server`() throws {
        let server = try TestServer(loops: 1)
        let client = try server.client("acme")
        for depth in [90, 500, 5_000, 200_000] {
            let sql = "SELECT " + String(repeating: "(", count: depth) + "1" + String(repeating: ")", count: depth)
            let reply = try client.terminal(of: try client.sendQuery(.sql(sql)))
            if let error = reply.error { #expect(error.code == .sqlError) } else { #expect(depth < 1000) }
        }
        for depth in [100, 100_000] {
            let sql =
                String(repeating: "SELECT * FROM (", count: depth) + "SELECT 1" + String(repeating: ")", count: depth)
            let error = try client.failure(of: try client.sendQuery(.sql(sql)))
            #expect(error.code == .sqlError)
        }
        try server.expectItServes()
    }

    @Test func `an error's words fit into the least frame a client may accept`() throws {
        let server = try TestServer(loops: 1)
        let client = try server.client("acme", frameMax: Limits.frameMaxLeast)
        let name = String(repeating: "ü", count: 100_000)
        let error = try client.failure(of: try client.sendQuery(.sql("SELECT * FROM \"\(name)\"")))
        #expect(
            error.code == .sqlError && error.message.hasPrefix("no such table: üüü")
                && error.message.utf8.count < 40_000)
        let inBatch = try client.failure(of: try client.sendBatch([BatchStep(.sql("SELECT * FROM \"\(name)\""))]))
        #expect(inBatch.code == .sqlError)
        let migration = try client.failure(of: try client.sendMigrate([(id: name, sql: "SELCT")]))
        #expect(migration.code == .migrationFailed)
        #expect(try client.value("SELECT 1") == 1)
    }

    @Test func `answers keep to the frame a client accepts`() throws {
        let server = try TestServer(loops: 1)
        let client = try server.client("acme", frameMax: Limits.frameMaxLeast)
        let name = String(repeating: "n", count: 70_000)
        // Only names, and too many of them for any frame.
        for sql in ["SELECT 1 AS \(name)", "SELECT 1 AS \(name) WHERE 0"] {
            #expect(try client.failure(of: try client.sendQuery(.sql(sql))).code == .resultTooLarge)
            #expect(try client.failure(of: try client.sendDescribe(.sql(sql))).code == .resultTooLarge)
        }
        // Names that fit into HEAD, and rows that do not fit beside them.
        let long = String(repeating: "n", count: 60_000)
        let answer = try client.query(.sql("SELECT zeroblob(30000) AS \(long)"))
        #expect(answer.isStreamed && answer.columns == [long] && answer.rows.count == 1)
        // Two rows that each fit, and not both.
        try client.run("CREATE TABLE t(x)")
        try client.run("INSERT INTO t VALUES (zeroblob(40000)), (zeroblob(40000)), (zeroblob(10)), (zeroblob(65000))")
        let rows = try client.query("SELECT length(x), x FROM t")
        #expect(rows.rows.map { $0[0] } == [40000, 40000, 10, 65000])
        #expect(rows.rowsFrameSizes.allSatisfy { $0 <= Limits.rowsFrameMax })
        #expect(try client.failure(of: try client.sendQuery("SELECT zeroblob(70000)")).code == .resultTooLarge)
        #expect(try client.value("SELECT 1") == 1)
    }

    @Test func `a read takes parameters as long as a write does`() throws {
        let client = try TestServer(loops: 1).client("acme")
        let long = Value.blob([UInt8](repeating: 1, count: 3_000_000))
        #expect(try client.value("SELECT length(?)", [long]) == 3_000_000)
        #expect(try client.query("SELECT ?", [long]).rows == [[long]])
        #expect(try client.queryOne("SELECT ?", [long]).rows == [[long]])
        try client.run("SELECT ?", [long])
    }

    // MARK: Statements

    @Test(arguments: ["", " \n\t", "-- nothing", "/* nothing */", ";", " ; ; -- x"])
    func `a text without a statement is refused`(sql: String) throws {
        let client = try TestServer(loops: 1).client("acme")
        for kind in [Execute.Kind.run, .query, .queryOne] {
            #expect(try client.failure(of: try client.sendExecute(kind, .sql(sql))).code == .emptyStatement)
        }
        #expect(try client.failure(of: try client.sendDescribe(.sql(sql))).code == .emptyStatement)
    }

    @Test func `several statements are refused, and none is carried out`() throws {
        let client = try TestServer(loops: 1).client("acme")
        try client.run("CREATE TABLE t(x)")
        for sql in [
            "INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)", "SELECT 1; DROP TABLE t", "DELETE FROM t;SELCT",
        ] {
            let error = try client.failure(of: try client.sendRun(.sql(sql)))
            #expect(error.code == .severalStatements && error.offset != nil)
        }
        #expect(try client.value("SELECT count(*) FROM t;  -- and a comment ;\n;") == 0)
    }

    // MARK: Parameters

    @Test(
        arguments: [
            ("SELECT ?", .positional([]), .parameterCount), ("SELECT ?", .positional([1, 2]), .parameterCount),
            ("SELECT 1", .positional([1]), .parameterCount), ("SELECT ?3", .positional([1]), .parameterCount),
            ("SELECT :a", .named([]), .parameterMissing), ("SELECT :a, :b", .named([("a", 1)]), .parameterMissing),
            ("SELECT :a", .named([("b", 1)]), .parameterUnknown),
            ("SELECT :a", .named([("a", 1), ("b", 1)]), .parameterUnknown),
            ("SELECT :a", .named([("a", 1), (":a", 2)]), .parameterCount),
            ("SELECT :a", .named([("@a", 1)]), .parameterUnknown),
            ("SELECT 1", .named([("a", 1)]), .parameterUnknown), ("SELECT :a", .named([("", 1)]), .parameterUnknown),
            ("SELECT ?, :a", .named([("a", 1)]), .parameterMissing),
            ("SELECT ?", .positional([.real(.nan)]), .nanNotStorable),
        ] as [(StatementSource, ParameterList, ErrorCode)])
    func `parameters that do not fit are refused`(sql: StatementSource, parameters: ParameterList, code: ErrorCode)
        throws
    {
        let client = try TestServer(loops: 1).client("acme")
        #expect(try client.failure(of: try client.sendQuery(sql, parameters)).code == code)
        #expect(try client.failure(of: try client.sendRun(sql, parameters)).code == code)
        try client.begin()
        #expect(try client.failure(of: try client.sendQuery(sql, parameters)).code == code)
        try client.rollback()
    }

    @Test func `parameters are found by number and by name, with and without their prefix`() throws {
        let client = try TestServer(loops: 1).client("acme")
        #expect(try client.query("SELECT ?2, ?1, ?2", [1, 2]).rows == [[2, 1, 2]])
        #expect(try client.query("SELECT :a, @b, $c, :a", ["c": 3, "@b": 2, "a": 1]).rows == [[1, 2, 3, 1]])
        #expect(try client.query("SELECT :a, @a, $a", [":a": 1, "@a": 2, "$a": 3]).rows == [[1, 2, 3]])
        #expect(try client.value("SELECT ?32766", .positional([Value](repeating: 5, count: 32766))) == 5)
        #expect(try client.value("SELECT ?", ["'; DROP TABLE t; --"]) == "'; DROP TABLE t; --")
    }
}
