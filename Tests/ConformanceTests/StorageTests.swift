import DoSQLClient
import DoSQLTestSupport
import Testing

/// Migrations, tables and tenants as the guide's application takes them for granted.
@Suite("Storage, migrations, tenants", .timeLimit(.minutes(10)))
struct StorageTests {
    /// A client of a server that has no migrations of its own.
    private func withServer(_ body: (DoSQLClient) async throws -> Void) async throws {
        try await Guide.withServer { server in try await Guide.withClient(of: server.address, body) }
    }

    @Test func `a folder of migrations runs in the order of its file names before the first request is served`()
        async throws
    {
        try await Guide.run { guide in
            let status = try await guide.app.migrationStatus()
            #expect(
                status.entries.map(\.id) == [
                    "001_create_users", "002_create_posts", "003_create_sessions", "004_create_rate_limits",
                    "005_create_what_the_routes_use",
                ])
            #expect(status.entries.allSatisfy { $0.state == .appliedBefore && $0.checksum.count == 64 })
            let tables = try await guide.app.query(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '\\_\\_%' ESCAPE '\\' ORDER BY name",
                as: String.self)
            #expect(
                tables == [
                    "events", "order_items", "orders", "posts", "products", "rate_limits", "request_logs", "sessions",
                    "tenant_settings", "users",
                ])
        }
    }

    @Test func `a migration runs once, also when the server starts again`() async throws {
        let folder = try TemporaryFolder()
        let flags = ["--migrations", Guide.migrations]
        let first = try await Guide.withServer(folder: folder, flags: flags) { server in
            let entries = try await Guide.withClient(of: server.address) { client in
                try await client.tenant("default").addUser("Alice", "alice@example.com")
                return try await client.tenant("default").migrationStatus().entries
            }
            let status = try await Guide.aside { server.terminate() }
            #expect(status == 0)
            return entries
        }
        try await Guide.withServer(folder: folder, flags: flags) { server in
            try await Guide.withClient(of: server.address) { client in
                let app = client.tenant("default")
                let count = try await app.rowCount(of: "users")
                #expect(count == 1, "data survives a restart")
                #expect(try await app.migrationStatus().entries == first)
            }
        }
    }

    @Test func `inline migrations of several statements run once, with and without IF NOT EXISTS and comments`()
        async throws
    {
        try await withServer { client in
            let hub = client.tenant("websocket-hub")
            let migration = Migration(
                id: "001_messages",
                sql: """
                    -- what the hub keeps; nothing else
                    CREATE TABLE IF NOT EXISTS messages (
                      id INTEGER PRIMARY KEY AUTOINCREMENT,
                      channel TEXT NOT NULL,
                      data TEXT NOT NULL,
                      created_at TEXT DEFAULT CURRENT_TIMESTAMP
                    );
                    CREATE INDEX IF NOT EXISTS idx_messages_channel ON messages(channel);
                    """)
            #expect(try await hub.migrate([migration]).applied.map(\.id) == ["001_messages"])
            #expect(try await hub.migrate([migration]).applied.isEmpty)
            let result = try await hub.run(
                "INSERT INTO messages (channel, data) VALUES (?, ?)", ["lobby", #"{"text":"hi; -- all"}"#])
            #expect(result.lastInsertRowid == 1)
            let data = try await hub.query("SELECT data FROM messages WHERE channel = ?", ["lobby"]).first?.decode(
                "data", as: String.self)
            #expect(data == #"{"text":"hi; -- all"}"#)
        }
    }

    @Test func `a changed migration that was applied is refused`() async throws {
        try await withServer { client in
            let tenant = client.tenant("t")
            try await tenant.migrate([Migration(id: "001_a", sql: "CREATE TABLE a(x)")])
            let error = await #expect(throws: DoSQLError.self) {
                try await tenant.migrate([Migration(id: "001_a", sql: "CREATE TABLE a(x, y)")])
            }
            #expect(error?.code == .migrationConflict)
        }
    }

    @Test func `ids of AUTOINCREMENT are never used again`() async throws {
        try await Guide.run { guide in
            try await guide.app.addUser("Alice", "alice@example.com")
            let bob = try await guide.app.addUser("Bob", "bob@example.com")
            try await guide.app.run("DELETE FROM users WHERE id = ?", [bob])
            #expect(try await guide.app.addUser("Carol", "carol@example.com") == bob + 1)
        }
    }

    @Test func `columns that are left out get their defaults: 'user', 0 and CURRENT_TIMESTAMP`() async throws {
        try await Guide.run { guide in
            let alice = try await guide.app.addUser("Alice", "alice@example.com")
            try await guide.app.run(
                "INSERT INTO posts (user_id, title, content) VALUES (?, ?, ?)", [alice, "title", "content"])
            let user = try #require(try await guide.app.queryOne("SELECT * FROM users WHERE id = ?", [alice]))
            #expect(try user.decode("role") == "user")
            #expect(try user.decode("bio", as: String?.self) == nil)
            #expect(try user.decode("status") == "active")
            #expect(try user.decode("created_at", as: String.self) == user.decode("updated_at", as: String.self))
            let published = try await guide.app.queryOne("SELECT published, typeof(published) FROM posts")
            #expect(try published?[0].decode(Int.self) == 0)
            #expect(try published?[1].decode(String.self) == "integer")
        }
    }

    @Test func `columns may be called key, timestamp, data and type`() async throws {
        try await Guide.run { guide in
            try await guide.app.run(
                "INSERT INTO rate_limits (key, timestamp) VALUES (?, ?)", ["ip", 1_700_000_000_000])
            try await guide.app.run(
                "INSERT INTO events (type, data, created_at) VALUES (?, ?, CURRENT_TIMESTAMP)",
                ["greeting", #"{"a":1}"#])
            let limit = try await guide.app.queryOne("SELECT key, timestamp FROM rate_limits", as: (String, Int64).self)
            #expect(try #require(limit) == ("ip", 1_700_000_000_000))
            let event = try await guide.app.queryOne("SELECT type, data FROM events", as: (String, String).self)
            #expect(try #require(event) == ("greeting", #"{"a":1}"#))
        }
    }

    @Test func `foreign keys are enforced`() async throws {
        try await Guide.run { guide async throws in
            let error = await #expect(throws: DoSQLError.self) { try await guide.app.addPost("orphan", by: 42) }
            #expect(error?.message == "FOREIGN KEY constraint failed")
            #expect(try await guide.app.rowCount(of: "posts") == 0)
        }
    }

    @Test func `deleting a user deletes posts and sessions, and changes counts the user only`() async throws {
        try await Guide.run { guide in
            let app = guide.app
            let alice = try await app.addUser("Alice", "alice@example.com")
            let bob = try await app.addUser("Bob", "bob@example.com")
            for number in 1...3 {
                try await app.addPost("post \(number)", by: alice)
                try await app.addSession("token \(number)", of: alice)
            }
            try await app.addPost("another's", by: bob)
            #expect(try await app.run("DELETE FROM users WHERE id = ?", [alice]).changes == 1)
            #expect(try await app.rowCount(of: "posts") == 1)
            #expect(try await app.rowCount(of: "sessions") == 0)
        }
    }

    @Test func `tenants are made on first use and know nothing of one another`() async throws {
        try await Guide.run { guide in
            let names = ["default", "tenant:acme", "websocket-hub", "127", "a.b_c"]
            for (number, name) in names.enumerated() {
                let tenant = guide.client.tenant(name)
                for _ in 0...number {
                    try await tenant.addUser(name, "\(name)\(try await tenant.rowCount(of: "users"))@x")
                }
            }
            for (number, name) in names.enumerated() {
                let users = try await guide.client.tenant(name).query("SELECT name FROM users", as: String.self)
                #expect(users == Array(repeating: name, count: number + 1))
            }
            #expect(Set(try await guide.client.tenants().names) == Set(names))
        }
    }
}
