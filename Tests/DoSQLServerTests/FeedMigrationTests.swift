import DoSQLProtocol
import DoSQLServer
import DoSQLTestSupport
import Testing

/// Migrations that make a table which publishing has made before them.
struct FeedMigrationTests {
    private static let columns =
        "id INTEGER PRIMARY KEY AUTOINCREMENT, channel TEXT NOT NULL, data TEXT NOT NULL, "
        + "created_at TEXT DEFAULT CURRENT_TIMESTAMP"

    @Test(arguments: [
        "CREATE TABLE IF NOT EXISTS messages (\(columns));"
            + "CREATE INDEX IF NOT EXISTS idx_messages_channel ON messages(channel);",
        "CREATE TABLE messages (\(columns)); CREATE INDEX idx_messages_channel ON messages(channel);",
        "-- ours\nCREATE TABLE x(y);\ncreate table \"Messages\" (author TEXT DEFAULT 'nobody', \(columns));"
            + "CREATE INDEX i ON messages(author);",
    ])
    func `it gets its table, with the rows that were published`(_ sql: String) throws {
        let server = try TestServer()
        let client = try server.client("acme")
        let listener = try FeedListener(client, .channel("c"))
        for number in 1...3 { try client.publish("\(number)", to: "c") }
        try client.run("DELETE FROM messages WHERE id = 3")
        let answer = try client.migrate([(id: "001_messages", sql: sql)])
        #expect(answer.entries.map(\.state) == [.applied])
        #expect(try client.query("SELECT id, data FROM messages").rows == [[1, "1"], [2, "2"]])
        let made = try client.value("SELECT sql FROM sqlite_schema WHERE name = 'messages' COLLATE NOCASE")
        guard case .text(let text) = made else { throw TestSupportError("\(made)") }
        #expect(text.repaired.contains(Self.columns))
        #expect(
            try client.value("SELECT count(*) FROM sqlite_schema WHERE sql LIKE '%\\_\\_dosql\\_%aside%' ESCAPE '\\'")
                == 0)
        // No id is given out twice, and the subscription goes on.
        #expect(try client.publish("4", to: "c").outcome.lastInsertRowid == 4)
        #expect(try listener.data(4) == ["1", "2", "3", "4"])
        #expect(try client.migrate([(id: "001_messages", sql: sql)]).entries.map(\.state) == [.appliedBefore])
    }

    @Test func `a server's folder that makes it later brings the tenant to it`() throws {
        let folder = try TemporaryFolder()
        try folder.write("CREATE TABLE users(x)", to: "migrations/001_users.sql")
        let server = try TestServer { $0.migrationsFolder = folder.path(of: "migrations") }
        let client = try server.client("acme")
        try client.publish("x", to: "c")
        try client.publish("y", to: "deploy", feed: .events)
        server.stop()
        try folder.write(
            """
            CREATE TABLE messages(\(Self.columns), room TEXT);
            CREATE TABLE events(id INTEGER PRIMARY KEY AUTOINCREMENT, type TEXT, data TEXT, created_at TEXT);
            INSERT INTO messages(channel, data) VALUES ('c', 'seed');
            """, to: "migrations/002_messages.sql")
        try server.start()
        let again = try server.client("acme")
        let listener = try FeedListener(again, .channel("c"), after: 0)
        #expect(try listener.data(2) == ["x", "seed"])
        #expect(try again.query("SELECT type, data FROM events").rows == [["deploy", "y"]])
    }

    @Test func `rows that do not fit are said, and nothing is changed`() throws {
        let client = try TestServer().client("acme")
        try client.publish("x", to: "c")
        for (sql, words) in [
            ("CREATE TABLE messages(id INTEGER PRIMARY KEY, sender TEXT)", "no column named channel"),
            ("CREATE TABLE IF NOT EXISTS messages(\(Self.columns), by TEXT NOT NULL)", "messages.by"),
        ] {
            let error = try client.failure(of: try client.sendMigrate([(id: "1_m", sql: sql)]))
            #expect(error.code == .migrationFailed && error.migration == "1_m", "\(error)")
            #expect(
                error.message.contains("makes the table messages") && error.message.contains(words), "\(error.message)")
        }
        #expect(try client.query("SELECT id, data FROM messages").rows == [[1, "x"]])
        #expect(try client.publish("y", to: "c").outcome.lastInsertRowid == 2)
    }

    @Test func `an empty table gives way to one of any shape`() throws {
        let client = try TestServer().client("acme")
        try client.publish("x", to: "c")
        try client.run("DELETE FROM messages")
        try client.migrate([
            (id: "1_m", sql: "CREATE TABLE messages(id TEXT, sender TEXT); INSERT INTO messages VALUES ('a', 'b')")
        ])
        #expect(try client.query("SELECT * FROM messages").rows == [["a", "b"]])
        #expect(try client.failure(of: try client.sendPublish("y", to: "c")).code == .feedShape)
    }

    @Test func `a table of the application's own is not touched`() throws {
        let client = try TestServer().client("acme")
        try client.run(.init(stringLiteral: "CREATE TABLE messages(\(Self.columns))"))
        try client.publish("x", to: "c")
        let plain = try client.failure(
            of: try client.sendMigrate([(id: "1_m", sql: "CREATE TABLE messages(\(Self.columns))")]))
        #expect(plain.code == .migrationFailed && plain.message.contains("already exists"))
        try client.migrate([(id: "1_m", sql: "CREATE TABLE IF NOT EXISTS messages(a, b)")])
        #expect(try client.query("SELECT data FROM messages").rows == [["x"]])
        // Nor one that publishing has made and something else has come to depend on.
        try client.publish("x", to: "deploy", feed: .events)
        try client.run("CREATE VIEW newest AS SELECT max(id) FROM events")
        let depended = try client.failure(of: try client.sendMigrate([(id: "2_e", sql: "CREATE TABLE events(x)")]))
        #expect(depended.code == .migrationFailed && depended.message.contains("already exists"), "\(depended)")
        #expect(try client.query("SELECT * FROM newest").rows == [[1]])
        try client.publish("y", to: "deploy", feed: .events)
    }

    @Test func `what fails for another reason leaves the table as it was`() throws {
        let client = try TestServer().client("acme")
        let listener = try FeedListener(client, .channel("c"))
        try client.publish("x", to: "c")
        let error = try client.failure(
            of: try client.sendMigrate([(id: "1_m", sql: "CREATE TABLE messages(\(Self.columns)); SELECT nonsense")]))
        #expect(error.code == .migrationFailed && error.message.contains("nonsense") && error.statement?.index == 1)
        try client.publish("y", to: "c")
        #expect(try listener.data(2) == ["x", "y"])
        let typo = try client.failure(of: try client.sendMigrate([(id: "1_m", sql: "CREATE TABEL messages(x)")]))
        #expect(typo.message.contains("TABEL"), "\(typo)")
    }

    @Test func `an application's own migrations have an order of their own beside the server's folder`() throws {
        let folder = try TemporaryFolder()
        try folder.write("CREATE TABLE users(x)", to: "migrations/001_create_users.sql")
        try folder.write("CREATE TABLE posts(x)", to: "migrations/002_create_posts.sql")
        let server = try TestServer { $0.migrationsFolder = folder.path(of: "migrations") }
        let client = try server.client("websocket-hub")
        let own = [(id: "001_messages", sql: "CREATE TABLE IF NOT EXISTS messages (\(Self.columns))")]
        #expect(try client.migrate(own).entries.contains { $0.id == "001_messages" && $0.state == .applied })
        try client.migrate(own + [(id: "010_more", sql: "CREATE TABLE more(x)")])
        // Within one source the order holds.
        let error = try client.failure(
            of: try client.sendMigrate(
                own + [(id: "005_late", sql: "SELECT 1"), (id: "010_more", sql: "CREATE TABLE more(x)")]))
        #expect(error.code == .migrationConflict && error.migration == "005_late")
        // And the folder goes on although another source is further.
        server.stop()
        try folder.write("CREATE TABLE tags(x)", to: "migrations/003_tags.sql")
        try server.start()
        #expect(try server.client("websocket-hub").value("SELECT count(*) FROM tags") == 0)
    }
}
