import DoSQLTestSupport
import Foundation
import Testing

struct ShellTests {
    let server: TestServer

    init() throws { server = try TestServer() }

    /// The lines of `SELECT` as CSV without names.
    private func rows(_ sql: String, tenant: String = "acme") throws -> [String] {
        let run = try server.shell(".mode csv\n.headers off\n\(sql);\n", tenant: tenant)
        #expect(run.status == 0 && run.errors == "")
        return run.output.split(separator: "\n").map(String.init)
    }

    @Test func `statements of many lines, comments, triggers, and no semicolon at the end`() throws {
        let run = try server.shell(
            """
            -- a text; with semicolons
            CREATE TABLE t(a);
            CREATE TABLE log(a);
            CREATE TRIGGER tr AFTER INSERT ON t
            BEGIN
                INSERT INTO log VALUES (new.a || ';');
                SELECT CASE WHEN 1 THEN 2 END;
            END;
            INSERT INTO t
            VALUES ('x'); INSERT INTO t VALUES ('y;
            z');
            .mode csv
            SELECT count(*) AS n FROM log
            """)
        #expect(run.status == 0 && run.errors == "" && run.output == "n\n2\n")
    }

    @Test func `COMMIT keeps, ROLLBACK undoes, and savepoints nest`() throws {
        let run = try server.shell(
            """
            CREATE TABLE t(a);
            BEGIN; INSERT INTO t VALUES (1); COMMIT;
            BEGIN IMMEDIATE; INSERT INTO t VALUES (2); ROLLBACK;
            BEGIN;
            INSERT INTO t VALUES (3);
            SAVEPOINT s; INSERT INTO t VALUES (4); ROLLBACK TO s; RELEASE s;
            END TRANSACTION;
            SAVEPOINT "Out"; INSERT INTO t VALUES (5);
            SAVEPOINT out; INSERT INTO t VALUES (6); RELEASE OUT;
            INSERT INTO t VALUES (7); RELEASE out;
            """)
        #expect(run.status == 0 && run.errors == "")
        #expect(try rows("SELECT a FROM t ORDER BY a") == ["1", "3", "5", "6", "7"])
    }

    @Test func `a transaction that is not committed is rolled back`() throws {
        let run = try server.shell("CREATE TABLE t(a);\nBEGIN;\nINSERT INTO t VALUES (1);\n")
        #expect(run.errors == "the open transaction is rolled back\n")
        #expect(try rows("SELECT count(*) FROM t") == ["0"])
        #expect(try server.shell("BEGIN;\nINSERT INTO t VALUES (1);\n.quit\nCOMMIT;\n").status == 0)
        #expect(try rows("SELECT count(*) FROM t") == ["0"])
    }

    @Test func `a snapshot reads and does not write`() throws {
        let run = try server.shell("CREATE TABLE t(a);\nBEGIN READ ONLY;\nINSERT INTO t VALUES (1);\nCOMMIT;\n")
        #expect(run.status == 1 && run.errors.contains("(READ_ONLY)"))
    }

