import DoSQLProtocol
import DoSQLServer
import DoSQLSession
import DoSQLTestSupport
import Foundation
import Testing

/// The write-ahead log stays bounded, also against snapshots that stand in its way (`protocol/flow-control.md`, results).
struct CheckpointTests {
    private func logSize(_ server: TestServer) -> Int {
        let attributes = try? FileManager.default.attributesOfItem(
            atPath: server.dataFolder + "/tenants/acme/main.sqlite-wal")
        return attributes?[.size] as? Int ?? 0
    }

    private func fill(_ client: WireClient, rows: Int) throws {
        for _ in 0..<rows { try client.run("INSERT INTO t VALUES (randomblob(3000))") }
    }

    @Test func `a log that has grown is written back and begun anew`() throws {
        let server = try TestServer(loops: 1) { $0.checkpointPages = 50 }
        let client = try server.client("acme")
        try client.run("CREATE TABLE t(x)")
        try fill(client, rows: 1_000)
        // A thousand rows are four megabytes; a log that is begun anew stays far below.
        #expect(logSize(server) < 2 << 20)
        // The last answer may have come before the last checkpoint.
        let isWrittenBack = try Deadline.poll {
            let file = server.dataFolder + "/tenants/acme/main.sqlite"
            return try #require(try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int) > 1 << 20
        }
        #expect(isWrittenBack)
        #expect(try client.value("SELECT count(*) FROM t") == 1_000)
    }

    @Test func `a result that stands in the way is ended when it is old, and the log is begun anew`() throws {
        let server = try TestServer(loops: 1) {
            $0.checkpointPages = 50
            $0.session.snapshotAgeMax = 300_000_000
        }
        let client = try server.client("acme")
        try client.run("CREATE TABLE t(x)")
        try fill(client, rows: 300)
        let reader = try server.client("acme")
        let request = try reader.sendQuery("SELECT x FROM t", credit: 1)
        _ = try reader.receive(for: request)
        var error: ErrorMessage?
        let isEnded = try Deadline.poll {
            try fill(client, rows: 20)
            if try reader.hasReply(within: .milliseconds(1)) {
                let reply = try reader.receive(for: request)
                error = reply.error
                return reply.isTerminal
            }
            return false
        }
        #expect(isEnded && error?.code == .snapshotTooOld && error?.isRetryable == true)
        #expect(try reader.value("SELECT count(*) > 300 FROM t") == 1)
        let isSmall = try Deadline.poll {
            try fill(client, rows: 60)
            let size = logSize(server)
            try fill(client, rows: 60)
            return logSize(server) == size
        }
        #expect(isSmall)
    }
}
