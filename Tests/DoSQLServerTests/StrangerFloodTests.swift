import DoSQLProtocol
import DoSQLTestSupport
import Testing

/// Crowds that never finish a handshake, and tenants that flood: honest clients are served, and memory stays bounded.
struct StrangerFloodTests {
    @Test func `twenty thousand attempts from two processes that never finish a handshake`() throws {
        let server = try TestServerProcess(flags: ["--loops", "2"])
        let honest = try server.client("acme")
        try honest.run("CREATE TABLE t(x)")
        let idle = try #require(server.residentMemory)
        let crowds = try (0..<2).map { _ in try TestProcess("dosql-strangers", [server.address, "10000", "1000"]) }
        // Who was there before is served, and who comes now gets in.
        for number in 0..<50 {
            try honest.run("INSERT INTO t VALUES (?)", [.integer(number)])
            #expect(try arrival { try server.client("acme").value("SELECT count(*) FROM t") } == .integer(number + 1))
            #expect(try arrival { try server.http("acme").request("GET", "/health/live").status } == 200)
        }
        for crowd in crowds { #expect(try crowd.outputLine(after: "done ") == "10000") }
        #expect(try honest.value("SELECT count(*) FROM t") == 50)
        let newcomer = try server.client("acme")
        #expect(try newcomer.value("SELECT count(*) FROM t") == 50)
        let peak = try #require(server.residentMemoryPeak)
        #expect(peak - idle < 64 << 20, "\((peak - idle) >> 20) MiB")
        // Nothing is left of them.
        let isBack = Deadline.poll { server.descriptorCount.map { $0 < 1_200 } ?? true }
        #expect(isBack, "\(server.descriptorCount ?? 0) descriptors")
    }

    /// Who says its first words late, on a busy machine, is cut with the crowd; like every client it comes again.
    private func arrival<Value>(_ visit: () throws -> Value) throws -> Value {
        for _ in 0..<20 {
            if let value = try? visit() { return value }
        }
        return try visit()
    }

    @Test func `a thousand requests in flight that never end keep nobody from anything`() throws {
        let server = try TestServerProcess(flags: ["--loops", "1", "--statement-time", "600000"])
        let other = try server.client("other")
        try other.run("CREATE TABLE t(x)")
        let greedy = try server.client("greedy")
        let idle = try #require(server.residentMemory)
        // Each another text, so that none is known to be long.
        let requests = try greedy.together {
            try (0..<1_000).map { number in
                try greedy.sendQuery(
                    .sql(
                        """
                        WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n > 0)
                        SELECT count(*) + \(number) FROM c, c AS d
                        """))
            }
        }
        for number in 0..<50 {
            try other.run("INSERT INTO t VALUES (?)", [.integer(number)])
            #expect(try other.value("SELECT count(*) FROM t") == .integer(number + 1))
        }
        #expect(
            try other.value(
                """
                SELECT sum(n) FROM (
                    WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 300000) SELECT n FROM c)
                """) == 45_000_150_000)
        let peak = try #require(server.residentMemoryPeak)
        #expect(peak - idle < 64 << 20, "\((peak - idle) >> 20) MiB")
        for request in requests { try greedy.sendCancel(request) }
        for request in requests { #expect(try greedy.failure(of: request).code == .cancelled) }
    }

    @Test func `whole answers that nobody reads are not made, and writes that have them are refused`() throws {
        let server = try TestServerProcess(flags: ["--loops", "1", "--transaction-wait", "600000"])
        let other = try server.client("other")
        try other.run("CREATE TABLE t(x)")
        let client = try server.client("acme")
        try client.run("CREATE TABLE t(x)")
        let idle = try #require(server.residentMemory)
        for stream in 2...100 as ClosedRange<UInt16> { try client.open("acme", stream: stream) }
        client.socket.readsWhileSending = false
        // Four hundred megabytes, a hundred answers at a time: the requests of a stream wait for one another, those of several do not.
        let reads = try client.together {
            try (0..<200).map {
                try client.sendQueryOne(
                    "SELECT ?, zeroblob(2000000)", [.integer($0)], stream: UInt16(1 + $0 % 100))
            }
        }
        for number in 0..<20 {
            try other.run("INSERT INTO t VALUES (?)", [.integer(number)])
            #expect(try other.value("SELECT count(*) FROM t") == .integer(number + 1))
        }
        // Read at last, all are answered.
        var frames = FrameSkimmer(client)
        for _ in reads {
            let frame = try #require(try frames.next())
            #expect(frame.header.type == MessageType.result.rawValue && frame.header.length > 2_000_000)
        }
        let peak = try #require(server.residentMemoryPeak)
        #expect(peak - idle < 192 << 20, "\((peak - idle) >> 20) MiB")
    }

    @Test func `writes whose answers nobody reads are OVERLOADED and not carried out`() throws {
        let server = try TestServerProcess(flags: ["--loops", "1"])
        let other = try server.client("acme")
        try other.run("CREATE TABLE t(x)")
        let client = try server.client("acme")
        let idle = try #require(server.residentMemory)
        client.socket.readsWhileSending = false
        let writes = try client.together {
            try (0..<500).map {
                try client.sendQuery("INSERT INTO t VALUES (?) RETURNING zeroblob(2000000)", [.integer($0)])
            }
        }
        let settled = try Deadline.poll {
            // Of those that were refused nothing remains; the others are few.
            try other.value("SELECT count(*) FROM t") != 0
        }
        #expect(settled)
        var executed = 0
        var refused = 0
        for request in writes {
            if let error = try client.terminal(of: request).error {
                #expect(error.code == .overloaded && error.execution == .notExecuted && error.retryAfter != nil)
                #expect(error.limit == .init(name: "answerBacklogMax", value: 4_194_304))
                refused += 1
            } else {
                executed += 1
            }
        }
        #expect(executed > 0 && refused > 0)
        #expect(try other.value("SELECT count(*) FROM t") == .integer(executed))
        let peak = try #require(server.residentMemoryPeak)
        #expect(peak - idle < 192 << 20, "\((peak - idle) >> 20) MiB")
    }

    @Test func `names that nobody has do not stay in the server`() throws {
        let server = try TestServerProcess(flags: ["--loops", "1", "--no-create-tenants"])
        let client = try server.client()
        func ask(_ range: Range<Int>) throws {
            for batch in stride(from: range.lowerBound, to: range.upperBound, by: 500) {
                let requests = try client.together {
                    try (batch..<batch + 500).map { try client.sendOpen("nobody-\($0)", stream: UInt16(1 + $0 % 500)) }
                }
                for request in requests { #expect(try client.failure(of: request).code == .tenantNotFound) }
            }
        }
        try ask(0..<20_000)
        let first = try #require(server.residentMemory)
        try ask(20_000..<80_000)
        let last = try #require(server.residentMemory)
        // 60,000 names would be some 60 MB.
        #expect(last - first < 24 << 20, "\((last - first) >> 20) MiB")
    }
}
