import DoSQLProtocol
import DoSQLServer
import DoSQLSession
import DoSQLTestSupport
import FoundationEssentials
import Testing

/// Subscriptions while tenants are closed and servers stop.
struct FeedLifeTests {
    @Test func `a tenant that was closed meanwhile wakes its subscribers again`() throws {
        let server = try TestServer {
            $0.openTenantsMax = 1
            $0.tenantIdleSeconds = 1
        }
        let client = try server.client("acme")
        let listener = try FeedListener(client, .channel("c"))
        for round in 0..<3 {
            // Another tenant drives it out, as the log's disappearance shows: it goes with the last connection.
            let other = try server.client("other\(round)")
            try other.run("CREATE TABLE t(x)")
            let log = server.dataFolder + "/tenants/acme/main.sqlite-wal"
            #expect(Deadline.poll { !FileManager.default.fileExists(atPath: log) })
            try client.publish("\(round)", to: "c")
            #expect(try listener.data(round + 1).last == .text("\(round)"))
        }
        #expect(listener.ids == [1, 2, 3])
    }

    @Test func `a resume over a restart misses nothing`() throws {
        let server = try TestServer()
        let client = try server.client("acme")
        let listener = try FeedListener(client, .channel("c"))
        for number in 0..<10 { try client.publish("\(number)", to: "c") }
        try listener.ids(10)
        server.stop()
        #expect(try listener.failure().code == .shuttingDown)
        try client.waitForEnd()
        try server.start()
        let publisher = try server.client("acme")
        try publisher.publish("10", to: "c")
        let resumed = try FeedListener(try server.client("acme"), .channel("c"), after: listener.ids.last)
        try publisher.publish("11", to: "c")
        #expect(try resumed.ids(2) == [11, 12])
        #expect(try resumed.data(2) == ["10", "11"])
        let fresh = try FeedListener(try server.client("acme"), .channel("c"))
        #expect(fresh.head.position == 12 && fresh.head.oldest == 1)
    }

    @Test func `subscriptions do not keep a server from stopping`() throws {
        let server = try TestServer { $0.session.shutdownGrace = 600_000_000_000 }
        let client = try server.client("acme")
        let listeners = try (0..<3).map { try FeedListener(client, .channel("c\($0)"), credit: 0, givesCredit: false) }
        try client.publish("x", to: "c1")
        server.stop()
        for listener in listeners { #expect(try listener.failure().code == .shuttingDown) }
        try client.waitForEnd()
    }

    @Test func `a tenant that cannot be opened tells its subscribers`() throws {
        let server = try TestServer()
        let client = try server.client("acme")
        try client.publish("x", to: "c")
        server.stop()
        try server.start()
        // The first subscription of a shard needs a reader, and gets one.
        let again = try server.client("acme")
        let listener = try FeedListener(again, .channel("c"), after: 0)
        #expect(try listener.data(1) == ["x"])
    }

    @Test func `a subscription that is cancelled before it has begun is answered once`() throws {
        let client = try TestServer().client("acme")
        let (request, behind) = try client.together {
            let request = try client.sendSubscribe(.channel("c"))
            try client.sendCancel(request)
            return (request, try client.sendPublish("x", to: "c"))
        }
        var replies: [Reply] = []
        repeat { replies.append(try client.receive(for: request)) } while replies.last?.isTerminal != true
        #expect(replies.last?.error?.code == .cancelled && replies.count <= 2)
        #expect(try client.answer(to: behind).outcome.lastInsertRowid == 1)
        // Its number is free.
        let listener = try FeedListener(client, .channel("c"), after: 0)
        #expect(try listener.data(1) == ["x"])
    }
}
