import DoSQLTestSupport
import Testing

/// Migrations, tables and what survives.
struct StorageTests {
    private static let messages = """
        -- what the hub keeps; nothing else
        CREATE TABLE IF NOT EXISTS messages (
          id INTEGER PRIMARY KEY AUTOINCREMENT,
          channel TEXT NOT NULL,
          data TEXT NOT NULL,
          created_at TEXT DEFAULT CURRENT_TIMESTAMP
        );
        CREATE INDEX IF NOT EXISTS idx_messages_channel ON messages(channel);
        """

    private static func migrate(_ migrations: (id: String, sql: String)..., dryRun: Bool = false) -> String {
        let list = migrations.map { #"{"id":\#($0.id.json),"sql":\#($0.sql.json)}"# }.joined(separator: ",")
        return #"{"migrations":[\#(list)]\#(dryRun ? #","dryRun":true"# : "")}"#
    }

    // MARK: 1

    @Test func `a folder's migrations run before the first request, in order, and once`() throws {
        let folder = try TemporaryFolder()
        let flags = ["--migrations", TestServer.guideMigrations]
        let first = try TestServerProcess(folder: folder, flags: flags)
        let client = try HTTPClient(connectingTo: first.address)
        #expect(try client.query("SELECT * FROM users") == #"{"rows":[]}"#)
        try client.addUser("Alice", "alice@example.com")
        let before = try client.post("/migrate", Self.migrate(dryRun: true)).guideText()
        #expect(first.terminate() == 0)

        let second = try TestServerProcess(folder: folder, flags: flags)
        let again = try HTTPClient(connectingTo: second.address)
        #expect(try again.count("users") == 1)
        // The same names, times and checksums: nothing ran again.
        #expect(try again.post("/migrate", Self.migrate(dryRun: true)).guideText() == before)
        let ids = ["001_create_users", "002_create_posts", "003_create_sessions", "004_create_rate_limits"]
        var rest = before
        for id in ids.reversed() {
            let (front, _) = try #require(rest.split(before: #"{"id":"\#(id)","state":"present","appliedAt":""#))
            rest = front
        }
    }

    @Test func `what was answered is there after kill -9`() throws {
        let folder = try TemporaryFolder()
        let flags = ["--migrations", TestServer.guideMigrations]
        for round in 0..<3 {
            let server = try TestServerProcess(folder: folder, flags: flags)
            let client = try HTTPClient(connectingTo: server.address)
            client.headers = [("X-Tenant-ID", "tenant:acme")]
            #expect(try client.count("users") == Int64(round))
            try client.addUser("user \(round)", "\(round)@example.com")
            server.kill()
        }
    }

    @Test func `inline migrations have several statements and comments, and run once`() throws {
        let server = try TestServer(loops: 1)
        let hub = try server.http("websocket-hub")
        let body = Self.migrate((id: "001_messages", sql: Self.messages))
        let pending = try hub.post("/migrate", Self.migrate((id: "001_messages", sql: Self.messages), dryRun: true))
        #expect(
            try pending.guideText().hasPrefix(
                #"{"migrations":[{"id":"001_messages","state":"pending","appliedAt":null,"checksum":""#))
        #expect(
            try hub.post("/migrate", body).guideText().hasPrefix(
                #"{"migrations":[{"id":"001_messages","state":"applied","appliedAt":"2"#))
        #expect(
            try hub.post("/migrate", body).guideText().hasPrefix(
                #"{"migrations":[{"id":"001_messages","state":"present","appliedAt":"2"#))
        #expect(
            try hub.run(
                "INSERT INTO messages (channel, data) VALUES (?, ?)", #"["lobby","{\"text\":\"hi; -- all\"}"]"#)
                == #"{"changes":1,"lastInsertRowid":1}"#)
        #expect(
            try hub.query("SELECT data FROM messages WHERE channel = ?", #"["lobby"]"#)
                == #"{"rows":[{"data":"{\"text\":\"hi; -- all\"}"}]}"#)
    }

    @Test func `they are sorted by their numbers, whatever the order in which they come`() throws {
        let client = try TestServer(loops: 1).http("acme")
        let answer = try client.post(
            "/migrate",
            Self.migrate(
                (id: "10_c", sql: "INSERT INTO t VALUES ('c')"), (id: "2_b", sql: "INSERT INTO t VALUES ('b')"),
                (id: "1_a", sql: "CREATE TABLE t(x); INSERT INTO t VALUES ('a');")))
        #expect(answer.status == 200)
        #expect(
            try client.query("SELECT group_concat(x, '') AS x FROM t")
                == #"{"rows":[{"x":"abc"}]}"#)
    }

    @Test func `of sixteen clients that migrate at once one applies, and all are told so`() throws {
        let server = try TestServer()
        let body = Self.migrate(
            (id: "001_t", sql: "CREATE TABLE t(x)"), (id: "002_row", sql: "INSERT INTO t VALUES (1)"))
        let clients = try (0..<16).map { _ in try server.http("acme") }
        for client in clients { try client.send("POST", "/migrate", body: body) }
        var applied = 0
        for client in clients {
            let text = try client.answer().guideText()
            #expect(!text.contains("pending"))
            if text.contains(#""state":"applied""#) { applied += 1 }
        }
        #expect(applied == 1)
        #expect(try clients[0].count("t") == 1)
    }

    @Test func `a migration that was applied and has changed is a conflict, one that fails leaves those before it`()
        throws
    {
        let client = try TestServer(loops: 1).http("acme")
        #expect(try client.post("/migrate", Self.migrate((id: "001_a", sql: "CREATE TABLE a(x)"))).status == 200)
        let changed = try client.post("/migrate", Self.migrate((id: "001_a", sql: "CREATE TABLE a(x, y)")))
        #expect(changed.status == 409 && changed.code == "MIGRATION_CONFLICT")
        #expect(try changed.member("migration") == "001_a")
        let failed = try client.post(
            "/migrate",
            Self.migrate(
                (id: "001_a", sql: "CREATE TABLE a(x)"), (id: "002_b", sql: "CREATE TABLE b(x)"),
                (id: "003_c", sql: "CREATE TABLE c(x); SELCT")))
        #expect(failed.status == 500 && failed.code == "MIGRATION_FAILED")
        #expect(try failed.member("migration") == "003_c" && failed.text.contains(#"near \"SELCT\": syntax error"#))
        #expect(try client.count("b") == 0)
        #expect(try client.call("/query", "SELECT * FROM c").status == 400)
    }

    // MARK: 2

    @Test func `ids of AUTOINCREMENT are never used again`() throws {
        let client = try TestServer.guide().http("acme")
        try client.addUser("Alice", "alice@example.com")
        let bob = try client.addUser("Bob", "bob@example.com")
        try client.run("DELETE FROM users WHERE id = ?", "[\(bob)]")
        #expect(try client.addUser("Carol", "carol@example.com") == bob + 1)
    }

    @Test func `columns that are left out get their defaults, and columns may be called key, data and type`() throws {
        let client = try TestServer.guide().http("acme")
        let alice = try client.insert(
            "INSERT INTO users (name, email) VALUES (?, ?)", #"["Alice","alice@example.com"]"#)
        #expect(
            try client.queryOne("SELECT bio, role, status, created_at = updated_at AS same FROM users")
                == #"{"row":{"bio":null,"role":"user","status":"active","same":1}}"#)
        try client.run("INSERT INTO posts (user_id, title, content) VALUES (?, 't', 'c')", "[\(alice)]")
        #expect(
            try client.queryOne("SELECT published, typeof(published) AS type FROM posts")
                == #"{"row":{"published":0,"type":"integer"}}"#)
        try client.run("INSERT INTO rate_limits (key, timestamp) VALUES (?, ?)", #"["ip",1790000000123]"#)
        #expect(
            try client.query("SELECT key, timestamp FROM rate_limits")
                == #"{"rows":[{"key":"ip","timestamp":1790000000123}]}"#)
        try client.run(
            "INSERT INTO events (type, data, created_at) VALUES (?, ?, CURRENT_TIMESTAMP)", #"["new","{\"a\":1}"]"#)
        #expect(
            try client.query("SELECT type, data FROM events") == #"{"rows":[{"type":"new","data":"{\"a\":1}"}]}"#)
    }

    // MARK: 3

    @Test func `foreign keys are enforced; deleting a user deletes posts and sessions, and changes counts the user`()
        throws
    {
        let client = try TestServer.guide().http("acme")
        let orphan = try client.call(
            "/run", "INSERT INTO posts (user_id, title, content) VALUES (42, 'orphan', 'c')")
        #expect(orphan.status == 400)
        #expect(
            orphan.text
                == #"{"error":"FOREIGN KEY constraint failed","code":"CONSTRAINT_FOREIGN_KEY","category":"VALIDATION","#
                + #""retryable":false,"executed":"no","sqliteCode":787}"#)
        let alice = try client.addUser("Alice", "alice@example.com")
        let bob = try client.addUser("Bob", "bob@example.com")
        for number in 1...3 {
            try client.addPost("post \(number)", by: alice)
            try client.run(
                "INSERT INTO sessions (user_id, token, expires_at) VALUES (?, ?, '2999')",
                #"[\#(alice),"token \#(number)"]"#)
        }
        try client.addPost("another's", by: bob)
        #expect(
            try client.call("/run", "DELETE FROM users WHERE id = ?", "[\(alice)]").guideText().hasPrefix(
                #"{"changes":1,"lastInsertRowid":"#))
        #expect(try client.count("posts") == 1)
        #expect(try client.count("sessions") == 0)
    }
}
