import DoSQLProtocol
import DoSQLServer
import DoSQLTestSupport
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A client that asks for two million rows and then does not read (`protocol/flow-control.md`, results).
struct SlowReaderTests {
    private static let rows = 2_000_000

    @Test func `a result nobody reads costs the server a window, and others nothing`() throws {
        try readSlowly(pause: 1_000_000)
    }

    /// - Parameter pause: microseconds for which the client does not read.
    private func readSlowly(pause: UInt32) throws {
        let server = try TestServerProcess(flags: ["--loops", "1"])
        let other = try server.client("acme")
        try other.run("CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT)")
        try other.run(
            """
            WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT \(Self.rows))
            INSERT INTO t SELECT n, 'row number ' || n FROM c
            """)
        #expect(try other.value("SELECT count(*) FROM t") == .integer(Self.rows))
        let idle = try #require(server.residentMemory)
        var peak = idle
        let client = try server.client("acme")
        // All the credit there is: only the socket holds the server back.
        let request = try client.sendQuery("SELECT id, name FROM t ORDER BY id", credit: UInt64(Int64.max))
        let deadline = ContinuousClock.now + .microseconds(Int64(pause))
        while ContinuousClock.now < deadline {
            try other.run("UPDATE t SET name = 'changed' WHERE id = ?", [.integer(Self.rows)])
            #expect(try other.value("SELECT name FROM t WHERE id = ?", [.integer(Self.rows)]) == "changed")
            peak = max(peak, server.residentMemory ?? 0)
            usleep(20_000)
        }
        var frames = FrameSkimmer(client)
        var count = 0
        var isDone = false
        while !isDone, let (header, start) = try frames.next() {
            #expect(header.request == request)
            switch MessageType(rawValue: header.type) {
            case .head: #expect(count == 0)
            case .rows:
                // Behind the number of rows stands the first one's id: an integer of one to four bytes, or a short one.
                let size = Int(start[4])
                var id = size >= 0x40 ? size - 0x40 : 0
                if size < 0x40 { for byte in start[5..<5 + size].reversed() { id = id << 8 | Int(byte) } }
                #expect(id == count + 1)
                for (index, byte) in start.prefix(4).enumerated() { count += Int(byte) << (8 * index) }
                if count % 7 == 0 { peak = max(peak, server.residentMemory ?? 0) }
            case .done: isDone = true
            default: throw TestSupportError("\(header)")
            }
        }
        #expect(isDone && count == Self.rows)
        peak = max(peak, server.residentMemory ?? 0)
        #expect(peak - idle < 64 << 20, "\((peak - idle) >> 20) MiB above \(idle >> 20) MiB")
    }
}
