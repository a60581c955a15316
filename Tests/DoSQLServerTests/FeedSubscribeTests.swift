import DoSQLProtocol
import DoSQLServer
import DoSQLTestSupport
import Testing

/// SUBSCRIBE: what comes, and in which order (`protocol/feeds.md`).
struct FeedSubscribeTests {
    @Test func `rows of its channel come after their commit, and no others`() throws {
        let server = try TestServer()
        let publisher = try server.client("acme")
        let listener = try FeedListener(try server.client("acme"), .channel("room"))
        guard case .head(let columns) = listener.head.message else { throw TestSupportError("no HEAD") }
        #expect(columns == ["id", "channel", "data", "created_at"])
        #expect(listener.head.position == 0 && listener.head.oldest == nil)
        try publisher.publish("1", to: "room")
        try publisher.publish("2", to: "Room")
        try publisher.publish("3", to: "room", feed: .events)
        try publisher.publish("4", to: "room")
        #expect(try listener.data(2) == ["1", "4"])
        #expect(try listener.ids(2) == [1, 3])
        #expect(listener.rows[0][1] == "room" && listener.rows[0][3] != .null)
    }

    @Test func `events come by their types, or all`() throws {
        let server = try TestServer()
        let client = try server.client("acme")
        let all = try FeedListener(client, .events(types: []))
        let two = try FeedListener(client, .events(types: ["b", "c", "b"]))
        let one = try FeedListener(client, .events(types: ["a"]))
        for type in ["a", "b", "c", "d", "a"] { try client.publish(type, to: type, feed: .events) }
        try client.run("INSERT INTO events(type) VALUES ('b')")
        #expect(try all.data(6) == ["a", "b", "c", "d", "a", .null])
        #expect(try two.data(3) == ["b", "c", .null])
        #expect(try one.ids(2) == [1, 5])
        let late = try FeedListener(client, .events(types: ["b", "c"]), after: 2)
        #expect(late.head.position == 2 && late.head.oldest == 1)
        #expect(try late.ids(2) == [3, 6])
        let everything = try FeedListener(client, .events(types: []), after: 0)
        #expect(try everything.ids(6) == [1, 2, 3, 4, 5, 6])
    }

    @Test func `names are compared byte by byte`() throws {
        let client = try TestServer().client("acme")
        let composed = try FeedListener(client, .channel("caf\u{e9}"))
        let decomposed = try FeedListener(client, .channel("cafe\u{301}"))
        try client.publish("1", to: "caf\u{e9}")
        try client.publish("2", to: "cafe\u{301}")
        #expect(try composed.data(1) == ["1"])
        #expect(try decomposed.data(1) == ["2"])
    }

