import DoSQLProtocol
import Synchronization
import Testing

@testable import DoSQLClient

/// Cancellation, deadlines, attempts, reconnecting.
@Suite(.timeLimit(.minutes(5)))
struct CallTests {
    @Test func `cancelling the task sends CANCEL, and the call ends with the server's answer`() async throws {
        let server = FakeServer { frame in frame.type == .query }
        try await withFakeServer(server) { client in
            let task = Task { try await client.tenant("acme").query("SELECT slow()") }
            let query = await server.next(.query)
            task.cancel()
            let cancel = await server.next(.cancel)
            #expect(cancel.request == query.request)
            #expect(cancel.stream == 0)
            query.error(.cancelled, "cancelled")
            await #expect(throws: CancellationError.self) { _ = try await task.value }
        }
    }

    @Test func `a result that was too late to cancel is given`() async throws {
        let server = FakeServer { frame in frame.type == .run }
        try await withFakeServer(server) { client in
            let task = Task { try await client.tenant("acme").run("DELETE FROM t") }
            let run = await server.next(.run)
            task.cancel()
            _ = await server.next(.cancel)
            run.done(changes: 3)
            let value1 = try await task.value.changes
            #expect(value1 == 3)
        }
    }

    @Test func `a task that waits for a connection is cancelled at once`() async throws {
        let client = DoSQLClient(DoSQLClient.Configuration())  // run() is never called: there is no connection
        let task = Task { try await client.tenant("acme").query("SELECT 1") }
        task.cancel()
        await #expect(throws: CancellationError.self) { _ = try await task.value }
    }

    @Test func `a deadline goes with the request, and a server that is silent is not waited for`() async throws {
        let server = FakeServer { frame in frame.type == .query }
        try await withFakeServer(server, configure: { $0.deadlineGrace = .milliseconds(1) }) { client in
            _ = try await client.ping()  // The time it takes to connect is not what is measured.
            let error = await dosqlError {
                _ = try await client.tenant("acme").query("SELECT 1", deadline: .seconds(3))
            }
            #expect(error?.code == .timeout)
            _ = await server.next(.cancel)
        }
        let query = try #require(server.log.first { $0.type == .query })
        let deadline = try #require(try Execute(query.body.span, kind: .query).deadline)
        #expect((1...3000).contains(deadline))
    }

    @Test func `what is known not to have run is attempted again`() async throws {
        let server = FakeServer { frame in
            guard frame.type == .run, frame.request < 4 else { return false }
            frame.error(.overloaded, "queue full", retryAfter: 1)
            return true
        }
        try await withFakeServer(server) { client in
            let value2 = try await client.tenant("acme").run("INSERT INTO t VALUES (1)").changes
            #expect(value2 == 1)
        }
        #expect(server.log.count { $0.type == .run } == 2)
    }

    @Test func `an error that will not go away is not attempted again`() async throws {
        let server = FakeServer { frame in
            guard frame.type == .run else { return false }
            frame.error(.constraintUnique, "UNIQUE constraint failed: users.email")
            return true
        }
        try await withFakeServer(server) { client in
            let error = await dosqlError { _ = try await client.tenant("acme").run("INSERT INTO t VALUES (1)") }
            #expect(error?.code == .constraintUnique)
            #expect(error?.message == "UNIQUE constraint failed: users.email")
            #expect(error?.attempts == 1)
        }
        #expect(server.log.count { $0.type == .run } == 1)
    }

    @Test func `a read whose connection is lost is sent again on a new one`() async throws {
        let server = FakeServer { frame in
            guard frame.type == .query, frame.connection == 1 else { return false }
            frame.reply.close()
            return true
        }
        try await withFakeServer(server) { client in
            let value3 = try await client.tenant("acme").query("SELECT 1").count
            #expect(value3 == 1)
        }
        #expect(server.log.filter { $0.type == .query }.map(\.connection) == [1, 2])
    }

    @Test func `a write whose connection is lost is not sent again, and its execution is unknown`() async throws {
        let server = FakeServer { frame in
            guard frame.type == .run, frame.connection == 1 else { return false }
            frame.reply.close()
            return true
        }
        try await withFakeServer(server) { client in
            let error = await dosqlError { _ = try await client.tenant("acme").run("INSERT INTO t VALUES (1)") }
            #expect(error?.code == .connectionClosed)
            #expect(error?.execution == .unknown)
            #expect(error?.isRetryable == false)
        }
        #expect(server.log.count { $0.type == .run } == 1)
    }

