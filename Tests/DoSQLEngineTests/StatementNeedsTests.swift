import Synchronization
import Testing

@testable import DoSQLEngine

/// What rights are asked for, as SQLite's authorizer tells it of each kind of statement.
struct StatementNeedsTests {
    let file = TemporaryDatabase()

    private static let schema = """
        CREATE TABLE orders (id INTEGER PRIMARY KEY AUTOINCREMENT, item TEXT CHECK (length(item) < 100));
        CREATE TABLE lines (id INTEGER PRIMARY KEY, of INTEGER REFERENCES orders(id) ON DELETE CASCADE);
        CREATE TABLE secret (id INTEGER PRIMARY KEY, word TEXT);
        CREATE TABLE audit (what TEXT);
        CREATE TABLE open (id INTEGER PRIMARY KEY, word TEXT);
        CREATE TABLE logged (id INTEGER PRIMARY KEY, x);
        CREATE TRIGGER noted AFTER INSERT ON logged BEGIN INSERT INTO audit SELECT word FROM secret; END;
        CREATE VIEW words AS SELECT word FROM secret;
        CREATE VIEW number AS SELECT count(*) AS n FROM secret;
        CREATE VIRTUAL TABLE found USING fts5(body);
        CREATE INDEX by_item ON orders(item);
        """

    struct Case: Sendable, CustomTestStringConvertible {
        let sql: String
        let needs: StatementNeeds
        var reads: Set<String> = []
        var writes: Set<String> = []
        var testDescription: String { sql }
    }

