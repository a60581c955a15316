import DoSQLProtocol
import Testing

@testable import DoSQLClient

@Suite(.timeLimit(.minutes(5)))
struct TenantTests {
    struct User: Decodable, Equatable {
        var id: Int64
        var userName: String
        var email: String?
    }

    @Test func `rows are read by name, as tuples and as types`() async throws {
        let server = FakeServer { frame in
            guard frame.type == .query else { return false }
            frame.result(
                columns: ["id", "user_name", "email"],
                rows: [[.integer(.max), .text("Ada"), .null], [.integer(2), .text("Bob"), .text("b@x")]])
            return true
        }
        try await withFakeServer(server) { client in
            let tenant = client.tenant("acme")
            let result = try await tenant.query("SELECT * FROM users WHERE id > \(0)")
            #expect(result.count == 2)
            #expect(result.columns == ["id", "user_name", "email"])
            #expect(result[0]["id"]?.value == .integer(.max))
            #expect(result[1]["nobody"] == nil)
            let tuples = try await tenant.query("SELECT 1", as: (Int64, String, String?).self)
            #expect(tuples[0] == (.max, "Ada", nil))
            #expect(tuples[1] == (2, "Bob", "b@x"))
            let users = try await tenant.query("SELECT 1", as: User.self, naming: .snakeCase)
            #expect(users == [User(id: .max, userName: "Ada", email: nil), User(id: 2, userName: "Bob", email: "b@x")])
            let ids = try await tenant.query("SELECT 1", as: Int64.self)
            #expect(ids == [.max, 2])
        }
    }

    @Test func `run tells changes, rowid and LSN`() async throws {
        try await withFakeServer(FakeServer()) { client in
            let result = try await client.tenant("acme").run("INSERT INTO t VALUES (\(1))")
            #expect(result.changes == 1)
            #expect(result.lastInsertRowid == 7)
            #expect(result.lsn == 42)
            #expect(!result.replayed)
        }
    }

    @Test func `a result in parts is collected, and credit goes back as it comes`() async throws {
        let server = FakeServer { frame in
            guard frame.type == .query else { return false }
            frame.head(["n"])
            for n in 0..<3 { frame.rows([[.integer(Int64(n))], [.integer(100)]]) }
            frame.reply.send {
                Done(Outcome(), rowsSent: 6).encode(into: &$0, stream: frame.stream, request: frame.request)
            }
            return true
        }
        try await withFakeServer(server) { client in
            let values = try await client.tenant("acme").query("SELECT n FROM t", as: Int.self)
            #expect(values == [0, 100, 1, 100, 2, 100])
        }
    }

    @Test func `a result beyond the bound is cancelled and refused`() async throws {
        let server = FakeServer { frame in
            switch frame.type {
            case .query:
                frame.head(["t"])
                frame.rows([[.text(String(repeating: "x", count: 2000))]])
                return true
            case .cancel:
                // CANCEL carries its target's request id on stream 0; the target was on stream 1.
                frame.reply.send {
                    ErrorMessage(.cancelled, "cancelled").encode(into: &$0, stream: 1, request: frame.request)
                }
                return true
            default: return false
            }
        }
        try await withFakeServer(server, configure: { $0.resultBytesMax = 1000 }) { client in
            let error = await dosqlError { _ = try await client.tenant("acme").query("SELECT t FROM t") }
            #expect(error?.code == .resultTooLarge)
            #expect(error?.limit?.name == "resultBytesMax")
        }
    }

    @Test func `a statement is prepared at its second use`() async throws {
        let server = FakeServer()
        try await withFakeServer(server) { client in
            let tenant = client.tenant("acme")
            for id in 1...3 { _ = try await tenant.query("SELECT * FROM t WHERE id = \(id)") }
        }
        #expect(server.dialogue == ["HELLO", "OPEN", "QUERY", "PREPARE", "QUERY", "QUERY"])
        #expect(server.log.filter { $0.type == .query }.map(\.sql) == ["SELECT * FROM t WHERE id = ?", nil, nil])
    }

    @Test func `a number that the server does not know is sent again as text`() async throws {
        let server = FakeServer { frame in
            guard frame.type == .query, frame.sql == nil else { return false }
            frame.error(.statementUnknown)
            return true
        }
        try await withFakeServer(server) { client in
            let tenant = client.tenant("acme")
            for _ in 1...2 { _ = try await tenant.query("SELECT 1") }
        }
        #expect(server.dialogue == ["HELLO", "OPEN", "QUERY", "PREPARE", "QUERY", "QUERY"])
        #expect(server.log.last?.sql == "SELECT 1")
    }

    @Test func `concurrent calls do not wait for one another`() async throws {
        let server = FakeServer { frame in
            // The first is answered when the second has come.
            frame.type == .query && frame.sql == "SELECT 1"
        }
        try await withFakeServer(server) { client in
            let tenant = client.tenant("acme")
            async let first = tenant.query("SELECT 1")
            let held = await server.next(.query)
            _ = try await tenant.query("SELECT 2")
            held.result(columns: ["n"], rows: [])
            let result = try await first
            #expect(result.isEmpty)
        }
        #expect(Set(server.log.filter { $0.type == .query }.map(\.stream)).count == 2)
    }

