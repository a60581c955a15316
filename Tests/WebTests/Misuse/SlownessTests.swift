import DoSQLServer
import DoSQLSession
import DoSQLTestSupport
import Testing

/// Clients that are slow, silent or gone: each bound of time ends them, and nobody else.
struct SlownessTests {
    private static let millisecond: UInt64 = 1_000_000

    /// A server with one bound that is short; all others are long.
    private func server(_ bound: (inout TestServer.Times) -> Void) throws -> TestServer {
        var times = TestServer.Times()
        bound(&times)
        return try TestServer(loops: 1) {
            $0.http.headTime = times.head
            $0.http.bodyTime = times.body
            $0.http.keepAliveTime = times.keepAlive
            $0.http.stallTime = times.stall
            $0.session.cursorStallMax = 600_000 * Self.millisecond
            $0.session.transactionIdleMax = 600_000 * Self.millisecond
            $0.session.transactionTotalMax = 600_000 * Self.millisecond
        }
    }

    @Test(arguments: [
        "G", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: x\r\nX-A: b", "GET / HTTP/1.1\r\nHost: x\r\n\r",
        "POST /query HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}GET /",
    ]) func `a head that does not end is 408`(text: String) throws {
        let server = try server { $0.head = 100 * Self.millisecond }
        let slow = try server.http()
        try slow.send(raw: text)
        if text.hasPrefix("POST") { #expect(try slow.answer().code == "MALFORMED") }
        let answer = try slow.answer()
        #expect(answer.status == 408 && answer.code == "DEADLINE_EXCEEDED", "\(answer.text)")
        #expect(answer.header("connection") == "close")
        #expect(try slow.isEnded())
        #expect(try server.http("acme").query("SELECT 1") == #"{"rows":[{"1":1}]}"#)
    }

    @Test func `a head that drips is 408 all the same`() throws {
        let server = try server { $0.head = 300 * Self.millisecond }
        let slow = try server.http()
        try slow.send(raw: "GET / HTTP/1.1\r\nHost: x\r\n")
        let isAnswered = try Deadline.poll {
            if try slow.socket.hasInput(within: .zero) { return true }
            try slow.send(raw: "X")
            return false
        }
        #expect(isAnswered)
        #expect(try slow.answer().status == 408)
    }

    @Test(arguments: [
        "Content-Length: 100\r\n\r\n", "Content-Length: 100\r\n\r\n{\"sql\":", "Transfer-Encoding: chunked\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n5\r\n{", "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n0\r\n",
    ]) func `a body that does not end is 408, and not carried out`(text: String) throws {
        let server = try server { $0.body = 100 * Self.millisecond }
        let slow = try server.http()
        try slow.send(raw: "POST /run HTTP/1.1\r\nHost: x\r\nX-Tenant-ID: acme\r\n" + text)
        let answer = try slow.answer()
        #expect(answer.status == 408 && answer.code == "DEADLINE_EXCEEDED", "\(answer.text)")
        #expect(try slow.isEnded())
        #expect(try server.http("acme").query("SELECT 1") == #"{"rows":[{"1":1}]}"#)
    }

    @Test func `whoever keeps a connection and asks nothing is closed without a word`() throws {
        let server = try server { $0.keepAlive = 100 * Self.millisecond }
        let silent = try server.http("acme")
        #expect(try silent.query("SELECT 1") == #"{"rows":[{"1":1}]}"#)
        #expect(try silent.isEnded())
    }

    @Test func `an answer that nobody reads is given up, and its transaction can be used by others`() throws {
        let server = try server { $0.stall = 200 * Self.millisecond }
        let other = try server.http("acme")
        let id = try other.begin()
        let stalled = try server.http("acme", receiveBuffer: 4096)
        stalled.socket.readsWhileSending = false
        try stalled.send(
            "POST", "/transactions/\(id)/query",
            body: HTTPClient.statement(
                """
                SELECT printf('%.*c', 50000, 'x') AS x
                FROM (WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 2000) SELECT n FROM c)
                """))
        #expect(try stalled.head().status == 200)
        // Behind the stalled one, on the same stream.
        #expect(
            try other.call("/transactions/\(id)/query", "SELECT 1").guideText() == #"{"rows":[{"1":1}]}"#)
        #expect(try other.post("/transactions/\(id)/commit", "").status == 200)
        // A server that has closed answers what comes with a reset.
        let isGone = Deadline.poll {
            do {
                _ = try stalled.socket.sendWhatFits([0x0D])
                return false
            } catch { return true }
        }
        #expect(isGone)
    }

    // MARK: Clients that vanish

    @Test(arguments: [true, false]) func `whoever vanishes while a read runs frees its thread`(isReset: Bool) throws {
        // Nothing but the end of their connections ends what runs for them.
        let server = try TestServer(loops: 1) {
            $0.readerThreads = 1
            $0.session.statementTimeMax = 600_000 * Self.millisecond
        }
        for _ in 0..<3 {
            let client = try server.http("acme")
            try client.send("POST", "/query", body: HTTPClient.statement(Self.endless))
            if isReset { client.socket.reset() } else { client.socket.close() }
        }
        // A long read, for which the only thread is needed.
        let other = try server.http("acme")
        let sum = """
            SELECT sum(n) AS n
            FROM (WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 300000) SELECT n FROM c)
            """
        #expect(try other.integer(sum) == 45_000_150_000)
    }

    @Test func `whoever vanishes while waiting for a transaction does not get it`() throws {
        let server = try TestServer.guide(loops: 1)
        let holder = try server.http("acme")
        let id = try holder.begin()
        for _ in 0..<3 {
            let client = try server.http("acme")
            try client.send("POST", "/transactions", body: "{}")
            client.socket.reset()
        }
        let other = try server.http("acme")
        try other.send(
            "POST", "/run", body: HTTPClient.statement("INSERT INTO users (name, email) VALUES ('a', 'a')"))
        #expect(try holder.post("/transactions/\(id)/commit", "").status == 200)
        // With minutes to idle, only the end of their connections frees the tenant from those who are gone.
        #expect(try other.answer().status == 200)
    }

    @Test func `whoever ends its side only still gets its answer`() throws {
        let server = try TestServer(loops: 1)
        let client = try server.http("acme")
        try client.send("POST", "/run", body: HTTPClient.statement("CREATE TABLE t(x)"))
        client.socket.finishSending()
        #expect(try client.answer().guideText() == #"{"changes":0,"lastInsertRowid":0}"#)
        #expect(try client.isEnded())
    }

    @Test func `a write of somebody who vanishes is whole or not there`() throws {
        let server = try TestServer(loops: 1)
        let other = try server.http("acme")
        try other.run("CREATE TABLE t(x)")
        for _ in 0..<20 {
            let client = try server.http("acme")
            try client.post(
                "/transaction",
                #"{"operations":[{"type":"run","sql":"INSERT INTO t VALUES (1)"},"#
                    + #"{"type":"run","sql":"INSERT INTO t VALUES (2)"}]}"#
            ).expectOK()
            try client.send(
                "POST", "/transaction",
                body: #"{"operations":[{"type":"run","sql":"INSERT INTO t VALUES (1)"},"#
                    + #"{"type":"run","sql":"INSERT INTO t VALUES (2)"}]}"#)
            client.socket.reset()
        }
        let ones = try other.integer("SELECT count(*) AS n FROM t WHERE x = 1")
        #expect(ones >= 20 && ones <= 40)
        let isEven = try Deadline.poll {
            try other.integer("SELECT count(*) AS n FROM t WHERE x = 1")
                == other.integer("SELECT count(*) AS n FROM t WHERE x = 2")
        }
        #expect(isEven)
    }

    @Test func `whoever vanishes in the midst of an answer is nobody's loss`() throws {
        let server = try TestServer(loops: 1)
        let other = try server.http("acme")
        for round in 0..<6 {
            let client = try server.http("acme", receiveBuffer: 4096)
            client.socket.readsWhileSending = false
            try client.send(
                "POST", "/query", headers: round % 2 == 0 ? [("Accept-Encoding", "gzip")] : [],
                body: HTTPClient.statement(
                    """
                    SELECT hex(randomblob(5000)) AS x
                    FROM (WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 2000) SELECT n FROM c)
                    """))
            #expect(try client.head().status == 200)
            if round < 3 { client.socket.reset() } else { client.socket.close() }
            #expect(try other.query("SELECT 1") == #"{"rows":[{"1":1}]}"#)
        }
        #expect(try other.run("CREATE TABLE t(x)") == #"{"changes":0,"lastInsertRowid":0}"#)
    }

    private static let endless = """
        SELECT count(*)
        FROM (WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n > 0) SELECT n FROM c)
        """
}

extension TestServer {
    /// The bounds of time of HTTP, long enough that none is met by a slow machine.
    struct Times {
        var head: UInt64 = 600_000_000_000
        var body: UInt64 = 600_000_000_000
        var keepAlive: UInt64 = 600_000_000_000
        var stall: UInt64 = 600_000_000_000
    }
}

extension HTTPAnswer {
    /// Notes anything but 200.
    fileprivate func expectOK() { #expect(status == 200, "\(text)") }
}
