import DoSQLProtocol
import DoSQLServer
import DoSQLTestSupport
import Testing

/// Order within a stream and independence between streams (`protocol/framing.md`, streams).
struct StreamTests {
    @Test func `hundreds of requests in one flight are answered in their order`() throws {
        let client = try TestServer().client("acme")
        try client.run("CREATE TABLE t(x)")
        let requests = try client.together {
            try (0..<400).map { number in
                number % 2 == 0
                    ? try client.sendRun("INSERT INTO t VALUES (?)", [.integer(number)])
                    : try client.sendQuery("SELECT count(*), max(x) FROM t")
            }
        }
        for (number, request) in requests.enumerated() {
            let reply = try #require(try client.receive())
            #expect(reply.request == request)
            if number % 2 == 0 {
                #expect(reply.outcome?.lastInsertRowid == Int64(number / 2 + 1))
            } else {
                guard case .result(_, let rows, _) = reply.message else { throw TestSupportError("\(reply)") }
                #expect(rows == [[.integer(number / 2 + 1), .integer(number - 1)]])
            }
        }
    }

    @Test func `writes of one stream get growing numbers in their order`() throws {
        let client = try TestServer().client("acme")
        try client.run("CREATE TABLE t(x)")
        let requests = try client.together {
            try (0..<300).map { try client.sendRun("INSERT INTO t VALUES (?)", [.integer($0)]) }
        }
        var last: UInt64 = 0
        for (number, request) in requests.enumerated() {
            let outcome = try client.answer(to: request).outcome
            #expect(outcome.changed && outcome.lsn > last && outcome.lastInsertRowid == Int64(number + 1))
            last = outcome.lsn
        }
        #expect(try client.value("SELECT count(*) FROM t WHERE x = rowid - 1") == 300)
    }

    @Test func `OPEN, CREATE TABLE, INSERT and SELECT may come in one flight`() throws {
        let client = try TestServer().client()
        let requests = try client.together {
            [
                try client.sendOpen("acme"), try client.sendRun("CREATE TABLE t(x UNIQUE)"),
                try client.sendRun("INSERT INTO t VALUES (1)"), try client.sendRun("INSERT INTO t VALUES (1)"),
                try client.sendRun("ALTER TABLE t ADD COLUMN y DEFAULT 7"),
                try client.sendRun("INSERT INTO t(x) VALUES (2) RETURNING y"),
                try client.sendQuery("SELECT x, y FROM t ORDER BY x"),
            ]
        }
        try client.answer(to: requests[0])
        try client.answer(to: requests[1])
        try client.answer(to: requests[2])
        #expect(try client.failure(of: requests[3]).code == .constraintUnique)
        try client.answer(to: requests[4])
        try client.answer(to: requests[5])
        #expect(try client.answer(to: requests[6]).rows == [[1, 7], [2, 7]])
    }

    @Test func `a HELLO and all that follows may come in one flight, a byte at a time`() throws {
        let server = try TestServer()
        let client = try server.stranger(preamble: [])
        var bytes = Preamble.bytes
        var writer = ByteWriter()
        Hello.encode(into: &writer, request: 1, client: "dosql-tests")
        Open.encode(into: &writer, stream: 1, request: 2, tenant: "acme")
        Execute.encode(into: &writer, kind: .run, stream: 1, request: 3, statement: "CREATE TABLE t(x)")
        Execute.encode(into: &writer, kind: .query, stream: 1, request: 4, statement: "SELECT 42")
        bytes += writer.bytes
        for byte in bytes { try client.send([byte]) }
        #expect(try client.receive()?.request == 1)
        try client.answer(to: 2)
        try client.answer(to: 3)
        #expect(try client.answer(to: 4).value == 42)
    }

    @Test func `streams of one connection are independent, and so are their tenants`() throws {
        let client = try TestServer().client()
        let tenants = 20
        for number in 1...tenants { try client.open("tenant-\(number)", stream: UInt16(number)) }
        let requests = try client.together {
            try (1...tenants).map { number in
                let stream = UInt16(number)
                _ = try client.sendRun("CREATE TABLE t(x)", stream: stream)
                _ = try client.sendRun("INSERT INTO t VALUES (?)", [.integer(number * 100)], stream: stream)
                return try client.sendQuery("SELECT x FROM t", stream: stream)
            }
        }
        for (index, request) in requests.enumerated() {
            #expect(try client.answer(to: request).rows == [[.integer((index + 1) * 100)]])
        }
    }

    @Test func `two streams of one tenant see each other's commits`() throws {
        let client = try TestServer().client("acme")
        try client.open("acme", stream: 2)
        try client.run("CREATE TABLE t(x)")
        for number in 1...50 {
            try client.run("INSERT INTO t VALUES (?)", [.integer(number)], stream: UInt16(1 + number % 2))
            #expect(try client.value("SELECT count(*) FROM t", stream: UInt16(2 - number % 2)) == .integer(number))
        }
    }

