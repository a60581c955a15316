import DoSQLEngine
import DoSQLProtocol
import DoSQLTestSupport
import Foundation
import Testing

/// What a client may not do to its tenant's connection, file and bookkeeping (`protocol/errors.md`, NOT_ALLOWED).
struct ClientSandboxTests {
    /// Each with the beginning of the sentence that is its error.
    static let forbidden: [(sql: String, words: String)] = [
        ("ATTACH ':memory:' AS other", "ATTACH is not available"),
        ("ATTACH '/tmp/dosql-stolen.sqlite' AS other", "ATTACH is not available"),
        ("ATTACH ? AS other", "ATTACH is not available"),
        ("DETACH main", "DETACH is not available"),
        ("VACUUM", "VACUUM is not available"),
        ("VACUUM INTO '/tmp/dosql-stolen.sqlite'", "VACUUM is not available"),
        ("/**/ vacuum main into '/tmp/dosql-stolen.sqlite'", "VACUUM is not available"),
        ("PRAGMA journal_mode = DELETE", "PRAGMA journal_mode can be read, but not set"),
        ("PRAGMA synchronous = OFF", "PRAGMA synchronous can be read, but not set"),
        ("PRAGMA cache_size = -9000000", "PRAGMA cache_size can be read, but not set"),
        ("PRAGMA max_page_count = 1073741823", "PRAGMA max_page_count can be read, but not set"),
        ("PRAGMA page_size = 65536", "PRAGMA page_size can be read, but not set"),
        ("PRAGMA auto_vacuum = 2", "PRAGMA auto_vacuum can be read, but not set"),
        ("PRAGMA encoding = 'UTF-16'", "PRAGMA encoding can be read, but not set"),
        ("PRAGMA schema_version = 7", "PRAGMA schema_version can be read, but not set"),
        ("PRAGMA foreign_keys = OFF", "PRAGMA foreign_keys can be read, but not set"),
        ("PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA wal_checkpoint is not available"),
        ("PRAGMA locking_mode = EXCLUSIVE", "PRAGMA locking_mode is not available"),
        ("PRAGMA writable_schema = ON", "PRAGMA writable_schema is not available"),
        ("PRAGMA writable_schema = RESET", "PRAGMA writable_schema is not available"),
        ("pragma MAIN.Writable_Schema=1", "PRAGMA writable_schema is not available"),
        ("PRAGMA trusted_schema = ON", "PRAGMA trusted_schema is not available"),
        ("PRAGMA temp_store = FILE", "PRAGMA temp_store is not available"),
        ("PRAGMA temp_store_directory = '/'", "PRAGMA temp_store_directory is not available"),
        ("PRAGMA data_store_directory = '/'", "PRAGMA data_store_directory is not available"),
        ("PRAGMA wal_autocheckpoint = 1", "PRAGMA wal_autocheckpoint is not available"),
        ("PRAGMA journal_size_limit = 0", "PRAGMA journal_size_limit is not available"),
        ("PRAGMA mmap_size = 1000000000", "PRAGMA mmap_size is not available"),
        ("PRAGMA cache_spill = OFF", "PRAGMA cache_spill is not available"),
        ("PRAGMA secure_delete = ON", "PRAGMA secure_delete is not available"),
        ("PRAGMA query_only = OFF", "PRAGMA query_only is not available"),
        ("PRAGMA cell_size_check = OFF", "PRAGMA cell_size_check is not available"),
        ("PRAGMA ignore_check_constraints = ON", "PRAGMA ignore_check_constraints is not available"),
        ("PRAGMA legacy_alter_table = ON", "PRAGMA legacy_alter_table is not available"),
        ("PRAGMA read_uncommitted = ON", "PRAGMA read_uncommitted is not available"),
        ("PRAGMA recursive_triggers = ON", "PRAGMA recursive_triggers is not available"),
        ("PRAGMA case_sensitive_like = ON", "PRAGMA case_sensitive_like is not available"),
        ("PRAGMA threads = 64", "PRAGMA threads is not available"),
        ("PRAGMA hard_heap_limit = 1", "PRAGMA hard_heap_limit is not available"),
        ("PRAGMA soft_heap_limit = 1", "PRAGMA soft_heap_limit is not available"),
        ("PRAGMA busy_timeout = 100000", "PRAGMA busy_timeout is not available"),
        ("PRAGMA shrink_memory", "PRAGMA shrink_memory is not available"),
        ("PRAGMA incremental_vacuum", "PRAGMA incremental_vacuum is not available"),
        ("PRAGMA database_list", "PRAGMA database_list is not available"),
        ("PRAGMA lock_status", "PRAGMA lock_status is not available"),
        ("SELECT * FROM pragma_database_list", "The table pragma_database_list is not available"),
        ("SELECT * FROM pragma_cache_size", "The table pragma_cache_size is not available"),
        ("SELECT * FROM sqlite_stmt", "The table sqlite_stmt is not available"),
        ("SELECT load_extension('/tmp/x.so')", "The function load_extension() is not available"),
        ("SELECT Load_Extension('/tmp/x.so', 'f')", "The function load_extension() is not available"),
        ("SELECT fts3_tokenizer('simple')", "The function fts3_tokenizer() is not available"),
        ("CREATE TEMP TABLE u(x)", "The temporary object u is not available here"),
        ("CREATE TABLE temp.u(x)", "The temporary object u is not available here"),
        ("SELECT * FROM __dosql_meta", "__dosql_meta is reserved"),
        ("SELECT count(*) FROM main.\"__DoSQL_meta\"", "__dosql_meta is reserved"),
        ("UPDATE __dosql_meta SET value = 0", "__dosql_meta is reserved"),
        ("DELETE FROM __DOSQL_META", "__dosql_meta is reserved"),
        ("DROP TABLE __dosql_meta", "__dosql_meta is reserved"),
        ("CREATE TABLE __dosql_mine(x)", "__dosql_mine is reserved"),
        ("CREATE INDEX __dosql_index ON t(x)", "__dosql_index is reserved"),
        ("CREATE VIEW v AS SELECT * FROM __dosql_meta LIMIT (SELECT 1)", "__dosql_meta is reserved"),
        ("ALTER TABLE t RENAME TO __dosql_t", "__dosql is reserved"),
        ("ALTER TABLE __dosql_meta RENAME TO mine", "__dosql_meta is reserved"),
        ("INSERT INTO t SELECT value FROM __dosql_meta", "__dosql_meta is reserved"),
        ("CREATE TRIGGER tr AFTER INSERT ON t BEGIN DELETE FROM __dosql_meta; END", "__dosql_meta is reserved"),
    ]