    static let cases: [Case] = [
        Case(sql: "SELECT 1", needs: .read),
        Case(sql: "VALUES (1)", needs: .read),
        Case(sql: "SELECT * FROM orders", needs: .read, reads: ["orders"]),
        Case(sql: "SELECT count(*) FROM orders", needs: .read, reads: ["orders"]),
        Case(sql: "SELECT 1 FROM main.ORDERS", needs: .read, reads: ["ORDERS"]),
        Case(sql: "SELECT o.rowid FROM orders AS o", needs: .read, reads: ["orders"]),
        Case(
            sql: "SELECT o.item FROM orders o JOIN lines l ON l.of = o.id JOIN secret", needs: .read,
            reads: ["orders", "lines", "secret"]),
        Case(
            sql: "SELECT item FROM orders WHERE id IN (SELECT id FROM secret)", needs: .read,
            reads: ["orders", "secret"]),
        Case(
            sql: "SELECT item, (SELECT max(word) FROM secret) FROM orders", needs: .read, reads: ["orders", "secret"]),
        Case(
            sql: "SELECT item FROM orders UNION ALL SELECT word FROM secret", needs: .read, reads: ["orders", "secret"]),
        Case(sql: "WITH s AS (SELECT word FROM secret) SELECT * FROM s", needs: .read, reads: ["secret"]),
        Case(sql: "WITH s AS (SELECT 1) SELECT count(*) FROM s", needs: .read),
        Case(
            sql: "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT i FROM n",
            needs: .read),
        Case(sql: "SELECT word FROM words", needs: .read, reads: ["words", "secret"]),
        Case(sql: "SELECT n FROM number", needs: .read, reads: ["number", "secret"]),
        Case(sql: "SELECT value FROM json_each('[1]')", needs: .read),
        Case(sql: "SELECT count(*) FROM json_each('[1]')", needs: .read),
        Case(sql: "SELECT body FROM found", needs: .read, reads: ["found"]),
        Case(sql: "SELECT c0 FROM found_content", needs: .read, reads: ["found_content"]),
        Case(sql: "SELECT sql FROM sqlite_schema", needs: .read, reads: ["sqlite_schema"]),
        Case(sql: "SELECT count(*) FROM sqlite_master", needs: .read, reads: ["sqlite_schema"]),
        Case(sql: "SELECT name FROM pragma_table_info('secret')", needs: .read, reads: ["pragma_table_info"]),
        Case(sql: "SELECT count(*) FROM PRAGMA_TABLE_LIST", needs: .read, reads: ["PRAGMA_TABLE_LIST"]),
        Case(sql: "PRAGMA table_info(secret)", needs: .read, reads: ["secret"]),
        Case(sql: "PRAGMA index_info(by_item)", needs: .read, reads: ["sqlite_schema"]),
        Case(sql: "PRAGMA table_list", needs: .read, reads: ["sqlite_schema"]),
        Case(sql: "PRAGMA page_count", needs: .read),
        Case(sql: "PRAGMA user_version", needs: .read),
        Case(sql: "PRAGMA user_version = 3", needs: .write),
        Case(sql: "PRAGMA optimize", needs: .write),

        Case(sql: "INSERT INTO secret VALUES (1, 'x')", needs: .write, writes: ["secret"]),
        Case(sql: "INSERT INTO secret VALUES (1, 'x'), (2, 'y')", needs: .write, writes: ["secret"]),
        Case(sql: "INSERT INTO orders(item) VALUES (?)", needs: .write, writes: ["orders"]),
        // SQLite asks for leave to read the key that a foreign key refers to.
        Case(
            sql: "INSERT INTO lines(of) VALUES (1)", needs: [.read, .write], reads: ["orders"], writes: ["lines"]),
        // Tables that are alike: SQLite copies the records, and tells the authorizer nothing of the one it reads.
        Case(
            sql: "INSERT INTO open SELECT * FROM secret", needs: [.read, .write], reads: ["secret"],
            writes: ["open"]),
        Case(
            sql: "REPLACE INTO open SELECT * FROM secret", needs: [.read, .write], reads: ["secret"],
            writes: ["open"]),
        Case(
            sql: "INSERT INTO audit SELECT value FROM json_each('[1]')", needs: .write, writes: ["audit"]),
        Case(
            sql: "INSERT INTO audit SELECT word FROM secret", needs: [.read, .write], reads: ["secret"],
            writes: ["audit"]),
        Case(
            sql: "INSERT INTO secret VALUES (1, 'x') RETURNING word", needs: [.read, .write], reads: ["secret"],
            writes: ["secret"]),
        Case(
            sql: "UPDATE orders SET item = word FROM secret", needs: [.read, .write], reads: ["orders", "secret"],
            writes: ["orders"]),
        Case(sql: "UPDATE orders SET item = 'x'", needs: .write, writes: ["orders"]),
        Case(
            sql: "UPDATE orders SET item = 'x' WHERE id = 1", needs: [.read, .write], reads: ["orders"],
            writes: ["orders"]),
        Case(sql: "DELETE FROM secret", needs: .write, writes: ["secret"]),
        Case(sql: "DELETE FROM secret WHERE id = 1", needs: [.read, .write], reads: ["secret"], writes: ["secret"]),
        Case(
            sql: "DELETE FROM orders", needs: [.read, .write], reads: ["orders", "lines"], writes: ["orders", "lines"]),
        // A trigger's body runs with the rights of whoever sets it off.
        Case(
            sql: "INSERT INTO logged(x) VALUES (1)", needs: [.read, .write], reads: ["secret"],
            writes: ["logged", "audit"]),
        Case(sql: "INSERT INTO found VALUES ('x')", needs: .write, writes: ["found"]),
        Case(sql: "EXPLAIN DELETE FROM secret", needs: .write, writes: ["secret"]),
        Case(sql: "EXPLAIN QUERY PLAN SELECT word FROM secret", needs: .read, reads: ["secret"]),

        Case(sql: "CREATE TABLE made (x INTEGER PRIMARY KEY CHECK (x > 0), y DEFAULT (1 + 1))", needs: .schema),
        Case(sql: "CREATE TABLE IF NOT EXISTS orders (x)", needs: .schema),
        Case(sql: "CREATE TABLE copied AS SELECT word FROM secret", needs: [.schema, .read], reads: ["secret"]),
        Case(sql: "CREATE INDEX made ON orders(lower(item)) WHERE item > 'a'", needs: .schema),
        Case(sql: "CREATE VIEW made AS SELECT word FROM secret", needs: .schema),
        Case(sql: "CREATE TRIGGER made AFTER DELETE ON orders BEGIN DELETE FROM secret; END", needs: .schema),
        Case(sql: "CREATE VIRTUAL TABLE made USING fts5(x)", needs: .schema),
        Case(sql: "ALTER TABLE orders ADD COLUMN price INTEGER", needs: .schema),
        Case(sql: "ALTER TABLE orders ADD COLUMN price INTEGER CHECK (price > 0)", needs: .schema),
        Case(sql: "ALTER TABLE orders RENAME TO requests", needs: .schema),
        Case(sql: "ALTER TABLE orders RENAME COLUMN item TO thing", needs: .schema),
        Case(sql: "ALTER TABLE secret DROP COLUMN word", needs: .schema),
        Case(sql: "REINDEX by_item", needs: .schema),
        Case(sql: "DROP TABLE secret", needs: .schema),
        Case(sql: "DROP INDEX by_item", needs: .schema),
        Case(sql: "DROP VIEW words", needs: .schema),
        Case(sql: "DROP TRIGGER noted", needs: .schema),
        Case(sql: "DROP TABLE found", needs: .schema),
        Case(sql: "DROP TABLE IF EXISTS nowhere", needs: .schema),
        Case(sql: "/* first */ DROP VIEW IF EXISTS nowhere", needs: .schema),
    ]

    @Test(arguments: cases)
    func `a statement needs what it does`(_ one: Case) throws {
        let connection = try file.writer(Self.schema)
        connection.sandbox = .script
        let access = try connection.prepare(one.sql).access
        #expect(access.needs == one.needs)
        #expect(access.readsForRights == one.reads)
        #expect(access.writesForRights == one.writes)
    }

