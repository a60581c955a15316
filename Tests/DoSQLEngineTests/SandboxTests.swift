import Testing

@testable import DoSQLEngine

struct SandboxTests {
    let file = TemporaryDatabase()

    private func connection() throws -> Connection {
        try file.writer(
            """
            CREATE TABLE t (x); CREATE TABLE p (id INTEGER PRIMARY KEY);
            CREATE TABLE __dosql_secret (x); CREATE INDEX __dosql_index ON t (x);
            CREATE VIRTUAL TABLE f3 USING fts3(body); CREATE VIRTUAL TABLE f5 USING fts5(body);
            """)
    }

    @Test(arguments: [
        ("BEGIN", "BEGIN"), ("BEGIN IMMEDIATE", "BEGIN"), ("COMMIT", "COMMIT"), ("END TRANSACTION", "COMMIT"),
        ("ROLLBACK", "ROLLBACK"), ("explain commit", "COMMIT"),
    ])
    func `a typed transaction statement is denied outside a transaction`(_ sql: String, _ keyword: String) throws {
        let connection = try connection()
        #expect(connection.denial(sql) == .transactionControl(keyword: keyword))
    }

    @Test
    func `savepoints are denied outside a transaction`() throws {
        let connection = try connection()
        #expect(connection.denial("SAVEPOINT a") == .savepoint(keyword: "SAVEPOINT"))
        #expect(connection.denial("RELEASE a") == .savepoint(keyword: "RELEASE"))
        #expect(connection.denial("ROLLBACK TO a") == .savepoint(keyword: "ROLLBACK TO"))
    }

    @Test(arguments: [SandboxMode.autocommit, .transaction, .script])
    func `a client cannot leave his file`(_ mode: SandboxMode) throws {
        let connection = try connection()
        connection.sandbox = mode
        #expect(connection.denial("ATTACH ':memory:' AS other") == .attach)
        #expect(connection.denial("DETACH main") == .detach)
        #expect(connection.denial("VACUUM") == .vacuum)
        #expect(connection.denial("/* x */ vacuum INTO '\(file.directory)/copy'") == .vacuum)
        #expect(connection.denial("SELECT load_extension('x')") == .function(name: "load_extension"))
        #expect(connection.denial("SELECT fts3_tokenizer('simple', ?)") == .function(name: "fts3_tokenizer"))
        #expect(connection.denial("SELECT * FROM sqlite_stmt") == .table(name: "sqlite_stmt"))
    }

