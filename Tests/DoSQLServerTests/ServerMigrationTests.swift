import DoSQLProtocol
import DoSQLServer
import DoSQLTestSupport
import Testing

/// A server's folder of migrations: every tenant is brought to it before its first request (`protocol/messages.md`, migrations).
struct ServerMigrationTests {
    /// A folder such as apps have.
    static let files: [(name: String, sql: String)] = [
        (
            "001_users.sql",
            """
            -- Users
            CREATE TABLE IF NOT EXISTS users (
                id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT UNIQUE NOT NULL, name TEXT NOT NULL,
                role TEXT DEFAULT 'user', created_at TEXT DEFAULT CURRENT_TIMESTAMP
            );
            CREATE INDEX IF NOT EXISTS users_by_email ON users(email);
            """
        ),
        (
            "002_posts.sql",
            """
            CREATE TABLE posts (
                id INTEGER PRIMARY KEY AUTOINCREMENT, user_id INTEGER NOT NULL, title TEXT NOT NULL, published BOOLEAN DEFAULT 0,
                FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
            );
            CREATE INDEX posts_by_user ON posts(user_id, published); -- composite
            """
        ),
        ("003_sessions.sql", "CREATE TABLE sessions (key TEXT PRIMARY KEY, data TEXT, timestamp INTEGER);;\n"),
        (
            "010_touch.sql",
            "CREATE TRIGGER touch AFTER UPDATE ON posts BEGIN UPDATE posts SET title = trim(new.title) WHERE id = new.id; END;"
        ),
    ]

