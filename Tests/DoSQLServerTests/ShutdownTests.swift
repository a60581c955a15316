import DoSQLLoop
import DoSQLProtocol
import DoSQLServer
import DoSQLSession
import DoSQLTestSupport
import Foundation
import Testing

/// How a server stops (`protocol/handshake.md`, GOAWAY), and where it listens.
struct ShutdownTests {
    /// Stops a server on a thread of its own, since `stop` returns when everything is over.
    private func stopAside(_ server: TestServer) -> Thread {
        let thread = Thread { server.stop() }
        thread.start()
        return thread
    }

    /// Reads until GOAWAY; the replies before it.
    private func goAway(_ client: WireClient) throws -> GoAway {
        while let reply = try client.receive() {
            if case .goAway(let message) = reply.message {
                #expect(reply.stream == 0 && reply.request == 0)
                return message
            }
        }
        throw TestSupportError("the connection ended without GOAWAY")
    }

    @Test func `an idle client is told and closed, and the files are left clean`() throws {
        let server = try TestServer { $0.session.shutdownGrace = 20_000_000_000 }
        let client = try server.client("acme")
        try client.run("CREATE TABLE t(x)")
        try client.run("INSERT INTO t VALUES (1)")
        try client.query("SELECT * FROM t")
        let thread = stopAside(server)
        let message = try goAway(client)
        #expect(message.reason == .shuttingDown && message.retryAfter != nil)
        try client.waitForEnd()
        #expect(Deadline.poll { thread.isFinished })
        let folder = server.dataFolder + "/tenants/acme"
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["main.sqlite"])
        #expect(throws: (any Error).self) { try WireClient(connectingTo: try server.address) }
        try server.start()
        #expect(try server.client("acme").value("SELECT count(*) FROM t") == 1)
    }

    @Test func `what was accepted is finished, what comes later is refused`() throws {
        let server = try TestServer { $0.session.shutdownGrace = 20_000_000_000 }
        let client = try server.client("acme")
        try client.run("CREATE TABLE t(x)")
        let holder = try server.client("acme")
        try holder.begin()
        // These wait for the holder's turn to end.
        let waiting = try (0..<20).map { try client.sendRun("INSERT INTO t VALUES (?)", [.integer($0)]) }
        try client.ping()
        let thread = stopAside(server)
        _ = try goAway(client)
        let late = try client.failure(of: try client.sendRun("INSERT INTO t VALUES (99)"))
        #expect(late.code == .shuttingDown && late.isRetryable && late.execution == .notExecuted)
        #expect(try client.failure(of: try client.sendOpen("other", stream: 2)).code == .shuttingDown)
        #expect(try client.ping([1]) == [1])
        holder.close()
        for request in waiting { #expect(try client.answer(to: request).outcome.changed) }
        try client.waitForEnd()
        #expect(Deadline.poll { thread.isFinished })
        try server.start()
        #expect(try server.client("acme").value("SELECT count(*) FROM t WHERE x < 20") == 20)
    }

    @Test func `a transaction that is open when the server stops may be finished`() throws {
        let server = try TestServer { $0.session.shutdownGrace = 20_000_000_000 }
        let client = try server.client("acme")
        try client.run("CREATE TABLE t(x)")
        try client.begin()
        try client.run("INSERT INTO t VALUES (1)")
        let thread = stopAside(server)
        _ = try goAway(client)
        try client.run("INSERT INTO t VALUES (2)")
        try client.commit()
        try client.waitForEnd()
        #expect(Deadline.poll { thread.isFinished })
        try server.start()
        #expect(try server.client("acme").value("SELECT count(*) FROM t") == 2)
    }

    @Test func `a transaction that nobody ends is rolled back when the grace time is over`() throws {
        let server = try TestServer { $0.session.shutdownGrace = 100_000_000 }
        let client = try server.client("acme")
        try client.run("CREATE TABLE t(x)")
        try client.begin()
        try client.run("INSERT INTO t VALUES (1)")
        let reader = try server.client("acme")
        try reader.begin(.read)
        let rows = try server.client("acme")
        _ = try rows.sendQuery(EndlessStatement.rows, credit: 1)
        server.stop()
        try client.waitForEnd()
        try reader.waitForEnd()
        let folder = server.dataFolder + "/tenants/acme"
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["main.sqlite"])
        try server.start()
        #expect(try server.client("acme").value("SELECT count(*) FROM t") == 0)
    }

    @Test func `SIGTERM stops the process in order, with status 0`() throws {
        let folder = try TemporaryFolder()
        let server = try TestServerProcess(folder: folder)
        let client = try server.client("acme")
        try client.run("CREATE TABLE t(x)")
        for number in 0..<100 { try client.run("INSERT INTO t VALUES (?)", [.integer(number)]) }
        #expect(server.terminate() == 0)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.path(of: "data/tenants/acme")) == ["main.sqlite"]
        )
        let next = try TestServerProcess(folder: folder)
        #expect(try next.client("acme").value("SELECT count(*) FROM t") == 100)
    }

    @Test func `it listens on IPv6 and on unix-domain sockets, too`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path(of: "socket")
        let server = try TestServer(loops: 2) {
            $0.listen = [.tcp(host: "127.0.0.1", port: 0), .tcp(host: "::1", port: 0), .unix(path: path)]
        }
        #expect(
            server.addresses.count == 3 && server.addresses[1].hasPrefix("[::1]:")
                && server.addresses[2].hasSuffix(path))
        for address in server.addresses {
            let client = try WireClient(connectingTo: address, server: server)
            try client.hello()
            try client.open("acme")
            try client.run("CREATE TABLE IF NOT EXISTS t(x)")
            try client.run("INSERT INTO t VALUES (1)")
        }
        #expect(try server.client("acme").value("SELECT count(*) FROM t") == 3)
        server.stop()
        #expect(!FileManager.default.fileExists(atPath: path))
    }
}
