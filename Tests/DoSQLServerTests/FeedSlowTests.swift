import DoSQLProtocol
import DoSQLServer
import DoSQLTestSupport
import Testing

/// Subscribers that do not keep up, and rows that are long.
struct FeedSlowTests {
    @Test func `without credit nothing comes, and with it everything`() throws {
        let server = try TestServer(loops: 1)
        let client = try server.client("acme")
        let slow = try FeedListener(client, .channel("c"), credit: 0, givesCredit: false)
        let quick = try FeedListener(client, .channel("c"))
        for number in 0..<500 { try client.publish("\(number)", to: number % 2 == 0 ? "c" : "d") }
        let expected = stride(from: 0, to: 500, by: 2).map { Value.text("\($0)") }
        #expect(try quick.data(250) == expected)
        // What the other one has had, this one would have had on the same connection.
        #expect(try !client.hasReply(within: .milliseconds(1)))
        try slow.give(1)
        try slow.data(1)
        let first = slow.rows.count
        #expect(first < 250 + 1)
        try slow.give(1 << 20)
        #expect(try slow.data(250) == expected)
        // It is live again.
        try client.publish("live", to: "c")
        #expect(try slow.data(251).last == "live")
    }

    @Test func `credit that comes before HEAD counts`() throws {
        let client = try TestServer().client("acme")
        try client.publish("x", to: "c")
        let request = try client.together {
            let request = try client.sendSubscribe(.channel("c"), after: 0, credit: 0)
            try client.sendCredit(1 << 20, for: request)
            return request
        }
        #expect(try client.receive(for: request).position == 0)
        guard case .rows(let rows) = try client.receive(for: request).message else { throw TestSupportError("no ROWS") }
        #expect(rows.map { $0[2] } == ["x"])
    }

    @Test func `who does not read its socket costs the server little, and misses nothing`() throws {
        let server = try TestServerProcess(flags: ["--loops", "1"])
        let publisher = try server.client("acme")
        try publisher.publish("first", to: "c")
        // Nothing of an answer is read before the end, not even HEAD.
        let deaf = try (0..<3).map { _ in try server.client("acme") }
        for client in deaf { try client.sendSubscribe(.channel("c"), after: 1, credit: UInt64(Int64.max)) }
        let idle = try #require(server.residentMemory)
        let text = String(repeating: "x", count: 30_000)
        // 30 MB for each of them, which no socket takes.
        let count = 1000
        var peak = idle
        for number in 0..<count {
            try publisher.publish("\(number)" + text, to: "c")
            if number % 100 == 0 { peak = max(peak, server.residentMemory ?? 0) }
        }
        peak = max(peak, try #require(server.residentMemory))
        #expect(peak < idle + 48 << 20, "\(idle) bytes became \(peak)")
        for client in deaf {
            var frames = FrameSkimmer(client)
            var taken = 0
            while taken < count, let (header, start) = try frames.next() {
                guard MessageType(rawValue: header.type) == .rows else { continue }
                // Behind the number of rows stands the first one's id: an integer of one or two bytes, or a short one.
                let size = Int(start[4])
                var id = size >= 0x40 ? size - 0x40 : 0
                if size < 0x40 { for byte in start[5..<5 + size].reversed() { id = id << 8 | Int(byte) } }
                #expect(id == taken + 2)
                for (index, byte) in start.prefix(4).enumerated() { taken += Int(byte) << (8 * index) }
            }
            #expect(taken == count)
        }
    }

    @Test func `rows longer than the loop reads come in their places`() throws {
        let server = try TestServer(loops: 1)
        let publisher = try server.client("acme")
        let live = try FeedListener(try server.client("acme"), .channel("c"))
        let sizes = [10, 1 << 20, 3 << 20, 5, (1 << 20) - 1, 60_000, 2 << 20, 100]
        for size in sizes { try publisher.publish(String(repeating: "x", count: size), to: "c") }
        try publisher.publish(String(repeating: "y", count: 2 << 20), to: "d")
        try publisher.publish("last", to: "c")
        let lengths = { (listener: FeedListener) throws -> [Int] in
            try listener.data(sizes.count + 1).map { value in
                guard case .text(let text) = value else { return -1 }
                return text.bytes.count
            }
        }
        #expect(try lengths(live) == sizes + [4])
        let late = try FeedListener(try server.client("acme"), .channel("c"), after: 0)
        #expect(try lengths(late) == sizes + [4])
        let behind = try FeedListener(try server.client("acme"), .channel("c"), after: 2)
        #expect(try behind.ids(sizes.count - 1).first == 3)
    }

    @Test func `rows that nobody wanted are there for who comes and wants them`() throws {
        let server = try TestServer(loops: 1)
        let client = try server.client("acme")
        let other = try FeedListener(client, .channel("d"))
        for round in 0..<20 {
            try client.publish("d", to: "d")
            try other.data(round + 1)
            // It is passed over by the time that it is asked for.
            let id = try client.publish("c", to: "c").outcome.lastInsertRowid
            _ = try client.value("SELECT 1")
            let late = try FeedListener(client, .channel("c"), after: id - 1)
            #expect(try late.ids(1) == [id])
            try client.sendCancel(late.request)
            #expect(try late.failure().code == .cancelled)
        }
    }

    @Test func `a row that fits no frame ends who wants it, and nobody else`() throws {
        let server = try TestServer(loops: 1)
        let client = try server.client("acme")
        // 18 MB of text go through a debug build's hands several times.
        client.patience = .seconds(300)
        let listener = try FeedListener(client, .channel("c"))
        let narrow = try FeedListener(try server.client("acme", frameMax: Limits.frameMaxLeast), .channel("c"))
        let other = try FeedListener(client, .channel("d"))
        try client.publish("1", to: "c")
        try client.publish(String(repeating: "x", count: 100_000), to: "c")
        #expect(try narrow.failure().code == .resultTooLarge)
        #expect(narrow.ids == [1])
        try listener.ids(2)
        try client.run("INSERT INTO messages(channel, data) VALUES ('c', hex(zeroblob(9000000)))")
        try client.publish("4", to: "d")
        try client.publish("5", to: "c")
        let error = try listener.failure()
        #expect(error.code == .resultTooLarge && error.message.contains("row 3"), "\(error)")
        #expect(try other.data(1) == ["4"])
        let resumed = try FeedListener(client, .channel("c"), after: 3)
        #expect(try resumed.data(1) == ["5"])
    }

    @Test func `a long way to the next row is gone on a thread`() throws {
        let server = try TestServer(loops: 1)
        let client = try server.client("acme")
        // No index: the rows of a channel are found by going through all.
        try client.run(
            """
            CREATE TABLE messages(id INTEGER PRIMARY KEY AUTOINCREMENT, channel TEXT, data TEXT,
                created_at TEXT DEFAULT CURRENT_TIMESTAMP)
            """)
        try client.publish("first", to: "c")
        try client.run(
            """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000)
            INSERT INTO messages(channel, data) SELECT 'noise', i FROM n
            """)
        try client.publish("last", to: "c")
        let listener = try FeedListener(client, .channel("c"), after: 1)
        #expect(try listener.data(1) == ["last"])
        let events = try FeedListener(client, .channel("c"), after: 0)
        #expect(try events.data(2) == ["first", "last"])
        try client.publish("live", to: "c")
        #expect(try listener.data(2).last == "live")
        #expect(try events.data(3).last == "live")
    }
}