    @Test func `plain SQL, batches, scripts, loads and triggers publish as well`() throws {
        let server = try TestServer()
        let client = try server.client("acme")
        let listener = try FeedListener(try server.client("acme"), .channel("c"))
        try client.publish("publish", to: "c")
        try client.run("INSERT INTO messages(channel, data) VALUES ('c', 'run'), ('d', 'no')")
        try client.batch([
            BatchStep("INSERT INTO messages(channel, data) VALUES ('c', 'batch')"),
            BatchStep("UPDATE messages SET data = 'changed' WHERE channel = 'd'"),
        ])
        try client.script(
            "INSERT INTO messages(channel, data) VALUES ('c', 's1'); INSERT INTO messages(channel, data) VALUES ('c', 's2')")
        try client.load("INSERT INTO messages(channel, data) VALUES ('c', ?)", [["l1"], ["l2"]])
        try client.run("CREATE TABLE orders(x)")
        try client.run(
            "CREATE TRIGGER t AFTER INSERT ON orders BEGIN INSERT INTO messages(channel, data) VALUES ('c', new.x); END")
        try client.run("INSERT INTO orders VALUES ('trigger')")
        try client.migrate([(id: "1_m", sql: "INSERT INTO messages(channel, data) VALUES ('c', 'migration')")])
        #expect(
            try listener.data(8) == ["publish", "run", "batch", "s1", "s2", "l1", "l2", "trigger", "migration"].prefix(8))
        #expect(try listener.data(9).last == "migration")
    }

    @Test func `what a transaction publishes comes with its commit, and what is rolled back never`() throws {
        let server = try TestServer()
        let client = try server.client("acme")
        let other = try server.client("acme")
        let listener = try FeedListener(try server.client("acme"), .channel("c"))
        try client.begin()
        try client.publish("rolled back", to: "c")
        try client.rollback()
        try client.begin()
        try client.publish("1", to: "c")
        try client.savepoint(.set, "s")
        try client.publish("undone", to: "c")
        try client.savepoint(.rollbackTo, "s")
        try client.publish("2", to: "c")
        #expect(try client.value("SELECT count(*) FROM messages") == 2)
        // The subscription stands before the commit: a read of the same shard and connection sees nothing yet.
        #expect(try other.value("SELECT count(*) FROM sqlite_schema WHERE name = 'messages'") == 0)
        try client.commit()
        try client.publish("3", to: "c")
        try #expect(client.failure(of: client.sendRun("INSERT OR ROLLBACK INTO messages(id, channel, data) VALUES (1, 'c', 'x')")).code == .constraintUnique)
        try client.publish("4", to: "c")
        #expect(try listener.data(4) == ["1", "2", "3", "4"])
    }

    @Test func `it begins in the order of its stream, and the stream goes on behind its HEAD`() throws {
        let client = try TestServer().client("acme")
        let (published, subscribed, again, read) = try client.together {
            (
                try client.sendPublish("before", to: "c"), try client.sendSubscribe(.channel("c")),
                try client.sendPublish("after", to: "c", flags: .depends),
                try client.sendQuery("SELECT count(*) FROM messages")
            )
        }
        #expect(try client.answer(to: published).outcome.lastInsertRowid == 1)
        #expect(try client.receive(for: subscribed).position == 1)
        #expect(try client.answer(to: again).outcome.lastInsertRowid == 2)
        #expect(try client.answer(to: read).value == 2)
        guard case .rows(let rows) = try client.receive(for: subscribed).message else {
            throw TestSupportError("no ROWS")
        }
        #expect(rows.map { $0[2] } == ["after"])
        // What depends on one that fails is skipped.
        let (failed, skipped) = try client.together {
            (try client.sendSubscribe(.channel("")), try client.sendPublish("x", to: "c", flags: .depends))
        }
        #expect(try client.failure(of: failed).code == .feedNameInvalid)
        #expect(try client.failure(of: skipped).code == .skipped)
    }

    @Test func `it is refused inside a transaction, and goes on beside one`() throws {
        let client = try TestServer().client("acme")
        let listener = try FeedListener(client, .channel("c"))
        try client.begin()
        #expect(try client.failure(of: try client.sendSubscribe(.channel("c"))).code == .transactionOpen)
        try client.publish("x", to: "c")
        try client.commit()
        #expect(try listener.data(1) == ["x"])
    }

    @Test func `a tenant without the table can be subscribed to, and reading makes none`() throws {
        let server = try TestServer()
        let client = try server.client("acme")
        let listener = try FeedListener(client, .channel("c"), after: 0)
        #expect(listener.head.position == 0 && listener.head.oldest == nil)
        #expect(try client.value("SELECT count(*) FROM sqlite_schema WHERE name = 'messages'") == 0)
        try client.run("CREATE TABLE t(x)")
        try client.run(
            "CREATE TABLE messages(id INTEGER PRIMARY KEY AUTOINCREMENT, channel TEXT, data TEXT, created_at TEXT)")
        try client.run("INSERT INTO messages(channel, data) VALUES ('c', 'x')")
        #expect(try listener.data(1) == ["x"])
    }

    @Test func `a table that becomes another ends its subscriptions`() throws {
        let client = try TestServer().client("acme")
        let listener = try FeedListener(client, .channel("c"))
        try client.publish("1", to: "c")
        try listener.data(1)
        try client.run("DROP TABLE messages")
        #expect(try listener.failure().code == .feedShape)
        try client.publish("2", to: "c")
        let second = try FeedListener(client, .channel("c"), after: 0)
        #expect(try second.data(1) == ["2"])
        try client.run("ALTER TABLE messages RENAME COLUMN data TO body")
        let error = try second.failure()
        #expect(error.code == .feedShape && error.message.contains("no column data"))
    }

    @Test func `CANCEL and CLOSE end it, and nothing comes behind`() throws {
        let server = try TestServer()
        let client = try server.client("acme")
        let publisher = try server.client("acme")
        let listener = try FeedListener(client, .channel("c"))
        let other = try FeedListener(client, .channel("c"))
        try client.sendCancel(listener.request)
        #expect(try listener.failure().code == .cancelled)
        try publisher.publish("x", to: "c")
        #expect(try other.data(1) == ["x"])
        try client.open("acme", stream: 2)
        let (request, _) = try client.subscribe(.channel("c"), stream: 2)
        let close = try client.sendClose(stream: 2)
        let first = try #require(try client.receive())
        #expect(first.request == request && first.error?.code == .cancelled)
        try client.answer(to: close)
        try publisher.publish("y", to: "c")
        #expect(try other.data(2) == ["x", "y"])
        #expect(try !client.hasReply(within: .milliseconds(1)))
    }

    @Test func `a connection has at most 256, and room again when one has ended`() throws {
        let client = try TestServer().client("acme")
        let listeners = try (0..<Limits.subscriptionsMax).map { try FeedListener(client, .channel("c\($0 % 7)")) }
        let error = try client.failure(of: try client.sendSubscribe(.channel("c")))
        #expect(error.code == .subscriptionLimit && error.limit?.name == "subscriptionsMax")
        try client.sendCancel(listeners[3].request)
        #expect(try listeners[3].failure().code == .cancelled)
        let last = try FeedListener(client, .channel("c"))
        try client.publish("x", to: "c1")
        try client.publish("y", to: "c")
        for (index, listener) in listeners.enumerated() where index % 7 == 1 {
            #expect(try listener.data(1) == ["x"])
        }
        #expect(try last.data(1) == ["y"])
    }
}
