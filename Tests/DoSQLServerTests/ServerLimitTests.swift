import DoSQLProtocol
import DoSQLServer
import DoSQLSession
import DoSQLTestSupport
import Testing

/// The bounds of a whole server, met (`protocol/limits.md`): each error has its name and value, and others are served.
struct ServerLimitTests {
    private static let select = #"{"sql":"SELECT 1"}"#

    @Test func `one tenant more than there may be is TENANT_LIMIT, and the others go on, also after a restart`() throws
    {
        let server = try TestServer(loops: 1) { $0.tenantsMax = 2 }
        try server.client("one").run("CREATE TABLE t(x)")
        try server.client("two").run("CREATE TABLE t(x)")
        for _ in 0..<2 {
            for _ in 0..<3 {
                let client = try server.client()
                let error = try client.failure(of: try client.sendOpen("three"))
                #expect(error.code == .tenantLimit && error.category == .resource)
                #expect(error.limit == .init(name: "tenantsMax", value: 2))
            }
            // Those that are not to be made are not counted.
            let client = try server.client()
            #expect(try client.failure(of: try client.sendOpen("four", mayCreate: false)).code == .tenantNotFound)
            try server.client("one").run("INSERT INTO t VALUES (1)")
            try server.client("two").run("INSERT INTO t VALUES (1)")
            try server.restart()
        }
    }

    @Test(arguments: [
        ("--max-disk", "1", "diskBytesMax", 1),
        ("--min-disk-free", "1000000000000000000", "diskFreeMin", 1_000_000_000_000_000_000),
    ])
    func `a disk that has no room to grow is told before it is full, and what is there can be changed`(
        flag: String, value: String, limit: String, bound: Int
    ) throws {
        let folder = try TemporaryFolder()
        let before = try TestServerProcess(folder: folder)
        let writer = try before.client("acme")
        try writer.run("CREATE TABLE t(x)")
        try writer.run("INSERT INTO t VALUES (zeroblob(200000))")
        #expect(before.terminate() == 0)
        let server = try TestServerProcess(folder: folder, flags: [flag, value])
        let client = try server.client("acme")
        let error = try client.failure(of: try client.sendRun("INSERT INTO t VALUES (zeroblob(200000))"))
        #expect(error.code == .storageFull && error.limit == .init(name: limit, value: UInt64(bound)))
        #expect(error.isRetryable && error.execution == .notExecuted)
        #expect(try client.value("SELECT count(*) FROM t") == 1)
        try client.run("UPDATE t SET x = zeroblob(1000)")
        try client.run("INSERT INTO t VALUES (zeroblob(1000))")
        let other = try server.client()
        let refused = try other.failure(of: try other.sendOpen("other"))
        #expect(refused.code == .storageFull && refused.limit?.name == limit)
    }

