import DoSQLTestSupport
import Testing

/// Results that are too large for one piece: as JSON, and as lines.
struct StreamTests {
    private static let numbers = """
        SELECT n, 'row number ' || n AS text
        FROM (WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ?) SELECT n FROM c)
        """
    private static let lines = [("Accept", "application/x-ndjson")]

    @Test func `a large result is one JSON text, in chunks`() throws {
        let client = try TestServer(loops: 1).http("acme")
        let answer = try client.call("/query", Self.numbers, "[30000]")
        #expect(answer.header("transfer-encoding") == "chunked" && answer.header("content-length") == nil)
        var expected = #"{"rows":["#
        for number in 1...30000 {
            expected += (number > 1 ? "," : "") + #"{"n":\#(number),"text":"row number \#(number)"}"#
        }
        #expect(try answer.guideText() == expected + "]}")
        // The connection goes on behind it.
        #expect(try client.query("SELECT 1") == #"{"rows":[{"1":1}]}"#)
    }

    @Test(arguments: [0, 1, 3, 30000]) func `lines are one object a row, and nothing else`(count: Int) throws {
        let client = try TestServer(loops: 1).http("acme")
        let answer = try client.call("/query", Self.numbers + " WHERE n <= ?", "[30000,\(count)]", headers: Self.lines)
        #expect(answer.status == 200 && answer.header("content-type") == "application/x-ndjson")
        #expect(answer.isComplete)
        let rows = (0..<count).map { #"{"n":\#($0 + 1),"text":"row number \#($0 + 1)"}"# + "\n" }
        #expect(answer.text == rows.joined())
    }

    @Test func `lines of arrays begin with the columns`() throws {
        let client = try TestServer(loops: 1).http("acme")
        let answer = try client.call("/query?rows=arrays", Self.numbers, "[2]", headers: Self.lines)
        #expect(answer.text == "[\"n\",\"text\"]\n[1,\"row number 1\"]\n[2,\"row number 2\"]\n")
    }

    @Test func `an error before the first row has its status, one behind is the last line`() throws {
        let client = try TestServer(loops: 1).http("acme")
        let early = try client.call("/query", "SELECT * FROM x", headers: Self.lines)
        #expect(early.status == 400 && early.header("content-type") == "application/json")
        #expect(early.code == "SQL_ERROR")
        let failing = """
            SELECT CASE WHEN n < 60000 THEN 'row ' || n ELSE json('{') END AS x
            FROM (WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 70000) SELECT n FROM c)
            """
        let late = try client.call("/query", failing, headers: Self.lines)
        // Without the last chunk, so that no reader takes it for whole.
        #expect(late.status == 200 && !late.isComplete)
        let rows = late.text.split(separator: "\n")
        // Rows that were not on their way yet are left out; what came is in order.
        #expect(rows.count > 1 && rows.count <= 60000)
        #expect(rows.dropLast().enumerated().allSatisfy { $1 == #"{"x":"row \#($0 + 1)"}"# })
        #expect(rows.last?.hasPrefix(#"{"$error":{"error":"malformed JSON","code":"SQL_ERROR""#) == true)
        #expect(late.text.hasSuffix("}}\n"))
    }

    @Test func `a JSON result that fails midway is cut off, so that nobody takes it for whole`() throws {
        let client = try TestServer(loops: 1).http("acme")
        let answer = try client.call(
            "/query",
            """
            SELECT CASE WHEN n < 60000 THEN 'row ' || n ELSE json('{') END AS x
            FROM (WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 70000) SELECT n FROM c)
            """)
        #expect(answer.status == 200 && !answer.isComplete)
        #expect(try client.isEnded())
    }

    @Test func `a client that does not read costs the server no memory beyond a bound, and nobody else any time`()
        throws
    {
        let server = try TestServerProcess(flags: ["--loops", "1"])
        let other = try HTTPClient(connectingTo: server.address)
        try other.run("CREATE TABLE t(x)")
        let idle = try #require(server.residentMemory)
        // 100 MB for each of three: as lines, as one text, in a transaction.
        let sql = """
            SELECT printf('%.*c', 50000, 'x') AS x
            FROM (WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 2000) SELECT n FROM c)
            """
        let begun = try other.post("/transactions", #"{"mode":"read"}"#)
        let id = try begun.member("id")
        let readers = try ["/query", "/query", "/transactions/\(id)/query"].map { path in
            let reader = try HTTPClient(connectingTo: server.address, receiveBuffer: 4096)
            try reader.send(
                "POST", path, headers: path == "/query" ? Self.lines : [], body: HTTPClient.statement(sql))
            return reader
        }
        for number in 0..<30 {
            try other.run("INSERT INTO t VALUES (?)", "[\(number)]")
            #expect(try other.count("t") == Int64(number + 1))
        }
        for reader in readers {
            // They get rows, so they are under way.
            #expect(try reader.head().status == 200)
            let chunk = try #require(try reader.chunk())
            #expect(!chunk.isEmpty)
        }
        let peak = try #require(server.residentMemoryPeak)
        #expect(peak - idle < 48 << 20, "\((peak - idle) >> 20) MiB")
        for reader in readers { reader.socket.reset() }
        #expect(try other.count("t") == 30)
    }

    @Test func `a client that reads slowly gets all of it`() throws {
        let server = try TestServer(loops: 1)
        let reader = try server.http("acme", receiveBuffer: 4096)
        try reader.send("POST", "/query", headers: Self.lines, body: HTTPClient.statement(Self.numbers, "[100000]"))
        let other = try server.http("acme")
        for _ in 0..<10 { #expect(try other.query("SELECT 1") == #"{"rows":[{"1":1}]}"#) }
        let answer = try reader.answer()
        #expect(answer.isComplete)
        #expect(answer.text.split(separator: "\n").count == 100_000)
        #expect(answer.text.hasSuffix("{\"n\":100000,\"text\":\"row number 100000\"}\n"))
    }
}
