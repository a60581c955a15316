import DoSQLProtocol
import DoSQLServer
import DoSQLTestSupport
import Testing

/// MIGRATE: the same rules and the same table, with the texts in the request.
struct InlineMigrationTests {
    private static let migrations = [
        (id: "2_posts", sql: "CREATE TABLE posts(id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users(id))"),
        (id: "1_users", sql: "CREATE TABLE users(id INTEGER PRIMARY KEY); INSERT INTO users VALUES (1);"),
        (id: "10_more", sql: "INSERT INTO posts VALUES (1, 1)"),
    ]

    @Test func `they are applied in the order of their numbers, and once`() throws {
        let client = try TestServer().client("acme")
        let first = try client.migrate(Self.migrations)
        #expect(first.entries.map(\.id) == ["1_users", "2_posts", "10_more"])
        #expect(first.entries.allSatisfy { $0.state == .applied } && first.outcome.changed && first.outcome.lsn == 3)
        let second = try client.migrate(Self.migrations)
        #expect(
            second.entries.allSatisfy { $0.state == .appliedBefore } && !second.outcome.changed
                && second.outcome.lsn == 3)
        #expect(second.entries.map(\.checksum) == first.entries.map(\.checksum))
        #expect(try client.value("SELECT count(*) FROM posts") == 1)
    }

    @Test func `a dry run says where the tenant stands, and changes nothing`() throws {
        let client = try TestServer().client("acme")
        let dry = try client.migrate(Self.migrations, isDryRun: true)
        #expect(dry.entries.allSatisfy { $0.state == .pending && $0.appliedAt.isEmpty } && !dry.outcome.changed)
        #expect(try client.failure(of: try client.sendQuery("SELECT * FROM users")).code == .sqlError)
        try client.migrate(Array(Self.migrations.prefix(2)))
        let later = try client.migrate(Self.migrations, isDryRun: true)
        #expect(later.entries.map(\.state) == [.appliedBefore, .appliedBefore, .pending])
    }

    @Test func `of sixteen clients with the same migrations one applies them`() throws {
        let server = try TestServer()
        let clients = try (0..<16).map { _ in try server.client("acme") }
        let requests = try clients.map { try $0.sendMigrate(Self.migrations) }
        var applied = 0
        for (client, request) in zip(clients, requests) {
            guard case .migrations(let answer) = try client.receive(for: request).message else {
                throw TestSupportError("no MIGRATIONS")
            }
            applied += answer.entries.count { $0.state == .applied }
            #expect(answer.entries.allSatisfy { $0.state != .pending } && answer.outcome.lsn == 3)
        }
        #expect(applied == 3)
        #expect(try clients[0].value("SELECT count(*) FROM posts") == 1)
    }

    @Test func `edited, late, doubled and failing ones are refused as a folder's are`() throws {
        let client = try TestServer().client("acme")
        try client.migrate(Self.migrations)
        let refused: [([(id: String, sql: String)], ErrorCode, String)] = [
            ([("1_users", "CREATE TABLE other(x)")], .migrationConflict, "1_users"),
            (Self.migrations + [("3_late", "SELECT 1")], .migrationConflict, "3_late"),
            (Self.migrations + [("1_users", Self.migrations[1].sql)], .migrationConflict, "1_users"),
            (Self.migrations + [("11_begin", "BEGIN")], .migrationFailed, "11_begin"),
            (Self.migrations + [("11_bad", "CREATE TABLE half(x); SELCT")], .migrationFailed, "11_bad"),
            (Self.migrations + [("11_reach", "DROP TABLE __dosql_meta")], .migrationFailed, "11_reach"),
            (Self.migrations + [("11_attach", "ATTACH ':memory:' AS m")], .migrationFailed, "11_attach"),
        ]
        for (migrations, code, id) in refused {
            let error = try client.failure(of: try client.sendMigrate(migrations))
            #expect(error.code == code && error.migration == id, "\(error)")
        }
        #expect(try client.failure(of: try client.sendQuery("SELECT * FROM half")).code == .sqlError)
        // What comes before the one that fails stays.
        let error = try client.failure(
            of: try client.sendMigrate(Self.migrations + [("12_good", "CREATE TABLE good(x)"), ("13_bad", "SELCT")]))
        #expect(error.code == .migrationFailed && error.migration == "13_bad")
        let run = try client.run("INSERT INTO good VALUES (1)")
        #expect(run.outcome.lsn == 5)
    }

    @Test func `it waits for a transaction, is refused inside of one and on a stream that only reads`() throws {
        let server = try TestServer()
        let client = try server.client("acme")
        try client.begin()
        #expect(try client.failure(of: try client.sendMigrate(Self.migrations)).code == .transactionOpen)
        try client.open("acme", stream: 2, isReadOnly: true)
        #expect(try client.failure(of: try client.sendMigrate(Self.migrations, stream: 2)).code == .readOnly)
        let other = try server.client("acme")
        let request = try other.sendMigrate(Self.migrations)
        try client.run("CREATE TABLE users(taken)")
        try client.commit()
        #expect(try other.failure(of: request).message.contains("table users already exists"))
    }

    @Test func `a folder's table is the same one`() throws {
        let folder = try TemporaryFolder()
        try folder.write("CREATE TABLE a(x)", to: "migrations/001_a.sql")
        let server = try TestServer {
            $0.dataFolder = folder.path(of: "data")
            $0.migrationsFolder = folder.path(of: "migrations")
        }
        let client = try server.client("acme")
        let answer = try client.migrate([
            (id: "001_a", sql: "CREATE TABLE a(x)"), (id: "002_b", sql: "CREATE TABLE b(x)"),
        ])
        #expect(answer.entries.map(\.state) == [.appliedBefore, .applied])
        #expect(
            try client.failure(of: try client.sendMigrate([(id: "001_a", sql: "CREATE TABLE a(y)")])).code
                == .migrationConflict)
    }
}
