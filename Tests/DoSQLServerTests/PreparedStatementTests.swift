import DoSQLProtocol
import DoSQLTestSupport
import Testing

/// PREPARE and UNPREPARE (`protocol/messages.md`, statements).
struct PreparedStatementTests {
    @Test func `a number can be used in the flight that prepares it, on any tenant`() throws {
        let client = try TestServer().client("one")
        try client.open("two", stream: 2)
        let requests = try client.together {
            [
                try client.sendPrepare(1, "CREATE TABLE t(x)"),
                try client.sendPrepare(4_294_967_295, "INSERT INTO t VALUES (?)"),
                try client.sendPrepare(2, "SELECT x FROM t"), try client.sendRun(.prepared(1)),
                try client.sendRun(.prepared(1), stream: 2), try client.sendRun(.prepared(4_294_967_295), [1]),
                try client.sendRun(.prepared(4_294_967_295), [2], stream: 2), try client.sendQuery(.prepared(2)),
                try client.sendQuery(.prepared(2), stream: 2),
            ]
        }
        for request in requests[..<7] { try client.answer(to: request) }
        #expect(try client.answer(to: requests[7]).value == 1)
        #expect(try client.answer(to: requests[8]).value == 2)
    }

    @Test func `wrong SQL is told at its first use`() throws {
        let client = try TestServer().client("acme")
        try client.prepare(1, "SELEKT")
        let error = #expect(throws: ErrorMessage.self) { try client.query(.prepared(1)) }
        #expect(error?.code == .sqlError)
    }

    @Test func `a freed number is unknown, and a bound one can be bound anew`() throws {
        let client = try TestServer().client("acme")
        try client.prepare(1, "SELECT 1")
        try client.prepare(1, "SELECT 2")
        #expect(try client.value(.prepared(1)) == 2)
        try client.unprepare(1)
        try client.unprepare(1)
        for request in [
            try client.sendQuery(.prepared(1)), try client.sendRun(.prepared(1)), try client.sendDescribe(.prepared(1)),
            try client.sendLoad(.prepared(1), columns: 1),
        ] {
            #expect(try client.failure(of: request).code == .statementUnknown)
        }
        let batch = try client.sendBatch([BatchStep("SELECT 1"), BatchStep(.prepared(1))])
        let error = try client.failure(of: batch)
        #expect(error.code == .statementUnknown && error.step == 1)
    }

    @Test func `a request means the statement its number had when it was received`() throws {
        let client = try TestServer().client("acme")
        try client.run("CREATE TABLE t(x)")
        let requests = try client.together {
            [
                try client.sendQuery(EndlessStatement.read), try client.sendPrepare(1, "SELECT 'old'"),
                try client.sendQuery(.prepared(1)), try client.sendPrepare(1, "SELECT 'new'"),
                try client.sendQuery(.prepared(1)), try client.sendUnprepare(1), try client.sendQuery(.prepared(1)),
            ]
        }
        try client.answer(to: requests[1])
        try client.answer(to: requests[3])
        try client.answer(to: requests[5])
        try client.sendCancel(requests[0])
        #expect(try client.failure(of: requests[0]).code == .cancelled)
        #expect(try client.answer(to: requests[2]).value == "old")
        #expect(try client.answer(to: requests[4]).value == "new")
        #expect(try client.failure(of: requests[6]).code == .statementUnknown)
    }

    @Test func `too many numbers and too much text are refused`() throws {
        let client = try TestServer().client("acme")
        let requests = try client.together {
            try (1...Limits.statementsMax).map { try client.sendPrepare(UInt32($0), "SELECT \($0)") }
        }
        for request in requests { try client.answer(to: request) }
        let beyond = #expect(throws: ErrorMessage.self) { try client.prepare(5000, "SELECT 0") }
        #expect(beyond?.code == .statementLimit)
        #expect(try client.value(.prepared(1024)) == 1024)
        try client.unprepare(7)
        try client.prepare(5000, "SELECT 0")

        let long = "SELECT 1 /*" + String(repeating: "x", count: Limits.statementBytesMax) + "*/"
        let tooLong = #expect(throws: ErrorMessage.self) { try client.prepare(5000, long) }
        #expect(tooLong?.code == .statementLimit)
        #expect(try client.value(.prepared(1)) == 1)
    }

