import Testing

@testable import DoSQLEngine

struct ScriptRunnerTests {
    let file = TemporaryDatabase()

    private func run(_ script: String, on connection: borrowing Connection) throws(ScriptError) -> ScriptResult {
        let bytes = Array(script.utf8)
        return try ScriptRunner().run(bytes.span, on: connection)
    }

    @Test func `a very long script is not copied for each of its statements`() throws {
        let connection = try file.writer()
        // With a copy of the rest for each, these would move 60 GB.
        let script = String(repeating: "SELECT 1;\n", count: 100_000) + "CREATE TABLE t(x); -- the end"
        #expect(try run(script, on: connection).statements == 100_001)
        #expect(failure(script + "\nSELECT * FROM nothing", on: connection)?.statementIndex == 100_000)
    }

    @Test func `a cancelled script ends between statements that take no time`() throws {
        let connection = try file.writer()
        let flag = CancellationFlag()
        flag.cancel()
        connection.budget = Budget(cancellation: flag)
        #expect(failure("SELECT 1; SELECT 2", on: connection) != nil)
        connection.budget = Budget.unlimited
        #expect(try run("SELECT 1; SELECT 2", on: connection).statements == 2)
    }

    private func failure(_ script: String, on connection: borrowing Connection) -> ScriptError? {
        do throws(ScriptError) {
            _ = try run(script, on: connection)
            return nil
        } catch {
            return error
        }
    }

    /// As `sqlite3 .dump` writes it: a blob, an AUTOINCREMENT, a trigger with semicolons and quotes, children first.
    private static let dump = """
        PRAGMA foreign_keys=OFF;
        BEGIN TRANSACTION;
        CREATE TABLE child (id INTEGER PRIMARY KEY AUTOINCREMENT, parent REFERENCES parent (id), body BLOB);
        INSERT INTO child VALUES(1,7,X'00ff10');
        INSERT INTO child VALUES(9,7,'it''s; BEGIN' || char(10));
        CREATE TABLE parent (id INTEGER PRIMARY KEY, x REAL DEFAULT "ok");
        INSERT INTO parent VALUES(7,1.5e300);
        INSERT INTO parent VALUES(8,9.0e+999);
        CREATE TABLE log (x);
        ANALYZE sqlite_schema;
        INSERT INTO sqlite_stat1 VALUES('child',NULL,'2');
        DELETE FROM sqlite_sequence;
        INSERT INTO sqlite_sequence VALUES('child',9);
        CREATE INDEX child_parent ON child (parent);
        CREATE TRIGGER noted AFTER INSERT ON child BEGIN
            INSERT INTO log VALUES (';'); -- BEGIN; COMMIT;
            UPDATE log SET x = CASE WHEN x = ';' THEN 1 ELSE 2 END;
        END;
        CREATE VIEW both AS SELECT * FROM child JOIN parent ON parent.id = child.parent;
        COMMIT;

        """

    @Test
    func `a dump loads`() throws {
        let connection = try file.writer()
        let result = try run(Self.dump, on: connection)
        #expect(result.statements == 17)
        #expect(result.ownsItsTransactions && result.changedAnything && !result.leftTemporaryObjects)
        #expect(result.changes == 7)
        #expect(try connection.rows("SELECT body FROM child") == [[.blob([0, 0xff, 0x10])], ["it's; BEGIN\n"]])
        #expect(try connection.rows("SELECT x FROM parent WHERE id = 8") == [[.real(.infinity)]])
        try connection.rows("INSERT INTO child (parent) VALUES (7)")
        #expect(connection.lastInsertRowID == 10)
        #expect(try connection.rows("SELECT x FROM log") == [[1]])
        #expect(try connection.rows("PRAGMA foreign_keys") == [[1]])
        #expect(connection.sandbox == .autocommit)
        #expect(connection.failure("INSERT INTO child (parent) VALUES (99)")?.code == .constraintForeignKey)
    }

    @Test
    func `a dump that breaks off changes nothing`() throws {
        let connection = try file.writer()
        let whole = Self.dump
        let error = failure(String(whole.prefix(upTo: whole.utf8.index(whole.endIndex, offsetBy: -9))), on: connection)
        #expect(error?.reason == .transactionLeftOpen)
        #expect(try connection.rows("SELECT count(*) FROM sqlite_schema") == [[0]])
        #expect(try connection.rows("PRAGMA foreign_keys") == [[1]])
    }

