import DoSQLProtocol
import DoSQLServer
import DoSQLTestSupport
import Testing

/// What is removed for its age or number (`protocol/feeds.md`, rows that are removed).
struct FeedRetentionTests {
    @Test func `the newest rows are kept, and ids go on`() throws {
        let server = try TestServer { $0.messagesKept = FeedRetention(rowsMax: 10) }
        let client = try server.client("acme")
        let listener = try FeedListener(client, .channel("c"))
        let requests = try (1...1000).map { try client.sendPublish("\($0)", to: "c") }
        for request in requests { try client.answer(to: request) }
        for _ in 0..<20 { try client.publish("kept", to: "deploy", feed: .events) }
        #expect(try Deadline.poll { try client.value("SELECT count(*) FROM messages") == 10 })
        #expect(try client.query("SELECT min(id), max(id) FROM messages").rows == [[991, 1000]])
        #expect(try client.value("SELECT count(*) FROM events") == 20)
        #expect(try listener.ids(1000) == (1...1000).map { $0 })
        #expect(try client.publish("next", to: "c").outcome.lastInsertRowid == 1001)
        let late = try FeedListener(client, .channel("c"), after: 5)
        #expect(late.head.position == 5 && (late.head.oldest ?? 0) >= 991)
        #expect(try late.data(1).count >= 1)
    }

    @Test func `old rows go by their date, and only those in front`() throws {
        let server = try TestServer { $0.eventsKept = FeedRetention(secondsMax: 3600) }
        let client = try server.client("acme")
        try client.publish("new", to: "t", feed: .events)
        try client.run("DELETE FROM events")
        try client.run(
            """
            INSERT INTO events(type, data, created_at) VALUES ('t', 'old', '2020-01-01 00:00:00'),
                ('t', 'older', '2019-01-01T00:00:00Z'), ('t', 'young', datetime('now')),
                ('t', 'old but behind', '2020-01-01 00:00:00')
            """)
        #expect(try Deadline.poll { try client.value("SELECT count(*) FROM events") == 2 })
        #expect(try client.query("SELECT data FROM events ORDER BY id").rows == [["young"], ["old but behind"]])
    }

    @Test func `a table that was never published to is left alone`() throws {
        let server = try TestServer {
            $0.messagesKept = FeedRetention(rowsMax: 1)
            $0.eventsKept = FeedRetention(rowsMax: 1)
        }
        let client = try server.client("acme")
        for table in ["messages(channel", "events(type"] {
            let name = table.split(separator: "(")[0]
            try client.run(
                .init(
                    stringLiteral:
                        "CREATE TABLE \(name)(id INTEGER PRIMARY KEY AUTOINCREMENT, channel, type, data, created_at)"))
            try client.run(.init(stringLiteral: "INSERT INTO \(table), data) VALUES ('a', 1), ('a', 2), ('a', 3)"))
        }
        try client.publish("x", to: "t", feed: .events)
        // When the one is trimmed, the other has been looked at too: each look goes through both.
        #expect(try Deadline.poll { try client.value("SELECT count(*) FROM events") == 1 })
        try client.publish("y", to: "t", feed: .events)
        #expect(try Deadline.poll { try client.value("SELECT count(*) FROM events") == 1 })
        #expect(try client.value("SELECT count(*) FROM messages") == 3)
    }

    @Test func `who has not taken what is removed is told where to go on`() throws {
        let server = try TestServer { $0.messagesKept = FeedRetention(rowsMax: 5) }
        let client = try server.client("acme")
        let slow = try FeedListener(client, .channel("c"), credit: 0, givesCredit: false)
        for number in 1...50 { try client.publish("\(number)", to: "c") }
        #expect(try Deadline.poll { try client.value("SELECT count(*) FROM messages") == 5 })
        try slow.give(1 << 20)
        let error = try slow.failure()
        #expect(error.code == .feedTruncated && error.oldest == 46 && slow.rows.isEmpty, "\(error)")
        let again = try FeedListener(client, .channel("c"), after: 0)
        #expect(again.head.oldest == 46)
        #expect(try again.ids(5) == [46, 47, 48, 49, 50])
    }

    @Test func `bounds that keep nothing are refused`() {
        var configuration = Configuration()
        configuration.messagesKept = FeedRetention(rowsMax: 0)
        configuration.eventsKept = FeedRetention(secondsMax: 0)
        #expect(configuration.faults.count == 2)
    }
}