    @Test func `a prepared statement survives a change of what it touches`() throws {
        let server = try TestServer()
        let client = try server.client("acme")
        let other = try server.client("acme")
        try client.run("CREATE TABLE t(x)")
        try client.run("INSERT INTO t VALUES (1)")
        try client.prepare(1, "SELECT * FROM v")
        try client.prepare(2, "INSERT INTO t(x) VALUES (?)")
        try client.run("CREATE VIEW v AS SELECT x FROM t")
        #expect(try client.query(.prepared(1)).rows == [[1]])
        try client.run(.prepared(2), [2])
        // Now the same texts mean more: another table in the view, a trigger on the table.
        try other.script(
            """
            CREATE TABLE log(y); DROP VIEW v; CREATE VIEW v AS SELECT x, (SELECT count(*) FROM log) FROM t;
            CREATE TRIGGER noted AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.x); END;
            """)
        #expect(try client.query(.prepared(1)).rows == [[1, 0], [2, 0]])
        try client.run(.prepared(2), [3])
        #expect(try client.query(.prepared(1)).rows == [[1, 1], [2, 1], [3, 1]])
        #expect(try client.value("SELECT y FROM log") == 3)
        // The same in a transaction and for a result that is streamed.
        try other.script(
            "CREATE TABLE more(z); CREATE TRIGGER noted2 AFTER INSERT ON log BEGIN INSERT INTO more VALUES (new.y); END;"
        )
        try client.begin()
        try client.run(.prepared(2), [4])
        try other.ping()
        #expect(try client.value("SELECT z FROM more") == 4)
        try client.commit()
        try other.script("DROP VIEW v; CREATE VIEW v AS SELECT x, (SELECT count(*) FROM more), zeroblob(40000) FROM t")
        let streamed = try client.query(.prepared(1))
        #expect(streamed.isStreamed && streamed.rows.count == 4)
        try other.script(
            "DROP VIEW v; CREATE VIEW v AS SELECT x, (SELECT count(*) FROM log, more), zeroblob(40001) FROM t")
        let again = try client.query(.prepared(1))
        #expect(again.isStreamed && again.rows.count == 4 && again.rows[0][1] == 2)
    }

    /// A view that reads another table, or a trigger that writes to another one, with each call: what was compiled before touches something else.
    private func change(_ client: WireClient, _ round: Int) throws {
        try client.script(
            """
            CREATE TABLE log\(round)(y); INSERT INTO log\(round) VALUES (\(round)); DROP VIEW IF EXISTS v; DROP TRIGGER IF EXISTS noted;
            CREATE VIEW v AS SELECT y FROM log\(round);
            CREATE TRIGGER noted AFTER INSERT ON t BEGIN INSERT INTO log\(round) VALUES (new.x); END;
            """)
    }

    @Test(arguments: [nil, .read, .write] as [Begin.Mode?])
    func `every kind of read is compiled anew when its view reads another table`(mode: Begin.Mode?) throws {
        let server = try TestServer()
        let client = try server.client("acme")
        let other = try server.client("acme")
        try other.run("CREATE TABLE t(x)")
        let step = BatchStep("SELECT y FROM v", want: .all)
        let reads: [(Int) throws -> Value] = [
            { _ in try client.value("SELECT y FROM v") },
            { _ in try client.queryOne("SELECT y FROM v").value },
            { round in
                try client.run("SELECT y FROM v")
                return .integer(round)
            },
            { _ in
                guard case .done(_, let rows, _, _) = try client.batch([step]).steps[0] else { return nil }
                return rows[0][0]
            },
            { _ in
                guard case .done(_, let rows, _, _) = try client.batch([step], onError: .continue).steps[0] else {
                    return nil
                }
                return rows[0][0]
            },
            { _ in try client.query("SELECT y, zeroblob(100000) FROM v").rows[0][0] },
        ]
        for round in 1...12 {
            try change(other, round)
            for read in reads {
                if let mode { try client.begin(mode) }
                #expect(try read(round) == .integer(round))
                if mode != nil { try client.commit() }
            }
        }
    }

    @Test(arguments: [false, true])
    func `every kind of write is compiled anew when its trigger writes to another table, and is carried out once`(
        inTransaction: Bool
    ) throws {
        let server = try TestServer()
        let client = try server.client("acme")
        let other = try server.client("acme")
        try other.run("CREATE TABLE t(x)")
        let insert: StatementSource = "INSERT INTO t VALUES (-1) RETURNING x"
        let writes: [() throws -> Void] = [
            { try client.run(insert) }, { try client.query(insert) }, { try client.queryOne(insert) },
            { try client.batch([BatchStep(insert)]) }, { try client.batch([BatchStep(insert)], onError: .continue) },
            { try client.batch([BatchStep(insert, isTolerated: true)], onError: .stop) },
            { try client.load("INSERT INTO t VALUES (?)", [[-1]]) },
        ]
        var round = 0
        for _ in 0..<3 {
            for (number, write) in writes.enumerated() {
                round += 1
                try change(other, round)
                if inTransaction { try client.begin() }
                try write()
                if inTransaction { try client.commit() }
                #expect(try client.value("SELECT count(*) FROM v WHERE y = -1") == 1, "write \(number)")
                #expect(try client.value("SELECT count(*) FROM t") == .integer(round))
            }
        }
    }
}
