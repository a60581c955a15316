import DoSQLProtocol
import DoSQLServer
import DoSQLTestSupport
import Testing

/// Texts of many statements (`protocol/messages.md`, SCRIPT).
struct ScriptTests {
    /// As the `.dump` of SQLite's shell writes it.
    private static let dump = """
        PRAGMA foreign_keys=OFF;
        BEGIN TRANSACTION;
        CREATE TABLE posts(id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users(id), body TEXT);
        INSERT INTO posts VALUES(1,1,replace('two\\nlines','\\n',char(10)));
        INSERT INTO posts VALUES(2,1,'semi; colon -- no comment');
        CREATE TABLE users(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, data BLOB);
        INSERT INTO users VALUES(1,'Ann''s',X'00ff');
        DELETE FROM sqlite_sequence;
        INSERT INTO sqlite_sequence VALUES('users',41);
        CREATE TRIGGER log AFTER INSERT ON users BEGIN
            INSERT INTO posts(user_id, body) VALUES (new.id, 'joined; welcome');
            UPDATE posts SET body = body || '!' WHERE user_id = new.id;
        END;
        CREATE INDEX posts_by_user ON posts(user_id);
        CREATE VIEW names AS SELECT name FROM users;
        COMMIT;
        """

    @Test func `a dump loads`() throws {
        let client = try TestServer().client("acme")
        let answer = try client.script(Self.dump)
        #expect(answer.outcome.changed && answer.outcome.lsn == 1 && answer.done?.statements == 13)
        #expect(
            try client.query("SELECT body FROM posts ORDER BY id").rows == [
                ["two\nlines"], ["semi; colon -- no comment"],
            ])
        #expect(try client.query("SELECT * FROM users").rows == [[1, "Ann's", .blob([0, 255])]])
        #expect(try client.run("INSERT INTO users(name) VALUES ('Bob')").outcome.lastInsertRowid == 42)
        #expect(try client.value("SELECT body FROM posts WHERE user_id = 42") == "joined; welcome!")
        #expect(
            try client.failure(of: try client.sendRun("INSERT INTO posts(user_id) VALUES (99)")).code
                == .constraintForeignKey)
    }

    @Test func `a dump that fails in the middle leaves nothing`() throws {
        let client = try TestServer().client("acme")
        let error = try client.failure(
            of: try client.sendScript(Self.dump.replacing("CREATE VIEW names", with: "CREATE VIEW users")))
        #expect(error.code == .sqlError && error.statement?.index == 11 && error.execution == .notExecuted)
        #expect(
            try client.value(
                "SELECT count(*) FROM sqlite_schema WHERE name NOT LIKE '__dosql%' AND name NOT LIKE 'sqlite%'") == 0)
        try client.script(Self.dump)
    }

    @Test func `comments and empty statements are nothing`() throws {
        let client = try TestServer().client("acme")
        let answer = try client.script(
            ";; -- x; y\n/* ; */ SELECT 1 /* in */ ; ;\n CREATE TABLE t(x);;; SELECT ';' -- end")
        #expect(answer.done?.statements == 3 && answer.outcome.lsn == 1)
        for nothing in ["", ";", "-- nothing", " \n "] {
            let empty = try client.script(nothing)
            #expect(empty.done?.statements == 0 && !empty.outcome.changed && empty.outcome.lsn == 1)
        }
    }

    @Test func `it is one transaction, and its error has the place`() throws {
        let client = try TestServer().client("acme")
        try client.script("CREATE TABLE t(x UNIQUE); INSERT INTO t VALUES (1);")
        let sql =
            "INSERT INTO t VALUES (2);\n-- ü\nINSERT INTO t VALUES (3);\n  INSERT INTO t VALUES (1);\nINSERT INTO t VALUES (4)"
        let error = try client.failure(of: try client.sendScript(sql))
        #expect(error.code == .constraintUnique && error.message == "UNIQUE constraint failed: t.x")
        #expect(error.statement?.index == 2)
        let offset = try #require(error.statement?.offset)
        #expect(
            String(decoding: Array(sql.utf8)[Int(offset)...].prefix(24), as: UTF8.self).contains(
                "INSERT INTO t VALUES (1)"))
        #expect(try client.query("SELECT x FROM t").rows == [[1]])
        let syntax = try client.failure(of: try client.sendScript("INSERT INTO t VALUES (5); SELCT 1;"))
        #expect(syntax.code == .sqlError && syntax.statement?.index == 1)
        #expect(try client.query("SELECT x FROM t").rows == [[1]])
    }

    @Test func `one with its own transactions stands as it is written`() throws {
        let client = try TestServer().client("acme")
        try client.run("CREATE TABLE t(x)")
        let answer = try client.script(
            "INSERT INTO t VALUES (1); BEGIN; INSERT INTO t VALUES (2); ROLLBACK; BEGIN; INSERT INTO t VALUES (3); COMMIT; INSERT INTO t VALUES (4)"
        )
        #expect(answer.outcome.lsn == 4)
        #expect(try client.query("SELECT x FROM t").rows == [[1], [3], [4]])
        let error = try client.failure(
            of: try client.sendScript("BEGIN; INSERT INTO t VALUES (5); COMMIT; BEGIN; INSERT INTO t VALUES (6); SELCT")
        )
        #expect(error.code == .sqlError && error.execution == .executed)
        #expect(try client.query("SELECT x FROM t").rows == [[1], [3], [4], [5]])
        let open = try client.failure(of: try client.sendScript("BEGIN; INSERT INTO t VALUES (7)"))
        #expect(open.code == .transactionControl)
        #expect(
            try client.failure(of: try client.sendScript("INSERT INTO t VALUES (8); COMMIT")).code
                == .transactionControl)
        #expect(try client.value("SELECT count(*) FROM t WHERE x > 5") == 0)
        #expect(try client.run("INSERT INTO t VALUES (9)").outcome.lsn == 6)
    }

    @Test func `it is refused inside of a transaction and on a stream that only reads`() throws {
        let client = try TestServer().client("acme")
        try client.run("CREATE TABLE t(x)")
        try client.begin()
        let error = try client.failure(of: try client.sendScript("INSERT INTO t VALUES (1)"))
        #expect(error.code == .transactionOpen && error.transaction == .write)
        try client.commit()
        try client.open("acme", stream: 2, isReadOnly: true)
        #expect(try client.failure(of: try client.sendScript("INSERT INTO t VALUES (1)", stream: 2)).code == .readOnly)
        #expect(try client.value("SELECT count(*) FROM t") == 0)
    }

    @Test func `the sandbox holds inside of it`() throws {
        let client = try TestServer().client("acme")
        for sql in [
            "ATTACH ':memory:' AS m", "VACUUM", "PRAGMA journal_mode=DELETE", "DROP TABLE __dosql_meta",
            "PRAGMA writable_schema=ON",
            "PRAGMA wal_checkpoint", "SELECT load_extension('x')",
        ] {
            let error = try client.failure(of: try client.sendScript("CREATE TABLE t(x); \(sql)"))
            #expect(error.code == .notAllowed && error.statement?.index == 1, "\(sql)")
        }
        #expect(try client.failure(of: try client.sendQuery("SELECT * FROM t")).code == .sqlError)
        // What it made temporary is gone with it.
        try client.script("CREATE TEMP TABLE t(y); INSERT INTO t VALUES (1)")
        #expect(try client.failure(of: try client.sendQuery("SELECT * FROM t")).code == .sqlError)
    }

    @Test func `one that takes too long is given up, and nothing remains`() throws {
        let client = try TestServer().client("acme")
        try client.run("CREATE TABLE t(x)")
        try client.run("INSERT INTO t VALUES (0)")
        guard case .sql(let endless) = EndlessStatement.write else { return }
        let error = try client.failure(of: try client.sendScript("INSERT INTO t VALUES (1); \(endless)", deadline: 100))
        #expect(error.code == .deadlineExceeded && error.statement?.index == 1)
        #expect(try client.query("SELECT x FROM t").rows == [[0]])
    }
}