    @Test(arguments: forbidden)
    func `a statement that reaches beyond the tenant is refused, with a sentence of its own`(sql: String, words: String)
        throws
    {
        let server = try TestServer(loops: 1)
        let client = try server.client("acme")
        try client.run("CREATE TABLE t(x)")
        // A view or trigger may be made and is refused where it is used: compiled there, it needs what nobody may.
        let isLate = sql.hasPrefix("CREATE VIEW") || sql.hasPrefix("CREATE TRIGGER")
        // What only a transaction may make is tested below.
        for inTransaction in words.contains("temporary object") ? [false] : [false, true] {
            if inTransaction { try client.begin() }
            var errors: [ErrorMessage?] = [
                try client.terminal(of: try client.sendRun(.sql(sql))).error,
                try client.terminal(of: try client.sendQuery(.sql(sql))).error,
                try client.terminal(of: try client.sendDescribe(.sql(sql))).error,
                try client.terminal(of: try client.sendBatch([BatchStep(.sql(sql))])).error,
            ]
            if isLate {
                let use: StatementSource = sql.hasPrefix("CREATE VIEW") ? "SELECT * FROM v" : "INSERT INTO t VALUES (1)"
                errors = [try client.terminal(of: try client.sendRun(use)).error]
                #expect(errors[0] != nil)
            } else {
                for error in errors {
                    #expect(
                        error?.code == .notAllowed && error?.category == .authorization, "\(String(describing: error))")
                    #expect(
                        error?.message.lowercased().hasPrefix(words.lowercased()) == true, "\(error?.message ?? "")")
                }
            }
            if inTransaction { try client.rollback() }
        }
        // Nothing of it has happened: the bookkeeping is as it was, and so are the settings.
        #expect(try client.value("PRAGMA foreign_keys") == 1)
        #expect(try client.value("PRAGMA journal_mode") == "wal")
        try client.run("DROP TRIGGER IF EXISTS tr")
        let before = try client.run("INSERT INTO t VALUES (1)").outcome.lsn
        #expect(try client.run("INSERT INTO t VALUES (1)").outcome.lsn == before + 1)
        #expect(!FileManager.default.fileExists(atPath: "/tmp/dosql-stolen.sqlite"))
    }

    @Test(arguments: [
        "BEGIN", "BEGIN IMMEDIATE", "COMMIT", "END", "ROLLBACK", "SAVEPOINT s", "RELEASE s", "ROLLBACK TO s",
    ])
    func `transaction control as SQL is refused outside of a transaction`(sql: String) throws {
        let client = try TestServer(loops: 1).client("acme")
        for kind in [Execute.Kind.run, .query, .queryOne] {
            let error = try client.failure(of: try client.sendExecute(kind, .sql(sql)))
            #expect(error.code == .transactionControl && error.transaction == .none)
        }
        #expect(try client.failure(of: try client.sendBatch([BatchStep(.sql(sql))])).code == .transactionControl)
        try client.run("CREATE TABLE t(x)")
    }

    @Test(arguments: [
        ("UPDATE sqlite_schema SET sql = 'x'", "may not be modified"),
        ("INSERT INTO sqlite_master VALUES ('table', 'u', 'u', 2, 'CREATE TABLE u(x)')", "may not be modified"),
        ("DELETE FROM sqlite_schema", "may not be modified"),
        ("DELETE FROM f_data", "may not be modified"),
        ("DROP TABLE f_data", "may not be dropped"),
        ("DROP TABLE sqlite_schema", "may not be dropped"),
    ])
    func `the schema and shadow tables are not written by hand`(sql: String, words: String) throws {
        let client = try TestServer(loops: 1).client("acme")
        try client.run("CREATE VIRTUAL TABLE f USING fts5(x)")
        let error = try client.failure(of: try client.sendRun(.sql(sql)))
        #expect(error.code == .sqlError && error.message.contains(words), "\(error.message)")
        #expect(try client.value("PRAGMA integrity_check") == "ok")
    }

    /// What lies beyond each bound of SQLite's own (`protocol/limits.md`, limits of a statement).
    static let beyond: [(sql: String, code: ErrorCode, words: String)] = [
        ("SELECT zeroblob(67108865)", .valueTooLarge, "string or blob too big"),
        (
            "SELECT \(Array(repeating: "1", count: 2_001).joined(separator: ","))", .sqlError,
            "too many columns in result set"
        ),
        (
            "SELECT 1\(String(repeating: "+1", count: 1_001))", .sqlError,
            "Expression tree is too large (maximum depth 1000)"
        ),
        (
            Array(repeating: "SELECT 1", count: 501).joined(separator: " UNION ALL "), .sqlError,
            "too many terms in compound SELECT"
        ),
        (
            "SELECT max(\(Array(repeating: "1", count: 128).joined(separator: ",")))", .sqlError,
            "too many arguments on function max"
        ),
        ("SELECT 'a' LIKE printf('%.*c', 5001, 'a')", .sqlError, "LIKE or GLOB pattern too complex"),
        ("SELECT ?32767", .sqlError, "variable number must be between ?1 and ?32766"),
        ("INSERT INTO t0 VALUES (1)", .sqlError, "too many levels of trigger recursion"),
    ]

    @Test func `the page has the bounds of a statement as the engine has them`() throws {
        let limits = EngineLimits()
        let expected: [(String, Int32)] = [
            ("LENGTH", limits.length), ("SQL_LENGTH", limits.sqlLength), ("COLUMN", limits.columns),
            ("EXPR_DEPTH", limits.expressionDepth), ("COMPOUND_SELECT", limits.compoundSelect),
            ("VDBE_OP", limits.programOperations), ("FUNCTION_ARG", limits.functionArguments),
            ("LIKE_PATTERN_LENGTH", limits.likePatternLength), ("VARIABLE_NUMBER", limits.variableNumber),
            ("TRIGGER_DEPTH", limits.triggerDepth), ("ATTACHED", limits.attached),
            ("WORKER_THREADS", limits.workerThreads),
        ]
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: root.appending(path: "protocol/limits.md"), encoding: .utf8)
        let rows = page.split(separator: "\n").filter { $0.hasPrefix("| SQLITE_LIMIT_") }
        #expect(rows.count == expected.count)
        for (row, (name, value)) in zip(rows, expected) {
            let cells = row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            #expect(cells[0] == "SQLITE_LIMIT_" + name && Int32(cells[1].filter { $0 != "," }) == value, "\(row)")
        }
    }

    @Test(arguments: beyond)
    func `beyond a bound of a statement there is an error of its own`(sql: String, code: ErrorCode, words: String)
        throws
    {
        let client = try TestServer(loops: 1).client("acme")
        if sql.contains("t0") {
            let count = 102
            try client.script(
                (0...count).map { "CREATE TABLE t\($0)(x);" }.joined()
                    + (0..<count).map {
                        "CREATE TRIGGER tr\($0) AFTER INSERT ON t\($0) BEGIN INSERT INTO t\($0 + 1) VALUES (1); END;"
                    }.joined())
        }
        let error = try client.failure(of: try client.sendQuery(.sql(sql)))
        #expect(error.code == code && error.message.contains(words), "\(error.message)")
        #expect(try client.value("SELECT 1") == 1)
    }

    @Test func `temporary objects live within a transaction, and nobody else ever sees them`() throws {
        let server = try TestServer(loops: 1)
        let client = try server.client("acme")
        let other = try server.client("acme")
        try client.run("CREATE TABLE t(x)")
        #expect(try client.failure(of: try client.sendRun("CREATE TEMP TABLE t(y)")).code == .notAllowed)
        try client.begin()
        try client.run("CREATE TEMP TABLE t(y)")
        try client.run("INSERT INTO t VALUES (7)")
        #expect(try client.query("SELECT y FROM t").rows == [[7]])
        try client.commit()
        try other.run("INSERT INTO t(x) VALUES (1)")
        #expect(try client.query("SELECT x FROM t").rows == [[1]])
    }

    @Test func `two tenants that do the same thing know nothing of one another`() throws {
        let client = try TestServer(loops: 1).client("one")
        try client.open("two", stream: 2)
        try client.run("CREATE TABLE t(x)")
        #expect(
            try client.failure(of: try client.sendQuery("SELECT * FROM t", stream: 2)).message == "no such table: t")
        try client.run("CREATE TABLE t(x)", stream: 2)
        try client.run("INSERT INTO t VALUES (1)")
        #expect(try client.value("SELECT count(*) FROM t", stream: 2) == 0)
    }
}
