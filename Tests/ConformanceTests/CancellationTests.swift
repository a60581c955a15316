import DoSQLClient
import DoSQLProtocol
import DoSQLTestSupport
import Testing

/// Work that is given up: by its task, by its deadline, by a consumer that has seen enough.
@Suite("Cancellation, deadlines, streams", .timeLimit(.minutes(10)))
struct CancellationTests {
    @Test(arguments: [SQL.endlessRead, .endlessReadOrWrite])
    func `a task that is cancelled cancels an endless read on the server`(sql: SQL) async throws {
        try await Guide.runBehindProxy(configure: { $0.connectionsMax = 1 }) { guide, proxy in
            let app = guide.app
            let read = Task { try await app.query(sql) }
            try await proxy.waitFor(.query)
            read.cancel()
            // The call ends when the server has answered that it gave the read up.
            await #expect(throws: CancellationError.self) { _ = try await read.value }
            #expect(proxy.count(of: .cancel) == 1)
            #expect(try await app.addUser("Alice", "alice@example.com") == 1)
        }
    }

    @Test func `a task that is cancelled cancels an endless write, and the tenant is free`() async throws {
        try await Guide.runBehindProxy { guide, proxy in
            let app = guide.app
            try await app.addUser("Alice", "alice@example.com", bio: "writes")
            let sent = proxy.count(of: .run)
            let write = Task { try await app.run(.endlessWrite) }
            try await proxy.waitFor(.run, count: sent + 1)
            write.cancel()
            await #expect(throws: CancellationError.self) { _ = try await write.value }
            try await app.run(
                "INSERT INTO users (name, email) VALUES ('Bob', 'bob@example.com')", deadline: .seconds(120))
            let bio = try await app.queryOne("SELECT bio FROM users WHERE name = 'Alice'")
            #expect(try bio?.decode("bio") == "writes")
        }
    }

    @Test func `a task that is cancelled inside a transaction rolls it back, and the tenant is free`() async throws {
        try await Guide.runBehindProxy(flags: Guide.patience) { guide, proxy in
            let app = guide.app
            let work = Task {
                try await app.transaction { tx in
                    try await tx.addUser("Alice", "alice@example.com")
                    _ = try await tx.query(.endlessRead)
                }
            }
            try await proxy.waitFor(.query)
            work.cancel()
            await #expect(throws: CancellationError.self) { try await work.value }
            try await app.run(
                "INSERT INTO users (name, email) VALUES ('Bob', 'bob@example.com')", deadline: .seconds(120))
            #expect(try await app.query("SELECT name FROM users", as: String.self) == ["Bob"])
        }
    }

    @Test func `a read whose deadline is met is given up, and the tenant is free`() async throws {
        try await Guide.run { guide in
            // With a connection there is: making one would count too.
            try await guide.client.ping()
            let error = await #expect(throws: DoSQLError.self) {
                _ = try await guide.app.query(.endlessRead, deadline: .seconds(3))
            }
            #expect(error?.code == .deadlineExceeded)
            #expect(error?.execution == .notExecuted)
            #expect(try await guide.app.addUser("Alice", "alice@example.com") == 1)
        }
    }

    @Test func `a write whose deadline is met is rolled back, and the tenant is free`() async throws {
        try await Guide.run { guide in
            try await guide.app.addUser("Alice", "alice@example.com", bio: "writes")
            let error = await #expect(throws: DoSQLError.self) {
                try await guide.app.run(.endlessWrite, deadline: .seconds(3))
            }
            #expect(error?.code == .deadlineExceeded)
            #expect(error?.execution == .notExecuted)
            try await guide.app.addUser("Bob", "bob@example.com")
            let bio = try await guide.app.queryOne("SELECT bio FROM users WHERE name = 'Alice'")
            #expect(try bio?.decode("bio") == "writes")
        }
    }

    @Test func `a read that takes long holds up no other call`() async throws {
        try await Guide.runBehindProxy(configure: { $0.connectionsMax = 1 }) { guide, proxy in
            let app = guide.app
            let other = guide.client.tenant("tenant:acme")
            let read = Task { try await app.query(.endlessRead) }
            try await proxy.waitFor(.query)
            #expect(try await other.addUser("Alice", "alice@example.com") == 1)
            #expect(try await app.addUser("Alice", "alice@example.com") == 1)
            #expect(try await guide.withAnotherClient { try await $0.tenant("default").rowCount(of: "users") } == 1)
            read.cancel()
            await #expect(throws: CancellationError.self) { _ = try await read.value }
        }
    }

    // MARK: Streams

    @Test func `a stream of two hundred thousand rows brings them all, in order`() async throws {
        try await Guide.run { guide in
            var expected = 1
            for try await row in try await guide.app.stream(.manyRows) {
                guard try row.decode("n", as: Int.self) == expected else { break }
                expected += 1
            }
            #expect(expected == 200_001)
        }
    }

    @Test func `a consumer that stops early ends the statement, and the server has not sent the rest`() async throws {
        try await Guide.runBehindProxy(configure: { $0.connectionsMax = 1 }) { guide, proxy in
            let before = proxy.bytesFromServer
            var count = 0
            for try await _ in try await guide.app.stream(.manyRows, credit: 65_536) {
                count += 1
                if count == 1000 { break }
            }
            #expect(count == 1000)
            try await guide.app.addUser("Alice", "alice@example.com")
            try await guide.client.ping()
            // All rows are more than four megabytes.
            #expect(proxy.bytesFromServer - before < 500_000)
            #expect(proxy.count(of: .cancel) == 1)
        }
    }

    @Test func `a stream that nobody reads on leaves other calls alone, and sees one snapshot`() async throws {
        try await Guide.run { guide in
            try await guide.app.load(
                "INSERT INTO events (type, data) VALUES (?, ?)",
                rows: (1...20_000).lazy.map {
                    ["tick", "a text of some length for event \($0)"] as [any DoSQLEncodable]
                })
            var iterator = try await guide.app.stream("SELECT id FROM events ORDER BY id", credit: 4096)
                .makeAsyncIterator()
            #expect(try await iterator.next() != nil)
            #expect(try await guide.app.run("DELETE FROM events").changes == 20_000)
            #expect(try await guide.app.rowCount(of: "events") == 0)
            var count = 1
            while try await iterator.next() != nil { count += 1 }
            #expect(count == 20_000)
        }
    }

    @Test func `a large result is collected whole`() async throws {
        try await Guide.run { guide in
            let result = try await guide.app.query(.manyRows)
            #expect(result.count == 200_000)
            #expect(try result[199_999].decode("text") == "row number 200000")
        }
    }

    @Test func `more rows than a call wants are an error`() async throws {
        try await Guide.run { guide in
            let error = await #expect(throws: DoSQLError.self) {
                _ = try await guide.app.query(.manyRows, rowsMax: 1000)
            }
            #expect(error?.code == .resultTooLarge)
        }
    }
}
