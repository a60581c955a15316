import DoSQLProtocol
import DoSQLServer
import DoSQLSession
import DoSQLTestSupport
import Testing

/// Results that come in parts, and the credit they spend (`protocol/flow-control.md`, results).
struct StreamedResultTests {
    private static let rowCount = 5000

    /// 5000 rows of about 200 bytes: a megabyte, more than any window.
    private func clients(_ count: Int = 1, _ settings: (inout Configuration) -> Void = { _ in }) throws -> [WireClient]
    {
        let server = try TestServer(settings)
        let clients = try (0..<count).map { _ in try server.client("acme") }
        try clients[0].script(
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY, x);
            WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < \(Self.rowCount))
            INSERT INTO t SELECT n, printf('%0200d', n) FROM c;
            """)
        return clients
    }

    private static let all: StatementSource = "SELECT id, x FROM t ORDER BY id"

    private func ids(_ rows: [[Value]]) -> [Value] { rows.map { $0[0] } }

    private var expected: [Value] { (1...Self.rowCount).map { .integer($0) } }

    @Test func `HEAD, then ROWS with every row once, then DONE with their number`() throws {
        let client = try clients()[0]
        for _ in 0..<3 {
            let answer = try client.query(Self.all)
            #expect(answer.isStreamed && answer.columns == ["id", "x"])
            #expect(ids(answer.rows) == expected)
            #expect(answer.done?.rowsSent == UInt64(Self.rowCount))
            #expect(answer.rowsFrameSizes.allSatisfy { $0 <= Limits.rowsFrameMax })
        }
    }

    @Test func `without credit comes the head and no row`() throws {
        let client = try clients()[0]
        let request = try client.sendQuery(Self.all, credit: 0)
        guard case .head(let columns) = try client.receive(for: request).message else {
            throw TestSupportError("no HEAD")
        }
        #expect(columns == ["id", "x"])
        // What cannot come shows in what comes instead: other requests are answered, and this one is not.
        try client.open("acme", stream: 2)
        #expect(try client.value("SELECT 1", stream: 2) == 1)
        #expect(try !client.hasReply(within: .milliseconds(100)))
        var rows: [[Value]] = []
        var frames = 0
        // One byte of credit is one frame: the last one may overdraw it.
        while true {
            try client.sendCredit(1, for: request)
            // The debt of the frame before has to be paid first.
            try client.sendCredit(UInt64(Limits.rowsFrameMax), for: request)
            let reply = try client.receive(for: request)
            if case .rows(let part) = reply.message {
                rows += part
                frames += 1
                continue
            }
            guard case .done(let done) = reply.message else { throw TestSupportError("\(reply)") }
            #expect(done.rowsSent == UInt64(rows.count))
            break
        }
        #expect(ids(rows) == expected && frames > 10)
    }

    @Test func `credit is spent by the bytes of ROWS, and overdrawn by less than a frame`() throws {
        let client = try clients()[0]
        let credit = 200_000
        let request = try client.sendQuery(Self.all, credit: UInt64(credit))
        var spent = 0
        var rows: [[Value]] = []
        var largest = 0
        guard case .head = try client.receive(for: request).message else { throw TestSupportError("no HEAD") }
        while spent < credit {
            let reply = try client.receive(for: request)
            guard case .rows(let part) = reply.message else { throw TestSupportError("\(reply)") }
            spent += reply.bodySize
            largest = max(largest, reply.bodySize)
            rows += part
        }
        #expect(spent < credit + largest)
        #expect(try !client.hasReply(within: .milliseconds(100)))
        try client.sendCredit(UInt64(Int64.max), for: request)
        let rest = try client.answer(to: request)
        #expect(ids(rows + rest.rows) == expected)
    }

    @Test func `credit given before it is needed counts`() throws {
        let client = try clients()[0]
        let request = try client.together {
            let request = try client.sendQuery(Self.all, credit: 0)
            for _ in 0..<40 { try client.sendCredit(65_536, for: request) }
            return request
        }
        #expect(ids(try client.answer(to: request).rows) == expected)
    }

    @Test func `the default credit is what HELLO_OK tells`() throws {
        let client = try clients()[0]
        let credit = Int(try #require(client.helloOK?.limit("creditDefault")))
        #expect(credit == Limits.creditDefault)
        let request = try client.sendQuery(Self.all)
        guard case .head = try client.receive(for: request).message else { throw TestSupportError("no HEAD") }
        var spent = 0
        while spent < credit { spent += try client.receive(for: request).bodySize }
        #expect(try !client.hasReply(within: .milliseconds(100)))
        try client.sendCancel(request)
        #expect(try client.failure(of: request).code == .cancelled)
    }

    @Test func `a cancelled result ends at once, parked or not, and the stream goes on`() throws {
        let client = try clients()[0]
        for credit in [0, 1, 100_000, UInt64(Int64.max)] as [UInt64] {
            let request = try client.sendQuery(EndlessStatement.rows, credit: credit)
            guard case .head = try client.receive(for: request).message else { throw TestSupportError("no HEAD") }
            let behind = try client.sendQuery("SELECT 7")
            try client.sendCancel(request)
            #expect(try client.terminal(of: request).error?.code == .cancelled)
            #expect(try client.answer(to: behind).value == 7)
        }
    }

    @Test func `requests behind a result that waits for credit wait too, other streams do not`() throws {
        let client = try clients()[0]
        try client.open("acme", stream: 2)
        let request = try client.sendQuery(Self.all, credit: 0)
        let behind = try client.sendRun("DELETE FROM t")
        #expect(try client.value("SELECT count(*) FROM t", stream: 2) == .integer(Self.rowCount))
        try client.sendCredit(UInt64(Int64.max), for: request)
        #expect(ids(try client.answer(to: request).rows) == expected)
        #expect(try client.answer(to: behind).outcome.changes == UInt64(Self.rowCount))
    }

    @Test func `all rows are of one snapshot`() throws {
        let clients = try clients(2)
        let request = try clients[0].sendQuery(Self.all, credit: 1)
        guard case .head = try clients[0].receive(for: request).message else { throw TestSupportError("no HEAD") }
        try clients[1].run("UPDATE t SET x = 'new', id = id + 100000")
        try clients[1].run("DELETE FROM t WHERE id % 2 = 0")
        try clients[1].run("CREATE TABLE u(x)")
        try clients[0].sendCredit(UInt64(Int64.max), for: request)
        let answer = try clients[0].answer(to: request)
        #expect(ids(answer.rows) == expected && !answer.rows.contains { $0[1] == "new" })
    }

    @Test func `a result without credit for too long is CURSOR_STALLED`() throws {
        let client = try clients(1) { $0.session.cursorStallMax = 200_000_000 }[0]
        #expect(client.helloOK?.limit("cursorStallMax") == 200)
        let request = try client.sendQuery(Self.all, credit: 0)
        let error = try client.terminal(of: request).error
        #expect(error?.code == .cursorStalled && error?.isRetryable == true)
        // The operator's bound, if any: not the default one.
        #expect(error?.limit == nil || error?.limit?.value == 200)
        #expect(try client.value("SELECT 1") == 1)
    }

    @Test func `a result whose bytes nobody reads is CURSOR_STALLED, and holds up nobody`() throws {
        let server = try TestServer { $0.session.cursorStallMax = 300_000_000 }
        let slow = try server.client("acme", receiveBuffer: 4096)
        let other = try server.client("acme")
        try other.run("CREATE TABLE t(x)")
        // More than all the buffers on the way take.
        let (request, behind) = try slow.together {
            (
                try slow.sendQuery(
                    "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 2000) SELECT zeroblob(50000) FROM c",
                    credit: UInt64(Int64.max)), try slow.sendRun("INSERT INTO t VALUES ('behind')")
            )
        }
        for number in 0..<50 { try other.run("INSERT INTO t VALUES (?)", [.integer(number)]) }
        // Not one byte is read until the server has given up, as the write behind the result shows.
        #expect(try Deadline.poll { try other.value("SELECT count(*) FROM t WHERE x = 'behind'") == 1 })
        #expect(try slow.terminal(of: request).error?.code == .cursorStalled)
        #expect(try slow.answer(to: behind).outcome.changes == 1)
        #expect(try slow.value("SELECT count(*) FROM t") == 51)
    }

    @Test func `a slow client that gives a little now and then gets everything`() throws {
        // In all it takes longer than the result may be stalled, each pause much less, also if the machine makes it longer.
        let client = try clients(1) { $0.session.cursorStallMax = 4_000_000_000 }[0]
        let request = try client.sendQuery(Self.all, credit: 1)
        let begin = ContinuousClock.now
        var rows: [[Value]] = []
        while true {
            let reply = try client.receive(for: request)
            switch reply.message {
            case .head: continue
            case .rows(let part):
                rows += part
                _ = try client.hasReply(within: .milliseconds(300))
                try client.sendCredit(UInt64(reply.bodySize), for: request)
                continue
            default: break
            }
            #expect(reply.error == nil)
            break
        }
        #expect(ids(rows) == expected)
        #expect(ContinuousClock.now - begin > .seconds(4), "it did not take long enough to show anything")
    }

    @Test func `more rows than rowsMax are RESULT_TOO_LARGE`() throws {
        let client = try clients()[0]
        for limit in [0, 1, 10, 4999] as [UInt64] {
            let request = try client.sendQuery("SELECT id FROM t", credit: UInt64(Int64.max), rowsMax: limit)
            let error = try client.terminal(of: request).error
            #expect(error?.code == .resultTooLarge && error?.limit == .init(name: "rowsMax", value: limit))
        }
        #expect(try client.query("SELECT id FROM t", rowsMax: 5000).rows.count == 5000)
        #expect(try client.query("SELECT id FROM t LIMIT 10", rowsMax: 10).rows.count == 10)
        #expect(try client.query("SELECT id FROM t WHERE id < 0", rowsMax: 0).rows.isEmpty)
        try client.begin()
        #expect(
            try client.failure(of: try client.sendQuery("SELECT id FROM t LIMIT 5", rowsMax: 4)).code == .resultTooLarge
        )
        #expect(try client.query("SELECT id FROM t LIMIT 5", rowsMax: 5).rows.count == 5)
        try client.commit()
    }

    @Test func `QUERY_ONE gives the first row or none, and stops there`() throws {
        let client = try clients()[0]
        let one = try client.queryOne(Self.all)
        #expect(!one.isStreamed && one.columns == ["id", "x"] && ids(one.rows) == [1])
        let none = try client.queryOne("SELECT id, x FROM t WHERE id < 0")
        #expect(none.columns == ["id", "x"] && none.rows.isEmpty)
        #expect(ids(try client.queryOne(EndlessStatement.rows).rows) == [1])
        let wide = try client.queryOne("SELECT zeroblob(300000)")
        #expect(wide.rows == [[.blob(Array(repeating: 0, count: 300_000))]])
    }

    @Test func `RUN of a read gives no rows`() throws {
        let client = try clients()[0]
        let outcome = try client.run(Self.all).outcome
        #expect(outcome.changes == 0 && !outcome.changed)
    }

    @Test func `results around every bound of size arrive whole`() throws {
        let client = try clients()[0]
        // A row of one blob: its tag, its length and its bytes; around the loop's and the frames' bounds.
        for size in [
            0, 1, 63, 64, 65_400, 65_500, 65_535, 65_536, 65_537, 70_000, 131_072, 1_048_575, 1_048_576, 1_048_577,
            5_000_000,
        ] {
            let answer = try client.query("SELECT zeroblob(?) AS b, ?", [.integer(size), .integer(size)])
            #expect(answer.columns == ["b", "?"])
            #expect(answer.rows == [[.blob(Array(repeating: 0, count: size)), .integer(size)]])
        }
        for count in [1, 2, 3, 63, 64, 65, 66, 127, 128, 129, 1000] {
            let answer = try client.query("SELECT id, zeroblob(1000) FROM t ORDER BY id LIMIT ?", [.integer(count)])
            #expect(ids(answer.rows) == Array(expected[..<count]))
        }
    }

    @Test func `a row that does not fit the client's frame is RESULT_TOO_LARGE`() throws {
        let server = try TestServer()
        let client = try server.client("acme", frameMax: 65_536)
        for sql in ["SELECT zeroblob(65536)", "SELECT zeroblob(2000000)"] {
            for request in [try client.sendQuery(.sql(sql)), try client.sendQueryOne(.sql(sql))] {
                let error = try client.terminal(of: request).error
                #expect(error?.code == .resultTooLarge, "\(sql)")
            }
        }
        let answer = try client.query(
            "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 50) SELECT zeroblob(60000) FROM c"
        )
        #expect(answer.rows.count == 50 && answer.rowsFrameSizes.allSatisfy { $0 <= 65_536 })
    }

    @Test func `deadlines end reads, writes and streamed results`() throws {
        let client = try clients()[0]
        for request in [
            try client.sendQuery(EndlessStatement.read, deadline: 50),
            try client.sendQueryOne(EndlessStatement.read, deadline: 50),
            try client.sendRun(EndlessStatement.read, deadline: 50),
            try client.sendRun(EndlessStatement.write, deadline: 50),
            try client.sendQuery(EndlessStatement.rows, deadline: 50, credit: UInt64(Int64.max)),
            try client.sendQuery(EndlessStatement.rows, deadline: 50, credit: 0),
            try client.sendQuery("SELECT 1", deadline: 0),
        ] {
            let error = try client.terminal(of: request).error
            #expect(error?.code == .deadlineExceeded && error?.execution == .notExecuted)
        }
        #expect(try client.value("SELECT count(DISTINCT x) FROM t") == .integer(Self.rowCount))
        #expect(try client.query("SELECT 1", deadline: UInt64.max).value == 1)
    }

    @Test func `an error in the middle of a result comes after the rows before it`() throws {
        let client = try clients()[0]
        let request = try client.sendQuery(
            "SELECT id, CASE WHEN id = 4000 THEN abs(-9223372036854775808) ELSE x END FROM t ORDER BY id",
            credit: UInt64(Int64.max))
        var rows = 0
        while true {
            let reply = try client.receive(for: request)
            if case .rows(let part) = reply.message { rows += part.count }
            guard reply.isTerminal else { continue }
            #expect(reply.error?.code == .sqlError && reply.error?.message == "integer overflow")
            break
        }
        #expect(rows < 4000)
        #expect(try client.value("SELECT 1") == 1)
    }

    @Test func `a streamed result in a transaction sees its writes and keeps it open`() throws {
        let clients = try clients(2)
        let client = clients[0]
        try client.begin()
        try client.run("UPDATE t SET id = -id")
        let request = try client.sendQuery("SELECT id, x FROM t ORDER BY id DESC", credit: 1)
        guard case .head = try client.receive(for: request).message else { throw TestSupportError("no HEAD") }
        let behind = try client.sendRun("INSERT INTO t VALUES (0, 'end')")
        try client.sendCredit(UInt64(Int64.max), for: request)
        let answer = try client.answer(to: request)
        #expect(ids(answer.rows) == (1...Self.rowCount).map { .integer(-$0) } && answer.outcome.transaction == .write)
        try client.answer(to: behind)
        let parked = try client.sendQuery(Self.all, credit: 1)
        guard case .head = try client.receive(for: parked).message else { throw TestSupportError("no HEAD") }
        // A result that waits must not keep the client from vanishing.
        client.cut()
        try clients[1].run("INSERT INTO t VALUES (0, 'other')")
        #expect(try clients[1].value("SELECT x FROM t WHERE id = 0") == "other")
    }
}
