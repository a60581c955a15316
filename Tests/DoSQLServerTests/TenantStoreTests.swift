import DoSQLProtocol
import DoSQLServer
import DoSQLTestSupport
import Foundation
import Testing

/// Tenants come with their first use, stay apart, and survive (`protocol/messages.md`, streams and tenants).
struct TenantStoreTests {
    @Test func `a tenant is created on first use, with an LSN of zero and an incarnation`() throws {
        let server = try TestServer()
        let first = try server.client()
        let opened = try first.open("acme")
        #expect(opened.outcome.lsn == 0 && opened.incarnation != nil)
        #expect(try first.tenants().names == ["acme"])
        let again = try server.client().open("acme")
        #expect(again.incarnation == opened.incarnation)
        let other = try server.client().open("other")
        #expect(other.incarnation != opened.incarnation)
    }

    @Test func `no tenant is created where the server or the request forbids it`() throws {
        let folder = try TemporaryFolder()
        do {
            let server = try TestServer { $0.dataFolder = folder.path(of: "data") }
            try server.client("known").run("CREATE TABLE t(x)")
            let client = try server.client()
            #expect(try client.failure(of: try client.sendOpen("unknown", mayCreate: false)).code == .tenantNotFound)
            #expect(try client.tenants().names == ["known"])
            try client.open("known", mayCreate: false)
            server.stop()
        }
        let server = try TestServer {
            $0.dataFolder = folder.path(of: "data")
            $0.createsTenants = false
        }
        let client = try server.client()
        for mayCreate in [false, true] {
            let error = try client.failure(of: try client.sendOpen("unknown", mayCreate: mayCreate))
            #expect(error.code == .tenantNotFound && error.category == .notFound)
        }
        try client.open("known")
        #expect(try client.tenants().names == ["known"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: server.dataFolder + "/tenants") == ["known"])
    }

    @Test func `data, LSN and incarnation survive a restart`() throws {
        let server = try TestServer()
        var opened: [String: (lsn: UInt64, incarnation: Identity?)] = [:]
        do {
            let client = try server.client()
            for (index, name) in ["a", "b", "c"].enumerated() {
                let stream = UInt16(index + 1)
                let incarnation = try client.open(name, stream: stream).incarnation
                try client.run("CREATE TABLE t(x)", stream: stream)
                for number in 0...index * 10 {
                    try client.run("INSERT INTO t VALUES (?)", [.integer(number)], stream: stream)
                }
                let lsn = try client.run("DELETE FROM t WHERE x = 0", stream: stream).outcome.lsn
                opened[name] = (lsn, incarnation)
            }
            client.close()
        }
        try server.restart()
        let client = try server.client()
        for (index, name) in ["a", "b", "c"].enumerated() {
            let answer = try client.open(name)
            #expect(answer.outcome.lsn == opened[name]?.lsn)
            #expect(answer.incarnation == opened[name]?.incarnation)
            #expect(try client.value("SELECT count(*) FROM t") == .integer(index * 10))
            let next = try client.run("INSERT INTO t VALUES (1)").outcome.lsn
            #expect(next == (opened[name]?.lsn ?? 0) + 1)
            try client.close(stream: 1)
        }
    }

    @Test func `an OPEN does not wait for somebody's transaction, and reads behind it neither`() throws {
        let server = try TestServer()
        let holder = try server.client("acme")
        try holder.run("CREATE TABLE t(x)")
        try holder.begin()
        try holder.run("INSERT INTO t VALUES (1)")
        let client = try server.client("acme")
        #expect(try client.value("SELECT count(*) FROM t") == 0)
        try client.open("acme", stream: 2, isReadOnly: true)
        try holder.commit()
        #expect(try client.value("SELECT count(*) FROM t", stream: 2) == 1)
    }

    @Test func `the list of tenants comes in pages, sorted by bytes`() throws {
        let server = try TestServer()
        let client = try server.client()
        let names = (0..<57).map { "tenant-\($0)" } + ["Z", "a:b", "a.b"]
        for name in names {
            try client.open(name)
            try client.close(stream: 1)
        }
        let sorted = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        for limit in [1, 7, 59, 60, 61, 1000] {
            var listed: [String] = []
            while true {
                let page = try client.tenants(after: listed.last ?? "", limit: limit)
                #expect(page.names.count <= limit)
                listed += page.names
                if !page.hasMore { break }
                #expect(page.names.count == limit)
            }
            #expect(listed == sorted)
        }
        #expect(try client.tenants(after: "zzz").names.isEmpty)
        for limit in [0, 1001] {
            #expect(try client.failure(of: try client.sendTenants(limit: limit)).code == .malformed)
        }
    }

