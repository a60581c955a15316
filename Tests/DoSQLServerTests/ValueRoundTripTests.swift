import DoSQLProtocol
import DoSQLTestSupport
import Testing

/// Values go through the server exactly as they are (`protocol/values.md`).
struct ValueRoundTripTests {
    private static let values: [Value] = [
        .null, 0, 1, 63, 64, -1, -64, 127, 128, -128, -129, 32_767, 32_768, -32_769, 8_388_607, -8_388_609,
        2_147_483_647,
        .integer(Int64(-2_147_483_649)), .integer(Int64(1) << 39), .integer(Int64(1) << 47), .integer(Int64(1) << 55),
        .integer(Int64(9_007_199_254_740_993)), .integer(Int64.max), .integer(Int64.min), .real(0), .real(-0.0),
        .real(1), .real(-1.5),
        .real(.infinity), .real(-.infinity), .real(.leastNonzeroMagnitude), .real(-.leastNormalMagnitude),
        .real(.greatestFiniteMagnitude), .real(.pi), .real(1e300), .text(""), .text("a"), .text("ü€😀"),
        .text(String(repeating: "x", count: 63)), .text(String(repeating: "x", count: 64)),
        .text(String(repeating: "é", count: 70_000)), .text(Text([0])), .text(Text([0x61, 0, 0x62, 0])),
        .text(Text([0xFF, 0xFE])),
        .text(Text([0xC0, 0x80])), .text(Text([0xED, 0xA0, 0x80])), .text("e\u{301}"), .text("\u{E9}"), .blob([]),
        .blob([0]),
        .blob(Array(0...255)), .blob(Array(repeating: 7, count: 63)), .blob(Array(repeating: 7, count: 64)),
        .blob(Array(repeating: 0xAB, count: 200_000)),
    ]

    private func client() throws -> WireClient {
        let client = try TestServer().client("acme")
        try client.run("CREATE TABLE t(id INTEGER PRIMARY KEY, x)")
        return client
    }

    @Test func `as parameters and results of a read`() throws {
        let client = try client()
        for value in Self.values {
            #expect(try client.query("SELECT ?", [value]).rows == [[value]])
            #expect(try client.queryOne("SELECT :v", .named([("v", value)])).rows == [[value]])
        }
        let names = Self.values.map { _ in "?" }.joined(separator: ", ")
        #expect(try client.query(.sql("SELECT \(names)"), .positional(Self.values)).rows == [Self.values])
    }

    @Test func `stored and read back, by RUN, BATCH and LOAD, in and out of a transaction`() throws {
        let client = try client()
        func check() throws {
            let rows = try client.query("SELECT x FROM t ORDER BY id").rows
            #expect(rows == Self.values.map { [$0] })
            try client.run("DELETE FROM t")
        }
        let requests = try client.together {
            try Self.values.map { try client.sendRun("INSERT INTO t(x) VALUES (?)", .positional([$0])) }
        }
        for request in requests { try client.answer(to: request) }
        try check()
        try client.batch(Self.values.map { BatchStep("INSERT INTO t(x) VALUES (?)", .positional([.value($0)])) })
        try check()
        try client.load("INSERT INTO t(x) VALUES (?)", Self.values.map { [$0] }, rowsPerFrame: 3)
        try check()
        try client.begin()
        for value in Self.values {
            #expect(try client.query("INSERT INTO t(x) VALUES (?) RETURNING x", [value]).rows == [[value]])
        }
        try check()
        try client.commit()
    }

    @Test func `they survive the file`() throws {
        let server = try TestServer()
        let before = try server.client("acme")
        try before.run("CREATE TABLE t(id INTEGER PRIMARY KEY, x)")
        try before.load("INSERT INTO t(x) VALUES (?)", Self.values.map { [$0] }, rowsPerFrame: 10)
        try server.restart()
        let client = try server.client("acme")
        #expect(try client.query("SELECT x FROM t ORDER BY id").rows == Self.values.map { [$0] })
    }

