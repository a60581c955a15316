import Dispatch
import DoSQLProtocol
import DoSQLServer
import DoSQLTestSupport
import Synchronization
import Testing

/// Nothing lost, nothing doubled, in order: with many who publish and many who listen, on several loops.
struct FeedOrderTests {
    /// Runs bodies on threads of their own and throws what the first of them threw.
    private func together(_ bodies: [@Sendable () throws -> Void]) throws {
        let failures = Mutex<[any Error]>([])
        DispatchQueue.concurrentPerform(iterations: bodies.count) { index in
            do { try bodies[index]() } catch { failures.withLock { $0.append(error) } }
        }
        if let first = failures.withLock({ $0.first }) { throw first }
    }

    @Test(arguments: [1, 3])
    func `four publishers and listeners that join midway agree on one order`(_ loops: Int) throws {
        let server = try TestServer(loops: loops)
        let each = 150
        let total = 4 * each
        let first = try FeedListener(try server.client("acme"), .channel("c"))
        let seen = Mutex<[[Int64]]>([])
        var bodies: [@Sendable () throws -> Void] = (0..<4).map { publisher in
            {
                let client = try server.client("acme")
                for number in 0..<each {
                    switch number % 5 {
                    case 0:
                        try client.run(
                            "INSERT INTO messages(channel, data) VALUES ('c', ?)", [.text("\(publisher)/\(number)")])
                    case 1:
                        try client.begin()
                        try client.publish("\(publisher)/\(number)", to: "c")
                        try client.publish("noise", to: "d")
                        try client.commit()
                    case 2:
                        try client.begin()
                        try client.publish("never", to: "c")
                        try client.rollback()
                        try client.publish("\(publisher)/\(number)", to: "c")
                    default: try client.publish("\(publisher)/\(number)", to: "c")
                    }
                }
            }
        }
        for part in 1...4 {
            bodies.append {
                // Joins when some are there, reads a while, goes, and comes back behind the last it has.
                let observer = try server.client("acme")
                guard
                    try Deadline.poll({
                        try observer.value("SELECT max(id) >= \(part * 20) FROM messages") == 1
                    })
                else { throw TestSupportError("nobody publishes") }
                let credit: UInt64? = part % 2 == 0 ? 100 : nil
                let before = try FeedListener(try server.client("acme"), .channel("c"), after: 0, credit: credit)
                try before.ids(part * 15)
                let taken = before.ids
                before.client.cut()
                let after = try FeedListener(
                    try server.client("acme"), .channel("c"), after: taken.last ?? 0, credit: credit)
                try after.ids(total - taken.count)
                seen.withLock { $0.append(taken + after.ids) }
            }
        }
        // The table must be there for those who insert.
        try server.client("acme").publish("noise", to: "d")
        try together(bodies)
        try first.ids(total)
        let reader = try server.client("acme")
        let expected = try reader.query("SELECT id, data FROM messages WHERE channel = 'c' ORDER BY id").rows
        #expect(expected.count == total)
        #expect(first.rows.map { [$0[0], $0[2]] } == expected)
        let ids = first.ids
        for other in seen.withLock({ $0 }) { #expect(other == ids) }
        for publisher in 0..<4 {
            let own = first.rows.compactMap { row -> String? in
                guard case .text(let text) = row[2], text.repaired.hasPrefix("\(publisher)/") else { return nil }
                return text.repaired
            }
            #expect(own == (0..<each).map { "\(publisher)/\($0)" })
        }
    }

    @Test func `many subscriptions of few connections each get everything`() throws {
        let server = try TestServer(loops: 2)
        let clients = try (0..<8).map { _ in try server.client("acme") }
        // More than one turn hands out.
        let listeners = try clients.flatMap { client in
            try (0..<60).map { try FeedListener(client, .channel("c\($0 % 2)")) }
        }
        let publisher = try server.client("acme")
        let requests = try (0..<40).map { try publisher.sendPublish("\($0)", to: "c\($0 % 4)") }
        for request in requests { try publisher.answer(to: request) }
        for (index, listener) in listeners.enumerated() {
            let channel = index % 60 % 2
            let expected = (0..<40).filter { $0 % 4 == channel }.map { Value.text("\($0)") }
            #expect(try listener.data(10) == expected)
        }
    }

    @Test func `clients that vanish in the middle of a fan-out are nobody's loss`() throws {
        let server = try TestServer(loops: 1)
        let publisher = try server.client("acme")
        var listeners: [FeedListener] = []
        for _ in 0..<120 { listeners.append(try FeedListener(try server.client("acme"), .channel("c"))) }
        for round in 0..<10 {
            let requests = try (0..<20).map { try publisher.sendPublish("\(round * 20 + $0)", to: "c") }
            for index in 0..<10 { listeners[round * 10 + index].client.cut() }
            for request in requests { try publisher.answer(to: request) }
        }
        let expected = (0..<200).map { Value.text("\($0)") }
        for listener in listeners[100...] { #expect(try listener.data(200) == expected) }
    }
}