    @Test(arguments: [
        "CREATE TEMP TABLE u (x)", "CREATE TEMPORARY TABLE u AS SELECT 1", "CREATE TABLE temp.u (x)",
        "CREATE TEMP VIEW u AS SELECT 1", "CREATE TEMP TRIGGER u AFTER INSERT ON t BEGIN SELECT 1; END",
    ])
    func `a TEMP object is denied outside a transaction and allowed inside`(_ sql: String) throws {
        let connection = try connection()
        guard case .temporaryObject = connection.denial(sql) else {
            Issue.record("not denied: \(sql)")
            return
        }
        #expect(try connection.hasTemporaryObjects() == false)
        connection.sandbox = .transaction
        let statement = try connection.prepare(sql)
        #expect(statement.access.touchesTemporary)
        #expect(statement.access.changesSchema)
        #expect(try statement.rows() == [])
        #expect(try connection.hasTemporaryObjects() == true)
        connection.sandbox = .autocommit
        if sql.contains("TABLE") { #expect(connection.denial("SELECT * FROM u") == .temporaryObject(name: "u")) }
        if sql.contains("TABLE") { #expect(connection.denial("SELECT count(*) FROM u") == .temporaryObject(name: "u")) }
        if sql.contains("TABLE") {
            #expect(connection.denial("INSERT INTO u VALUES (1)") == .temporaryObject(name: "u"))
        }
    }

    @Test
    func `a hidden table is what a TEMP object would be`() throws {
        // Why TEMP objects are denied: they come first when names are looked up.
        let connection = try file.writer("CREATE TABLE t (x); INSERT INTO t VALUES ('real')")
        connection.sandbox = .transaction
        try connection.rows("CREATE TEMP TABLE t (x)")
        #expect(try connection.rows("SELECT * FROM t") == [])
    }

    @Test(arguments: [SandboxMode.autocommit, .transaction, .script])
    func `reserved names can be neither used nor made`(_ mode: SandboxMode) throws {
        let connection = try connection()
        connection.sandbox = mode
        for sql in [
            "SELECT * FROM __dosql_secret", "SELECT count(*) FROM __DOSQL_secret",
            "INSERT INTO __dosql_secret VALUES (1)",
            "UPDATE __dosql_secret SET x = 1", "DELETE FROM __dosql_secret", "DROP TABLE __dosql_secret",
            "DROP INDEX __dosql_index", "ALTER TABLE __dosql_secret RENAME TO mine", "CREATE TABLE __dosql_x (x)",
            "CREATE TABLE \"__DoSQL_x\" (x)", "CREATE INDEX __dosql_x ON t (x)", "CREATE VIEW __dosql_x AS SELECT 1",
            "CREATE TRIGGER __dosql_x AFTER INSERT ON t BEGIN SELECT 1; END",
            "CREATE TRIGGER x AFTER INSERT ON __dosql_secret BEGIN SELECT 1; END",
            "CREATE INDEX x ON __dosql_secret (x)", "CREATE VIRTUAL TABLE __dosql_x USING fts5(y)",
            "ALTER TABLE t RENAME TO __dosql_x", "alter table t rename to '__DOSQL_x'",
            "SELECT * FROM t WHERE x IN (SELECT x FROM __dosql_secret)",
        ] {
            guard case .reservedName = connection.denial(sql) else {
                Issue.record("not denied: \(sql), \(String(describing: connection.denial(sql)))")
                continue
            }
        }
        #expect(connection.denial("SELECT '__dosql_secret'") == nil)
    }

    @Test
    func `a view or a trigger does not lend access to a reserved table`() throws {
        let connection = try connection()
        try connection.rows("CREATE VIEW v AS SELECT * FROM __dosql_secret")
        #expect(connection.denial("SELECT * FROM v") == .reservedName("__dosql_secret"))
        try connection.rows("CREATE TRIGGER r AFTER INSERT ON t BEGIN DELETE FROM __dosql_secret; END")
        #expect(connection.denial("INSERT INTO t VALUES (1)") == .reservedName("__dosql_secret"))
        // A table that hangs on one acts when the server writes there, or reads it by itself.
        let hanging = "CREATE VIRTUAL TABLE w USING fts5(x, content=__dosql_secret)"
        for sql in [hanging, "CREATE TABLE c(x REFERENCES \"__DOSQL_secret\"(x) ON DELETE CASCADE)"] {
            #expect(connection.denial(sql) == .reservedName(Denial.reservedPrefix))
        }
        try connection.execute(trusted: hanging)
        #expect(throws: (any Error).self) { try connection.rows("INSERT INTO w(w) VALUES ('rebuild')") }
    }

    @Test
    func `reserved savepoint names are the server's`() throws {
        let connection = try connection()
        connection.sandbox = .transaction
        #expect(connection.denial("SAVEPOINT __dosql_0") == .reservedName("__dosql_0"))
    }

    @Test(arguments: [
        "table_info(t)", "table_xinfo(t)", "table_list", "index_list(t)", "index_info(__dosql_index)",
        "index_xinfo(__dosql_index)", "foreign_key_list(t)", "foreign_key_check", "function_list", "collation_list",
        "compile_options", "pragma_list", "module_list", "page_count", "page_size", "freelist_count",
        "encoding", "journal_mode", "synchronous", "foreign_keys", "cache_size", "schema_version", "data_version",
        "user_version", "application_id", "integrity_check", "quick_check(t)", "defer_foreign_keys",
    ])
    func `a pragma that asks is a read`(_ pragma: String) throws {
        let connection = try connection()
        let statement = try connection.prepare("PRAGMA \(pragma)")
        #expect(statement.access.isRead)
        #expect(statement.access.pragma == String(pragma.prefix { $0 != "(" }))
        _ = try statement.rows()
    }

    @Test(arguments: [SandboxMode.autocommit, .transaction])
    func `settings of the server cannot be changed`(_ mode: SandboxMode) throws {
        let connection = try connection()
        connection.sandbox = mode
        for name in [
            "journal_mode", "synchronous", "foreign_keys", "encoding", "cache_size", "page_size", "schema_version",
        ] {
            #expect(connection.denial("PRAGMA \(name)=0") == .pragmaSetting(name: name))
            #expect(connection.denial("pragma main.\(name.uppercased())(0)") == .pragmaSetting(name: name))
        }
        for name in [
            "wal_checkpoint", "writable_schema", "query_only", "temp_store", "mmap_size", "locking_mode",
            "case_sensitive_like", "recursive_triggers", "busy_timeout", "wal_autocheckpoint", "trusted_schema",
            "nonsense",
        ] {
            #expect(connection.denial("PRAGMA \(name)") == .pragma(name: name))
            #expect(connection.denial("PRAGMA \(name)=1") == .pragma(name: name))
        }
        #expect(try connection.rows("PRAGMA foreign_keys") == [[1]])
        #expect(try connection.rows("PRAGMA journal_mode") == [["wal"]])
    }

    @Test
    func `a pragma's table is denied where its argument would set something`() throws {
        let connection = try connection()
        for name in ["journal_mode", "foreign_keys", "user_version", "locking_mode"] {
            #expect(
                connection.denial("SELECT * FROM pragma_\(name)('delete')") == .pragmaFunction(name: "pragma_\(name)"))
        }
        #expect(try connection.rows("SELECT name FROM pragma_table_info('t')") == [["x"]])
        #expect(try connection.rows("SELECT count(*) FROM pragma_index_list('t')") == [[1]])
    }

    @Test
    func `values in the header are data`() throws {
        let connection = try connection()
        let statement = try connection.prepare("PRAGMA user_version=7")
        #expect(!statement.access.isRead)
        _ = try statement.rows()
        #expect(try connection.rows("PRAGMA user_version") == [[7]])
    }

    @Test
    func `defer_foreign_keys is for transactions and is taken back`() throws {
        let connection = try connection()
        let setting = "PRAGMA defer_foreign_keys=ON"
        #expect(connection.denial(setting) == .pragmaOutsideTransaction(name: "defer_foreign_keys"))
        try connection.beginImmediate()
        connection.sandbox = .transaction
        try connection.rows(setting)
        #expect(try connection.rows("PRAGMA defer_foreign_keys") == [[1]])
        try connection.resetDeferForeignKeys()
        #expect(try connection.rows("PRAGMA defer_foreign_keys") == [[0]])
        try connection.rollback()
    }

    @Test
    func `the file cannot be corrupted through the schema or a shadow table`() throws {
        let connection = try connection()
        #expect(connection.failure("UPDATE sqlite_schema SET sql = 'x'") != nil)
        #expect(connection.failure("DELETE FROM f5_data") != nil)
    }

    @Test
    func `full text search works inside the sandbox`() throws {
        let connection = try connection()
        for name in ["f3", "f5"] {
            try connection.rows("INSERT INTO \(name) VALUES ('hello world')")
            #expect(try connection.rows("SELECT body FROM \(name) WHERE \(name) MATCH 'world'") == [["hello world"]])
            try connection.rows("INSERT INTO \(name)(\(name)) VALUES ('optimize')")
            try connection.rows("INSERT INTO \(name)(\(name)) VALUES ('rebuild')")
        }
        // This one uses a savepoint of its own.
        #expect(try connection.rows("SELECT optimize(f3) FROM f3 LIMIT 1").count == 1)
        try connection.rows("CREATE VIRTUAL TABLE mine USING fts5(a, b)")
        try connection.rows("DROP TABLE mine")
    }

    @Test(arguments: [
        "CREATE TABLE u (x)", "ALTER TABLE t RENAME TO u", "ALTER TABLE t RENAME COLUMN x TO y", "DROP TABLE t",
        "ALTER TABLE t ADD COLUMN y", "CREATE INDEX i ON t (x)", "REINDEX", "ANALYZE",
        "REPLACE INTO t VALUES (1) RETURNING x",
        "WITH c AS (SELECT 1) SELECT count(*) FROM c", "VALUES (1)", "CREATE TABLE u AS SELECT * FROM t",
        "PRAGMA optimize",
        "CREATE TRIGGER r AFTER INSERT ON t BEGIN DELETE FROM p; END",
    ])
    func `ordinary statements are ordinary`(_ sql: String) throws {
        let connection = try connection()
        let statement = try connection.prepare(sql)
        #expect(!statement.access.touchesTemporary)
        #expect(statement.access.requiredMode == .autocommit)
        _ = try statement.rows()
    }

    @Test
    func `tools may ask for the list of TEMP objects`() throws {
        let connection = try connection()
        #expect(try connection.rows("SELECT * FROM sqlite_temp_master") == [])
    }

    @Test
    func `every denial is a sentence`() {
        let denials: [Denial] = [
            .transactionControl(keyword: "COMMIT"), .savepoint(keyword: "RELEASE"), .attach, .detach, .vacuum,
            .temporaryObject(name: "t"), .pragma(name: "p"), .pragmaSetting(name: "p"),
            .pragmaOutsideTransaction(name: "p"),
            .pragmaFunction(name: "p"), .reservedName("__dosql"), .function(name: "f"), .table(name: "t"),
        ]
        for denial in denials { #expect(denial.description.hasSuffix(".")) }
    }
}

struct StatementAccessTests {
    let file = TemporaryDatabase()

    private func access(_ sql: String, in mode: SandboxMode = .transaction) throws -> StatementAccess {
        let connection = try file.writer(
            """
            CREATE TABLE IF NOT EXISTS a (x); CREATE TABLE IF NOT EXISTS b (x); CREATE TABLE IF NOT EXISTS log (x);
            CREATE VIEW IF NOT EXISTS v AS SELECT x FROM b;
            CREATE TRIGGER IF NOT EXISTS r AFTER UPDATE ON a BEGIN INSERT INTO log SELECT x FROM b; END;
            """)
        connection.sandbox = mode
        return try connection.prepare(sql).access
    }

    @Test
    func `a query reads its tables, through views as well`() throws {
        let access = try access(
            "WITH c AS (SELECT 1) SELECT a.x, (SELECT max(x) FROM v), (SELECT count(*) FROM log) FROM a, c")
        #expect(access.tablesRead == ["a", "b", "log", "v"])
        #expect(access.tablesWritten == [])
        #expect(access.isRead && access.isReadOnly && !access.changesSchema)
        #expect(access.requiredMode == .autocommit && access.denial == nil)
    }

    @Test
    func `a write names what its triggers touch`() throws {
        let access = try access("UPDATE a SET x = 1")
        #expect(access.tablesWritten == ["a", "log"])
        #expect(access.tablesRead == ["b"])
        #expect(!access.isRead)
    }

    @Test
    func `a change of the schema names its table and not the schema's`() throws {
        for (sql, table) in [
            ("CREATE TABLE c (x)", "c"), ("DROP TABLE a", "a"), ("ALTER TABLE a ADD COLUMN y", "a"),
            ("CREATE INDEX i ON a (x)", "a"), ("CREATE VIEW w AS SELECT 1", "w"), ("DROP TRIGGER r", "a"),
        ] {
            let access = try access(sql)
            #expect(access.changesSchema && !access.isRead)
            #expect(access.tablesWritten.contains(table))
            #expect(!access.tablesWritten.contains("sqlite_master") && !access.tablesRead.contains("sqlite_master"))
        }
    }

    @Test
    func `a statement that SQLite calls read-only need not be a read`() throws {
        for (sql, control) in [
            ("BEGIN", TransactionControl.begin(isImmediate: false)), ("BEGIN IMMEDIATE", .begin(isImmediate: true)),
            ("/**/begin exclusive transaction", .begin(isImmediate: true)), ("COMMIT", .commit), ("END", .commit),
            ("ROLLBACK", .rollback), ("SAVEPOINT \"a b\"", .savepoint(name: "a b")), ("RELEASE x", .release(name: "x")),
            ("ROLLBACK TO x", .rollbackTo(name: "x")),
        ] {
            let access = try access(sql)
            #expect(access.transactionControl == control)
            // BEGIN IMMEDIATE is the one SQLite is right about.
            #expect(access.isReadOnly == (control != .begin(isImmediate: true)))
            #expect(!access.isRead)
            #expect(access.requiredMode == .transaction)
        }
        #expect(try access("PRAGMA foreign_keys=ON", in: .script).isReadOnly)
        #expect(try !access("PRAGMA foreign_keys=ON", in: .script).isRead)
        #expect(try access("ATTACH ':memory:' AS m", in: .trusted).isReadOnly)
        #expect(try !access("ATTACH ':memory:' AS m", in: .trusted).isRead)
    }

    @Test
    func `EXPLAIN reads, whatever it explains`() throws {
        let explained = try access("EXPLAIN QUERY PLAN DELETE FROM a")
        #expect(explained.isExplain && explained.isRead)
        #expect(try access("EXPLAIN COMMIT").transactionControl == nil)
    }

    @Test
    func `what belongs to the connection is noted`() throws {
        #expect(try access("SELECT last_insert_rowid()").callsLastInsertRowID)
        #expect(try access("SELECT changes()").callsChanges)
        #expect(try access("SELECT TOTAL_CHANGES()").callsChanges)
        #expect(try !access("SELECT 1").callsChanges)
        #expect(try access("PRAGMA main.User_Version = 3").pragma == "user_version")
        #expect(try access("PRAGMA user_version = 3").pragmaArgument == "3")
    }
}
