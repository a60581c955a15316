import DoSQLProtocol
import DoSQLServer
import DoSQLSession
import DoSQLTestSupport
import Testing

/// No statement keeps a thread for ever (`protocol/limits.md`, statementTimeMax).
struct StatementTimeTests {
    /// Long enough for statements that end by themselves on a machine that has stopped their thread for a while.
    private static let timeMax: UInt64 = 3_000_000_000

    @Test func `an endless read without a deadline ends, and says which bound it met`() throws {
        let client = try TestServer { $0.session.statementTimeMax = Self.timeMax }.client("acme")
        let failure = try client.failure(of: try client.sendQuery(EndlessStatement.read))
        #expect(failure.code == .deadlineExceeded)
        #expect(failure.limit?.name == "statementTimeMax")
        #expect(failure.limit?.value == Self.timeMax / 1_000_000)
        #expect(try client.value("SELECT 1") == 1)
    }

    @Test func `an endless write ends and is undone, and the writes behind it are carried out`() throws {
        let client = try TestServer {
            $0.session.statementTimeMax = Self.timeMax
            $0.writerThreads = 1
        }.client("acme")
        try client.run("CREATE TABLE t(x)")
        try client.run("INSERT INTO t VALUES (1)")
        let endless = try client.sendRun(EndlessStatement.write)
        let behind = try client.sendRun("INSERT INTO t VALUES (2)")
        #expect(try client.failure(of: endless).limit?.name == "statementTimeMax")
        #expect(try client.answer(to: behind).outcome.changes == 1)
        #expect(try client.value("SELECT sum(x) FROM t") == 3)
    }

    @Test func `endless reads on every thread keep nobody from a tenant of his own`() throws {
        let server = try TestServer { $0.readerThreads = 1 }
        let greedy = try server.client("greedy")
        let endless = try greedy.sendQuery(EndlessStatement.read)
        // Its tenant is opened, its reader too, and its quick reads are answered while the only reader thread is taken.
        let other = try server.client("modest")
        var asked = 0
        let isAnswered = try Deadline.poll {
            // A loop that the machine stops in the middle of a read takes the read for a long one, and its text for
            // that of long ones for a while: another text is asked then.
            asked += 1
            let reply = try other.terminal(of: try other.sendQuery(.sql("SELECT \(asked)"), deadline: 2_000))
            guard let error = reply.error else { return true }
            #expect(error.code == .deadlineExceeded)
            return false
        }
        #expect(isAnswered)
        try greedy.sendCancel(endless)
        #expect(try greedy.failure(of: endless).code == .cancelled)
    }
}
