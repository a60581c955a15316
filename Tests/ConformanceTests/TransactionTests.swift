import DoSQLClient
import DoSQLProtocol
import DoSQLTestSupport
import Testing

/// Transactions as the guide means them, and batches.
@Suite("Transactions", .timeLimit(.minutes(10)))
struct TransactionTests {
    // MARK: 14

    @Test func `results are real inside the closure, and what it returns is the result`() async throws {
        try await Guide.run { guide in
            let greeting = try await guide.app.transaction { tx in
                let alice = try await tx.run("INSERT INTO users (name, email) VALUES ('Alice', 'alice@example.com')")
                #expect(alice.changes == 1)
                #expect(alice.lastInsertRowid == 1)
                #expect(try await tx.queryOne("SELECT * FROM users WHERE id = ?", [2]) == nil)
                let name = try await tx.queryOne("SELECT name FROM users WHERE id = ?", [alice.lastInsertRowid])
                #expect(try await tx.query("SELECT * FROM users").count == 1, "own writes are visible")
                return "Hello, \(try name?.decode("name", as: String.self) ?? "nobody")"
            }
            #expect(greeting == "Hello, Alice")
        }
    }

    @Test func `what a transaction writes is not visible outside until it commits`() async throws {
        try await Guide.run { guide in
            try await guide.withAnotherClient { another in
                try await guide.app.transaction { tx in
                    try await tx.addUser("Alice", "alice@example.com")
                    #expect(try await another.tenant("default").rowCount(of: "users") == 0)
                    #expect(try await guide.app.rowCount(of: "users") == 0, "not for the same client either")
                    #expect(try await tx.rowCount(of: "users") == 1)
                }
                #expect(try await another.tenant("default").rowCount(of: "users") == 1)
            }
        }
    }