    @Test func `a write with a key is sent again under the same key`() async throws {
        let server = FakeServer { frame in
            guard frame.type == .run, frame.connection == 1 else { return false }
            frame.reply.close()
            return true
        }
        try await withFakeServer(server, configure: { $0.keysWrites = true }) { client in
            let value4 = try await client.tenant("acme").run("INSERT INTO t VALUES (1)").changes
            #expect(value4 == 1)
        }
        let runs = server.log.filter { $0.type == .run }
        #expect(runs.map(\.connection) == [1, 2])
        #expect(runs[0].body == runs[1].body)
    }

    @Test func `after GOAWAY the next call goes to a new connection, and the old one ends`() async throws {
        let server = FakeServer { frame in
            guard frame.type == .query, frame.connection == 1 else { return false }
            frame.reply.send { GoAway(.shuttingDown, "restart").encode(into: &$0) }
            frame.result(columns: ["n"], rows: [])
            return true
        }
        try await withFakeServer(server) { client in
            let tenant = client.tenant("acme")
            _ = try await tenant.query("SELECT 1")
            _ = try await tenant.query("SELECT 2")
        }
        #expect(server.log.filter { $0.type == .query }.map(\.connection) == [1, 2])
    }

    @Test func `a token that is not accepted fails the call at once`() async throws {
        let server = FakeServer { frame in
            guard frame.type == .hello else { return false }
            frame.reply.send { ErrorMessage(.unauthenticated, "wrong token", isFatal: true).encode(into: &$0) }
            frame.reply.close()
            return true
        }
        try await withFakeServer(server, configure: { $0.token = "wrong" }) { client in
            let error = await dosqlError { _ = try await client.tenant("acme").query("SELECT 1") }
            #expect(error?.code == .unauthenticated)
        }
    }

    @Test func `each connection asks for a token of its own, and a new one for each that has ended`() async throws {
        let server = FakeServer { frame in
            // The first connection's token expires while a read is under way.
            guard frame.type == .query, frame.connection == 1 else { return false }
            frame.reply.send {
                ErrorMessage(.unauthenticated, "the token has expired", isFatal: true).encode(into: &$0)
            }
            frame.reply.close()
            return true
        }
        let asked = Count()
        try await withFakeServer(
            server,
            configure: { configuration in
                configuration.token = "unused"
                configuration.tokenProvider = {
                    "token \(asked.next())"
                }
            }
        ) { client in
            _ = try await client.tenant("acme").query("SELECT 1")
        }
        var tokens: [String] = []
        for frame in server.log where frame.type == .hello {
            let hello = try Hello(frame.body.span)
            if let token = hello.token { tokens.append(String(decoding: [UInt8](copying: token), as: UTF8.self)) }
        }
        #expect(tokens == ["token 1", "token 2"])
        #expect(server.log.filter { $0.type == .query }.map(\.connection) == [1, 2])
    }

    @Test func `a provider that has no token fails the call at once, and is asked again by the next`() async throws {
        struct NoToken: Error {}
        let asked = Count()
        try await withFakeServer(
            FakeServer(),
            configure: { configuration in
                configuration.tokenProvider = {
                    if asked.next() == 1 { throw NoToken() }
                    return "good"
                }
            }
        ) { client in
            let error = await dosqlError { _ = try await client.tenant("acme").query("SELECT 1") }
            #expect(error?.code == .unauthenticated && error?.underlying is NoToken)
            _ = try await client.tenant("acme").query("SELECT 1")
        }
    }

    @Test func `a call for which there is no connection in time says why`() async throws {
        var configuration = DoSQLClient.Configuration(endpoint: .unixSocket(path: "/nonexistent/dosql.sock"))
        configuration.connectionWaitMax = .milliseconds(30)
        try await withDoSQLClient(configuration) { client in
            let error = await dosqlError { _ = try await client.tenant("acme").query("SELECT 1") }
            #expect(error?.code == .timeout)
            #expect(error?.execution == .notExecuted)
        }
    }

    @Test func `calls after the end of the client are refused`() async throws {
        let client = try await withFakeServer(FakeServer()) { client in
            _ = try await client.ping()
            return client
        }
        let error = await dosqlError { _ = try await client.tenant("acme").query("SELECT 1") }
        #expect(error?.code == .clientShutDown)
    }
}

/// Counts from 1.
private final class Count: Sendable {
    private let value = Mutex(0)

    func next() -> Int {
        value.withLock { value in
            value += 1
            return value
        }
    }
}
