import DoSQLProtocol
import DoSQLTestSupport
import Testing

/// Whatever a client sends at whatever moment, its transaction ends and its tenant's turn goes on to the next.
struct LostTurnTests {
    private static let manyRows =
        "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 100000) SELECT n, 'a text to fill frames' FROM c"

    /// Two clients of a tenant with a table `t`.
    private func clients(_ server: TestServer) throws -> (WireClient, WireClient) {
        let a = try server.client("acme")
        let b = try server.client("acme")
        try a.run("CREATE TABLE t(x)")
        return (a, b)
    }

    @Test func `a request cancelled before it begins leaves its transaction as it is`() throws {
        let server = try TestServer()
        let (a, b) = try clients(server)
        for _ in 0..<50 {
            try a.begin()
            let run = try a.together {
                let run = try a.sendRun("INSERT INTO t VALUES (1)")
                try a.sendCancel(run)
                return run
            }
            let reply = try a.terminal(of: run)
            let state = reply.outcome?.transaction ?? reply.error?.transaction
            #expect(state == .write || state == .aborted)
            try a.rollback()
            try b.run("INSERT INTO t VALUES (2)")
        }
        #expect(try a.value("SELECT count(*) FROM t") == 50)
        withExtendedLifetime(server) {}
    }

    @Test func `a result that waits for credit tells the expiry, and the BEGIN behind it is whole`() throws {
        let server = try TestServer()
        let (a, b) = try clients(server)
        try a.begin(total: 100)
        let (query, begin) = try a.together {
            (try a.sendQuery(.sql(Self.manyRows), credit: 1), try a.sendBegin())
        }
        #expect(try a.failure(of: query).code == .transactionExpired)
        #expect(try a.answer(to: begin).outcome.transaction == .write)
        #expect(try a.run("INSERT INTO t VALUES (1)").outcome.transaction == .write)
        try a.commit()
        try b.run("INSERT INTO t VALUES (2)")
        #expect(try b.value("SELECT count(*) FROM t") == 2)
        withExtendedLifetime(server) {}
    }

    @Test func `an expiry is told once`() throws {
        let server = try TestServer()
        let (a, b) = try clients(server)
        try a.begin(total: 100)
        let parked = try a.failure(of: try a.sendQuery(.sql(Self.manyRows), credit: 1))
        #expect(parked.code == .transactionExpired && parked.transaction == .none)
        try a.run("INSERT INTO t VALUES (1)")

        try a.begin(total: 100)
        let endless = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c"
        let interrupted = try a.failure(of: try a.sendQueryOne(.sql(endless)))
        #expect(interrupted.code == .transactionExpired && interrupted.transaction == .none)
        try a.run("INSERT INTO t VALUES (2)")
        try b.run("INSERT INTO t VALUES (3)")
        withExtendedLifetime(server) {}
    }

    @Test func `of writes that wait together, what depends on the cancelled last one is skipped`() throws {
        let server = try TestServer()
        let (a, b) = try clients(server)
        try b.begin()
        let (first, second, third) = try a.together {
            let first = try a.sendRun("INSERT INTO t VALUES (1)")
            let second = try a.sendRun("INSERT INTO t VALUES (2)")
            let third = try a.sendRun("INSERT INTO t VALUES (3)", flags: .depends)
            return (first, second, third)
        }
        try a.sendCancel(second)
        #expect(try a.failure(of: second).code == .cancelled)
        try b.rollback()
        _ = try a.answer(to: first)
        #expect(try a.failure(of: third).code == .skipped)
        #expect(try a.value("SELECT group_concat(x) FROM t") == "1")
        withExtendedLifetime(server) {}
    }

    @Test func `a result that waits for credit ends with its deadline`() throws {
        let server = try TestServer()
        let (a, _) = try clients(server)
        let query = try a.sendQuery(.sql(Self.manyRows), deadline: 100, credit: 1)
        #expect(try a.failure(of: query).code == .deadlineExceeded)
        withExtendedLifetime(server) {}
    }
}