    @Test
    func `a text without BEGIN is one transaction`() throws {
        let connection = try file.writer()
        let result = try run(
            "CREATE TABLE t (x); INSERT INTO t VALUES (1), (2); SELECT * FROM t; -- end", on: connection)
        #expect(result.statements == 3 && result.changes == 2 && !result.ownsItsTransactions)
        let script = ";; INSERT INTO t VALUES (3);\n\nINSERT INTO u VALUES (4)"
        let error = try unwrap(failure(script, on: connection))
        #expect(error.statementIndex == 1)
        #expect(error.statementOffset == 30)
        #expect(error.excerpt == "INSERT INTO u VALUES (4)")
        #expect(!error.committedBefore)
        guard case .statement(.sqlite(let cause)) = error.reason else { throw error }
        #expect(cause.message == "no such table: u")
        #expect(try connection.rows("SELECT count(*) FROM t") == [[2]])
        #expect(connection.isAutocommit == true)
    }

    @Test
    func `an error's offset counts from its statement`() throws {
        let connection = try file.writer()
        let error = try unwrap(failure("SELECT 1; SELECT FRM", on: connection))
        guard case .statement(.sqlite(let cause)) = error.reason else { throw error }
        #expect(error.statementOffset == 10)
        #expect(cause.offset == 7)
    }

    @Test
    func `what ran before a late BEGIN is not run twice`() throws {
        let connection = try file.writer("CREATE TABLE t (x)")
        let result = try run(
            "INSERT INTO t VALUES (1); BEGIN; INSERT INTO t VALUES (2); ROLLBACK; BEGIN; INSERT INTO t VALUES (3); END",
            on: connection)
        #expect(result.ownsItsTransactions)
        #expect(result.changes == 2)
        #expect(try connection.rows("SELECT x FROM t") == [[1], [3]])
    }

    @Test
    func `a transaction left open is rolled back and reported`() throws {
        let connection = try file.writer("CREATE TABLE t (x)")
        let error = try unwrap(failure("BEGIN; INSERT INTO t VALUES (1);", on: connection))
        #expect(error.reason == .transactionLeftOpen)
        #expect(error.statementIndex == 1)
        #expect(connection.isAutocommit == true)
        #expect(try connection.rows("SELECT count(*) FROM t") == [[0]])
    }

    @Test
    func `a failure inside an own transaction keeps what was committed and says so`() throws {
        let connection = try file.writer("CREATE TABLE t (x UNIQUE)")
        let error = try unwrap(
            failure(
                "BEGIN; INSERT INTO t VALUES (1); COMMIT; BEGIN; INSERT INTO t VALUES (2); INSERT INTO t VALUES (1); COMMIT",
                on: connection))
        #expect(error.committedBefore)
        #expect(error.statementIndex == 5)
        #expect(connection.isAutocommit == true)
        #expect(try connection.rows("SELECT x FROM t") == [[1]])
    }

    @Test(arguments: ["COMMIT", "ROLLBACK", "SELECT 1; END", "BEGIN; COMMIT; COMMIT", "BEGIN; END; SAVEPOINT a"])
    func `an end without its beginning is refused`(_ script: String) throws {
        let connection = try file.writer()
        let error = try unwrap(failure(script, on: connection))
        guard case .transactionControl = error.reason else { throw error }
    }

    @Test
    func `savepoints work inside the script's transaction`() throws {
        let connection = try file.writer("CREATE TABLE t (x)")
        let inner = "SAVEPOINT a; INSERT INTO t VALUES (1); ROLLBACK TO a; RELEASE a; INSERT INTO t VALUES (2);"
        let joined = try run(inner, on: connection)
        #expect(!joined.ownsItsTransactions)
        let own = try run("BEGIN; \(inner) COMMIT", on: connection)
        #expect(own.ownsItsTransactions)
        #expect(try connection.rows("SELECT x FROM t") == [[2], [2]])
    }