    @Test func `an error in a transaction undoes its statement only`() throws {
        let run = try server.shell(
            """
            CREATE TABLE t(a UNIQUE);
            BEGIN;
            INSERT INTO t VALUES (1);
            INSERT INTO t VALUES (1);
            BEGIN;
            INSERT INTO t VALUES (2);
            COMMIT;
            COMMIT;
            """)
        #expect(run.status == 1)
        #expect(
            run.errors == """
                Error: UNIQUE constraint failed: t.a (CONSTRAINT_UNIQUE)
                Error: a transaction is open already
                Error: no transaction is open

                """)
        #expect(try rows("SELECT a FROM t") == ["1", "2"])
    }

    @Test func `a statement behind a transaction that was aborted is not carried out by itself`() throws {
        let run = try server.shell(
            """
            CREATE TABLE t(a UNIQUE);
            BEGIN;
            INSERT INTO t VALUES (1);
            INSERT OR ROLLBACK INTO t VALUES (1);
            INSERT INTO t VALUES (2);
            COMMIT;
            """)
        #expect(run.status == 1 && run.errors.contains("(TRANSACTION_ABORTED)"))
        #expect(try rows("SELECT count(*) FROM t") == ["0"])
    }

    @Test func `a commit that a deferred key refuses leaves the transaction open`() throws {
        let run = try server.shell(
            """
            CREATE TABLE p(id INTEGER PRIMARY KEY);
            CREATE TABLE c(p REFERENCES p(id) DEFERRABLE INITIALLY DEFERRED);
            BEGIN;
            INSERT INTO c VALUES (1);
            COMMIT;
            INSERT INTO p VALUES (1);
            COMMIT;
            """)
        #expect(run.status == 1 && run.errors.contains("(CONSTRAINT_FOREIGN_KEY)"))
        #expect(try rows("SELECT count(*) FROM c") == ["1"])
    }

    @Test func `a text goes on behind errors unless it is told to bail`() throws {
        let text = "CREATE TABLE t(a);\nSELECT\n  nope\nFROM t;\n.nope\nINSERT INTO t VALUES (1);\n"
        let run = try server.shell(text)
        #expect(run.status == 1)
        #expect(
            run.errors
                == "Error: no such column: nope (SQL_ERROR)\n    nope\n    ^\nError: there is no command .nope; .help lists them\n"
        )
        #expect(try rows("SELECT count(*) FROM t") == ["1"])
        let bailed = try server.shell(text, tenant: "other", flags: ["--bail"])
        #expect(bailed.status == 1)
        #expect(try rows("SELECT count(*) FROM t", tenant: "other") == ["0"])
    }

    @Test func `names of tables, indexes and tenants`() throws {
        _ = try server.shell("CREATE TABLE a(x); CREATE TABLE b(y); CREATE INDEX i ON a(x); CREATE VIEW v AS SELECT 1;")
        #expect(try server.shell(".tables").output == "a\nb\nv\n")
        #expect(try server.shell(".tables a%").output == "a\n")
        #expect(try server.shell(".indexes").output == "i\n" && server.shell(".indexes b").output == "")
        #expect(try server.shell(".schema a").output == "CREATE TABLE a(x);\nCREATE INDEX i ON a(x);\n")
        _ = try server.shell("SELECT 1;", tenant: "zeta")
        #expect(try server.shell(".tenants").output == "acme\nzeta\n")
    }

    private static let content = #"""
        CREATE TABLE child(id INTEGER PRIMARY KEY, p INTEGER REFERENCES parent(id));
        CREATE TABLE parent(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, g AS (name || '!')) -- a comment
        ;
        CREATE TABLE "odd ""name"(k TEXT PRIMARY KEY, "a b", c REAL) WITHOUT ROWID;
        CREATE VIRTUAL TABLE words USING fts5(word);
        INSERT INTO parent(name) VALUES ('it''s'), ('two
        lines'), (NULL), ('');
        DELETE FROM parent WHERE id = 4;
        INSERT INTO child VALUES (1, 2);
        INSERT INTO "odd ""name" VALUES ('blob', x'00ff', 0.1), ('nul', 'a' || char(0) || 'b', -1.7976931348623157e308),
            ('bytes', CAST(x'61ff62' AS TEXT), 9e999), ('crlf', 'a' || char(13) || char(10), 3.0), ('big', 9223372036854775807, 5e-324);
        INSERT INTO words VALUES ('hello'), ('world');
        CREATE INDEX names ON parent(name);
        CREATE VIEW all_names AS SELECT name FROM parent;
        CREATE TRIGGER tr AFTER INSERT ON parent BEGIN INSERT INTO child(p) VALUES (new.id); END;
        """#

    @Test func `what dump prints makes the same tenant, value by value`() throws {
        let made = try server.shell(Self.content)
        #expect(made.status == 0 && made.errors == "")
        let dump = try server.shell(".dump")
        #expect(dump.status == 0 && dump.errors == "" && !dump.output.contains("__dosql"))
        let folder = try TemporaryFolder()
        try folder.write(dump.output, to: "dump.sql")
        let read = try server.shell(".read \(folder.path(of: "dump.sql"))", tenant: "copy")
        #expect(read.status == 0 && read.errors == "" && read.output == "")
        #expect(try server.shell(".dump", tenant: "copy").output == dump.output)
        let values = "SELECT k, typeof(\"a b\"), hex(\"a b\"), c FROM \"odd \"\"name\" ORDER BY k"
        #expect(try rows(values, tenant: "copy") == rows(values))
        #expect(try rows("SELECT rowid FROM words WHERE words MATCH 'world'", tenant: "copy") == ["2"])
        // The numbers that AUTOINCREMENT has given out are not given out again.
        #expect(try rows("INSERT INTO parent(name) VALUES ('new') RETURNING id", tenant: "copy") == ["5"])
    }

    @Test func `a dump of one table has what belongs to it`() throws {
        _ = try server.shell(Self.content)
        let dump = try server.shell(".dump parent").output
        #expect(dump.contains("CREATE INDEX names") && dump.contains("CREATE TRIGGER tr"))
        #expect(!dump.contains("CREATE TABLE child") && !dump.contains("all_names"))
        let read = try server.shell("CREATE TABLE child(id INTEGER PRIMARY KEY, p);\n" + dump, tenant: "copy")
        #expect(read.status == 0 && read.errors == "")
        #expect(try rows("SELECT name, seq FROM sqlite_sequence", tenant: "copy") == ["parent,4"])
    }

    @Test func `sqlite3's dumps load: foreign keys are deferred, or off in a script`() throws {
        let text = """
            PRAGMA foreign_keys=OFF;
            BEGIN TRANSACTION;
            CREATE TABLE p(id INTEGER PRIMARY KEY, other REFERENCES p(id));
            INSERT INTO p VALUES(1,2);
            INSERT INTO p VALUES(2,1);
            COMMIT;

            """
        let run = try server.shell(text)
        #expect(run.status == 0 && run.errors == "")
        #expect(try rows("SELECT count(*) FROM p") == ["2"])
        let folder = try TemporaryFolder()
        try folder.write(text, to: "dump.sql")
        let script = try server.shell(".script \(folder.path(of: "dump.sql"))", tenant: "script")
        #expect(script.status == 0 && script.errors == "")
        #expect(try rows("SELECT count(*) FROM p", tenant: "script") == ["2"])
    }

    @Test func `import fills a table, by place, by names, or makes it`() throws {
        let folder = try TemporaryFolder()
        try folder.write("1,one\r\n2,\"two,\nlines\"\r\n", to: "values.csv")
        try folder.write("name,id\n\"thr\"\"ee\",3\n", to: "names.csv")
        let run = try server.shell(
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT);
            .import \(folder.path(of: "values.csv")) t
            .import \(folder.path(of: "names.csv")) t --header
            .import \(folder.path(of: "names.csv")) made --create
            """)
        #expect(run.status == 0 && run.errors == "")
        #expect(
            try rows("SELECT id, typeof(id), hex(name) FROM t").map { $0.prefix(9) } == [
                "1,integer", "2,integer", "3,integer",
            ])
        #expect(try rows("SELECT name FROM t WHERE id = 3") == ["\"thr\"\"ee\""])
        #expect(try rows("SELECT id, typeof(id) FROM made") == ["3,text"])
    }

    @Test func `an import that fails leaves nothing and names the line`() throws {
        let folder = try TemporaryFolder()
        try folder.write("a\n\"two\nlines\"\na\nb\n", to: "double.csv")
        try folder.write("a,b\nc\n", to: "short.csv")
        let run = try server.shell(
            """
            CREATE TABLE t(x UNIQUE);
            .import \(folder.path(of: "double.csv")) t
            .import \(folder.path(of: "short.csv")) t
            .import \(folder.path(of: "nothing.csv")) t
            """)
        #expect(run.status == 1)
        let errors = run.errors.split(separator: "\n")
        #expect(errors.count == 3)
        #expect(errors[0].contains("double.csv, line 4: UNIQUE constraint failed: t.x (CONSTRAINT_UNIQUE)"))
        #expect(errors[2].contains("No such file"))
        #expect(try rows("SELECT count(*) FROM t") == ["0"])
    }

    @Test func `a statement that is not UTF-8 is refused, not repaired`() throws {
        let bytes = Array("CREATE TABLE t(a); INSERT INTO t VALUES('".utf8) + [0xFF] + Array("');".utf8)
        let run = try CommandRun(["shell", try server.url("acme")], input: Data(bytes))
        #expect(run.status == 1 && run.errors == "Error: a statement is not UTF-8\n")
        #expect(try rows("SELECT count(*) FROM t") == ["0"])
    }
}