    @Test func `an error of the application rolls everything back and reaches the caller as it is`() async throws {
        try await Guide.run { guide async throws in
            await #expect(throws: AppError(message: "Insufficient stock for product 7")) {
                try await guide.app.transaction { tx in
                    try await tx.addUser("Alice", "alice@example.com")
                    throw AppError(message: "Insufficient stock for product 7")
                }
            }
            #expect(try await guide.app.rowCount(of: "users") == 0)
        }
    }

    // MARK: 15

    @Test func `an error that is caught leaves the transaction usable and the earlier rows in it`() async throws {
        try await Guide.run { guide in
            try await guide.app.transaction { tx in
                let alice = try await tx.addUser("Alice", "alice@example.com")
                for sql: SQL in [
                    "INSERT INTO users (name, email) VALUES ('Al', 'alice@example.com')",
                    "INSERT INTO users (email) VALUES ('x')",
                    "INSERT INTO posts (user_id, title, content) VALUES (42, 't', 'c')", "SELECT * FROM x", "SELCT",
                ] {
                    await #expect(throws: DoSQLError.self) { try await tx.run(sql) }
                }
                try await tx.addPost("still here", by: alice)
            }
            #expect(try await guide.app.rowCount(of: "users") == 1)
            #expect(try await guide.app.rowCount(of: "posts") == 1)
        }
    }

    @Test func `a statement of several rows that fails undoes all its rows and no others`() async throws {
        try await Guide.run { guide in
            try await guide.app.transaction { tx in
                try await tx.addUser("Alice", "alice@example.com")
                await #expect(throws: DoSQLError.self) {
                    try await tx.run(
                        "INSERT INTO users (name, email) VALUES ('a', 'a'), ('b', 'b'), ('c', 'alice@example.com')")
                }
            }
            #expect(try await guide.app.query("SELECT name FROM users", as: String.self) == ["Alice"])
        }
    }

    // MARK: 16

    @Test func `a nested transaction joins the outer one`() async throws {
        try await Guide.run { guide in
            let count = try await guide.app.transaction { tx in
                try await tx.addUser("Alice", "alice@example.com")
                return try await tx.transaction { inner in
                    try await inner.addUser("Bob", "bob@example.com")
                    return try await inner.rowCount(of: "users")
                }
            }
            #expect(count == 2)
            await #expect(throws: AppError(message: "after the inner one")) {
                try await guide.app.transaction { tx in
                    try await tx.transaction { inner in _ = try await inner.addUser("Carol", "carol@example.com") }
                    throw AppError(message: "after the inner one")
                }
            }
            #expect(try await guide.app.rowCount(of: "users") == 2, "the inner one is rolled back with the outer one")
        }
    }

    @Test func `a savepoint is undone by itself, and savepoints nest`() async throws {
        try await Guide.run { guide in
            try await guide.app.transaction { tx in
                try await tx.addUser("Alice", "alice@example.com")
                await #expect(throws: AppError(message: "undo")) {
                    try await tx.savepoint { tx in
                        try await tx.addUser("Bob", "bob@example.com")
                        try await tx.savepoint { tx in _ = try await tx.addUser("Carol", "carol@example.com") }
                        #expect(try await tx.rowCount(of: "users") == 3)
                        throw AppError(message: "undo")
                    }
                }
                try await tx.savepoint { tx in _ = try await tx.addUser("Dave", "dave@example.com") }
            }
            #expect(
                try await guide.app.query("SELECT name FROM users ORDER BY id", as: String.self) == ["Alice", "Dave"])
        }
    }

    @Test func `an empty closure is a transaction too`() async throws {
        try await Guide.run { guide in
            try await guide.app.transaction { _ in }
            let seven = try await guide.app.transaction { _ in 7 }
            #expect(seven == 7)
        }
    }

    // MARK: 17

    @Test func `a write waits for an open transaction, and neither joins it nor sees what it has not committed`()
        async throws
    {
        try await Guide.runBehindProxy(configure: { $0.connectionsMax = 1 }) { guide, proxy in
            try await guide.withAnotherClient { another in
                let waiting = guide.app
                let outcome = try await another.tenant("default").transaction { tx in
                    try await tx.addUser("first", "first@example.com")
                    let write = Task {
                        try await waiting.run(
                            "INSERT INTO users (name, email) SELECT 'second of ' || count(*), 'second' FROM users")
                    }
                    try await proxy.waitFor(.run)
                    // The answer to a ping shows that the server has read the write before it.
                    try await guide.client.ping()
                    #expect(try await waiting.rowCount(of: "users") == 0)
                    #expect(try await tx.rowCount(of: "users") == 1)
                    try await tx.addUser("third", "third@example.com")
                    return write
                }
                #expect(try await outcome.value.lastInsertRowid == 3)
                let names = try await guide.app.query("SELECT name FROM users ORDER BY id", as: String.self)
                #expect(names == ["first", "third", "second of 2"])
            }
        }
    }

    @Test func `a client that vanishes is rolled back, and its tenant is free at once`() async throws {
        // With ten minutes to idle it is the end of the connection, not of time, that frees the tenant.
        try await Guide.runBehindProxy(flags: Guide.patience) { guide, proxy in
            try await guide.withAnotherClient { another in
                let error = await #expect(throws: DoSQLError.self) {
                    try await guide.app.transaction { tx in
                        try await tx.addUser("lost", "lost@example.com")
                        proxy.cutAll()
                        try await another.tenant("default").run(
                            "INSERT INTO users (name, email) VALUES ('kept', 'kept@example.com')",
                            deadline: .seconds(120))
                        try await tx.addUser("late", "late@example.com")
                    }
                }
                #expect(error?.code == .transactionLost)
                #expect(error?.execution == .notExecuted)
                let names = try await another.tenant("default").query("SELECT name FROM users", as: String.self)
                #expect(names == ["kept"])
            }
        }
    }

    @Test func `a transaction that idles too long is rolled back, and its next statement says so`() async throws {
        try await Guide.run { guide async throws in
            let error = await #expect(throws: DoSQLError.self) {
                try await guide.app.transaction(options: TransactionOptions(idleMax: .seconds(4))) { tx in
                    try await tx.addUser("slow", "slow@example.com")
                    // It gets its turn when the transaction's time is over.
                    try await guide.app.addUser("quick", "quick@example.com")
                    try await tx.addUser("too late", "late@example.com")
                }
            }
            #expect(error?.code == .transactionExpired)
            #expect(try await guide.app.query("SELECT name FROM users", as: String.self) == ["quick"])
        }
    }

    @Test func `a write that gives up waiting for its turn was not executed`() async throws {
        try await Guide.run { guide in
            try await guide.app.transaction { tx in
                try await tx.addUser("first", "first@example.com")
                let error = await #expect(throws: DoSQLError.self) {
                    try await guide.app.transaction(options: TransactionOptions(waitMax: .milliseconds(50))) { _ in }
                }
                #expect(error?.code == .lockTimeout)
                #expect(error?.execution == .notExecuted)
            }
            #expect(try await guide.app.rowCount(of: "users") == 1)
        }
    }

    @Test func `a snapshot goes on seeing what there was, and cannot write`() async throws {
        try await Guide.run { guide in
            try await guide.app.snapshot { tx in
                #expect(try await tx.rowCount(of: "users") == 0)
                try await guide.app.addUser("Alice", "alice@example.com")
                #expect(try await tx.rowCount(of: "users") == 0)
                let error = await #expect(throws: DoSQLError.self) { try await tx.addUser("Bob", "bob@example.com") }
                #expect(error?.code == .readOnly)
            }
            #expect(try await guide.app.rowCount(of: "users") == 1)
        }
    }

    // MARK: 18

    @Test func `a batch keeps its order, and its results are positional`() async throws {
        try await Guide.run { guide in
            var batch = Batch()
            let none = batch.query("SELECT name FROM users")
            let alice = batch.run("INSERT INTO users (name, email) VALUES (\("Alice"), \("alice@example.com"))")
            let bob = batch.run("INSERT INTO users (name, email) VALUES (\("Bob"), \("bob@example.com"))")
            let all = batch.query("SELECT name FROM users ORDER BY id")
            let last = batch.queryOne("SELECT name FROM users WHERE id = \(bob.lastInsertRowid)")
            let change = batch.run("UPDATE users SET status = 'new' WHERE id > \(alice.lastInsertRowid)")
            let result = try await guide.app.batch(batch)
            #expect(result.steps.count == 6)
            #expect(try result.rows(of: none).isEmpty)
            #expect(result.lastInsertRowid(of: alice) == 1)
            #expect(result.lastInsertRowid(of: bob) == 2)
            #expect(try result.rows(of: all).decode(String.self) == ["Alice", "Bob"])
            #expect(try result.rows(of: last).first?.decode("name") == "Bob")
            #expect(result.changes(of: change) == 1)
            #expect(result.outcome.changes == 3)
        }
    }

    @Test(arguments: [0, 1, 2]) func `a batch is all or nothing, and its error names the step`(failing: Int)
        async throws
    {
        try await Guide.run { guide async throws in
            var batch = Batch()
            for step in 0..<3 {
                batch.run(
                    step == failing
                        ? "INSERT INTO users (name) VALUES ('no address')"
                        : "INSERT INTO users (name, email) VALUES ('u', \("\(step)@example.com"))")
            }
            let error = await #expect(throws: DoSQLError.self) { try await guide.app.batch(batch) }
            #expect(error?.step == failing)
            #expect(error?.message == "NOT NULL constraint failed: users.email")
            #expect(try await guide.app.rowCount(of: "users") == 0)
        }
    }

    // MARK: 19

    @Test func `many calls at once on one client are safe`() async throws {
        try await Guide.run { guide in
            let app = guide.app
            try await app.addUser("Alice", "alice@example.com")
            // The guide's list: rows and their count at the same time, and a log nobody waits for.
            for number in 1...50 {
                async let users = app.query("SELECT * FROM users ORDER BY created_at DESC LIMIT ? OFFSET ?", [20, 0])
                async let total = app.queryOne("SELECT COUNT(*) as total FROM users")
                async let log: RunResult = app.run(
                    """
                    INSERT INTO request_logs (request_id, tenant_id, method, path, status, duration_ms, created_at)
                         VALUES (?, ?, ?, ?, ?, ?, CURRENT_TIMESTAMP)
                    """, ["request \(number)", "default", "GET", "/users", 200, 1])
                #expect(try await users.count == 1)
                #expect(try await total?.decode("total") == 1)
                _ = try await log
            }
            let ids = try await withThrowingTaskGroup(of: Int64.self) { group in
                for number in 0..<200 {
                    group.addTask { try await app.addUser("user \(number)", "\(number)@example.com") }
                    group.addTask {
                        let row = try await app.queryOne("SELECT ?1 AS n", [number])
                        #expect(try row?.decode("n") == number, "an answer belongs to its own request")
                        return 0
                    }
                }
                return try await group.reduce(into: Set<Int64>()) { if $1 != 0 { $0.insert($1) } }
            }
            #expect(ids.count == 200)
            #expect(try await app.rowCount(of: "users") == 201)
            #expect(try await app.rowCount(of: "request_logs") == 50)
        }
    }
}
