import DoSQLProtocol
import DoSQLServer
import DoSQLSession
import DoSQLTestSupport
import Testing

/// Clients that send and send: memory stays bounded, and the others are served (`protocol/flow-control.md`, back-pressure on requests).
struct FloodTests {
    @Test func `answers that nobody reads do not pile up in the server`() throws {
        let server = try TestServerProcess(flags: ["--loops", "1"])
        let other = try server.client("other")
        try other.run("CREATE TABLE t(x)")
        let client = try server.client("acme")
        try client.run("CREATE TABLE t(x)")
        let idle = try #require(server.residentMemory)
        client.socket.readsWhileSending = false
        // Each answer has 60 KB, all of them 240 MB.
        let requests = try client.together {
            try (0..<4_000).map { try client.sendQuery("SELECT ?, zeroblob(60000)", [.integer($0)]) }
        }
        for number in 0..<50 {
            try other.run("INSERT INTO t VALUES (?)", [.integer(number)])
            #expect(try other.value("SELECT count(*) FROM t") == .integer(number + 1))
        }
        var frames = FrameSkimmer(client)
        for request in requests {
            let frame = try #require(try frames.next())
            #expect(frame.header.request == request && frame.header.type == MessageType.result.rawValue)
            #expect(frame.header.length > 60_000)
        }
        let peak = try #require(server.residentMemoryPeak)
        // On a machine that is held up, reads leave the loop for threads, each with an allocator's arena of its own.
        #expect(peak - idle < 160 << 20, "\((peak - idle) >> 20) MiB")
    }

    @Test func `more requests than may be in flight are refused at once, and the others carried out`() throws {
        let server = try TestServer(loops: 1)
        let holder = try server.client("acme")
        try holder.run("CREATE TABLE t(x)")
        try holder.begin()
        let client = try server.client("acme")
        let requests = try client.together {
            try (0..<5_000).map { try client.sendRun("INSERT INTO t VALUES (?)", [.integer($0)]) }
        }
        // The surplus is refused while the others wait for their turn.
        let refused = requests.dropFirst(Limits.requestsInFlightMax)
        for request in refused {
            let reply = try #require(try client.receive())
            let error = try #require(reply.error)
            #expect(reply.request == request)
            #expect(error.code == .overloaded && error.isRetryable && error.execution == .notExecuted)
            #expect(error.limit == .init(name: "requestsInFlightMax", value: 4096) && error.retryAfter != nil)
        }
        try client.ping()
        try server.expectItServes()
        try holder.rollback()
        for request in requests.prefix(Limits.requestsInFlightMax) {
            let reply = try client.receive()
            #expect(reply?.request == request && reply?.error == nil)
        }
        #expect(try client.value("SELECT count(*) FROM t WHERE x = rowid - 1") == .integer(Limits.requestsInFlightMax))
    }

