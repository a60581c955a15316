import DoSQLClient
import DoSQLProtocol
import DoSQLTestSupport
import Testing

/// Connections that end between a request and its answer.
@Suite("Lost answers", .timeLimit(.minutes(10)))
struct LostAnswerTests {
    @Test func `a statement is prepared by itself when it comes again, once a connection`() async throws {
        try await Guide.runBehindProxy(configure: { $0.connectionsMax = 1 }) { guide, proxy in
            for number in 1...100 { try await guide.app.addUser("user \(number)", "\(number)@example.com") }
            #expect(proxy.count(of: .run) == 100)
            #expect(proxy.count(of: .prepare) == 1)
            for number in 1...100 {
                let row = try await guide.app.queryOne("SELECT name FROM users WHERE id = \(number)")
                #expect(try row?.decode("name") == "user \(number)")
            }
            #expect(proxy.count(of: .prepare) == 2)
            // The numbers are the connection's: other tenants use the same ones.
            try await guide.client.tenant("tenant:acme").addUser("Alice", "alice@example.com")
            #expect(proxy.count(of: .prepare) == 2)
        }
    }

    @Test func `a read whose answer is lost is sent again`() async throws {
        try await Guide.runBehindProxy { guide, proxy in
            try await guide.app.addUser("Alice", "alice@example.com")
            proxy.cut(.beforeAnswer, .query)
            #expect(try await guide.app.query("SELECT name FROM users", as: String.self) == ["Alice"])
            #expect(proxy.count(of: .query) == 1, "the first one is not counted, since its connection was cut")
        }
    }

    @Test(arguments: [CuttingProxy.Place.beforeRequest, .beforeAnswer])
    func `a write whose answer is lost is not repeated, and the error says that nobody knows`(
        place: CuttingProxy.Place
    ) async throws {
        try await Guide.runBehindProxy { guide, proxy in
            try await guide.app.addUser("Alice", "alice@example.com")
            proxy.cut(place, .run)
            let error = await #expect(throws: DoSQLError.self) { try await guide.app.addUser("Bob", "bob@example.com") }
            #expect(error?.code == .connectionClosed)
            #expect(error?.execution == .unknown)
            #expect(try await guide.app.rowCount(of: "users") == (place == .beforeAnswer ? 2 : 1))
        }
    }

    @Test(arguments: [CuttingProxy.Place.beforeRequest, .beforeAnswer])
    func `a write with a key is sent again, is carried out once, and gives the first answer`(
        place: CuttingProxy.Place
    ) async throws {
        try await Guide.runBehindProxy { guide, proxy in
            try await guide.app.addUser("Alice", "alice@example.com")
            proxy.cut(place, .run)
            let result = try await guide.app.run(
                "INSERT INTO events (type, data) VALUES (?, ?)", ["paid", "{}"], idempotencyKey: "payment 1")
            #expect(result.replayed == (place == .beforeAnswer))
            #expect(result.changes == 1)
            #expect(result.lastInsertRowid == 1)
            let again = try await guide.app.run(
                "INSERT INTO events (type, data) VALUES (?, ?)", ["paid", "{}"], idempotencyKey: "payment 1")
            #expect(again.replayed)
            #expect(again.lastInsertRowid == 1)
            #expect(again.lsn == result.lsn)
            #expect(try await guide.app.rowCount(of: "events") == 1)
        }
    }

    @Test func `writes get keys of their own where the client is told so`() async throws {
        try await Guide.runBehindProxy(configure: { $0.keysWrites = true }) { guide, proxy async throws in
            proxy.cut(.beforeAnswer, .run)
            #expect(try await guide.app.addUser("Alice", "alice@example.com") == 1)
            #expect(try await guide.app.rowCount(of: "users") == 1)
        }
    }