    private func folder(_ files: [(name: String, sql: String)] = files) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        for file in files { try folder.write(file.sql, to: "migrations/" + file.name) }
        return folder
    }

    private func server(on folder: TemporaryFolder) throws -> TestServer {
        try TestServer {
            $0.dataFolder = folder.path(of: "data")
            $0.migrationsFolder = folder.path(of: "migrations")
        }
    }

    @Test func `a new tenant has all of them before its first request`() throws {
        let folder = try folder()
        let server = try server(on: folder)
        let client = try server.client()
        #expect(try client.open("acme").outcome.lsn == 4)
        try client.run("INSERT INTO users(email, name) VALUES ('a@x', 'A')")
        try client.run("INSERT INTO posts(user_id, title) VALUES (1, 't')")
        try client.run("INSERT INTO sessions VALUES ('k', 'd', 1)")
        // What stands in the table is told by a dry run, since nobody reads it as SQL.
        let migrations = try client.migrate([], isDryRun: true)
        #expect(migrations.entries.map(\.id) == ["001_users", "002_posts", "003_sessions", "010_touch"])
        for entry in migrations.entries {
            #expect(entry.state == .appliedBefore && entry.checksum.count == 64)
            #expect(entry.checksum.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
            // `2026-01-31 12:00:00`
            #expect(entry.appliedAt.utf8.count == 19 && Array(entry.appliedAt.utf8)[10] == 0x20)
        }
        #expect(
            try client.value("SELECT group_concat(name) FROM pragma_table_info('__dosql_migrations')")
                == "id,applied_at,checksum,duration_ms")
    }

    @Test func `sixteen clients that meet a new tenant at once find it finished, and made once`() throws {
        let folder = try folder()
        let server = try server(on: folder)
        let clients = try (0..<16).map { _ in try server.client() }
        let sent = try clients.map { client in
            try client.together {
                [
                    try client.sendOpen("acme"), try client.sendRun("INSERT INTO sessions VALUES (random(), '', 1)"),
                    try client.sendQuery("SELECT count(*) > 0 FROM sessions"),
                ]
            }
        }
        for (client, requests) in zip(clients, sent) {
            for request in requests.dropLast() { try client.answer(to: request) }
            #expect(try client.answer(to: requests[2]).value == 1)
        }
        #expect(try clients[0].value("SELECT count(*) FROM sessions") == 16)
        // Four migrations and sixteen rows.
        #expect(try server.client().open("acme").outcome.lsn == 20)
    }

    @Test func `a further file is applied to old tenants, once`() throws {
        let folder = try folder()
        let server = try server(on: folder)
        try server.client("old").run("INSERT INTO users(email, name) VALUES ('a@x', 'A')")
        server.stop()
        try folder.write("ALTER TABLE users ADD COLUMN bio TEXT DEFAULT 'none'", to: "migrations/011_bio.sql")
        for _ in 0..<2 {
            try server.start()
            let client = try server.client()
            #expect(try client.open("old").outcome.lsn == 6)
            #expect(try client.query("SELECT bio FROM users").rows == [["none"]])
            try client.open("new", stream: 2)
            #expect(try client.query("SELECT bio FROM users", stream: 2).rows == [])
            client.close()
            server.stop()
        }
    }

    @Test func `a file that was edited is refused with both checksums, until it is as it was`() throws {
        let folder = try folder()
        let server = try server(on: folder)
        let before = try server.client("acme").migrate([], isDryRun: true).entries[1].checksum
        server.stop()
        try folder.write(Self.files[1].sql + " ", to: "migrations/002_posts.sql")
        try server.start()
        for _ in 0..<2 {
            let client = try server.client()
            let error = try client.failure(of: try client.sendOpen("acme"))
            #expect(error.code == .migrationConflict && error.migration == "002_posts" && !error.isRetryable)
            #expect(error.message.contains("002_posts") && error.message.contains(before))
            #expect(error.message.split(separator: " ").filter { $0.count >= 64 }.count == 2)
        }
        // Whoever is new has nothing that could be in conflict.
        try server.client("new").run("INSERT INTO sessions VALUES ('k', '', 1)")
        server.stop()
        try folder.write(Self.files[1].sql, to: "migrations/002_posts.sql")
        try server.start()
        try server.client("acme").run("INSERT INTO sessions VALUES ('k', '', 1)")
    }

    @Test func `a file that comes late, before one that is applied, is refused`() throws {
        let folder = try folder()
        let server = try server(on: folder)
        try server.client("acme").ping()
        server.stop()
        try folder.write("CREATE TABLE late(x)", to: "migrations/005_late.sql")
        try server.start()
        let client = try server.client()
        let error = try client.failure(of: try client.sendOpen("acme"))
        #expect(
            error.code == .migrationConflict && error.migration == "005_late" && error.message.contains("010_touch"))
        try client.open("new")
        try client.run("INSERT INTO late VALUES (1)")
    }

    @Test(arguments: [
        "BEGIN; CREATE TABLE x(y); COMMIT;", "CREATE TABLE x(y); COMMIT", "SAVEPOINT s", "ROLLBACK",
        "CREATE TABLE x(y); END",
    ])
    func `a file with transaction control is refused`(sql: String) throws {
        let folder = try folder([("001_first.sql", "CREATE TABLE first(x)"), ("002_bad.sql", sql)])
        let server = try server(on: folder)
        let client = try server.client()
        let error = try client.failure(of: try client.sendOpen("acme"))
        #expect(error.code == .migrationFailed && error.migration == "002_bad" && error.statement != nil)
        #expect(try client.failure(of: try client.sendQuery("SELECT 1")).code == .streamNotOpen)
    }

    @Test func `a migration that fails leaves the tenant at the last good one until it is repaired`() throws {
        let folder = try folder([
            ("001_first.sql", "CREATE TABLE first(x)"),
            ("002_bad.sql", "CREATE TABLE second(x);\nINSERT INTO second VALUES (1);\nINSERT INTO nowhere VALUES (1);"),
            ("003_third.sql", "CREATE TABLE third(x)"),
        ])
        let server = try server(on: folder)
        for _ in 0..<3 {
            let client = try server.client()
            let error = try client.failure(of: try client.sendOpen("acme"))
            #expect(error.code == .migrationFailed && error.isRetryable && error.migration == "002_bad")
            #expect(error.statement?.index == 2 && error.message.contains("no such table: nowhere"))
        }
        server.stop()
        try folder.write("CREATE TABLE second(x);\nINSERT INTO second VALUES (1);", to: "migrations/002_bad.sql")
        try server.start()
        let client = try server.client()
        #expect(try client.open("acme").outcome.lsn == 3)
        #expect(try client.query("SELECT * FROM second").rows == [[1]])
        #expect(try client.migrate([], isDryRun: true).entries.map(\.id) == ["001_first", "002_bad", "003_third"])
    }

    @Test func `a table may be rebuilt with foreign keys off, and must be right afterwards`() throws {
        let rebuild = """
            PRAGMA foreign_keys=OFF;
            CREATE TABLE users_new (id INTEGER PRIMARY KEY, email TEXT);
            INSERT INTO users_new SELECT id, email FROM users;
            DROP TABLE users;
            ALTER TABLE users_new RENAME TO users;
            PRAGMA foreign_keys=ON;
            """
        let folder = try folder(Array(Self.files.prefix(2)))
        let server = try server(on: folder)
        do {
            let client = try server.client("acme")
            try client.run("INSERT INTO users(email, name) VALUES ('a@x', 'A')")
            try client.run("INSERT INTO posts(user_id, title) VALUES (1, 't')")
            client.close()
        }
        server.stop()
        try folder.write(rebuild, to: "migrations/003_rebuild.sql")
        try folder.write("PRAGMA foreign_keys=OFF; DELETE FROM users", to: "migrations/004_wrong.sql")
        try server.start()
        let client = try server.client()
        let error = try client.failure(of: try client.sendOpen("acme"))
        #expect(
            error.code == .migrationFailed && error.migration == "004_wrong" && error.message.contains("foreign key"))
        server.stop()
        try folder.write("SELECT 1", to: "migrations/004_wrong.sql")
        try server.start()
        let later = try server.client("acme")
        #expect(try later.query("SELECT * FROM users JOIN posts ON user_id = users.id").rows.count == 1)
        #expect(
            try later.failure(of: try later.sendRun("INSERT INTO posts(user_id, title) VALUES (9, 't')")).code
                == .constraintForeignKey)
        try later.run("DELETE FROM users")
        #expect(try later.value("SELECT count(*) FROM posts") == 0)
    }

    @Test func `a folder that cannot be used is a reason not to start`() throws {
        for (name, content) in [("first.sql", "SELECT 1"), ("001.sql", "SELECT 1")] {
            let folder = try folder([(name, content)])
            let error = #expect(throws: Server.StartError.self) { _ = try server(on: folder) }
            #expect(error?.description.contains(name) == true)
        }
        let folder = try TemporaryFolder()
        let error = #expect(throws: Server.StartError.self) { _ = try server(on: folder) }
        #expect(error?.description.contains("migrations") == true)
        // What is no migration is nobody's business.
        try folder.write("hello", to: "migrations/README.md")
        try server(on: folder).expectItServes()
    }
}