    @Test func `a read without end holds up neither other streams nor other connections`() throws {
        let server = try TestServer(loops: 1)
        let client = try server.client("acme")
        let other = try server.client("acme")
        try client.open("acme", stream: 2)
        try client.open("other", stream: 3)
        let endless = try client.sendQuery(EndlessStatement.read)
        let behind = try client.sendQuery("SELECT 1")
        for stream in [2, 3] as [UInt16] {
            try client.run("CREATE TABLE t\(stream)(x)", stream: stream)
            try client.run("INSERT INTO t\(stream) VALUES (5)", stream: stream)
            #expect(try client.value("SELECT x FROM t\(stream)", stream: stream) == 5)
        }
        #expect(try other.value("SELECT x FROM t2") == 5)
        try client.sendCancel(endless)
        #expect(try client.failure(of: endless).code == .cancelled)
        #expect(try client.answer(to: behind).value == 1)
    }

    @Test func `a request that waits in its stream can be cancelled`() throws {
        let client = try TestServer().client("acme")
        let requests = try client.together {
            [
                try client.sendQuery(EndlessStatement.read), try client.sendQuery("SELECT 1"),
                try client.sendQuery("SELECT 2"),
            ]
        }
        try client.sendCancel(requests[1])
        try client.sendCancel(requests[0])
        #expect(try client.failure(of: requests[1]).code == .cancelled)
        #expect(try client.failure(of: requests[0]).code == .cancelled)
        #expect(try client.answer(to: requests[2]).value == 2)
    }

