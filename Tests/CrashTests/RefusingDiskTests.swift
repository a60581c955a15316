import DoSQLProtocol
import DoSQLTestSupport
import FoundationEssentials
import Testing

/// A disk that takes nothing, since it is full, by itself or for its owner, or read-only, under a server that goes on: writes fail with their own error, reads
/// do not, and when the disk takes writes again so does the server.
@Suite(.serialized)
struct RefusingDiskTests {
    static let faults: [Disk.Fault] = [.full, .quota, .readOnly]

    private func expectRefused(_ error: ErrorMessage, by fault: Disk.Fault, _ place: SourceLocation = #_sourceLocation)
    {
        #expect(error.code == code(of: fault), "\(error)", sourceLocation: place)
        #expect(error.execution == .notExecuted, "\(error)", sourceLocation: place)
        #expect(error.isRetryable, "\(error)", sourceLocation: place)
        let words: String? =
            switch fault {
            case .readOnly: "the disk is read-only"
            case .quota: "the disk quota is used up"
            default: nil
            }
        if let words { #expect(error.message == words, sourceLocation: place) }
    }

    private func code(of fault: Disk.Fault) -> ErrorCode { fault == .readOnly ? .storageFailed : .storageFull }

    private func ids(on client: WireClient) throws -> [Value] {
        try client.query("SELECT id FROM t ORDER BY id").rows.map { $0[0] }
    }

    /// Kills the server: only what was synced is there then.
    private func expectDurable(_ expected: [Value], on server: CrashServer) throws {
        try server.restart()
        let client = try server.process.client("acme")
        #expect(try ids(on: client) == expected)
        #expect(try client.value("PRAGMA integrity_check") == "ok")
    }

    @Test(arguments: faults)
    func `Every kind of write is refused with its own error, every kind of read goes on`(fault: Disk.Fault) throws {
        let server = try CrashServer(vfs: "forgetful")
        let client = try server.process.client("acme")
        try client.script("CREATE TABLE t(id INTEGER PRIMARY KEY); INSERT INTO t VALUES(1)")
        let reader = try server.process.client("acme")
        try reader.begin(.read)
        #expect(try ids(on: reader) == [1])
        try server.disk.begin(fault)
        // Again and again: a refused write must not wear anything out.
        for _ in 0..<3 {
            expectRefused(try client.failure(of: try client.sendRun("INSERT INTO t VALUES(2)")), by: fault)
            expectRefused(try client.failure(of: try client.sendRun("INSERT INTO t VALUES(2)", key: "k")), by: fault)
            expectRefused(
                try client.failure(of: try client.sendBatch([.init("INSERT INTO t VALUES(2)")])), by: fault)
            expectRefused(try client.failure(of: try client.sendScript("INSERT INTO t VALUES(2)")), by: fault)
            try client.begin()
            try client.run("INSERT INTO t VALUES(2)")
            // It sees its own change until the commit shows that it cannot stay.
            #expect(try ids(on: client) == [1, 2])
            let commit = try client.failure(of: try client.sendCommit())
            expectRefused(commit, by: fault)
            #expect(commit.transaction == .none)
            do {
                try client.load("INSERT INTO t VALUES(?)", [[.integer(2)]])
                Issue.record("a load was taken")
            } catch let error as ErrorMessage {
                expectRefused(error, by: fault)
            }
            let migration = try client.receive(for: try client.sendMigrate([("1", "INSERT INTO t VALUES(2)")]))
            expectRefused(try #require(migration.error), by: fault)
            #expect(migration.error?.migration == "1")
            #expect(migration.error?.sqlite == (fault == .full ? 13 : 778))
            // Reads: quick, in an old snapshot, streamed, and of somebody who came since.
            #expect(try ids(on: client) == [1])
            #expect(try ids(on: reader) == [1])
            let newcomer = try server.process.client("acme")
            #expect(try ids(on: newcomer) == [1])
            let counted = try newcomer.query(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) SELECT i FROM n")
            #expect(counted.isStreamed)
            #expect(counted.rows.count == 50_000)
        }
        try server.disk.end(fault)
        try client.run("INSERT INTO t VALUES(2)", key: "k")
        try reader.rollback()
        #expect(try ids(on: reader) == [1, 2])
        try client.begin()
        try client.run("INSERT INTO t VALUES(3)")
        try client.commit()
        try expectDurable([1, 2, 3], on: server)
    }

    @Test(arguments: faults)
    func `A transaction that outgrows memory on such a disk is aborted and leaves nothing`(fault: Disk.Fault) throws {
        let server = try CrashServer(vfs: "forgetful")
        let client = try server.process.client("acme")
        try client.script("CREATE TABLE t(id INTEGER PRIMARY KEY, content BLOB); INSERT INTO t VALUES(1, NULL)")
        try client.begin()
        try client.run("INSERT INTO t VALUES(2, NULL)")
        try server.disk.begin(fault)
        // More than the page cache: SQLite writes into the log before the commit.
        let grown = try client.failure(
            of: try client.sendRun(
                """
                INSERT INTO t
                WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
                SELECT i, zeroblob(4000) FROM n
                """))
        expectRefused(grown, by: fault)
        #expect(grown.transaction == .aborted)
        try client.rollback()
        #expect(try ids(on: client) == [1])
        try server.disk.end(fault)
        try client.run("INSERT INTO t VALUES(3, NULL)")
        try expectDurable([1, 3], on: server)
    }

    @Test(arguments: faults)
    func `A checkpoint that such a disk refuses is made up for later, and keeps nobody from reading`(
        fault: Disk.Fault
    ) throws {
        let server = try CrashServer(vfs: "forgetful", flags: ["--checkpoint-pages", "20"])
        let client = try server.process.client("acme")
        try client.script("CREATE TABLE t(id INTEGER PRIMARY KEY, content BLOB)")
        // As long as it reads what was there before, the log cannot be copied into the file.
        let reader = try server.process.client("acme")
        try reader.begin(.read)
        #expect(try ids(on: reader) == [])
        for id in 1...40 { try client.run("INSERT INTO t VALUES(?, zeroblob(4000))", [.integer(id)]) }
        let expected = (1...40).map { Value.integer($0) }
        let complete = try checkpoints("complete", on: server)
        try server.disk.begin(fault)
        try reader.rollback()
        #expect(try Deadline.poll { try checkpoints("failed", on: server) > 0 })
        #expect(try ids(on: client) == expected)
        #expect(try ids(on: reader) == expected)
        expectRefused(try client.failure(of: try client.sendRun("INSERT INTO t VALUES(41, zeroblob(4000))")), by: fault)
        try server.disk.end(fault)
        #expect(try Deadline.poll { try checkpoints("complete", on: server) > complete })
        try client.run("INSERT INTO t VALUES(41, NULL)")
        try expectDurable(expected + [41], on: server)
    }

    private func checkpoints(_ result: String, on server: CrashServer) throws -> Int {
        let page = try server.process.http().get("/metrics").text
        let start = "dosql_checkpoints_total{result=\"\(result)\"} "
        let line = page.split(separator: "\n").first { $0.hasPrefix(start) }
        return Int(line?.dropFirst(start.count) ?? "") ?? 0
    }

    @Test func `A tenant that is opened on a read-only disk is refused until the disk takes writes`() throws {
        let server = try CrashServer(vfs: "forgetful")
        try server.process.client("acme").script("CREATE TABLE t(id INTEGER PRIMARY KEY); INSERT INTO t VALUES(1)")
        try server.restart()
        try server.disk.begin(.readOnly)
        let client = try server.process.client()
        for _ in 0..<3 {
            let refused = try client.failure(of: try client.sendOpen("acme"))
            #expect(refused.code == .tenantUnavailable, "\(refused)")
            #expect(refused.execution == .notExecuted)
            #expect(refused.isRetryable)
        }
        try server.disk.end(.readOnly)
        try client.open("acme")
        try client.run("INSERT INTO t VALUES(2)")
        try expectDurable([1, 2], on: server)
    }

    @Test func `A tenant is opened, and read, on a full disk`() throws {
        let server = try CrashServer(vfs: "forgetful")
        try server.process.client("acme").script("CREATE TABLE t(id INTEGER PRIMARY KEY); INSERT INTO t VALUES(1)")
        try server.restart()
        try server.disk.begin(.full)
        let client = try server.process.client("acme")
        #expect(try ids(on: client) == [1])
        expectRefused(
            try client.failure(of: try client.sendScript("CREATE TABLE u AS SELECT zeroblob(9000)")), by: .full)
        try server.disk.end(.full)
        try client.run("INSERT INTO t VALUES(2)")
        try expectDurable([1, 2], on: server)
    }

    @Test func `The write that fills the disk is refused as a whole, and those before it are there`() throws {
        let server = try CrashServer(vfs: "forgetful")
        let client = try server.process.client("acme")
        try client.script("CREATE TABLE t(id INTEGER PRIMARY KEY, content BLOB)")
        // Not a whole number of pages: the last write is cut off in the middle of one.
        try server.disk.begin(.full, 100_001)
        var acknowledged: [Value] = []
        var refusal: ErrorMessage?
        while refusal == nil && acknowledged.count < 100 {
            do {
                try client.run("INSERT INTO t VALUES(?, zeroblob(9000))", [.integer(acknowledged.count)])
                acknowledged.append(.integer(acknowledged.count))
            } catch let error as ErrorMessage {
                refusal = error
            }
        }
        expectRefused(try #require(refusal), by: .full)
        #expect(acknowledged.count > 2)
        #expect(try ids(on: client) == acknowledged)
        try expectDurable(acknowledged, on: server)
        // The restarted server has met the full disk as well: its log is as long as it was.
        try server.disk.endAll()
        try server.process.client("acme").run("INSERT INTO t VALUES(1000, NULL)")
        try expectDurable(acknowledged + [1000], on: server)
    }

    @Test func `After a short write the tenant comes back with all that was acknowledged`() throws {
        let server = try CrashServer(vfs: "forgetful", flags: ["--disk-seed", "7"])
        let client = try server.process.client("acme")
        try client.script("CREATE TABLE t(id INTEGER PRIMARY KEY, content BLOB)")
        try server.disk.begin(.shortWrite, 20)
        var acknowledged: [Value] = []
        var failed: Set<Int> = []
        for id in 0..<200 {
            do {
                try client.run("INSERT INTO t VALUES(?, zeroblob(9000))", [.integer(id)])
                acknowledged.append(.integer(id))
            } catch let error as ErrorMessage {
                #expect(error.isRetryable, "\(error)")
                if error.execution == .unknown { failed.insert(id) }
            }
        }
        #expect(!failed.isEmpty)
        #expect(!acknowledged.isEmpty)
        try server.disk.end(.shortWrite)
        try server.restart()
        let found = try ids(on: try server.process.client("acme"))
        // Of those nobody knows of, some may be there.
        #expect(found.filter { value in !failed.contains { .integer($0) == value } } == acknowledged)
    }

    @Test(arguments: [false, true])
    func `A torn disk has parts of what was not synced, and a good one nothing`(tears: Bool) throws {
        let server = try CrashServer(vfs: "forgetful")
        try server.process.client("acme").script("CREATE TABLE t(id INTEGER PRIMARY KEY); INSERT INTO t VALUES(1)")
        #expect(server.process.terminate() == 0)
        try server.restart()
        let log = server.folder.path(of: "data/tenants/acme/main.sqlite-wal")
        try server.disk.begin(.skipSync)
        if tears { try server.disk.begin(.torn) }
        let client = try server.process.client("acme")
        for id in 2...9 { try client.run("INSERT INTO t VALUES(?)", [.integer(id)]) }
        server.process.kill()
        #expect((FileManager.default.contents(atPath: log)?.count ?? 0 > 0) == tears)
        try server.disk.endAll()
        try server.restart()
        // What is torn is known by its checksum: a part of the log may be whole, from its beginning on.
        let next = try server.process.client("acme")
        let found = try ids(on: next)
        #expect(found == (1...max(1, found.count)).map { .integer($0) })
        #expect(try next.value("PRAGMA integrity_check") == "ok")
    }
}
