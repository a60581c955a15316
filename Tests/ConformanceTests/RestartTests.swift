import DoSQLClient
import DoSQLTestSupport
import Synchronization
import Testing

/// A server that is killed and started again where it was.
@Suite("Restart", .timeLimit(.minutes(10)))
struct RestartTests {
    /// A server that comes back at the same path and folder: a port might be somebody else's meanwhile.
    private final class RestartingServer: Sendable {
        private let folder: TemporaryFolder
        private let running: Mutex<TestServerProcess?>
        let address: String

        init() async throws {
            folder = try TemporaryFolder()
            address = "unix:\(folder.path(of: "socket"))"
            running = Mutex(nil)
            try await start()
        }

        func kill() async throws {
            guard let server = running.withLock({ $0 }) else { return }
            try await Guide.aside { server.kill() }
        }

        /// Lets it finish what it has accepted.
        func terminate() async throws {
            guard let server = running.withLock({ $0 }) else { return }
            let status = try await Guide.aside { server.terminate() }
            #expect(status == 0)
        }

        func start() async throws {
            // Beside the port that the system chooses it takes the path that clients know.
            let server = try await Guide.aside { [folder, address] in
                try TestServerProcess(
                    folder: folder, flags: ["--migrations", Guide.migrations, "--listen", address])
            }
            running.withLock { $0 = server }
        }
    }

    @Test func `after kill -9 what was answered is there, and the client connects again`() async throws {
        let server = try await RestartingServer()
        try await Guide.withClient(of: server.address) { client in
            let app = client.tenant("default")
            for round in 0..<3 {
                let id = try await app.addUser("user \(round)", "\(round)@example.com")
                try await server.kill()
                try await server.start()
                let row = try await app.queryOne("SELECT name FROM users WHERE id = ?", [id])
                #expect(try row?.decode("name") == "user \(round)")
            }
            #expect(try await app.rowCount(of: "users") == 3)
        }
    }

    @Test func `a read that comes while there is no server waits for one`() async throws {
        let server = try await RestartingServer()
        try await Guide.withClient(of: server.address) { client in
            let app = client.tenant("default")
            try await app.addUser("Alice", "alice@example.com")
            try await server.kill()
            let read = Task { try await app.rowCount(of: "users") }
            try await server.start()
            #expect(try await read.value == 1)
        }
    }

    @Test func `a write that comes while there is no server waits for one and is carried out once`() async throws {
        let server = try await RestartingServer()
        try await Guide.withClient(of: server.address) { client in
            let app = client.tenant("default")
            try await app.addUser("Alice", "alice@example.com")
            try await server.kill()
            try await server.start()
            // The client may not have seen yet that its connection is gone: a key makes the write safe to repeat.
            try await app.run(
                "INSERT INTO users (name, email) VALUES ('Bob', 'bob@example.com')", idempotencyKey: "bob")
            #expect(try await app.rowCount(of: "users") == 2)
        }
    }