    @Test func `an OPEN that fails is what the call throws`() async throws {
        let server = FakeServer { frame in
            switch frame.type {
            case .open: frame.error(.tenantNotFound, "no tenant \"acme\"")
            case .query: frame.error(.streamNotOpen)
            default: return false
            }
            return true
        }
        try await withFakeServer(server) { client in
            let error = await dosqlError { _ = try await client.tenant("acme", creation: .never).query("SELECT 1") }
            #expect(error?.code == .tenantNotFound)
            #expect(error?.category == .notFound)
        }
    }

    @Test func `a batch's steps and references arrive, and so do their results`() async throws {
        let server = FakeServer { frame in
            guard frame.type == .batch else { return false }
            frame.reply.send {
                DoSQLProtocol::BatchResult.encode(
                    into: &$0, stream: frame.stream, request: frame.request,
                    steps: [
                        .done(columns: [], rows: [], changes: 1, lastInsertRowid: 9),
                        .done(columns: ["n"], rows: [[.integer(3)]], changes: 0, lastInsertRowid: 0), .skipped,
                    ], outcome: Outcome(changes: 1, lastInsertRowid: 9, lsn: 5))
            }
            return true
        }
        try await withFakeServer(server) { client in
            var batch = DoSQLClient::Batch()
            let order = batch.run("INSERT INTO orders (user) VALUES (\(1))")
            batch.assert(order.changes == 1, "no order")
            let items = batch.query("SELECT \(order.lastInsertRowid)", if: order.ran && !order.failed)
            let last = batch.run("DELETE FROM carts", if: items.rowCount > 5)
            let result = try await client.tenant("acme").batch(batch)
            #expect(result.lastInsertRowid(of: order) == 9)
            #expect(try result.rows(of: items)[0].decode("n", as: Int.self) == 3)
            #expect(result.changes(of: last) == 0)
            #expect(throws: DoSQLError.self) { try result.rows(of: last) }
            #expect(result.outcome.lsn == 5)
        }
        let sent = try #require(server.log.first { $0.type == .batch })
        let message = try DoSQLProtocol::Batch(sent.body.span)
        #expect(message.count == 3)
    }

    @Test func `a load keeps to the credit and ends with END`() async throws {
        let rows = 3000
        let text = String(repeating: "x", count: 40)
        let server = FakeServer { frame in
            switch frame.type {
            case .load:
                frame.reply.send {
                    Grant.encode(into: &$0, stream: frame.stream, request: frame.request, bytes: 40_000)
                }
            case .loadRows:
                if frame.flags.contains(.end) {
                    frame.reply.send {
                        Done(Outcome(changes: 3000), rowsLoaded: 3000).encode(
                            into: &$0, stream: frame.stream, request: frame.request)
                    }
                } else {
                    frame.reply.send {
                        Grant.encode(
                            into: &$0, stream: frame.stream, request: frame.request, bytes: UInt64(frame.body.count))
                    }
                }
            default: return false
            }
            return true
        }
        try await withFakeServer(server) { client in
            let result = try await client.tenant("acme").load(
                "INSERT INTO t VALUES (?, ?)",
                rows: (0..<rows).lazy.map { [$0, text] as [any DoSQLEncodable] })
            #expect(result.rows == rows)
        }
        let frames = server.log.filter { $0.type == .loadRows }
        #expect(frames.count > 1)
        #expect(frames.allSatisfy { $0.body.count <= 40_000 })
        let counts = try frames.map { try LoadRows($0.body.span, columns: 2).rows.count }
        #expect(counts.reduce(0, +) == rows)
    }

    /// The rows come from a closure that belongs to an actor: to call it elsewhere is a crash.
    @MainActor
    @Test func `a load takes its rows where its caller is`() async throws {
        let server = FakeServer { frame in
            switch frame.type {
            case .load:
                frame.reply.send {
                    Grant.encode(into: &$0, stream: frame.stream, request: frame.request, bytes: 40_000)
                }
            case .loadRows: frame.done()
            default: return false
            }
            return true
        }
        var made = 0
        try await withFakeServer(server) { client in
            try await client.tenant("acme").load(
                "INSERT INTO t VALUES (?)",
                rows: (0..<10).lazy.map { number -> [any DoSQLEncodable] in
                    made += 1
                    return [number]
                })
        }
        #expect(made == 10)
    }

    @Test func `a load whose rows cannot be had is cancelled`() async throws {
        struct NoMoreRows: Error {}
        let server = FakeServer { frame in
            switch frame.type {
            case .load: break
            case .cancel:
                frame.reply.send { ErrorMessage(.cancelled, "").encode(into: &$0, stream: 1, request: frame.request) }
            default: return false
            }
            return true
        }
        try await withFakeServer(server) { client in
            let rows = AsyncThrowingStream<[any DoSQLEncodable], any Error> { continuation in
                continuation.yield([1])
                continuation.finish(throwing: NoMoreRows())
            }
            await #expect(throws: NoMoreRows.self) {
                try await client.tenant("acme").load("INSERT INTO t VALUES (?)", rows: rows)
            }
        }
    }
}