    @Test func `a key belongs to one request`() async throws {
        try await Guide.run { guide in
            try await guide.app.run("INSERT INTO events (type, data) VALUES ('a', '1')", idempotencyKey: "k")
            let error = await #expect(throws: DoSQLError.self) {
                try await guide.app.run("INSERT INTO events (type, data) VALUES ('a', '2')", idempotencyKey: "k")
            }
            #expect(error?.code == .idempotencyMismatch)
            #expect(try await guide.app.rowCount(of: "events") == 1)
        }
    }

    @Test func `a batch with a key whose answer is lost gives the first answer`() async throws {
        try await Guide.runBehindProxy { guide, proxy in
            var batch = Batch()
            let event = batch.run("INSERT INTO events (type, data) VALUES ('paid', '{}')")
            let rows = batch.query("SELECT id, type FROM events")
            proxy.cut(.beforeAnswer, .batch)
            let result = try await guide.app.batch(batch, idempotencyKey: "batch 1")
            #expect(result.outcome.replayed)
            #expect(result.lastInsertRowid(of: event) == 1)
            #expect(try result.rows(of: rows).first?.decode("type") == "paid")
            #expect(try await guide.app.rowCount(of: "events") == 1)
        }
    }

    // MARK: In parts

    @Test func `a stream whose connection is lost ends with an error, not as if that were all`() async throws {
        try await Guide.runBehindProxy { guide, proxy in
            let rows = try await guide.app.stream(.manyRows, credit: 4096)
            var count = 0
            let error = await #expect(throws: DoSQLError.self) {
                for try await _ in rows {
                    if count == 0 { proxy.cutAll() }
                    count += 1
                }
            }
            #expect(error?.code == .connectionClosed)
            #expect(error?.isRetryable == true)
            #expect((1..<200_000).contains(count))
        }
    }

    @Test func `a load whose connection is lost is undone`() async throws {
        try await Guide.runBehindProxy { guide, proxy in
            let error = await #expect(throws: DoSQLError.self) {
                try await guide.app.load(
                    "INSERT INTO events (type, data) VALUES (?, ?)",
                    rows: (1...100_000).lazy.map { number in
                        if number == 50_000 { proxy.cutAll() }
                        return ["tick", "a text of some length for event \(number)"] as [any DoSQLEncodable]
                    })
            }
            #expect(error?.code == .connectionClosed)
            let count = try await guide.app.rowCount(of: "events")
            #expect(count == 0)
        }
    }

    // MARK: COMMIT

    @Test func `a COMMIT whose answer is lost is found to have been carried out`() async throws {
        try await Guide.runBehindProxy { guide, proxy in
            proxy.cut(.beforeAnswer, .commit)
            let alice = try await guide.app.transaction { tx in
                try await tx.addUser("Alice", "alice@example.com")
            }
            #expect(alice == 1)
            #expect(try await guide.app.rowCount(of: "users") == 1)
            #expect(try await guide.app.addUser("Bob", "bob@example.com") == 2, "the probe holds nothing")
        }
    }

    @Test func `a COMMIT that never arrived is found not to have been carried out`() async throws {
        try await Guide.runBehindProxy { guide, proxy async throws in
            proxy.cut(.beforeRequest, .commit)
            let error = await #expect(throws: DoSQLError.self) {
                try await guide.app.transaction { tx in try await tx.addUser("Alice", "alice@example.com") }
            }
            #expect(error?.code == .transactionLost)
            #expect(error?.execution == .notExecuted)
            #expect(error?.isRetryable == true)
            #expect(try await guide.app.rowCount(of: "users") == 0)
        }
    }

    @Test func `a closure that may run again does so where its COMMIT never arrived`() async throws {
        try await Guide.runBehindProxy(configure: { $0.retry.retriesTransactions = true }) { guide, proxy in
            proxy.cut(.beforeRequest, .commit)
            try await guide.app.transaction { tx in _ = try await tx.addUser("Alice", "alice@example.com") }
            #expect(try await guide.app.rowCount(of: "users") == 1)
            #expect(proxy.count(of: .begin) >= 2)
        }
    }

    @Test func `without a key nobody can say what became of a COMMIT`() async throws {
        try await Guide.runBehindProxy(configure: { $0.keysCommits = false }) { guide, proxy async throws in
            proxy.cut(.beforeAnswer, .commit)
            let error = await #expect(throws: DoSQLError.self) {
                try await guide.app.transaction { tx in try await tx.addUser("Alice", "alice@example.com") }
            }
            #expect(error?.code == .connectionClosed)
            #expect(error?.execution == .unknown)
            #expect(try await guide.app.rowCount(of: "users") == 1)
        }
    }

    @Test func `a COMMIT as SQL whose answer is lost leaves open what became of it`() async throws {
        try await Guide.runBehindProxy(configure: { $0.retry.retriesTransactions = true }) { guide, proxy in
            let error = await #expect(throws: DoSQLError.self) {
                try await guide.app.transaction { tx in
                    try await tx.addUser("Alice", "alice@example.com")
                    proxy.cut(.beforeAnswer, .run)
                    try await tx.run("/* by hand */ commit")
                }
            }
            #expect(error?.code == .connectionClosed)
            #expect(error?.execution == .unknown)
            let users = try await guide.app.query("SELECT name FROM users", as: String.self)
            #expect(users == ["Alice"], "it was carried out, and the closure did not run again")
        }
    }
}
