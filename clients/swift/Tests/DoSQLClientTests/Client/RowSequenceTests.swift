import DoSQLProtocol
import Testing

@testable import DoSQLClient

@Suite(.timeLimit(.minutes(5)))
struct RowSequenceTests {
    private static func row(_ n: Int64) -> [[Value]] { [[.integer(n), .text(String(repeating: "x", count: 100))]] }

    @Test func `credit goes back only as rows are consumed`() async throws {
        let server = FakeServer { frame in frame.type == .query }
        try await withFakeServer(server) { client in
            async let sequence = client.tenant("acme").stream("SELECT n, t FROM t", credit: 300)
            let query = await server.next(.query)
            #expect(try Execute(query.body.span, kind: .query).credit == 300)
            query.head(["n", "t"])
            for n in 0..<3 { query.rows(Self.row(Int64(n))) }
            let rows = try await sequence
            #expect(rows.columns == ["n", "t"])
            var iterator = rows.makeAsyncIterator()
            for n in 0..<3 {
                let row = try await iterator.next()
                #expect(try row?.decode("n", as: Int.self) == n)
            }
            // Two blocks of 107 bytes have been consumed, more than half of the credit; the third is still in hand.
            #expect(!server.dialogue.contains("CREDIT") || server.log.count { $0.type == .credit } == 1)
            let credit = await server.next(.credit)
            #expect(credit.request == query.request)
            #expect(try Credit(credit.body.span).bytes == 214)
            query.reply.send {
                Done(Outcome(), rowsSent: 3).encode(into: &$0, stream: query.stream, request: query.request)
            }
            let value1 = try await iterator.next()
            #expect(value1 == nil)
        }
        #expect(server.log.count { $0.type == .credit } == 1)
    }

    @Test func `leaving the loop cancels the statement`() async throws {
        let server = FakeServer { frame in
            guard frame.type == .query else { return false }
            frame.head(["n"])
            frame.rows([[.integer(1)], [.integer(2)]])
            return true
        }
        try await withFakeServer(server) { client in
            for try await row in try await client.tenant("acme").stream("SELECT n FROM t") {
                #expect(try row.decode(Int.self) == 1)
                break
            }
            _ = await server.next(.cancel)
        }
    }

    @Test func `an error in the middle is thrown behind the rows before it`() async throws {
        let server = FakeServer { frame in
            guard frame.type == .query else { return false }
            frame.head(["n"])
            frame.rows([[.integer(1)]])
            frame.error(.snapshotTooOld, "too old")
            return true
        }
        try await withFakeServer(server) { client in
            var seen: [Int] = []
            let error = await dosqlError {
                for try await row in try await client.tenant("acme").stream("SELECT n FROM t") {
                    seen.append(try row.decode(Int.self))
                }
            }
            #expect(seen == [1])
            #expect(error?.code == .snapshotTooOld)
        }
    }

    @Test func `a statement that is refused is refused by the call`() async throws {
        let server = FakeServer { frame in
            guard frame.type == .query else { return false }
            frame.error(.sqlError, "no such table: t")
            return true
        }
        try await withFakeServer(server) { client in
            let error = await dosqlError { _ = try await client.tenant("acme").stream("SELECT n FROM t") }
            #expect(error?.code == .sqlError)
        }
    }

    @Test func `a cancelled consumer never takes what is left for the end`() async throws {
        let server = FakeServer { frame in
            guard frame.type == .query else { return false }
            frame.head(["n"])
            frame.rows([[.integer(1)]])
            return true
        }
        try await withFakeServer(server) { client in
            let task = Task {
                var count = 0
                for try await _ in try await client.tenant("acme").stream("SELECT n FROM t") { count += 1 }
                return count
            }
            let query = await server.next(.query)
            task.cancel()
            _ = await server.next(.cancel)
            query.reply.send { Done(Outcome()).encode(into: &$0, stream: query.stream, request: query.request) }
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }
}