    @Test func `SQLite's memory in all is bounded: who meets it is OVERLOADED, and nobody is harmed`() throws {
        let server = try TestServerProcess(
            flags: [
                "--loops", "1", "--max-memory", "\(32 << 20)", "--tenant-limit", "statementMemoryMax=\(1 << 30)",
            ])
        let other = try server.client("other")
        try other.run("CREATE TABLE t(x)")
        let client = try server.client("acme")
        try client.run("CREATE TABLE t(x)")
        let rows = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 100000)"
        for _ in 0..<3 {
            let read = try client.failure(
                of: try client.sendQuery(.sql("\(rows) SELECT n, zeroblob(1000) AS z FROM c ORDER BY n DESC")))
            #expect(read.code == .overloaded && read.category == .connection && read.isRetryable)
            #expect(read.limit == .init(name: "heapBytesMax", value: 32 << 20) && read.retryAfter != nil)
            let write = try client.failure(
                of: try client.sendRun(.sql("INSERT INTO t \(rows) SELECT zeroblob(1000) FROM c ORDER BY n DESC")))
            #expect(write.code == .overloaded && write.limit?.name == "heapBytesMax")
            #expect(write.execution == .notExecuted)
            #expect(try client.value("SELECT count(*) FROM t") == 0)
            try other.run("INSERT INTO t VALUES (1)")
        }
        #expect(try other.value("SELECT count(*) FROM t") == 3)
        try client.run("INSERT INTO t VALUES (1)")
        #expect(try client.value("PRAGMA integrity_check") == "ok")
    }

    @Test func `bytes that wait in all are bounded, and what is refused leaves room again`() throws {
        let server = try TestServer(loops: 1) { $0.bytesInFlightMax = 32 << 20 }
        let holder = try server.client("acme")
        try holder.run("CREATE TABLE t(x)")
        try holder.begin()
        let client = try server.client("acme")
        let value = Value.blob([UInt8](repeating: 1, count: 1 << 20))
        let requests = try (0..<40).map { _ in
            let request = try client.sendRun("INSERT INTO t VALUES (?)", [value])
            try client.ping()
            return request
        }
        let error = try client.failure(of: try #require(requests.last))
        #expect(error.code == .overloaded && error.isRetryable && error.execution == .notExecuted)
        #expect(error.limit == .init(name: "bytesInFlightMax", value: 32 << 20) && error.retryAfter != nil)
        // Every face, at once. The bytes of a frame that is not complete count as well.
        let slow = try server.client("acme")
        try slow.send(
            RawFrame.bytes(
                type: MessageType.run.rawValue, stream: 1, body: [UInt8](repeating: 0, count: 2 << 20), length: 3 << 20)
        )
        let web = try server.http("other")
        var answer = try web.post("/query", Self.select)
        let isRefused = try Deadline.poll {
            answer = try web.post("/query", Self.select)
            return answer.status == 503
        }
        #expect(isRefused && answer.header("retry-after") == "1")
        let words = String(decoding: answer.body, as: UTF8.self)
        #expect(words.contains("OVERLOADED") && words.contains("bytesInFlightMax"), "\(words)")
        #expect(try web.get("/health/live").status == 200)
        slow.cut()
        // What ends a transaction is never refused.
        try holder.commit()
        for request in requests.dropLast() { _ = try client.terminal(of: request) }
        #expect(try server.http("other").post("/query", Self.select).status == 200)
        try client.run("INSERT INTO t VALUES (?)", [value])
    }

    @Test func `with too much unread, those who leave most of it lying are cut off`() throws {
        let server = try TestServer(loops: 1) { $0.bytesInFlightMax = 32 << 20 }
        let honest = try server.client("honest")
        // All are in before one asks: afterwards an OPEN may be one byte too many.
        let greedy = try (0..<24).map { _ in try server.client("greedy", receiveBuffer: 4096) }
        for client in greedy {
            client.socket.readsWhileSending = false
            try client.together { for _ in 0..<80 { try client.sendQuery("SELECT zeroblob(60000)") } }
        }
        // A server that has closed answers what comes with a reset.
        let isCut = Deadline.poll {
            greedy.contains { client in
                do {
                    _ = try client.socket.sendWhatFits([])
                    _ = try client.sendPing()
                    return false
                } catch { return true }
            }
        }
        #expect(isCut)
        let isServed = try Deadline.poll { try honest.terminal(of: try honest.sendQuery("SELECT 1")).error == nil }
        #expect(isServed)
    }

    @Test func `so many connections come from one address`() throws {
        let server = try TestServer(loops: 2) { $0.addressConnectionsMax = 2 }
        let clients = try (0..<2).map { _ in try server.client("acme") }
        let third = try server.stranger()
        try third.sendHello()
        let error = try #require(try third.receive()?.error)
        #expect(error.code == .tooManyConnections && error.isFatal)
        #expect(error.limit == .init(name: "addressConnectionsMax", value: 2))
        try third.waitForEnd()
        let web = try server.http("acme")
        let answer = try web.post("/query", Self.select)
        #expect(answer.status == 503)
        #expect(String(decoding: answer.body, as: UTF8.self).contains("TOO_MANY_CONNECTIONS"))
        clients[0].close()
        let hasRoom = Deadline.poll { (try? server.client("acme")) != nil }
        #expect(hasRoom)
    }

    @Test func `of those who say nothing the oldest make room for whoever comes`() throws {
        let server = try TestServer(loops: 1) {
            $0.handshakesMax = 4
            $0.session.handshakeTime = 600_000_000_000
        }
        // Those that have shown who they are stay.
        let first = try server.client("acme")
        let web = try server.http("acme")
        #expect(try web.post("/query", Self.select).status == 200)
        let silent = try (0..<20).map { number in try server.stranger(preamble: number % 2 == 0 ? [] : [0x44]) }
        for stranger in silent.prefix(16) {
            // With a byte unread, the end is a reset.
            #expect((try? stranger.receive()) ?? nil == nil)
        }
        let client = try server.client("acme")
        #expect(try client.value("SELECT 1") == 1)
        #expect(try first.value("SELECT 1") == 1)
        #expect(try web.post("/query", Self.select).status == 200)
    }

    // MARK: Turns

    @Test func `a tenant that has every thread keeps nobody else from long reads and writes`() throws {
        let server = try TestServer(loops: 1) {
            $0.readerThreads = 2
            $0.writerThreads = 1
            $0.session.statementTimeMax = 600_000_000_000
        }
        let greedy = try server.client("greedy")
        try greedy.run("CREATE TABLE t(x)")
        try greedy.run("INSERT INTO t VALUES (1)")
        let second = try server.client("greedy")
        let requests = try greedy.together { try (0..<50).map { _ in try greedy.sendQuery(EndlessStatement.read) } }
        let write = try second.sendRun(EndlessStatement.write)
        // It has them all, until it is told to stop.
        for name in ["one", "two", "three"] {
            let other = try server.client(name)
            try other.run("CREATE TABLE t(x)")
            try other.run("INSERT INTO t VALUES (zeroblob(300000))")
            // Longer than a loop's answer.
            #expect(try other.query("SELECT x FROM t").rows.count == 1)
            #expect(
                try other.value(
                    """
                    SELECT sum(n) FROM (
                        WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 300000) SELECT n FROM c)
                    """) == 45_000_150_000)
        }
        for request in requests { try greedy.sendCancel(request) }
        try second.sendCancel(write)
        for request in requests { #expect(try greedy.failure(of: request).code == .cancelled) }
    }
}
