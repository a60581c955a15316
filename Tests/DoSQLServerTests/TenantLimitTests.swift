import DoSQLProtocol
import DoSQLSession
import DoSQLTestSupport
import FoundationEssentials
import Synchronization
import Testing

@testable import DoSQLServer

/// Each bound of a tenant, met (`protocol/limits.md`): the error has its name and value, and the tenant goes on.
struct TenantLimitTests {
    @Test func `HELLO_OK tells what the operator has set`() throws {
        let client = try TestServer(loops: 1) {
            $0.tenant.databaseBytesMax = 123_456_789
            $0.tenant.tenantRateMax = 77
            $0.session.statementTimeMax = 5_000_000_000
        }.client()
        let told = try #require(client.helloOK?.limits)
        #expect(told.contains(Limit(name: "databaseBytesMax", value: 123_456_789)))
        #expect(told.contains(Limit(name: "tenantRateMax", value: 77)))
        #expect(told.contains(Limit(name: "statementTimeMax", value: 5_000)))
        #expect(told.contains(Limit(name: "resultBytesMax", value: 1_073_741_824)))
        #expect(!told.contains { $0.name == "heapBytesMax" })
    }

    @Test func `a database that is full can be read and emptied, and then takes more`() throws {
        let client = try TestServer(loops: 1) { $0.tenant.databaseBytesMax = 1 << 20 }.client("acme")
        try client.run("CREATE TABLE t(x)")
        var error: ErrorMessage?
        var stored = 0
        while error == nil, stored < 100 {
            let reply = try client.terminal(of: try client.sendRun("INSERT INTO t VALUES (zeroblob(50000))"))
            error = reply.error
            if error == nil { stored += 1 }
        }
        #expect(error?.code == .storageFull && error?.category == .resource && error?.execution == .notExecuted)
        #expect(error?.limit == .init(name: "databaseBytesMax", value: 1 << 20))
        #expect((10...20).contains(stored))
        #expect(try client.value("SELECT count(*) FROM t") == .integer(stored))
        // In a transaction, a batch and a load as well.
        try client.begin()
        let inside = try client.failure(of: try client.sendRun("INSERT INTO t VALUES (zeroblob(500000))"))
        #expect(inside.code == .storageFull && inside.limit?.name == "databaseBytesMax")
        _ = try client.terminal(of: try client.sendRollback())
        let batch = try client.failure(
            of: try client.sendBatch([BatchStep("INSERT INTO t VALUES (zeroblob(500000))")]))
        #expect(batch.code == .storageFull && batch.limit?.name == "databaseBytesMax")
        let script = try client.failure(of: try client.sendScript("INSERT INTO t VALUES (zeroblob(500000))"))
        #expect(script.code == .storageFull && script.limit?.name == "databaseBytesMax")
        try client.run("DELETE FROM t")
        try client.run("INSERT INTO t VALUES (zeroblob(50000))")
        #expect(try client.value("SELECT count(*) FROM t") == 1)
    }