    @Test func `a deadline counts from receipt, also for what waits in its stream or for a thread`() throws {
        let client = try TestServer { $0.readerThreads = 1 }.client("acme")
        try client.run("CREATE TABLE t(x)")
        try client.open("acme", stream: 2)
        let endless = try client.sendQuery(EndlessStatement.read)
        let waiting = try client.together {
            [
                try client.sendQuery("SELECT 1", deadline: 30),
                try client.sendRun("INSERT INTO t VALUES (1)", deadline: 30),
                try client.sendBatch([BatchStep("INSERT INTO t VALUES (1)")], deadline: 30),
                try client.sendScript("INSERT INTO t VALUES (1)", deadline: 30),
                try client.sendLoad("INSERT INTO t VALUES (?)", columns: 1, deadline: 30),
                // The only thread for long reads is taken.
                try client.sendQuery(EndlessStatement.read, stream: 2, deadline: 30),
            ]
        }
        let last = try client.sendQuery("SELECT count(*) FROM t", flags: .depends)
        for request in waiting { #expect(try client.failure(of: request).code == .deadlineExceeded) }
        try client.sendCancel(endless)
        #expect(try client.failure(of: endless).code == .cancelled)
        // It depended on one that was given up.
        #expect(try client.failure(of: last).code == .skipped)
        #expect(try client.value("SELECT count(*) FROM t") == 0)
    }

    @Test func `what names a request that is not in flight is ignored`() throws {
        let client = try TestServer().client("acme")
        let done = try client.sendQuery("SELECT 1")
        try client.answer(to: done)
        try client.together {
            try client.sendCancel(done)
            try client.sendCredit(10, for: done)
            try client.sendLoadRows([[1]], of: done)
            try client.sendCancel(777)
        }
        #expect(try client.value("SELECT 2") == 2)
    }

    @Test func `CLOSE frees the number after everything sent before it`() throws {
        let client = try TestServer().client("acme")
        let requests = try client.together {
            [
                try client.sendRun("CREATE TABLE t(x)"), try client.sendRun("INSERT INTO t VALUES (1)"),
                try client.sendClose(), try client.sendQuery("SELECT 1"), try client.sendOpen("acme"),
                try client.sendQuery("SELECT x FROM t"),
            ]
        }
        try client.answer(to: requests[0])
        try client.answer(to: requests[1])
        try client.answer(to: requests[2])
        #expect(try client.failure(of: requests[3]).code == .streamNotOpen)
        try client.answer(to: requests[4])
        #expect(try client.answer(to: requests[5]).value == 1)
    }

    @Test func `CLOSE rolls an open transaction back and frees the tenant`() throws {
        let server = try TestServer()
        let client = try server.client("acme")
        let other = try server.client("acme")
        try client.run("CREATE TABLE t(x)")
        try client.begin()
        try client.run("INSERT INTO t VALUES (1)")
        try client.close(stream: 1)
        try other.run("INSERT INTO t VALUES (2)")
        #expect(try other.query("SELECT x FROM t").rows == [[2]])
    }

    @Test func `requests on a stream that is not open are refused, each by itself`() throws {
        let client = try TestServer().client()
        let requests = try client.together {
            [
                try client.sendQuery("SELECT 1", stream: 9), try client.sendBegin(stream: 9),
                try client.sendCommit(stream: 9), try client.sendClose(stream: 9),
                try client.sendBatch([BatchStep("SELECT 1")], stream: 9), try client.sendScript("SELECT 1", stream: 9),
                try client.sendLoad("SELECT ?", columns: 1, stream: 9), try client.sendDescribe("SELECT 1", stream: 9),
                try client.sendMigrate([], stream: 9),
            ]
        }
        for request in requests { #expect(try client.failure(of: request).code == .streamNotOpen) }
        try client.ping()
    }

    @Test func `OPEN tells what is wrong, and the number stays free`() throws {
        let client = try TestServer().client()
        for name in ["", ".hidden", "-x", "a/b", "a b", "ü", "../a", String(repeating: "a", count: 129)] {
            let request = try client.sendOpen(name)
            let behind = try client.sendQuery("SELECT 1")
            #expect(try client.failure(of: request).code == .tenantNameInvalid, "\(name)")
            #expect(try client.failure(of: behind).code == .streamNotOpen)
        }
        let missing = try client.sendOpen("nobody", mayCreate: false)
        let behind = try client.sendQuery("SELECT 1")
        #expect(try client.failure(of: missing).code == .tenantNotFound)
        #expect(try client.failure(of: behind).code == .streamNotOpen)
        try client.open(String(repeating: "a", count: 128))
        let again = try client.sendOpen("other")
        #expect(try client.failure(of: again).code == .streamInUse)
        #expect(try client.value("SELECT 1") == 1)
        #expect(try client.tenants().names == [String(repeating: "a", count: 128)])
    }

    @Test func `a server that creates no tenants says so`() throws {
        let client = try TestServer { $0.createsTenants = false }.client()
        let error = #expect(throws: ErrorMessage.self) { try client.open("acme") }
        #expect(error?.code == .tenantNotFound)
        #expect(try client.tenants().names.isEmpty)
    }

    @Test func `tenants whose names differ by case are two`() throws {
        let client = try TestServer().client("Acme")
        try client.open("acme", stream: 2)
        try client.run("CREATE TABLE t(x)")
        #expect(try client.value("SELECT count(*) FROM sqlite_schema WHERE name = 't'", stream: 2) == 0)
    }

    @Test func `a read-only stream refuses every kind of write`() throws {
        let client = try TestServer().client("acme")
        try client.run("CREATE TABLE t(x)")
        try client.open("acme", stream: 2, isReadOnly: true)
        let requests = try client.together {
            [
                try client.sendRun("INSERT INTO t VALUES (1)", stream: 2),
                try client.sendQuery("INSERT INTO t VALUES (1) RETURNING x", stream: 2),
                try client.sendRun("CREATE TABLE u(x)", stream: 2), try client.sendBegin(stream: 2),
                try client.sendBatch([BatchStep("INSERT INTO t VALUES (1)")], stream: 2),
                try client.sendScript("INSERT INTO t VALUES (1)", stream: 2),
                try client.sendLoad("INSERT INTO t VALUES (?)", columns: 1, stream: 2),
                try client.sendMigrate([(id: "1_a", sql: "CREATE TABLE u(x)")], stream: 2),
            ]
        }
        for request in requests { #expect(try client.failure(of: request).code == .readOnly) }
        #expect(try client.value("SELECT count(*) FROM t", stream: 2) == 0)
        try client.begin(.read, stream: 2)
        #expect(try client.value("SELECT count(*) FROM t", stream: 2) == 0)
        try client.commit(stream: 2)
    }

    @Test func `a batch of reads runs on a read-only stream`() throws {
        let client = try TestServer().client("acme")
        try client.open("acme", stream: 2, isReadOnly: true)
        let answer = try client.batch([BatchStep("SELECT 1", want: .all)], stream: 2)
        #expect(answer.steps == [.done(columns: ["1"], rows: [[1]], changes: 0, lastInsertRowid: 0)])
    }

    @Test func `DEPENDS skips what follows a failure, up to one without it`() throws {
        let client = try TestServer().client("acme")
        let requests = try client.together {
            [
                try client.sendRun("CREATE TABLE t(x)"), try client.sendRun("INSERT INTO nowhere VALUES (1)"),
                try client.sendRun("INSERT INTO t VALUES (1)", flags: .depends),
                try client.sendQuery("SELECT 1", flags: .depends), try client.sendRun("INSERT INTO t VALUES (2)"),
                try client.sendQuery("SELECT x FROM t", flags: .depends),
            ]
        }
        try client.answer(to: requests[0])
        #expect(try client.failure(of: requests[1]).code == .sqlError)
        #expect(try client.failure(of: requests[2]).code == .skipped)
        #expect(try client.failure(of: requests[3]).code == .skipped)
        try client.answer(to: requests[4])
        #expect(try client.answer(to: requests[5]).rows == [[2]])
    }
}
