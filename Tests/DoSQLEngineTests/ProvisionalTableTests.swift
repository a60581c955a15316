import Testing

@testable import DoSQLEngine

/// A migration that makes a table which the server has made provisionally.
struct ProvisionalTableTests {
    let file = TemporaryDatabase()

    private static let notes = ProvisionalTable(name: "notes", columns: ["id", "body"], index: "__dosql_notes_body")
    private static let tags = ProvisionalTable(name: "tags", columns: ["id"], index: "__dosql_tags")

    private func make(on connection: borrowing Connection) throws {
        try connection.execute(
            trusted: """
                CREATE TABLE notes(id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT);
                CREATE INDEX __dosql_notes_body ON notes(body);
                CREATE TABLE tags(id INTEGER PRIMARY KEY AUTOINCREMENT);
                INSERT INTO notes(body) VALUES ('a'), ('b'), ('c');
                DELETE FROM notes WHERE body = 'c';
                """)
    }

    private func apply(_ sql: String, on connection: borrowing Connection) throws(MigrationError) {
        let migration = Migration(id: "1", sql: Array(sql.utf8), checksum: sql)
        _ = try Migrator(provisional: [Self.notes, Self.tags]).apply([migration], on: connection)
    }

    private func list(_ sql: String, on connection: borrowing Connection) throws -> [String] {
        let statement = try connection.prepare(sql)
        var rows: [String] = []
        while try statement.step() { rows.append(statement.string(at: 0)) }
        return rows
    }

    @Test(arguments: [
        "CREATE TABLE notes(body, id INTEGER PRIMARY KEY AUTOINCREMENT)",
        "CREATE TABLE IF NOT EXISTS notes(body, id INTEGER PRIMARY KEY AUTOINCREMENT)",
        "/* x */ create /* y */ table main.[NOTES](body, id INTEGER PRIMARY KEY AUTOINCREMENT);;",
        "PRAGMA foreign_keys=OFF; CREATE TABLE notes(body, id INTEGER PRIMARY KEY AUTOINCREMENT); PRAGMA foreign_keys=ON;",
        "CREATE TABLE first(x); CREATE TABLE notes(body, id INTEGER PRIMARY KEY AUTOINCREMENT); CREATE TABLE last(x)",
    ])
    func `the migration's table takes its place, and the rows and the next id with it`(_ sql: String) throws {
        let connection = try file.writer()
        try make(on: connection)
        try apply(sql, on: connection)
        #expect(try list("SELECT id || body FROM notes ORDER BY id", on: connection) == ["1a", "2b"])
        #expect(try list("SELECT name FROM pragma_table_info('notes')", on: connection) == ["body", "id"])
        connection.sandbox = .trusted
        try connection.execute(trusted: "INSERT INTO notes(body) VALUES ('d')")
        #expect(try list("SELECT max(id) FROM notes", on: connection) == ["4"])
        #expect(try list("SELECT name FROM sqlite_schema WHERE name LIKE '%aside%'", on: connection) == [])
        #expect(try list("SELECT name FROM sqlite_sequence ORDER BY 1", on: connection).count == 1)
        #expect(try connection.integrityCheck() == [])
    }

    @Test func `both may be taken by one migration, and what follows sees the rows`() throws {
        let connection = try file.writer()
        try make(on: connection)
        try apply(
            """
            CREATE TABLE tags(id, name DEFAULT 'n'); CREATE TABLE notes(id INTEGER PRIMARY KEY, body);
            UPDATE notes SET body = upper(body); CREATE TABLE IF NOT EXISTS notes(never)
            """, on: connection)
        #expect(try list("SELECT body FROM notes ORDER BY id", on: connection) == ["A", "B"])
        #expect(try list("SELECT count(*) FROM tags", on: connection) == ["0"])
    }

    @Test func `rows that do not fit undo the migration`() throws {
        let connection = try file.writer()
        try make(on: connection)
        for sql in ["CREATE TABLE notes(id)", "CREATE TABLE notes(id, body CHECK (body = 'a'))"] {
            let error = #expect(throws: MigrationError.self) { try apply(sql, on: connection) }
            guard case .rowsDoNotFit(id: "1", statementIndex: 0, table: "notes", error: _)? = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(try list("SELECT body FROM notes ORDER BY id", on: connection) == ["a", "b"])
            #expect(
                try list("SELECT name FROM sqlite_schema WHERE type = 'index'", on: connection).contains(
                    "__dosql_notes_body"))
        }
    }

    @Test(arguments: [
        "CREATE VIEW v AS SELECT body FROM notes", "CREATE INDEX mine ON notes(id, body)",
        "CREATE TRIGGER t AFTER INSERT ON notes BEGIN SELECT 1; END", "CREATE TABLE child(x REFERENCES notes(id))",
    ])
    func `a table that something depends on stays`(_ dependent: String) throws {
        let connection = try file.writer()
        try make(on: connection)
        try connection.execute(trusted: dependent)
        let before = try list("SELECT sql FROM sqlite_schema", on: connection)
        let error = #expect(throws: MigrationError.self) { try apply("CREATE TABLE notes(id, body)", on: connection) }
        #expect(error?.description.contains("already exists") == true, "\(String(describing: error))")
        #expect(try list("SELECT sql FROM sqlite_schema", on: connection) == before)
        try apply("CREATE TABLE IF NOT EXISTS notes(x)", on: connection)
        #expect(try list("SELECT body FROM notes ORDER BY id", on: connection) == ["a", "b"])
    }

    @Test func `other statements find the server's table as it is`() throws {
        let connection = try file.writer()
        try make(on: connection)
        try apply("ALTER TABLE notes ADD COLUMN more; INSERT INTO notes(body, more) VALUES ('d', 1)", on: connection)
        #expect(try list("SELECT body FROM notes ORDER BY id", on: connection) == ["a", "b", "d"])
    }

    @Test func `an order is a matter of the migrations that are given together`() throws {
        let connection = try file.writer()
        let migration = { (id: String) in Migration(id: id, sql: [], checksum: "") }
        _ = try Migrator().apply([migration("1_a"), migration("9_a")], on: connection)
        _ = try Migrator().apply([migration("1_b"), migration("5_b")], on: connection)
        #expect(throws: MigrationError.outOfOrder(id: "3_b", lastApplied: "5_b")) {
            _ = try Migrator().apply([migration("1_b"), migration("3_b"), migration("5_b")], on: connection)
        }
        #expect(throws: MigrationError.outOfOrder(id: "7_a", lastApplied: "9_a")) {
            _ = try Migrator().plan([migration("1_a"), migration("7_a"), migration("9_a")], on: connection)
        }
    }
}