    @Test
    func `foreign keys are switched before everything else, or not at all`() throws {
        let connection = try file.writer(
            "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p (id))")
        let result = try run(
            "PRAGMA foreign_keys=OFF; INSERT INTO c VALUES (1); PRAGMA foreign_keys=ON", on: connection)
        #expect(result.changes == 1 && !result.ownsItsTransactions)
        #expect(try connection.rows("PRAGMA foreign_keys") == [[1]])
        let error = failure("INSERT INTO p VALUES (5); PRAGMA foreign_keys=0; INSERT INTO c VALUES (2)", on: connection)
        #expect(error?.reason == .foreignKeysInsideTransaction)
        #expect(try connection.rows("SELECT count(*) FROM p") == [[0]])
        let inside = failure("BEGIN; PRAGMA foreign_keys=OFF; COMMIT", on: connection)
        #expect(inside?.reason == .foreignKeysInsideTransaction)
    }

    @Test
    func `TEMP objects left behind are reported`() throws {
        let connection = try file.writer()
        let left = try run("CREATE TEMP TABLE u (x)", on: connection)
        #expect(left.leftTemporaryObjects)
        let other = try file.writer()
        let tidy = try run("CREATE TEMP TABLE u (x); DROP TABLE u", on: other)
        #expect(!tidy.leftTemporaryObjects)
    }

    @Test(arguments: [
        "ATTACH ':memory:' AS m", "VACUUM", "CREATE TABLE __dosql_x (x)", "PRAGMA journal_mode=DELETE",
        "PRAGMA writable_schema=ON",
    ])
    func `a script stays inside the sandbox`(_ sql: String) throws {
        let connection = try file.writer()
        let error = try unwrap(failure("SELECT 1; \(sql)", on: connection))
        guard case .statement(.denied) = error.reason else { throw error }
    }

    @Test
    func `a deferred violation fails the commit and leaves nothing open`() throws {
        let connection = try file.writer(
            "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p (id) DEFERRABLE INITIALLY DEFERRED)"
        )
        for script in ["INSERT INTO c VALUES (1)", "BEGIN; INSERT INTO c VALUES (1); COMMIT"] {
            let error = try unwrap(failure(script, on: connection))
            guard case .statement(.sqlite(let cause)) = error.reason else { throw error }
            #expect(cause.code == .constraintForeignKey)
            #expect(connection.isAutocommit == true)
        }
    }

    @Test
    func `each transaction that changed something passes the hook`() throws {
        let connection = try file.writer("CREATE TABLE t (x); CREATE TABLE __dosql_lsn (x)")
        let runner = ScriptRunner { (connection: borrowing Connection, _: ScriptResult) throws(SQLiteError) in
            try connection.execute(trusted: "INSERT INTO __dosql_lsn VALUES (1)")
        }
        func lsn(_ connection: borrowing Connection) throws -> [[Cell]] {
            connection.sandbox = .trusted
            defer { connection.sandbox = .autocommit }
            return try connection.rows("SELECT count(*) FROM __dosql_lsn")
        }
        _ = try runner.run(Array("SELECT 1".utf8).span, on: connection)
        #expect(try lsn(connection) == [[0]])
        let result = try runner.run(
            Array("INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)".utf8).span, on: connection)
        #expect(result.changes == 2)
        #expect(try lsn(connection) == [[1]])
        let own = "INSERT INTO t VALUES (1); BEGIN; INSERT INTO t VALUES (2); COMMIT; CREATE TABLE u (x); BEGIN; COMMIT"
        _ = try runner.run(Array(own.utf8).span, on: connection)
        #expect(try lsn(connection) == [[4]])
    }

    @Test(arguments: ["", " ; ", "-- only words"])
    func `an empty script does nothing`(_ script: String) throws {
        let connection = try file.writer()
        #expect(try run(script, on: connection) == ScriptResult())
    }

    @Test
    func `a NUL ends a script with an error, not silently`() throws {
        let connection = try file.writer("CREATE TABLE t (x)")
        let error = try unwrap(failure("INSERT INTO t VALUES (1);\0 INSERT INTO t VALUES (2)", on: connection))
        #expect(error.statementIndex == 1 && error.statementOffset == 25)
        #expect(try connection.rows("SELECT count(*) FROM t") == [[0]])
    }
}