    @Test func `a statement that sorts more than it may is MEMORY_EXCEEDED, wherever it runs`() throws {
        let client = try TestServer(loops: 1) { $0.tenant.statementMemoryMax = 16 << 20 }.client("acme")
        let rows = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 40000)"
        let sort: StatementSource = .sql("\(rows) SELECT n, zeroblob(1000) AS z FROM c ORDER BY n DESC")
        try client.run("CREATE TABLE t(x)")
        try client.run("INSERT INTO t VALUES (1)")
        let expected = ErrorMessage.MetLimit(name: "statementMemoryMax", value: 16 << 20)
        let read = try client.failure(of: try client.sendQuery(sort))
        #expect(read.code == .memoryExceeded && read.category == .resource && read.limit == expected)
        #expect(!read.isRetryable && read.execution == .notExecuted)
        let write = try client.failure(
            of: try client.sendRun(.sql("INSERT INTO t \(rows) SELECT zeroblob(1000) FROM c ORDER BY n DESC")))
        #expect(write.code == .memoryExceeded && write.limit == expected)
        try client.begin()
        try client.run("INSERT INTO t VALUES (2)")
        let inside = try client.failure(of: try client.sendQuery(sort))
        #expect(inside.code == .memoryExceeded && inside.limit == expected)
        // SQLite may have given the transaction up; then it says so.
        _ = try client.terminal(of: try client.sendRollback())
        #expect(try client.query("SELECT x FROM t").rows == [[1]])
        try client.run("INSERT INTO t VALUES (3)")
        // One that fits, and the same text again.
        #expect(try client.value("SELECT length(zeroblob(10000000))") == 10_000_000)
        #expect(try client.failure(of: try client.sendQuery(sort)).code == .memoryExceeded)
        #expect(try client.value("SELECT count(*) FROM t") == 2)
    }

    @Test func `a result has so many bytes, streamed or whole`() throws {
        let client = try TestServer(loops: 1) { $0.tenant.resultBytesMax = 100_000 }.client("acme")
        let rows =
            "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 300) SELECT zeroblob(1000) FROM c"
        let expected = ErrorMessage.MetLimit(name: "resultBytesMax", value: 100_000)
        let streamed = try client.failure(of: try client.sendQuery(.sql(rows), credit: UInt64(Int64.max)))
        #expect(streamed.code == .resultTooLarge && streamed.limit == expected)
        let whole = try client.failure(of: try client.sendBatch([BatchStep(.sql(rows), want: .all)]))
        #expect(whole.code == .resultTooLarge && whole.limit == expected)
        try client.run("CREATE TABLE t(x)")
        let write = try client.failure(
            of: try client.sendQuery("INSERT INTO t VALUES (zeroblob(200000)) RETURNING x"))
        #expect(write.code == .resultTooLarge && write.limit == expected)
        #expect(try client.value("SELECT count(*) FROM t") == 0)
    }

    @Test func `so many requests of a tenant wait, over all its connections`() throws {
        let server = try TestServer(loops: 2) { $0.tenant.tenantRequestsMax = 6 }
        let holder = try server.client("acme")
        try holder.run("CREATE TABLE t(x)")
        try holder.begin()
        let clients = try (0..<4).map { _ in try server.client("acme") }
        var requests: [(WireClient, UInt32)] = []
        for number in 0..<20 {
            let client = clients[number % 4]
            requests.append((client, try client.sendRun("INSERT INTO t VALUES (?)", [.integer(number)])))
            // What was sent has arrived.
            try client.ping()
        }
        // The others are served meanwhile, and the tenant's own quick reads are not among what waits.
        try server.expectItServes()
        for (client, request) in requests.dropFirst(6) {
            let error = try client.failure(of: request)
            #expect(error.code == .overloaded && error.isRetryable && error.execution == .notExecuted)
            #expect(error.limit == .init(name: "tenantRequestsMax", value: 6) && error.retryAfter != nil)
        }
        // Whoever holds what all wait for can let go of it.
        try holder.commit()
        for (client, request) in requests.prefix(6) { try client.answer(to: request) }
        #expect(try holder.value("SELECT count(*) FROM t") == 6)
        // What was answered counts no more.
        for _ in 0..<20 { try holder.run("INSERT INTO t VALUES (0)") }
    }

    @Test func `so many bytes of a tenant's requests wait, over all its connections`() throws {
        let server = try TestServer(loops: 1) { $0.tenant.tenantRequestBytesMax = 1 << 20 }
        let holder = try server.client("acme")
        try holder.run("CREATE TABLE t(x)")
        try holder.begin()
        let clients = try (0..<2).map { _ in try server.client("acme") }
        let value = Value.blob([UInt8](repeating: 1, count: 300_000))
        let requests = try (0..<6).map { number in
            let client = clients[number % 2]
            let request = try client.sendRun("INSERT INTO t VALUES (?)", [value])
            try client.ping()
            return (client, request)
        }
        for (client, request) in requests.dropFirst(4) {
            let error = try client.failure(of: request)
            #expect(error.code == .overloaded)
            #expect(error.limit == .init(name: "tenantRequestBytesMax", value: 1 << 20))
        }
        try holder.rollback()
        for (client, request) in requests.prefix(4) { try client.answer(to: request) }
    }

    @Test func `a tenant may ask so many times a second, and nobody else is counted`() throws {
        let server = try TestServer(loops: 2) {
            $0.tenant.tenantRateMax = 1
            $0.tenant.tenantBurstMax = 5
        }
        let client = try server.client("acme")
        let requests = try client.together { try (0..<2_000).map { _ in try client.sendQuery("SELECT 1") } }
        var answered = 0
        var refused: ErrorMessage?
        for request in requests {
            if let error = try client.terminal(of: request).error { refused = error } else { answered += 1 }
        }
        // OPEN was one of the five.
        #expect(answered >= 4 && answered < 1_000)
        #expect(refused?.code == .overloaded && refused?.limit == .init(name: "tenantRateMax", value: 1))
        #expect((1...2_000).contains(refused?.retryAfter ?? 0))
        let other = try server.client("other")
        #expect(try other.value("SELECT 1") == 1)
        let isServedLater = try Deadline.poll(for: .seconds(60)) {
            try client.terminal(of: try client.sendQuery("SELECT 1")).error == nil
        }
        #expect(isServedLater)
    }

    @Test func `so many read transactions are open at a time`() throws {
        let server = try TestServer(loops: 1) { $0.tenant.tenantTransactionsMax = 2 }
        let clients = try (0..<3).map { _ in try server.client("acme") }
        try clients[0].begin(.read)
        try clients[1].begin(.read)
        let error = try clients[2].failure(of: try clients[2].sendBegin(.read))
        #expect(error.code == .overloaded && error.limit == .init(name: "tenantTransactionsMax", value: 2))
        #expect(error.transaction == .none && error.retryAfter != nil)
        // Writes and quick reads are not among them.
        try clients[2].run("CREATE TABLE t(x)")
        #expect(try clients[2].value("SELECT count(*) FROM t") == 0)
        try clients[0].rollback()
        let isOpen = try Deadline.poll { try clients[2].terminal(of: try clients[2].sendBegin(.read)).error == nil }
        #expect(isOpen)
    }

    // MARK: A tenant's own

    @Test func `a tenant's own limits hold at once, after a restart, and for nobody else`() throws {
        let server = try TestServer(loops: 2)
        let client = try server.client("acme")
        try client.run("CREATE TABLE t(x)")
        var own = TenantLimitOverrides()
        try own.set("databaseBytesMax", to: 1 << 20)
        try own.set("statementTimeMax", to: 700)
        try server.withServer { try $0.tenants.tenant(try TenantName("acme")).setOwnLimits(own) }
        for _ in 0..<2 {
            let client = try server.client("acme")
            let full = try client.failure(of: try client.sendRun("INSERT INTO t VALUES (zeroblob(2000000))"))
            #expect(full.limit == .init(name: "databaseBytesMax", value: 1 << 20))
            let late = try client.failure(of: try client.sendQuery(EndlessStatement.read))
            #expect(late.code == .deadlineExceeded && late.limit == .init(name: "statementTimeMax", value: 700))
            let other = try server.client("other")
            try other.script("CREATE TABLE IF NOT EXISTS t(x); INSERT INTO t VALUES (zeroblob(2000000))")
            try server.restart()
        }
        let name = try TenantName("acme")
        let stored = try server.withServer { try $0.tenants.context.folder.limits(of: name) }
        #expect(stored == own)
        try server.withServer { try $0.tenants.tenant(name).setOwnLimits(TenantLimitOverrides()) }
        try server.client("acme").run("INSERT INTO t VALUES (zeroblob(2000000))")
        #expect(!FileManager.default.fileExists(atPath: server.dataFolder + "/tenants/acme/limits.json"))
    }

    @Test func `limits that cannot be understood keep a tenant closed, and say why`() throws {
        let server = try TestServer(loops: 1)
        try server.client("acme").run("CREATE TABLE t(x)")
        server.stop()
        let path = server.dataFolder + "/tenants/acme/limits.json"
        for text in [#"{"databaseBytesMax": "1 GB"}"#, #"{"databaseBytes": 1}"#, #"{"tenantRateMax": -1}"#, "[]", ""] {
            try Data(text.utf8).write(to: URL(filePath: path))
            try server.start()
            let client = try server.client()
            let error = try client.failure(of: try client.sendOpen("acme"))
            #expect(error.code == .tenantUnavailable && error.message.contains("limits.json"), "\(error)")
            server.stop()
        }
    }

    @Test func `a name that is no limit and a value out of range are refused with the sentence`() throws {
        var own = TenantLimitOverrides()
        #expect(throws: TenantLimitOverrides.Fault.self) { try own.set("heapBytesMax", to: 1) }
        #expect(throws: TenantLimitOverrides.Fault.self) { try own.set("databaseBytesMax", to: 5) }
        do {
            try own.set("tenantRateMax", to: 1_000_001)
        } catch {
            #expect(error.description == "tenantRateMax is 0 to 1000000 (requests a second), not 1000001")
        }
        try own.set("tenantRateMax", to: 3)
        try own.set("tenantBurstMax", to: 9)
        try own.set("tenantBurstMax", to: nil)
        #expect(own.values == ["tenantRateMax": 3])
        #expect(try TenantLimitOverrides(json: own.json) == own)
        #expect(own.applied(to: TenantLimits()).tenantRateMax == 3)
        #expect(TenantLimits().faults.isEmpty)
        // Every one of them is on the page, by its default.
        let page = Dictionary(uniqueKeysWithValues: Limits.all.map { ($0.name, Int($0.value)) })
        for field in TenantLimits.fields {
            #expect(page[field.name] == TenantLimits()[keyPath: field.path], "\(field.name)")
        }
    }

    @Test func `what an operator sets wrong is told before anything starts, all of it`() {
        var configuration = Configuration()
        configuration.tenant.databaseBytesMax = 1
        configuration.tenant.tenantRateMax = -1
        configuration.handshakesMax = 0
        configuration.addressConnectionsMax = 0
        configuration.bytesInFlightMax = 1
        configuration.heapBytesMax = 1
        configuration.tenantsMax = 0
        configuration.diskBytesMax = -1
        configuration.diskFreeMin = -1
        #expect(configuration.faults.count == 9, "\(configuration.faults)")
    }
}
