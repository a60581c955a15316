import DoSQLProtocol
import DoSQLTestSupport
import Foundation
import Testing

/// What a client may not do to its tenant's connection, file and bookkeeping (`protocol/errors.md`, NOT_ALLOWED).
struct ClientSandboxTests {
    static let forbidden = [
        "ATTACH ':memory:' AS other", "ATTACH '/tmp/dosql-stolen.sqlite' AS other", "DETACH main", "VACUUM",
        "VACUUM INTO '/tmp/dosql-stolen.sqlite'",
        "PRAGMA journal_mode = DELETE", "PRAGMA synchronous = OFF", "PRAGMA wal_checkpoint(TRUNCATE)",
        "PRAGMA locking_mode = EXCLUSIVE",
        "PRAGMA writable_schema = ON", "PRAGMA trusted_schema = ON", "PRAGMA temp_store = FILE",
        "PRAGMA temp_store_directory = '/'",
        "PRAGMA wal_autocheckpoint = 1", "PRAGMA mmap_size = 1000000000", "PRAGMA cache_size = -9000000",
        "PRAGMA query_only = OFF",
        "PRAGMA foreign_keys = OFF", "PRAGMA threads = 64", "PRAGMA hard_heap_limit = 1",
        "PRAGMA busy_timeout = 100000",
        "SELECT load_extension('/tmp/x.so')", "SELECT fts3_tokenizer('simple')",
        "SELECT * FROM __dosql_meta", "UPDATE __dosql_meta SET value = 0", "DELETE FROM __DOSQL_META",
        "DROP TABLE __dosql_meta",
        "CREATE TABLE __dosql_mine(x)", "CREATE INDEX __dosql_index ON t(x)",
        "CREATE VIEW v AS SELECT * FROM __dosql_meta LIMIT (SELECT 1)",
        "ALTER TABLE t RENAME TO __dosql_t", "ALTER TABLE __dosql_meta RENAME TO mine",
        "INSERT INTO t SELECT value FROM __dosql_meta",
        "CREATE TRIGGER tr AFTER INSERT ON t BEGIN DELETE FROM __dosql_meta; END",
    ]

    @Test(arguments: forbidden)
    func `a statement that reaches beyond the tenant is refused`(sql: String) throws {
        let server = try TestServer(loops: 1)
        let client = try server.client("acme")
        try client.run("CREATE TABLE t(x)")
        // A view or trigger may be made and is refused where it is used: compiled there, it needs what nobody may.
        let isLate = sql.hasPrefix("CREATE VIEW") || sql.hasPrefix("CREATE TRIGGER")
        for inTransaction in [false, true] {
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