    @Test func `more bytes than may wait are refused at once`() throws {
        // Sending this much takes a while where nothing is optimized.
        let server = try TestServer(loops: 1) {
            $0.session.transactionIdleMax = 300_000_000_000
            $0.session.transactionTotalMax = 300_000_000_000
            $0.session.transactionWaitMax = 300_000_000_000
        }
        let holder = try server.client("acme")
        try holder.run("CREATE TABLE t(x)")
        try holder.begin()
        let client = try server.client("acme")
        let body = RawFrame.body {
            Execute.encode(
                into: &$0, kind: .run, stream: 1, request: 1, statement: "INSERT INTO t VALUES (?)",
                parameters: [.blob([UInt8](repeating: 1, count: 1 << 20))])
        }
        let send = { try client.sendRaw(type: MessageType.run.rawValue, stream: 1, body: body) }
        let requests = try (0..<66).map { _ in try send() }
        let error = try client.failure(of: try #require(requests.last))
        #expect(error.code == .overloaded && error.limit == .init(name: "requestBytesMax", value: 67_108_864))
        try client.ping()
        try server.expectItServes()
        try holder.rollback()
        var executed = 0
        for request in requests.dropLast() {
            let reply = try client.terminal(of: request)
            if let error = reply.error { #expect(error.code == .overloaded) } else { executed += 1 }
        }
        #expect(executed >= 60 && executed <= 64)
        #expect(try client.value("SELECT count(*) FROM t") == .integer(executed))
        // What was answered counts no more.
        try client.answer(to: try send())
    }

    @Test func `a flood of writes in one flight is carried out in order and commits together`() throws {
        let server = try TestServer(loops: 1)
        let client = try server.client("acme")
        try client.run("CREATE TABLE t(x)")
        client.socket.readsWhileSending = false
        let requests = try client.together {
            try (0..<4_000).map { try client.sendRun("INSERT INTO t VALUES (?)", [.integer($0)]) }
        }
        for request in requests {
            let reply = try client.receive()
            #expect(reply?.request == request && reply?.error == nil)
        }
        #expect(try client.value("SELECT count(*) FROM t WHERE x = rowid - 1") == 4_000)
    }

    @Test func `rows of a load beyond its credit are refused, and not kept while the tenant's turn is awaited`() throws
    {
        let server = try TestServer(loops: 1)
        let holder = try server.client("acme")
        try holder.run("CREATE TABLE t(x)")
        try holder.begin()
        let client = try server.client("acme")
        // It has not been granted anything yet.
        let early = try client.sendLoad("INSERT INTO t VALUES (?)", columns: 1)
        try client.sendLoadRows([[1]], of: early)
        #expect(try client.terminal(of: early).error?.code == .flowControl)
        try holder.rollback()
        let load = try client.sendLoad("INSERT INTO t VALUES (?)", columns: 1)
        guard case .grant(let bytes) = try client.receive(for: load).message else { throw TestSupportError("no GRANT") }
        #expect(bytes == UInt64(Limits.loadWindow))
        try client.sendLoadRows([[.blob([UInt8](repeating: 0, count: Limits.loadWindow))]], of: load)
        let error = try #require(try client.terminal(of: load).error)
        #expect(error.code == .flowControl && error.execution == .notExecuted)
        // Longer than any frame: the load fails once, and nothing else is said of it.
        let longest = try client.sendLoad("INSERT INTO t VALUES (?)", columns: 1)
        _ = try client.receive(for: longest)
        try client.send(
            RawFrame.bytes(
                type: MessageType.loadRows.rawValue, stream: 1, request: longest,
                body: [UInt8](repeating: 0, count: Limits.frameMax + 1)))
        #expect(try client.terminal(of: longest).error?.code == .flowControl)
        #expect(try client.value("SELECT count(*) FROM t") == 0)
        #expect(try client.receiveNothing())
    }

    @Test func `a thousand CANCELs of one request are one`() throws {
        let server = try TestServer(loops: 1)
        let client = try server.client("acme")
        let request = try client.sendQuery(EndlessStatement.read)
        try client.together { for _ in 0..<1_000 { try client.sendCancel(request) } }
        #expect(try client.failure(of: request).code == .cancelled)
        #expect(try client.value("SELECT 1") == 1)
    }

    @Test func `a thousand lists of tenants in one flight are answered`() throws {
        let client = try TestServer(loops: 1).client("acme")
        let requests = try client.together { try (0..<1_000).map { _ in try client.sendTenants() } }
        for request in requests {
            guard case .tenantList(let list) = try client.receive(for: request).message else {
                throw TestSupportError("no list")
            }
            #expect(list.names == ["acme"])
        }
    }

    @Test func `many connections that stop in the middle of a frame hold nobody up`() throws {
        let server = try TestServer(loops: 1)
        let strangers = try (0..<200).map { number in
            let client = try server.client()
            try client.send(
                RawFrame.bytes(type: MessageType.run.rawValue, stream: 1, body: [1, 2, 3], length: 16_000_000))
            if number % 2 == 0 { try client.send([UInt8](repeating: 0, count: 1000)) }
            return client
        }
        try server.expectItServes()
        for stranger in strangers { stranger.cut() }
        try server.expectItServes()
    }
}

extension WireClient {
    /// Whether everything that was sent has been answered: a PONG comes next, and nothing is left before it.
    func receiveNothing() throws -> Bool {
        let request = try sendPing()
        return try receive()?.request == request
    }
}
