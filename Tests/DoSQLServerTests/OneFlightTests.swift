import DoSQLProtocol
import DoSQLTestSupport
import Testing

/// Transactions whose requests are sent together (`protocol/transactions.md`, in one flight).
struct OneFlightTests {
    private func prepared() throws -> (WireClient, WireClient) {
        let server = try TestServer()
        let client = try server.client("acme")
        try client.run("CREATE TABLE t(x UNIQUE)")
        return (client, try server.client("acme"))
    }

    private func flight(_ client: WireClient, _ values: [Int]) throws -> [UInt32] {
        try client.together {
            var requests = [try client.sendBegin()]
            for value in values {
                requests.append(try client.sendRun("INSERT INTO t VALUES (?)", [.integer(value)], flags: .depends))
            }
            requests.append(try client.sendQuery("SELECT count(*) FROM t", flags: .depends))
            requests.append(try client.sendCommit(flags: .depends))
            return requests
        }
    }

    @Test func `BEGIN to COMMIT in one flight`() throws {
        let (client, other) = try prepared()
        let requests = try flight(client, [1, 2])
        for request in requests { #expect(try client.receive()?.request == request) }
        #expect(try other.value("SELECT count(*) FROM t") == 2)
        let again = try flight(client, [3])
        #expect(try client.answer(to: again[0]).outcome.transaction == .write)
        #expect(try client.answer(to: again[2]).value == 3)
        let commit = try client.answer(to: again[3]).outcome
        #expect(commit.changed && commit.transaction == .none)
    }

    @Test func `a failing step skips the rest, and the skipped COMMIT rolls back`() throws {
        let (client, other) = try prepared()
        let requests = try flight(client, [1, 1, 2])
        try client.answer(to: requests[0])
        try client.answer(to: requests[1])
        let failed = try client.failure(of: requests[2])
        #expect(failed.code == .constraintUnique && failed.transaction == .write)
        #expect(try client.failure(of: requests[3]).code == .skipped)
        #expect(try client.failure(of: requests[4]).code == .skipped)
        let commit = try client.failure(of: requests[5])
        #expect(commit.code == .skipped && commit.transaction == .none)
        // The tenant is free, and the stream too.
        try other.run("INSERT INTO t VALUES (9)")
        let again = try flight(client, [1])
        #expect(try client.answer(to: again[2]).value == 2)
        try client.answer(to: again[3])
        #expect(try other.query("SELECT x FROM t ORDER BY x").rows == [[1], [9]])
    }

    @Test func `a BEGIN that fails skips what depends on it`() throws {
        let (client, other) = try prepared()
        try other.begin()
        let requests = try client.together {
            [
                try client.sendBegin(deadline: 20), try client.sendRun("INSERT INTO t VALUES (1)", flags: .depends),
                try client.sendCommit(flags: .depends),
            ]
        }
        #expect(try client.failure(of: requests[0]).code == .lockTimeout)
        #expect(try client.failure(of: requests[1]).code == .skipped)
        #expect(try client.failure(of: requests[2]).code == .skipped)
        try other.commit()
        #expect(try other.value("SELECT count(*) FROM t") == 0)
    }

    @Test func `many clients each send a transaction in one flight`() throws {
        let server = try TestServer()
        let clients = try (0..<12).map { _ in try server.client("acme") }
        try clients[0].script("CREATE TABLE t(x); INSERT INTO t VALUES (0)")
        let rounds = 15
        for _ in 0..<rounds {
            let commits = try clients.map { client in
                try client.together {
                    try client.sendBegin()
                    try client.sendQuery("SELECT x FROM t", flags: .depends)
                    try client.sendRun("UPDATE t SET x = x + 1", flags: .depends)
                    return try client.sendCommit(flags: .depends)
                }
            }
            for (client, commit) in zip(clients, commits) { try client.answer(to: commit) }
        }
        #expect(try clients[3].value("SELECT x FROM t") == .integer(clients.count * rounds))
    }
}
