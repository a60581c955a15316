import DoSQLProtocol
import DoSQLTestSupport
import Testing

/// A disk that fails while the server runs: nothing is acknowledged that is not durable, and the tenant comes back by itself.
@Suite(.serialized)
struct StorageFaultTests {
    /// Inserts a row until the tenant takes it again; every refusal must say that it is worth another try.
    private func insertWhenPossible(_ id: Int, on client: WireClient) throws {
        let succeeded = try Deadline.poll {
            do {
                try client.run("INSERT INTO t VALUES(?)", [.integer(id)])
                return true
            } catch let error as ErrorMessage {
                #expect(error.isRetryable, "\(error)")
                return false
            }
        }
        #expect(succeeded)
    }

    private func ids(on client: WireClient) throws -> [Value] {
        try client.query("SELECT id FROM t ORDER BY id").rows.map { $0[0] }
    }

    @Test(arguments: [false, true])
    func `After a failed sync a write is unknown, and what is acknowledged later is durable`(hasReader: Bool) throws {
        let server = try CrashServer(vfs: "forgetful")
        do {
            let client = try server.process.client("acme")
            try client.script("CREATE TABLE t(id INTEGER PRIMARY KEY); INSERT INTO t VALUES(1)")
            if hasReader { #expect(try ids(on: client) == [1]) }
            try server.disk.begin(.failSync)
            let requests = try client.together {
                try (10..<15).map { try client.sendRun("INSERT INTO t VALUES(?)", [.integer($0)]) }
            }
            let errors = try requests.map { try client.failure(of: $0) }
            #expect(errors.first?.code == .storageFailed)
            #expect(errors.first?.execution == .unknown)
            for error in errors where error.execution != .unknown { #expect(error.isRetryable, "\(error)") }
            // Reads go on, or say that the tenant will be back.
            do {
                let seen = try ids(on: client)
                #expect(seen.first == 1)
            } catch let error as ErrorMessage {
                #expect(error.code == .tenantUnavailable)
            }
            try server.disk.end(.failSync)
            try insertWhenPossible(20, on: client)
            for id in 21..<25 { try client.run("INSERT INTO t VALUES(?)", [.integer(id)]) }
            let before = try ids(on: client)
            #expect(before.suffix(5) == [20, 21, 22, 23, 24])
        }
        // As long as the kernel's cache lived all seemed well: only now it shows what the disk has.
        try server.restart()
        let client = try server.process.client("acme")
        let after = try ids(on: client)
        #expect(after.first == 1)
        #expect(after.suffix(5) == [20, 21, 22, 23, 24])
        #expect(try client.value("PRAGMA integrity_check") == "ok")
    }

    @Test(arguments: ["full", "normal"])
    func `Syncs that fail again and again under eight writers leave nothing half`(synchronous: String) throws {
        let seed = CrashTests.seed(for: "failing syncs, synchronous \(synchronous)")
        var random = RandomNumbers(seed: seed)
        var acknowledged = 0
        var unclear = 0
        // Each on a folder of its own: with `normal`, what is lost is lost, and the ledger with it.
        for round in 0..<6 {
            let server = try CrashServer(
                vfs: "forgetful", flags: ["--checkpoint-pages", "30", "--synchronous", synchronous])
            try CrashTests.prepare(server)
            #expect(server.process.terminate() == 0)
            try server.restart()
            let writers = Writers(tenants: CrashTests.tenants, seed: seed)
            let process = server.process
            let disk = server.disk
            var answers = 0
            func soon(_ range: ClosedRange<Int>, _ body: @escaping @Sendable () throws -> Void) -> Writers.Event {
                answers += Int.random(in: range, using: &random)
                return .init(answers: answers, body: body)
            }
            var events: [Writers.Event] = []
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                events.append(soon(1...200) { try disk.begin(.failSync) })
                events.append(soon(1...100) { try disk.end(.failSync) })
            }
            // Every other kill comes while the disk fails, or right after.
            if round % 2 == 0 { events.append(soon(1...100) { try disk.begin(.failSync) }) }
            events.append(soon(1...50) { process.kill() })
            var ledger = Ledger()
            let written = try writers.write(to: process, round: round, events)
            #expect(written.faults.isEmpty)
            ledger.entries = written.entries
            acknowledged += ledger.acknowledged
            unclear += written.entries.count { $0.answer == .unclear }
            if round % 2 == 0 { try disk.end(.failSync) }
            try server.restart()
            for tenant in CrashTests.tenants {
                let audit = try Audit(
                    &ledger, tenant: tenant, on: server.process, mayLoseTail: synchronous == "normal")
                #expect(audit.faults.isEmpty, "round \(round), seed \(seed)")
            }
        }
        print("failing syncs, synchronous \(synchronous): \(acknowledged) writes acknowledged, \(unclear) unknown")
        // With `normal` only checkpoints sync, behind the answers.
        #expect(unclear > 0 || synchronous == "normal")
    }

    @Test func `A full disk refuses writes, keeps reading, and takes writes again when there is room`() throws {
        let server = try CrashServer(vfs: "forgetful")
        do {
            let client = try server.process.client("acme")
            try client.script("CREATE TABLE t(id INTEGER PRIMARY KEY); INSERT INTO t VALUES(1)")
            try server.disk.begin(.full)
            let error = try client.failure(of: try client.sendRun("INSERT INTO t VALUES(2)"))
            #expect(error.code == .storageFull)
            #expect(error.execution == .notExecuted)
            let script = try client.failure(of: try client.sendScript("INSERT INTO t VALUES(3)"))
            #expect(script.code == .storageFull)
            #expect(script.execution == .notExecuted)
            try client.begin()
            try client.run("INSERT INTO t VALUES(4)")
            let commit = try client.failure(of: try client.sendCommit())
            #expect(commit.code == .storageFull)
            #expect(commit.execution == .notExecuted)
            #expect(commit.transaction == .none)
            #expect(try ids(on: client) == [1])
            try server.disk.end(.full)
            try client.run("INSERT INTO t VALUES(5)")
        }
        try server.restart()
        let client = try server.process.client("acme")
        #expect(try ids(on: client) == [1, 5])
        #expect(try client.value("PRAGMA integrity_check") == "ok")
    }

    @Test(arguments: [Disk.Fault.failSync, .full, .quota, .readOnly, .shortWrite])
    func `A tenant whose first use met a failing disk is made when the disk works again`(fault: Disk.Fault) throws {
        let server = try CrashServer(vfs: "forgetful")
        try server.disk.begin(fault)
        let client = try server.process.client()
        let refused = try client.failure(of: try client.sendOpen("acme"))
        #expect(refused.isRetryable, "\(refused)")
        #expect(refused.execution == .notExecuted)
        try server.disk.end(fault)
        let incarnation = try client.open("acme").incarnation
        try client.script("CREATE TABLE t(id INTEGER PRIMARY KEY); INSERT INTO t VALUES(1)")
        try server.restart()
        let next = try server.process.client()
        #expect(try next.open("acme").incarnation == incarnation)
        #expect(try ids(on: next) == [1])
    }

    @Test(arguments: [Disk.Fault.full, .readOnly])
    func `When a commit fails nobody is answered with what it would have made`(fault: Disk.Fault) throws {
        let server = try CrashServer(vfs: "forgetful")
        let holder = try server.process.client("acme")
        try holder.script("CREATE TABLE t(id INTEGER PRIMARY KEY)")
        let clients = try (0..<3).map { _ in try server.process.client("acme") }
        // All three wait behind a transaction, so that they share one commit.
        try holder.begin()
        var requests: [UInt32] = []
        for (client, sql) in zip(
            clients, ["INSERT INTO t VALUES(7)", "INSERT OR IGNORE INTO t VALUES(7)", "INSERT INTO t VALUES(7)"])
        {
            requests.append(try client.sendRun(.sql(sql)))
            try client.ping()
        }
        try server.disk.begin(fault)
        try holder.commit()
        for (client, request) in zip(clients, requests) {
            let error = try client.failure(of: request)
            #expect(error.code == (fault == .full ? .storageFull : .storageFailed), "\(error)")
            #expect(error.execution == .notExecuted)
        }
        #expect(try ids(on: holder) == [])
        try server.disk.end(fault)
        #expect(try ids(on: holder) == [])
    }

    @Test(arguments: [Disk.Fault.full, .readOnly])
    func `A disk that takes nothing again and again under eight writers costs no acknowledged write`(
        fault: Disk.Fault
    ) throws {
        let seed = CrashTests.seed(for: "\(fault) disk")
        var random = RandomNumbers(seed: seed)
        let server = try CrashServer(vfs: "forgetful", flags: ["--checkpoint-pages", "50"])
        try CrashTests.prepare(server)
        let writers = Writers(tenants: CrashTests.tenants, seed: seed)
        var ledger = Ledger()
        var refused = 0
        for round in 0..<3 {
            let process = server.process
            let disk = server.disk
            let on = Int.random(in: 1...200, using: &random)
            let off = on + Int.random(in: 20...200, using: &random)
            let end = off + Int.random(in: 100...300, using: &random)
            let written = try writers.write(
                to: process, round: round,
                [
                    .init(answers: on) { try disk.begin(fault) },
                    .init(answers: off) { try disk.end(fault) },
                    .init(answers: end) { process.kill() },
                ])
            #expect(written.faults.isEmpty)
            ledger.entries += written.entries
            refused += written.entries.count { $0.answer == .refused }
            try server.restart()
            for tenant in CrashTests.tenants {
                let audit = try Audit(&ledger, tenant: tenant, on: server.process)
                #expect(audit.faults.isEmpty, "round \(round), seed \(seed)")
            }
        }
        print("\(fault) disk: \(ledger.acknowledged) writes acknowledged and there, \(refused) refused and not there")
        #expect(refused > 0)
    }
}