    @Test
    func `what a foreign key deletes elsewhere needs a right there`() throws {
        let connection = try file.writer(Self.schema)
        connection.sandbox = .script
        // The implicit DELETE of a DROP TABLE as well.
        let drop = try connection.prepare("DROP TABLE orders").access
        #expect(drop.needs == [.schema, .read, .write])
        #expect(drop.writesForRights == ["lines"])
    }

    @Test(arguments: ["integrity_check", "quick_check", "foreign_key_check", "optimize"])
    func `pragmas that go through all tables say so`(_ name: String) throws {
        let connection = try file.writer(Self.schema)
        #expect(try connection.prepare("PRAGMA \(name)").access.visitsEverything)
    }

    @Test
    func `a table of a harmless function's name is a table`() throws {
        let connection = try file.writer("CREATE TABLE json_each (value)")
        #expect(try connection.prepare("SELECT value FROM json_each").access.readsForRights == ["json_each"])
    }

    @Test
    func `what is temporary needs to write, not to change the schema`() throws {
        let connection = try file.writer(Self.schema)
        connection.sandbox = .transaction
        try connection.beginImmediate()
        #expect(try connection.prepare("CREATE TEMP TABLE mine (x)").access.needs == .write)
        #expect(try connection.prepare("CREATE TABLE temp.mine (x)").access.needs == .write)
        try connection.rollback()
    }
}

struct StatementPermissionTests {
    let file = TemporaryDatabase()

    /// Permits what needs no more than this.
    private final class Limit: StatementPermission {
        let needs: StatementNeeds
        private let asked = Mutex(0)

        init(_ needs: StatementNeeds) { self.needs = needs }

        var count: Int { asked.withLock { $0 } }

        func refusal(of access: StatementAccess) -> String? {
            asked.withLock { $0 += 1 }
            return access.needs.isSubset(of: needs) ? nil : "no"
        }
    }

    @Test
    func `every way to a statement is judged`() throws {
        let connection = try file.writer("CREATE TABLE t (x)")
        connection.permission = Limit(.read)
        let sql = "DELETE FROM t"
        #expect(throws: PrepareError.forbidden("no")) { _ = try connection.prepare(sql) }
        #expect(throws: PrepareError.forbidden("no")) { _ = try connection.prepare(Array(sql.utf8).span) }
        #expect(throws: PrepareError.forbidden("no")) { _ = try connection.cached(Array(sql.utf8).span) }
        #expect(throws: PrepareError.forbidden("no")) { _ = try connection.cached(SQLText(sql)) }
        #expect(throws: PrepareError.forbidden("no")) { _ = try connection.explainQueryPlan(sql) }
        #expect(throws: ScriptError.self) { _ = try ScriptRunner().run(Array(sql.utf8).span, on: connection) }
        #expect(throws: MigrationError.self) {
            _ = try Migrator().apply([Migration(id: "1", sql: Array(sql.utf8), checksum: "1")], on: connection)
        }
        let isAutocommit = connection.isAutocommit
        #expect(isAutocommit)
        #expect(try connection.prepare("SELECT x FROM t").access.needs == .read)
    }

    @Test
    func `a cached statement is judged for each who wants it, and once`() throws {
        let connection = try file.writer("CREATE TABLE t (x)")
        let text = SQLText("INSERT INTO t VALUES (1)")
        let (writer, reader) = (Limit(.write), Limit(.read))
        connection.permission = writer
        for _ in 0..<3 { _ = try connection.cached(text) }
        #expect(writer.count == 1)
        connection.permission = reader
        #expect(throws: PrepareError.forbidden("no")) { _ = try connection.cached(text) }
        connection.permission = nil
        _ = try connection.cached(text)
        connection.permission = reader
        #expect(throws: PrepareError.forbidden("no")) { _ = try connection.cached(text) }
    }

    @Test
    func `a change of the schema cannot make a permitted statement do more`() throws {
        let connection = try file.writer("CREATE TABLE t (x); CREATE TABLE s (x); CREATE VIEW v AS SELECT x FROM t")
        let permission = Limit(.read)
        connection.permission = permission
        let statement = try connection.cached(SQLText("SELECT x FROM v"))
        #expect(try statement.rows().isEmpty)
        try connection.execute(trusted: "DROP VIEW v; CREATE VIEW v AS SELECT x FROM s")
        #expect(throws: SQLiteError.self) { _ = try statement.step() }
        #expect(statement.isOutdated)
    }

    @Test
    func `the server's own statements are nobody's`() throws {
        let connection = try file.writer("CREATE TABLE t (x)")
        connection.permission = Limit([])
        connection.sandbox = .trusted
        _ = try connection.prepare("SELECT x FROM t")
    }
}