    @Test func `NaN is refused wherever it stands`() throws {
        let client = try client()
        for nan in [Double.nan, -Double.nan, .signalingNaN, Double(nan: 7, signaling: false)] {
            for request in [
                try client.sendQuery("SELECT ?", [.real(nan)]),
                try client.sendRun("INSERT INTO t(x) VALUES (?)", [.real(nan)]),
                try client.sendQuery("SELECT :a", .named([("a", .real(nan))])),
                try client.sendBatch([BatchStep("SELECT ?", .positional([.value(.real(nan))]))]),
            ] {
                #expect(try client.failure(of: request).code == .nanNotStorable)
            }
        }
        #expect(try client.value("SELECT count(*) FROM t") == 0)
        // SQLite's own NaN is NULL.
        #expect(try client.value("SELECT 9e999 - 9e999") == nil)
    }

    @Test func `parameters must be exactly the statement's`() throws {
        let client = try client()
        for (sql, parameters, code) in [
            ("SELECT ?", [] as ParameterList, ErrorCode.parameterCount), ("SELECT ?", [1, 2], .parameterCount),
            ("SELECT 1", [1], .parameterCount), ("SELECT ?3", [1], .parameterCount),
            ("SELECT :a", ["b": 1], .parameterUnknown),
            ("SELECT :a + :b", ["a": 1], .parameterMissing), ("SELECT :a", ["a": 1, "b": 2], .parameterUnknown),
            ("SELECT :a", ["@a": 1], .parameterUnknown),
        ] {
            #expect(
                try client.failure(of: try client.sendRun(.sql("INSERT INTO t(x, id) SELECT 1, (\(sql))"), parameters))
                    .code == code)
            #expect(try client.failure(of: try client.sendQuery(.sql(sql), parameters)).code == code, "\(sql)")
        }
        #expect(try client.query("SELECT ?3, ?1", [1, 2, 3]).rows == [[3, 1]])
        #expect(try client.query("SELECT :a, @b, $c, :a", ["a": 1, "b": 2, "$c": 3]).rows == [[1, 2, 3, 1]])
        #expect(try client.query("SELECT @a, :a", ["@a": 1, ":a": 2]).rows == [[1, 2]])
    }

    @Test func `names of columns come as they are, also twice`() throws {
        let client = try client()
        let answer = try client.query(#"SELECT 1 AS a, 2 AS a, 3 AS "ü 'x'", 4 AS "" FROM (SELECT 1)"#)
        #expect(answer.columns == ["a", "a", "ü 'x'", ""])
        #expect(answer.rows == [[1, 2, 3, 4]])
    }

    @Test func `affinity is SQLite's own and nothing is coerced beyond it`() throws {
        let client = try client()
        try client.run("CREATE TABLE a(i INTEGER, r REAL, t TEXT, b BLOB, n NUMERIC)")
        try client.run("INSERT INTO a VALUES (?1, ?1, ?1, ?1, ?1)", ["12"])
        try client.run("INSERT INTO a VALUES (?1, ?1, ?1, ?1, ?1)", [.real(3)])
        try client.run("INSERT INTO a VALUES (?1, ?1, ?1, ?1, ?1)", [.blob([1])])
        #expect(
            try client.query("SELECT * FROM a").rows == [
                [12, .real(12), "12", "12", 12], [3, .real(3), "3.0", .real(3), 3],
                [.blob([1]), .blob([1]), .blob([1]), .blob([1]), .blob([1])],
            ])
    }

    @Test func `what format() makes is as long as it should be, wherever it is read`() throws {
        let server = try TestServer()
        let client = try server.client("acme")
        // The first read opens the loop's reader, which the others would be answered by.
        for _ in 0..<3 {
            #expect(try client.value("SELECT length(printf('%.*c', 3000000, 'x'))") == 3_000_000)
            #expect(try client.value("SELECT length(format('%.*c', 3000000, 'x'))") == 3_000_000)
        }
    }
}
