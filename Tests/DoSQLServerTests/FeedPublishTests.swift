import DoSQLProtocol
import DoSQLServer
import DoSQLTestSupport
import Testing

/// PUBLISH (`protocol/feeds.md`).
struct FeedPublishTests {
    @Test func `the first one makes the guide's table, and each is a row with the next id`() throws {
        let client = try TestServer().client("acme")
        let first = try client.publish("{\"n\":1}", to: "room")
        #expect(first.outcome.lastInsertRowid == 1 && first.outcome.changes == 1 && first.outcome.changed)
        #expect(first.outcome.lsn == 1)
        #expect(try client.publish("two", to: "other").outcome.lastInsertRowid == 2)
        #expect(try client.publish("", to: "deploy", feed: .events).outcome.lastInsertRowid == 1)
        let rows = try client.query("SELECT id, channel, data, created_at IS NOT NULL FROM messages ORDER BY id").rows
        #expect(rows == [[1, "room", "{\"n\":1}", 1], [2, "other", "two", 1]])
        #expect(try client.query("SELECT type, data FROM events").rows == [["deploy", ""]])
        let columns = try client.query("SELECT name, type, \"notnull\", dflt_value FROM pragma_table_info('messages')")
        #expect(
            columns.rows == [
                ["id", "INTEGER", 0, nil], ["channel", "TEXT", 1, nil], ["data", "TEXT", 1, nil],
                ["created_at", "TEXT", 0, "CURRENT_TIMESTAMP"],
            ])
        // The name of the guide's index is free.
        try client.run("CREATE INDEX idx_messages_channel ON messages(channel)")
        try client.publish("three", to: "room")
    }

    @Test func `a table of the application's own is used as it is`() throws {
        let client = try TestServer().client("acme")
        try client.run(
            """
            CREATE TABLE Messages(extra TEXT DEFAULT 'x', created_at TEXT NOT NULL, data TEXT, CHANNEL TEXT,
                id INTEGER PRIMARY KEY AUTOINCREMENT, more)
            """)
        try client.publish("hello", to: "room")
        #expect(
            try client.query("SELECT id, channel, data, extra, length(created_at) FROM messages").rows
                == [[1, "room", "hello", "x", 19]])
        #expect(try client.query("SELECT name FROM sqlite_schema WHERE name LIKE '\\_\\_dosql\\_messages%' ESCAPE '\\'").rows == [])
    }

    @Test(arguments: [
        ("CREATE TABLE messages(id TEXT PRIMARY KEY, channel, data, created_at)", "INTEGER PRIMARY KEY AUTOINCREMENT"),
        ("CREATE TABLE messages(id INTEGER PRIMARY KEY, channel, data, created_at)", "AUTOINCREMENT"),
        ("CREATE TABLE messages(id INTEGER PRIMARY KEY AUTOINCREMENT, data, created_at)", "no column channel"),
        ("CREATE TABLE messages(id INTEGER PRIMARY KEY AUTOINCREMENT, channel, created_at)", "no column data"),
        (
            "CREATE TABLE messages(id INTEGER PRIMARY KEY AUTOINCREMENT, channel, data, created_at, by TEXT NOT NULL)",
            "column by is NOT NULL"
        ),
        (
            "CREATE TABLE messages(id INTEGER PRIMARY KEY AUTOINCREMENT, channel, data AS (channel), created_at)",
            "data is generated"
        ),
        ("CREATE VIEW messages AS SELECT 1 AS id, 2 AS channel, 3 AS data, 4 AS created_at", "it is a view"),
        ("CREATE VIRTUAL TABLE messages USING fts5(id, channel, data, created_at)", "it is a virtual table"),
    ])
    func `a table of another shape is told, by publishing and by subscribing`(_ sql: String, _ found: String) throws {
        let client = try TestServer().client("acme")
        try client.run(.init(stringLiteral: sql))
        let published = try client.failure(of: try client.sendPublish("x", to: "room"))
        #expect(published.code == .feedShape && published.message.contains(found), "\(published)")
        let subscribed = try client.failure(of: try client.sendSubscribe(.channel("room")))
        #expect(subscribed.code == .feedShape && subscribed.message.contains(found), "\(subscribed)")
        // Where it has become right, it works.
        try client.run(sql.contains("VIEW") ? "DROP VIEW messages" : "DROP TABLE messages")
        let listener = try FeedListener(client, .channel("room"))
        try client.publish("y", to: "room")
        #expect(try listener.data(1) == ["y"])
    }

    @Test func `names have 1 to 256 bytes`() throws {
        let client = try TestServer().client("acme")
        let longest = String(repeating: "é", count: 128)
        try client.publish("x", to: longest)
        for name in ["", longest + "e"] {
            #expect(try client.failure(of: try client.sendPublish("x", to: name)).code == .feedNameInvalid)
            #expect(try client.failure(of: try client.sendSubscribe(.channel(name))).code == .feedNameInvalid)
            #expect(try client.failure(of: try client.sendSubscribe(.events(types: [name]))).code == .feedNameInvalid)
        }
        // Behind writes that are not answered yet, too.
        let (before, invalid, after) = try client.together {
            (try client.sendPublish("a", to: "r"), try client.sendPublish("b", to: ""), try client.sendPublish("c", to: "r"))
        }
        #expect(try client.answer(to: before).outcome.lastInsertRowid == 2)
        #expect(try client.failure(of: invalid).code == .feedNameInvalid)
        #expect(try client.answer(to: after).outcome.lastInsertRowid == 3)
    }

    @Test func `a key makes it once`() throws {
        let client = try TestServer().client("acme")
        let first = try client.publish("x", to: "room", key: "k")
        let again = try client.publish("x", to: "room", key: "k")
        #expect(again.outcome.replayed && again.outcome.lastInsertRowid == first.outcome.lastInsertRowid)
        for request in [
            try client.sendPublish("y", to: "room", key: "k"), try client.sendPublish("x", to: "r", key: "k"),
            try client.sendPublish("x", to: "room", feed: .events, key: "k"),
        ] {
            #expect(try client.failure(of: request).code == .idempotencyMismatch)
        }
        #expect(try client.value("SELECT count(*) FROM messages") == 1)
    }

    @Test func `it does not write where nothing may be written`() throws {
        let client = try TestServer().client("acme")
        try client.open("acme", stream: 2, isReadOnly: true)
        #expect(try client.failure(of: try client.sendPublish("x", to: "room", stream: 2)).code == .readOnly)
        try client.begin(.read)
        #expect(try client.failure(of: try client.sendPublish("x", to: "room")).code == .readOnly)
        try client.rollback()
        #expect(try client.value("SELECT count(*) FROM sqlite_schema WHERE name = 'messages'") == 0)
    }

    @Test func `a trigger of the table's has its client's rights, and no more`() throws {
        let client = try TestServer().client("acme")
        try client.publish("x", to: "room")
        try client.run("CREATE TABLE log(x)")
        try client.run("CREATE TRIGGER t AFTER INSERT ON messages BEGIN INSERT INTO log VALUES (new.data); END")
        let answer = try client.publish("y", to: "room")
        #expect(answer.outcome.lastInsertRowid == 2 && answer.outcome.changes == 1)
        #expect(try client.query("SELECT x FROM log").rows == [["y"]])
        try client.run("DROP TRIGGER t")
        let reach = try client.sendRun(
            "CREATE TRIGGER t AFTER INSERT ON messages BEGIN DELETE FROM __dosql_meta; END")
        if let refused = try client.receive(for: reach).error {
            #expect(refused.code == .notAllowed)
        } else {
            #expect(try client.failure(of: try client.sendPublish("z", to: "room")).code == .notAllowed)
        }
        #expect(try client.value("SELECT count(*) FROM messages") == 2)
    }

    @Test func `a table whose making was rolled back is made again`() throws {
        let client = try TestServer().client("acme")
        try client.begin()
        #expect(try client.publish("gone", to: "room").outcome.lastInsertRowid == 1)
        #expect(try client.publish("gone too", to: "room").outcome.lastInsertRowid == 2)
        try client.rollback()
        #expect(try client.value("SELECT count(*) FROM sqlite_schema WHERE name = 'messages'") == 0)
        try client.run("CREATE TABLE other(x)")
        #expect(try client.publish("stays", to: "room").outcome.lastInsertRowid == 1)
        try client.begin()
        try client.savepoint(.set, "s")
        try client.publish("gone", to: "deploy", feed: .events)
        try client.savepoint(.rollbackTo, "s")
        try client.publish("stays", to: "deploy", feed: .events)
        try client.commit()
        try client.publish("stays", to: "deploy", feed: .events)
        try client.run("DROP TABLE events")
        #expect(try client.publish("new", to: "deploy", feed: .events).outcome.lastInsertRowid == 1)
    }
}
