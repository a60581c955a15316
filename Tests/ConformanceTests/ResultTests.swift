import DoSQLClient
import DoSQLTestSupport
import Testing

/// The shape of results and the words of errors.
@Suite("Results and errors", .timeLimit(.minutes(10)))
struct ResultTests {
    // MARK: 11

    @Test func `queryOne gives nil where there is no row`() async throws {
        try await Guide.run { guide async throws in
            #expect(try await guide.app.queryOne("SELECT * FROM users WHERE id = ?", [999]) == nil)
            #expect(try await guide.app.query("SELECT * FROM users").isEmpty)
        }
    }

    @Test func `run gives changes and lastInsertRowid, which is usable at once`() async throws {
        try await Guide.run { guide in
            let result = try await guide.app.run(
                "INSERT INTO users (name, email, bio) VALUES (?, ?, ?)", ["Alice", "alice@example.com", String?.none])
            #expect(result.changes == 1)
            #expect(result.lastInsertRowid == 1)
            let user = try await guide.app.queryOne("SELECT * FROM users WHERE id = ?", [result.lastInsertRowid])
            #expect(try user?.decode("email") == "alice@example.com")
        }
    }

    @Test func `changes is 0 where nothing matched`() async throws {
        try await Guide.run { guide async throws in
            #expect(
                try await guide.app.run(
                    "UPDATE users SET name = ?, updated_at = CURRENT_TIMESTAMP WHERE id = ?", ["x", 999]
                ).changes == 0)
            #expect(try await guide.app.run("DELETE FROM users WHERE id = ?", [999]).changes == 0)
        }
    }

    @Test func `an UPDATE that changes no value counts its rows`() async throws {
        try await Guide.run { guide in
            try await guide.app.addUser("Alice", "alice@example.com")
            try await guide.app.addUser("Bob", "bob@example.com")
            #expect(try await guide.app.run("UPDATE users SET name = name").changes == 2)
        }
    }

    @Test func `changes do not carry over from the statement before`() async throws {
        try await Guide.run { guide in
            try await guide.app.addUser("Alice", "alice@example.com")
            #expect(try await guide.app.run("DELETE FROM users").changes == 1)
            #expect(try await guide.app.run("CREATE TABLE t(x)").changes == 0)
            #expect(try await guide.app.run("DELETE FROM users").changes == 0)
        }
    }

    // MARK: 12

    @Test(arguments: [
        ("INSERT INTO users (name, email) VALUES ('Al', 'alice@example.com')", "UNIQUE constraint failed: users.email"),
        ("UPDATE users SET email = 'alice@example.com' WHERE name = 'Bob'", "UNIQUE constraint failed: users.email"),
        ("INSERT INTO posts (user_id, title, content) VALUES (42, 't', 'c')", "FOREIGN KEY constraint failed"),
        ("INSERT INTO users (email) VALUES ('carol@example.com')", "NOT NULL constraint failed: users.name"),
        ("SELECT * FROM x", "no such table: x"),
        ("SELECT x FROM users", "no such column: x"),
        ("SELCT * FROM users", "near \"SELCT\": syntax error"),
    ]) func `errors have SQLite's own words, on their own and in a transaction`(sql: String, message: String)
        async throws
    {
        try await Guide.run { guide in
            try await guide.app.addUser("Alice", "alice@example.com")
            try await guide.app.addUser("Bob", "bob@example.com")
            let alone = await #expect(throws: DoSQLError.self) { try await guide.app.run(SQL(raw: sql)) }
            #expect(alone?.message == message)
            #expect(alone?.execution == .notExecuted)
            #expect(alone?.isRetryable == false)
            let inside = await #expect(throws: DoSQLError.self) {
                try await guide.app.transaction { tx in try await tx.run(SQL(raw: sql)) }
            }
            #expect(inside?.message == message)
            let batched = await #expect(throws: DoSQLError.self) {
                try await guide.app.batch { batch in
                    batch.run("UPDATE users SET name = name")
                    batch.run(SQL(raw: sql))
                }
            }
            #expect(batched?.message == message)
            #expect(batched?.step == 1)
        }
    }

    // MARK: 13

    @Test(arguments: [
        ("INSERT INTO users (name, email) VALUES ('Al', 'alice@example.com')", DoSQLError.Category.conflict, 409),
        ("INSERT INTO posts (user_id, title, content) VALUES (42, 't', 'c')", .validation, 400),
        ("INSERT INTO users (email) VALUES ('carol@example.com')", .validation, 400),
        ("SELCT", .validation, 400),
    ]) func `errors have a category, and the category has the guide's status`(
        sql: String, category: DoSQLError.Category, status: Int
    ) async throws {
        try await Guide.run { guide in
            try await guide.app.addUser("Alice", "alice@example.com")
            let error = await #expect(throws: DoSQLError.self) { try await guide.app.run(SQL(raw: sql)) }
            #expect(error?.category == category)
            #expect(error?.category.httpStatus == status)
            #expect(error?.userMessage.isEmpty == false)
        }
    }

    @Test func `time bounds are TIMEOUT, 504`() async throws {
        try await Guide.run { guide in
            let error = await #expect(throws: DoSQLError.self) {
                _ = try await guide.app.query(.endlessRead, deadline: .milliseconds(100))
            }
            #expect(error?.category.httpStatus == 504)
            #expect(error?.isRetryable == true)
        }
    }
}