    @Test func `an open transaction fails with an error of its own, and nothing of it remains`() async throws {
        let server = try await RestartingServer()
        try await Guide.withClient(of: server.address) { client in
            let app = client.tenant("default")
            try await app.addUser("Alice", "alice@example.com")
            let error = await #expect(throws: DoSQLError.self) {
                try await app.transaction { tx in
                    try await tx.addUser("Bob", "bob@example.com")
                    try await server.kill()
                    try await server.start()
                    try await tx.addUser("Carol", "carol@example.com")
                }
            }
            #expect(error?.code == .transactionLost)
            #expect(error?.execution == .notExecuted)
            #expect(error?.isRetryable == true)
            #expect(try await app.query("SELECT name FROM users", as: String.self) == ["Alice"])
        }
    }

    @Test func `a transaction whose server is gone before COMMIT is known not to have been committed`() async throws {
        let server = try await RestartingServer()
        try await Guide.withClient(of: server.address) { client async throws in
            let app = client.tenant("default")
            let error = await #expect(throws: DoSQLError.self) {
                try await app.transaction { tx in
                    try await tx.addUser("Bob", "bob@example.com")
                    try await server.kill()
                    try await server.start()
                }
            }
            #expect(error?.code == .transactionLost)
            #expect(error?.execution == .notExecuted)
            #expect(try await app.rowCount(of: "users") == 0)
        }
    }

    @Test func `prepared statements are prepared again on the new connection`() async throws {
        let server = try await RestartingServer()
        try await Guide.withClient(of: server.address) { client in
            let app = client.tenant("default")
            for number in 0..<10 { try await app.addUser("user \(number)", "\(number)@example.com") }
            for number in 1...5 {
                #expect(try await app.queryOne("SELECT name FROM users WHERE id = \(number)") != nil)
            }
            try await server.kill()
            try await server.start()
            for number in 1...5 {
                #expect(try await app.queryOne("SELECT name FROM users WHERE id = \(number)") != nil)
            }
        }
    }

    @Test func `an idempotency key outlives a restart`() async throws {
        let server = try await RestartingServer()
        try await Guide.withClient(of: server.address) { client in
            let app = client.tenant("default")
            func pay() async throws -> RunResult {
                try await app.run("INSERT INTO events (type, data) VALUES ('paid', '{}')", idempotencyKey: "payment 1")
            }
            let first = try await pay()
            try await server.kill()
            try await server.start()
            let second = try await pay()
            #expect(second.replayed)
            #expect(second.lastInsertRowid == first.lastInsertRowid)
            #expect(second.lsn == first.lsn)
            #expect(try await app.rowCount(of: "events") == 1)
        }
    }

    /// What became of writes that went on while the server ended and came back.
    private struct Writes: Sendable {
        var done: Set<String> = []
        var notExecuted: Set<String> = []
        var unknown: Set<String> = []
    }

    /// Four writers, each with a hundred writes; the server ends when about a third of them are answered.
    private func writes(
        to app: Tenant, restarting restart: @escaping @Sendable () async throws -> Void
    ) async throws -> Writes {
        let (answered, signal) = AsyncStream.makeStream(of: Void.self)
        return try await withThrowingTaskGroup(of: Writes.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    var writes = Writes()
                    for number in 0..<100 {
                        let name = "\(writer) \(number)"
                        do {
                            try await app.run("INSERT INTO users (name, email) VALUES (\(name), \(name))")
                            writes.done.insert(name)
                        } catch let error as DoSQLError where error.execution == .unknown {
                            writes.unknown.insert(name)
                        } catch let error as DoSQLError {
                            #expect(error.isRetryable)
                            writes.notExecuted.insert(name)
                        }
                        signal.yield()
                    }
                    return writes
                }
            }
            group.addTask {
                var count = 0
                for await _ in answered {
                    count += 1
                    if count == 130 { break }
                }
                try await restart()
                return Writes()
            }
            return try await group.reduce(into: Writes()) { all, part in
                all.done.formUnion(part.done)
                all.notExecuted.formUnion(part.notExecuted)
                all.unknown.formUnion(part.unknown)
            }
        }
    }

    @Test(arguments: [true, false])
    func `while a server restarts what is answered is there, and what is said not to be executed is not`(
        inOrder: Bool
    ) async throws {
        let server = try await RestartingServer()
        try await Guide.withClient(of: server.address) { client in
            let app = client.tenant("default")
            let writes = try await writes(to: app) {
                if inOrder { try await server.terminate() } else { try await server.kill() }
                try await server.start()
            }
            let there = try await app.query("SELECT name FROM users", as: String.self)
            #expect(Set(there).count == there.count)
            #expect(writes.done.isSubset(of: there))
            #expect(writes.notExecuted.isDisjoint(with: there))
            #expect(Set(there).subtracting(writes.done).isSubset(of: writes.unknown))
        }
    }

    @Test(arguments: [true, false])
    func `with keys every write is carried out once, whatever happens to the server`(inOrder: Bool) async throws {
        let server = try await RestartingServer()
        let configure: (inout DoSQLClient.Configuration) -> Void = { configuration in
            configuration.keysWrites = true
            configuration.retry.attemptsMax = 20
        }
        try await Guide.withClient(of: server.address, configure: configure) { client in
            let app = client.tenant("default")
            let writes = try await writes(to: app) {
                if inOrder { try await server.terminate() } else { try await server.kill() }
                try await server.start()
            }
            #expect(writes.done.count == 400)
            #expect(try await app.rowCount(of: "users") == 400)
        }
    }
}
