import DoSQLProtocol
import Testing

@testable import DoSQLClient

@Suite(.timeLimit(.minutes(5)))
struct TransactionTests {
    struct Oops: Error, Equatable {}

    /// Statements inside a transaction say that it goes on.
    private static func inside(_ frame: FakeServer.Received) -> Bool {
        guard frame.type == .run else { return false }
        frame.done(transaction: .write)
        return true
    }

    private static func names(_ server: FakeServer) -> [String] {
        server.dialogue.filter { !["HELLO", "OPEN", "PREPARE"].contains($0) }
    }

    @Test func `a closure that returns is committed`() async throws {
        let server = FakeServer(Self.inside)
        try await withFakeServer(server) { client in
            let rowid = try await client.tenant("acme").transaction { tx in
                try await tx.run("INSERT INTO t VALUES (1)").lastInsertRowid
            }
            #expect(rowid == 7)
        }
        #expect(Self.names(server) == ["BEGIN", "RUN", "COMMIT"])
        let commit = try #require(server.log.first { $0.type == .commit })
        #expect(try Commit(commit.body.span).idempotencyKey?.count == 16)
    }

    @Test func `a closure that throws is rolled back, and the same error comes out`() async throws {
        let server = FakeServer(Self.inside)
        try await withFakeServer(server) { client in
            await #expect(throws: Oops()) {
                try await client.tenant("acme").transaction { tx in
                    try await tx.run("INSERT INTO t VALUES (1)")
                    throw Oops()
                }
            }
        }
        #expect(Self.names(server) == ["BEGIN", "RUN", "ROLLBACK"])
    }

    @Test func `ROLLBACK goes out though the task was cancelled`() async throws {
        let server = FakeServer { frame in
            switch frame.type {
            case .run: break  // answered by CANCEL
            case .cancel:
                frame.reply.send {
                    ErrorMessage(.cancelled, "", transaction: .write).encode(
                        into: &$0, stream: 1, request: frame.request)
                }
            default: return false
            }
            return true
        }
        try await withFakeServer(server) { client in
            let task = Task {
                try await client.tenant("acme").transaction { tx in _ = try await tx.run("UPDATE t SET n = 1") }
            }
            _ = await server.next(.run)
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
        #expect(Self.names(server) == ["BEGIN", "RUN", "CANCEL", "ROLLBACK"])
    }

    @Test func `a COMMIT that was sent is waited for though the task is cancelled`() async throws {
        let server = FakeServer { frame in frame.type == .commit || Self.inside(frame) }
        try await withFakeServer(server) { client in
            let task = Task {
                try await client.tenant("acme").transaction { tx in try await tx.run("INSERT INTO t VALUES (1)").changes
                }
            }
            let commit = await server.next(.commit)
            task.cancel()
            commit.ok()
            let value1 = try await task.value
            #expect(value1 == 1)
        }
        #expect(!server.dialogue.contains("CANCEL"))
    }

    @Test func `a COMMIT that is refused is followed by ROLLBACK`() async throws {
        let server = FakeServer { frame in
            guard frame.type == .commit else { return Self.inside(frame) }
            frame.error(.constraintForeignKey, "FOREIGN KEY constraint failed", transaction: .write)
            return true
        }
        try await withFakeServer(server) { client in
            let error = await dosqlError {
                try await client.tenant("acme").transaction { tx in _ = try await tx.run("INSERT INTO t VALUES (1)") }
            }
            #expect(error?.code == .constraintForeignKey)
        }
        #expect(Self.names(server) == ["BEGIN", "RUN", "COMMIT", "ROLLBACK"])
    }

    @Test func `a stream is used again only when the server has said that its transaction is over`() async throws {
        let server = FakeServer { frame in
            guard frame.type == .rollback else { return false }
            // The server does not confirm: it says the transaction is still there.
            frame.error(.internal, "", transaction: .write)
            return true
        }
        try await withFakeServer(server) { client in
            let tenant = client.tenant("acme")
            await #expect(throws: Oops()) { try await tenant.transaction { _ in throw Oops() } }
            let close = await server.next(.close)
            try await tenant.transaction { _ in }
            let begins = server.log.filter { $0.type == .begin }
            #expect(begins.count == 2)
            #expect(begins[0].stream == close.stream)
            #expect(begins[1].stream != close.stream)
        }
    }

    @Test func `a stream whose transaction is over is used again`() async throws {
        let server = FakeServer()
        try await withFakeServer(server) { client in
            let tenant = client.tenant("acme")
            for _ in 1...2 { try await tenant.transaction { _ in } }
        }
        #expect(server.dialogue == ["HELLO", "OPEN", "BEGIN", "COMMIT", "BEGIN", "COMMIT"])
    }

    @Test func `after the server has ended it, nothing is sent that could be committed by itself`() async throws {
        let server = FakeServer { frame in
            guard frame.type == .run else { return false }
            frame.error(.transactionExpired, "idle for too long", transaction: .none)
            return true
        }
        try await withFakeServer(server) { client in
            let error = await dosqlError {
                try await client.tenant("acme").transaction { tx in
                    _ = try? await tx.run("INSERT INTO t VALUES (1)")
                    _ = try? await tx.run("INSERT INTO t VALUES (2)")
                }
            }
            #expect(error?.code == .transactionExpired)
        }
        #expect(Self.names(server) == ["BEGIN", "RUN"])
    }

    @Test func `what is sent behind another statement of the transaction depends on it`() async throws {
        let server = FakeServer { frame in frame.type == .run }
        try await withFakeServer(server) { client in
            try await client.tenant("acme").transaction { tx in
                async let first = tx.run("INSERT INTO t VALUES (1)")
                let one = await server.next(.run)
                async let second = tx.run("INSERT INTO t VALUES (2)")
                let two = await server.next(.run)
                #expect(one.flags == [])
                #expect(two.flags == .depends)
                // The first fails by itself; the second was skipped, is no worse for it, and goes again.
                one.error(.constraintUnique, "UNIQUE constraint failed: t.n", transaction: .write)
                two.error(.skipped, transaction: .write)
                let again = await server.next(.run)
                again.done(transaction: .write)
                do {
                    _ = try await first
                    Issue.record("the first statement fails")
                } catch let error as DoSQLError {
                    #expect(error.code == .constraintUnique)
                }
                let value2 = try await second.changes
                #expect(value2 == 1)
            }
        }
    }

    @Test func `a transaction inside joins the outer one, and a savepoint undoes its part`() async throws {
        let server = FakeServer(Self.inside)
        try await withFakeServer(server) { client in
            try await client.tenant("acme").transaction { tx in
                try await tx.transaction { inner in _ = try await inner.run("INSERT INTO t VALUES (1)") }
                await #expect(throws: Oops()) { try await tx.savepoint { _ in throw Oops() } }
                try await tx.savepoint { _ in }
            }
        }
        #expect(
            Self.names(server) == [
                "BEGIN", "RUN", "SAVEPOINT", "ROLLBACK_TO", "RELEASE", "SAVEPOINT", "RELEASE", "COMMIT",
            ])
    }

    @Test(arguments: [true, false])
    func `a COMMIT whose answer was lost is asked for on a new connection`(wasCommitted: Bool) async throws {
        let server = FakeServer { frame in
            guard frame.type == .commit else { return Self.inside(frame) }
            if frame.connection == 1 { frame.reply.close() } else { frame.ok(replayed: wasCommitted) }
            return true
        }
        try await withFakeServer(server) { client in
            let error = await dosqlError {
                try await client.tenant("acme").transaction { tx in _ = try await tx.run("INSERT INTO t VALUES (1)") }
            }
            #expect(error?.code == (wasCommitted ? nil : .transactionLost))
            #expect(error?.isRetryable == (wasCommitted ? nil : true))
            #expect(error?.execution == (wasCommitted ? nil : .notExecuted))
        }
        let commits = server.log.filter { $0.type == .commit }
        #expect(commits.map(\.connection) == [1, 2])
        #expect(commits[0].body == commits[1].body)
        #expect(Self.names(server) == ["BEGIN", "RUN", "COMMIT", "BEGIN", "COMMIT"])
    }

    @Test(arguments: [(lsn: UInt64(7), wasCommitted: true), (lsn: UInt64(8), wasCommitted: false)])
    func `a question whose answer was lost is not mistaken for the COMMIT`(
        _ stored: (lsn: UInt64, wasCommitted: Bool)
    ) async throws {
        // The first question's BEGIN saw change 7. Whatever took the key is told to the second one.
        let server = FakeServer { frame in
            switch (frame.type, frame.connection) {
            case (.begin, _): frame.ok(transaction: .write, lsn: [6, 7, 9][frame.connection - 1])
            case (.commit, 1), (.commit, 2): frame.reply.close()
            case (.commit, _): frame.ok(replayed: true, lsn: stored.lsn)
            default: return Self.inside(frame)
            }
            return true
        }
        try await withFakeServer(server) { client in
            let error = await dosqlError {
                try await client.tenant("acme").transaction { tx in _ = try await tx.run("INSERT INTO t VALUES (1)") }
            }
            #expect(error?.code == (stored.wasCommitted ? nil : .transactionLost))
        }
        #expect(server.log.filter { $0.type == .commit }.map(\.connection) == [1, 2, 3])
    }

    @Test func `a lost transaction runs again where the policy says so`() async throws {
        let server = FakeServer { frame in
            guard frame.type == .run else { return false }
            if frame.connection == 1 { frame.reply.close() } else { frame.done(transaction: .write) }
            return true
        }
        let runs = try await withFakeServer(server, configure: { $0.retry.retriesTransactions = true }) { client in
            var runs = 0
            try await client.tenant("acme").transaction { tx in
                runs += 1
                _ = try await tx.run("INSERT INTO t VALUES (1)")
            }
            return runs
        }
        #expect(runs == 2)
        #expect(Self.names(server) == ["BEGIN", "RUN", "BEGIN", "RUN", "COMMIT"])
    }

    @Test func `the rows of a stream that was left are cancelled before COMMIT`() async throws {
        let server = FakeServer { frame in
            switch frame.type {
            case .query:
                frame.head(["n"])
                frame.rows([[.integer(1)], [.integer(2)]])
            case .cancel:
                frame.reply.send {
                    ErrorMessage(.cancelled, "", transaction: .read).encode(
                        into: &$0, stream: 1, request: frame.request)
                }
            default: return false
            }
            return true
        }
        try await withFakeServer(server) { client in
            try await client.tenant("acme").snapshot { tx in
                let rows = try await tx.stream("SELECT n FROM t")
                for try await row in rows {
                    #expect(try row.decode(Int.self) == 1)
                    break
                }
            }
        }
        #expect(Self.names(server).suffix(2) == ["CANCEL", "COMMIT"])
    }

    @Test func `a transaction that is used after its closure throws`() async throws {
        try await withFakeServer(FakeServer()) { client in
            let escaped = try await client.tenant("acme").transaction { $0 }
            let error = await dosqlError { _ = try await escaped.run("INSERT INTO t VALUES (1)") }
            #expect(error?.code == .transactionEnded)
        }
    }
}
