import DoSQLClient
import DoSQLTestSupport
import Testing

/// The guide's bulk insert, as a closure and as one batch: a row that fails is reported, the others are kept.
@Suite("Bulk insert", .timeLimit(.minutes(10)))
struct BulkTests {
    private struct Report: Equatable {
        struct Failure: Equatable {
            var index: Int
            var error: String
        }

        var inserted: [Int64] = []
        var errors: [Failure] = []
    }

    private let users = [
        ("Alice", "alice@example.com"), ("Bob", "bob@example.com"), ("Alice again", "alice@example.com"),
        ("Carol", "carol@example.com"), ("Bob again", "bob@example.com"),
    ]
    private let expected = Report(
        inserted: [1, 2, 3],
        errors: [
            .init(index: 2, error: "UNIQUE constraint failed: users.email"),
            .init(index: 4, error: "UNIQUE constraint failed: users.email"),
        ])

    @Test func `a failing row is reported, the others are kept, and what the closure returns is the result`()
        async throws
    {
        try await Guide.run { guide in
            let report = try await guide.app.transaction { tx in
                var report = Report()
                for (index, user) in users.enumerated() {
                    do {
                        let result = try await tx.run(
                            "INSERT INTO users (name, email) VALUES (?, ?)", [user.0, user.1])
                        report.inserted.append(result.lastInsertRowid)
                    } catch let error as DoSQLError {
                        report.errors.append(.init(index: index, error: error.message))
                    }
                }
                return report
            }
            #expect(report == expected)
            let names = try await guide.app.query("SELECT name FROM users ORDER BY id", as: String.self)
            #expect(names == ["Alice", "Bob", "Carol"])
        }
    }

    @Test func `the same in one batch that goes on where a row fails`() async throws {
        try await Guide.run { guide in
            var batch = Batch(onError: .continue)
            let steps = users.map { batch.run("INSERT INTO users (name, email) VALUES (\($0.0), \($0.1))") }
            let result = try await guide.app.batch(batch)
            var report = Report()
            for (index, step) in steps.enumerated() {
                switch result[step] {
                case .done(let row): report.inserted.append(row.outcome.lastInsertRowid)
                case .failed(let error): report.errors.append(.init(index: index, error: error.message))
                case .skipped: Issue.record("step \(index) was skipped")
                }
            }
            #expect(report == expected)
            #expect(try await guide.app.rowCount(of: "users") == 3)
        }
    }

    @Test func `a load of fifty thousand rows is one transaction`() async throws {
        try await Guide.run { guide in
            let rows = (1...50_000).lazy.map { ["user \($0)", "user.\($0)@example.com"] as [any DoSQLEncodable] }
            let result = try await guide.app.load("INSERT INTO users (name, email) VALUES (?, ?)", rows: rows)
            #expect(result.rows == 50_000)
            #expect(result.outcome.changes == 50_000)
            #expect(result.outcome.lastInsertRowid == 50_000)
            let check = try await guide.app.queryOne(
                "SELECT count(*), count(DISTINCT email), min(id), max(id) FROM users", as: (Int, Int, Int, Int).self)
            #expect(try #require(check) == (50_000, 50_000, 1, 50_000))
        }
    }

    @Test func `a load whose row fails names the row, and nothing of it is kept`() async throws {
        try await Guide.run { guide in
            try await guide.app.addUser("Alice", "alice@example.com")
            let rows = (0..<20_000).lazy.map {
                ["user \($0)", $0 == 12_345 ? "alice@example.com" : "\($0)@example.com"] as [any DoSQLEncodable]
            }
            let error = await #expect(throws: DoSQLError.self) {
                try await guide.app.load("INSERT INTO users (name, email) VALUES (?, ?)", rows: rows)
            }
            #expect(error?.code == .constraintUnique)
            #expect(error?.row == 12_345)
            #expect(error?.message == "UNIQUE constraint failed: users.email")
            #expect(try await guide.app.rowCount(of: "users") == 1)
        }
    }

    @Test func `a load inside a transaction is undone with it`() async throws {
        try await Guide.run { guide async throws in
            await #expect(throws: AppError(message: "no")) {
                try await guide.app.transaction { tx in
                    try await tx.load(
                        "INSERT INTO users (name, email) VALUES (?, ?)", rows: (1...3000).map { ["u", "\($0)@x"] })
                    #expect(try await tx.rowCount(of: "users") == 3000)
                    throw AppError(message: "no")
                }
            }
            #expect(try await guide.app.rowCount(of: "users") == 0)
        }
    }
}