    @Test func `a page of the list fits into the client's frame`() throws {
        let server = try TestServer()
        let client = try server.client(frameMax: Limits.frameMaxLeast)
        let tail = String(repeating: "x", count: 120)
        // The folders alone: opening so many files is not what is shown here.
        for number in 0..<600 {
            let folder = "\(server.dataFolder)/tenants/\(1000 + number)\(tail)"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            _ = FileManager.default.createFile(atPath: folder + "/main.sqlite", contents: Data())
        }
        let first = try client.tenants()
        #expect(first.hasMore && first.names.count < 600)
        let second = try client.tenants(after: try #require(first.names.last))
        #expect(!second.hasMore && first.names.count + second.names.count == 600)
    }

    // MARK: Opening and closing

    /// `count` tenants used in turn by several clients, and what they hold in the end.
    private func useInTurn(_ count: Int, open: Int, rounds: Int, clients: Int) throws {
        let server = try TestServer { $0.openTenantsMax = open }
        let all = try (0..<clients).map { _ in try server.client() }
        for round in 0..<rounds {
            for start in stride(from: 0, to: count, by: clients) {
                // In one flight each, so that several tenants are opened and closed at once.
                let sent = try all.enumerated().map { index, client in
                    let tenant = (start + index * 7 + round) % count
                    return try client.together {
                        [
                            try client.sendOpen("tenant-\(tenant)"),
                            try client.sendRun("CREATE TABLE IF NOT EXISTS t(x)"),
                            try client.sendRun("INSERT INTO t VALUES (?)", [.integer(tenant)]),
                            try client.sendQuery(
                                "SELECT count(*), min(x) = ?1 AND max(x) = ?1 FROM t", [.integer(tenant)]),
                            try client.sendClose(),
                        ]
                    }
                }
                for (client, requests) in zip(all, sent) {
                    for request in requests.dropLast(2) { try client.answer(to: request) }
                    #expect(try client.answer(to: requests[3]).rows.first?.last == 1)
                    try client.answer(to: requests[4])
                }
            }
        }
        let client = try server.client()
        let isFew = Deadline.poll { openFiles(below: server.dataFolder).count <= open }
        #expect(isFew, "\(openFiles(below: server.dataFolder).count) of \(open)")
        var sum: Int64 = 0
        for tenant in 0..<count {
            try client.open("tenant-\(tenant)", stream: 9)
            let row = try client.query(
                "SELECT count(*), min(x) = ?1 AND max(x) = ?1 FROM t", [.integer(tenant)], stream: 9
            ).rows[0]
            guard case .integer(let rows) = row[0] else { throw TestSupportError("\(row)") }
            #expect(rows > 0 && row[1] == 1)
            sum += rows
            try client.close(stream: 9)
        }
        let perRound = (count + clients - 1) / clients * clients
        #expect(sum == Int64(perRound * rounds))
    }

    /// The databases below a folder that this process has open.
    private func openFiles(below folder: String) -> Set<String> {
        let numbers = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        let paths = numbers.compactMap {
            try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")
        }
        return Set(paths.filter { $0.hasPrefix(folder) && $0.hasSuffix("main.sqlite") })
    }

    @Test func `sixty tenants with five open at a time lose nothing`() throws {
        try useInTurn(60, open: 5, rounds: 6, clients: 4)
    }

    @Test func `six hundred tenants on disk with fifty open at a time lose nothing`() throws {
        try useInTurn(600, open: 50, rounds: 2, clients: 8)
    }

    @Test func `a stream outlives the closing of its tenant's file`() throws {
        let server = try TestServer { $0.openTenantsMax = 1 }
        let client = try server.client()
        for stream in 1...12 as ClosedRange<UInt16> {
            try client.open("tenant-\(stream)", stream: stream)
            try client.run("CREATE TABLE t(x)", stream: stream)
        }
        for round in 0..<4 {
            let isClosed = Deadline.poll { openFiles(below: server.dataFolder).count <= 1 }
            #expect(isClosed)
            for stream in 1...12 as ClosedRange<UInt16> {
                #expect(try client.value("SELECT count(*) FROM t", stream: stream) == .integer(round))
                #expect(
                    try client.run("INSERT INTO t VALUES (?)", [1], stream: stream).outcome.lsn == UInt64(round + 2))
            }
        }
    }

    @Test func `an unused tenant is closed after its time, one that is used is not`() throws {
        let server = try TestServer { $0.tenantIdleSeconds = 1 }
        let client = try server.client()
        for stream in 1...3 as ClosedRange<UInt16> {
            try client.open("tenant-\(stream)", stream: stream)
            try client.run("CREATE TABLE t(x)", stream: stream)
            try client.query("SELECT * FROM t", stream: stream)
        }
        let isAlone = try Deadline.poll {
            try client.query("SELECT * FROM t", stream: 2)
            return openFiles(below: server.dataFolder).map { $0.hasSuffix("tenant-2/main.sqlite") } == [true]
        }
        #expect(isAlone)
        // The last of them has written its log back and removed it.
        let files = try FileManager.default.contentsOfDirectory(atPath: server.dataFolder + "/tenants/tenant-1")
        #expect(files == ["main.sqlite"])
        try client.query("SELECT * FROM t", stream: 1)
    }

    @Test func `a tenant in a transaction or being read is not closed`() throws {
        let server = try TestServer { $0.openTenantsMax = 1 }
        let client = try server.client()
        for stream in 1...4 as ClosedRange<UInt16> {
            try client.open("tenant-\(stream)", stream: stream)
            try client.run("CREATE TABLE t(x)", stream: stream)
        }
        try client.begin(stream: 1)
        try client.run("INSERT INTO t VALUES (1)", stream: 1)
        try client.begin(.read, stream: 2)
        #expect(try client.value("SELECT count(*) FROM t", stream: 2) == 0)
        try client.run("INSERT INTO t VALUES (1)", stream: 3)
        let rows = try client.sendQuery(EndlessStatement.rows, stream: 3, credit: 1)
        guard case .head = try client.receive(for: rows).message else { throw TestSupportError("no HEAD") }
        // As long as others go, these would be next.
        let isOneClosed = Deadline.poll {
            !openFiles(below: server.dataFolder).contains { $0.hasSuffix("tenant-4/main.sqlite") }
        }
        #expect(isOneClosed)
        #expect(openFiles(below: server.dataFolder).count == 3)
        try client.commit(stream: 1)
        #expect(try client.value("SELECT count(*) FROM t", stream: 2) == 0)
        try client.rollback(stream: 2)
        try client.sendCancel(rows)
        #expect(try client.terminal(of: rows).error?.code == .cancelled)
        #expect(try client.value("SELECT count(*) FROM t", stream: 1) == 1)
    }
}
