import DoSQLProtocol
import DoSQLServer
import DoSQLSession
import DoSQLTestSupport
import Testing

/// LOAD (`protocol/flow-control.md`, bulk loads).
struct LoadTests {
    private func clients(_ count: Int = 1, _ settings: (inout Configuration) -> Void = { _ in }) throws -> [WireClient]
    {
        let server = try TestServer(settings)
        let clients = try (0..<count).map { _ in try server.client("acme") }
        try clients[0].run("CREATE TABLE t(id INTEGER PRIMARY KEY, x UNIQUE CHECK (x <> 'bad'))")
        return clients
    }

    private static let insert: StatementSource = "INSERT INTO t(id, x) VALUES (?, ?)"

    private func count(_ client: WireClient) throws -> Value { try client.value("SELECT count(*) FROM t") }

    @Test func `rows come in many frames, more is granted as they are stored`() throws {
        let client = try clients()[0]
        let before = try client.query("SELECT 1").outcome.lsn
        // Four megabytes: four times what is granted ahead.
        let text = String(repeating: "x", count: 400)
        let rows: [[Value]] = (1...10_000).map { [.integer($0), .text("\($0)-\(text)")] }
        let answer = try client.load(Self.insert, rows, rowsPerFrame: 500)
        #expect(answer.done?.rowsLoaded == 10_000)
        #expect(answer.outcome == Outcome(changed: true, changes: 10_000, lastInsertRowid: 10_000, lsn: before + 1))
        #expect(
            try client.query("SELECT count(*), min(id), max(id), sum(length(x)) FROM t").rows[0][0...2] == [
                10_000, 1, 10_000,
            ])
    }

    @Test func `the first grant is the window`() throws {
        let client = try clients()[0]
        let load = try client.sendLoad(Self.insert, columns: 2)
        #expect(try client.grant(for: load) == Limits.loadWindow)
        try client.sendLoadRows([], of: load, isLast: true)
        let answer = try client.answer(to: load)
        #expect(answer.done?.rowsLoaded == 0 && !answer.outcome.changed && answer.outcome.changes == 0)
    }

    @Test func `requests behind the END may come in the same flight`() throws {
        let client = try clients()[0]
        let load = try client.sendLoad(Self.insert, columns: 2)
        try client.grant(for: load)
        let behind = try client.together {
            try client.sendLoadRows([[1, "a"]], of: load)
            try client.sendLoadRows([[2, "b"], [3, "c"]], of: load)
            try client.sendLoadRows([], of: load, isLast: true)
            return [
                try client.sendQuery("SELECT count(*) FROM t"), try client.sendRun("INSERT INTO t VALUES (4, 'd')"),
                try client.sendQuery("SELECT count(*) FROM t"),
            ]
        }
        #expect(try client.answer(to: load).done?.rowsLoaded == 3)
        #expect(try client.answer(to: behind[0]).value == 3)
        try client.answer(to: behind[1])
        #expect(try client.answer(to: behind[2]).value == 4)
    }

    @Test func `a row that fails undoes everything and is named`() throws {
        let client = try clients()[0]
        try client.run("INSERT INTO t VALUES (100, 'there')")
        for (row, code) in [
            ([100, "new"] as [Value], ErrorCode.constraintUnique), ([7, "there"], .constraintUnique),
            ([7, "bad"], .constraintCheck),
            ([.real(1.5), "x"], .typeMismatch), ([7, .real(.nan)], .nanNotStorable),
        ] {
            let load = try client.sendLoad(Self.insert, columns: 2)
            try client.grant(for: load)
            try client.together {
                try client.sendLoadRows([[1, "a"], [2, "b"]], of: load)
                try client.sendLoadRows([[3, "c"], row, [5, "e"]], of: load)
                // These are on their way already, and ignored.
                try client.sendLoadRows([[6, "f"]], of: load)
                try client.sendLoadRows([[8, "h"]], of: load, isLast: true)
            }
            let error = try client.terminal(of: load).error
            #expect(error?.code == code && error?.row == 3, "\(row)")
            #expect(try client.query("SELECT id FROM t").rows == [[100]])
        }
        #expect(try client.load(Self.insert, [[1, "a"]]).outcome.changes == 1)
    }

    @Test func `what cannot be loaded is refused before any row`() throws {
        let client = try clients()[0]
        for (sql, columns, code) in [
            ("INSERT INTO t VALUES (?, ?)", 1, ErrorCode.parameterCount),
            ("INSERT INTO t VALUES (?, ?)", 3, .parameterCount),
            ("INSERT INTO nowhere VALUES (?)", 1, .sqlError), ("SELEKT ?", 1, .sqlError), ("", 1, .emptyStatement),
            ("INSERT INTO t VALUES (?, 1); SELECT ?", 1, .severalStatements), ("COMMIT", 1, .transactionControl),
            ("INSERT INTO t VALUES (?, ?)", 0, .malformed),
        ] {
            let error = try client.failure(of: try client.sendLoad(.sql(sql), columns: columns))
            #expect(error.code == code && error.transaction == .none, "\(sql)")
        }
        #expect(try client.load(Self.insert, [[1, "a"]]).outcome.changes == 1)
    }

    @Test func `rows beyond the credit are FLOW_CONTROL`() throws {
        let client = try clients()[0]
        let load = try client.sendLoad(Self.insert, columns: 2)
        try client.grant(for: load)
        let text = String(repeating: "x", count: Limits.loadWindow)
        try client.sendLoadRows([[1, .text(text)]], of: load)
        try client.sendLoadRows([[2, "b"]], of: load, isLast: true)
        #expect(try client.terminal(of: load).error?.code == .flowControl)
        #expect(try count(client) == 0)
        try client.run("INSERT INTO t VALUES (1, 'a')")
    }

    @Test func `rows that cannot be decoded are MALFORMED and undo the load`() throws {
        let client = try clients()[0]
        let load = try client.sendLoad(Self.insert, columns: 2)
        try client.grant(for: load)
        try client.sendLoadRows([[1, "a"]], of: load)
        try client.sendLoadRows([[2, "b", 3]], of: load, isLast: true)
        #expect(try client.terminal(of: load).error?.code == .malformed)
        #expect(try count(client) == 0)
    }

    @Test func `a load in a transaction is part of it`() throws {
        let clients = try clients(2)
        let client = clients[0]
        try client.begin()
        try client.run("INSERT INTO t VALUES (1, 'a')")
        let answer = try client.load(Self.insert, [[2, "b"], [3, "c"]])
        #expect(answer.outcome == Outcome(changed: true, transaction: .write, changes: 2, lastInsertRowid: 3))
        let failing = try client.sendLoad(Self.insert, columns: 2)
        try client.grant(for: failing)
        try client.sendLoadRows([[4, "d"], [5, "a"]], of: failing, isLast: true)
        let error = try client.terminal(of: failing).error
        #expect(error?.code == .constraintUnique && error?.row == 1 && error?.transaction == .write)
        #expect(try count(client) == 3)
        #expect(try count(clients[1]) == 0)
        try client.commit()
        #expect(try count(clients[1]) == 3)
        try client.begin()
        try client.load(Self.insert, [[9, "z"]])
        try client.rollback()
        #expect(try count(clients[1]) == 3)
    }

    @Test func `others read the old state while a load runs, and their writes wait`() throws {
        let clients = try clients(2)
        let load = try clients[0].sendLoad(Self.insert, columns: 2)
        try clients[0].grant(for: load)
        try clients[0].sendLoadRows([[1, "a"]], of: load)
        #expect(try clients[0].grant(for: load) > 0)
        #expect(try count(clients[1]) == 0)
        let waiting = try clients[1].sendRun("INSERT INTO t VALUES (2, 'b')")
        #expect(try clients[1].ping() == [])
        try clients[0].sendLoadRows([], of: load, isLast: true)
        let loaded = try clients[0].answer(to: load).outcome
        #expect(try clients[1].answer(to: waiting).outcome.lsn > loaded.lsn)
    }

    @Test(arguments: [false, true]) func `a client that vanishes in a load frees its tenant`(inTransaction: Bool) throws
    {
        let clients = try clients(2)
        if inTransaction { try clients[0].begin() }
        let load = try clients[0].sendLoad(Self.insert, columns: 2)
        try clients[0].grant(for: load)
        try clients[0].sendLoadRows([[1, "a"]], of: load)
        #expect(try clients[0].grant(for: load) > 0)
        let waiting = try clients[1].sendRun("INSERT INTO t VALUES (2, 'b')")
        clients[0].cut()
        try clients[1].answer(to: waiting)
        #expect(try clients[1].query("SELECT id FROM t").rows == [[2]])
    }

    @Test func `a load can be cancelled, waiting for its turn or for its rows`() throws {
        let clients = try clients(2)
        let load = try clients[0].sendLoad(Self.insert, columns: 2)
        try clients[0].grant(for: load)
        try clients[0].sendLoadRows([[1, "a"]], of: load)
        let waiting = try clients[1].sendLoad(Self.insert, columns: 2)
        try clients[1].sendCancel(waiting)
        #expect(try clients[1].failure(of: waiting).code == .cancelled)
        try clients[0].sendCancel(load)
        #expect(try clients[0].terminal(of: load).error?.code == .cancelled)
        try clients[1].run("INSERT INTO t VALUES (2, 'b')")
        #expect(try clients[0].query("SELECT id FROM t").rows == [[2]])
    }

    @Test func `a load whose rows do not come is given up`() throws {
        let clients = try clients(2) { $0.session.transactionIdleMax = 100_000_000 }
        let load = try clients[0].sendLoad(Self.insert, columns: 2)
        try clients[0].grant(for: load)
        try clients[0].sendLoadRows([[1, "a"]], of: load)
        try clients[1].run("INSERT INTO t VALUES (2, 'b')")
        let error = try clients[0].terminal(of: load).error
        #expect(error?.code == .transactionExpired && error?.transaction == TransactionState.none)
        #expect(try clients[0].query("SELECT id FROM t").rows == [[2]])
    }

    @Test func `a load in a transaction whose rows do not come takes the transaction with it`() throws {
        let clients = try clients(2)
        // In one flight: between these the transaction is not idle, however slow the machine is.
        let (flight, load) = try clients[0].together {
            (
                [
                    try clients[0].sendBegin(idle: 100),
                    try clients[0].sendRun("INSERT INTO t VALUES (1, 'a')", flags: .depends),
                ], try clients[0].sendLoad(Self.insert, columns: 2)
            )
        }
        for request in flight { #expect(try clients[0].answer(to: request).outcome.transaction == .write) }
        try clients[0].grant(for: load)
        try clients[1].run("INSERT INTO t VALUES (2, 'b')")
        #expect(try clients[0].terminal(of: load).error?.code == .transactionExpired)
        #expect(try clients[0].query("SELECT id FROM t").rows == [[2]])
    }

    @Test func `the deadline of a load is for the whole`() throws {
        let clients = try clients(2)
        var error: ErrorMessage?
        var rows = 0
        // On a busy machine the deadline may pass before the load begins, or before its first rows: that shows nothing.
        let hasShown = try Deadline.poll {
            rows = 0
            let load = try clients[0].sendLoad(Self.insert, columns: 2, deadline: 300)
            error = try clients[0].receive(for: load).error
            // Rows keep coming, so it is not idle; but it does not end.
            while error == nil {
                rows += 1
                try clients[0].sendLoadRows([[.integer(rows), .integer(rows)]], of: load)
                error = try clients[0].receive(for: load).error
            }
            #expect(error?.code == .deadlineExceeded)
            return rows > 1
        }
        #expect(hasShown)
        try clients[1].run("INSERT INTO t VALUES (1, 'a')")
        #expect(try count(clients[1]) == 1)
    }

    @Test func `the deadline of a load holds where no rows come`() throws {
        let clients = try clients(2)
        for inTransaction in [false, true] {
            if inTransaction { try clients[0].begin() }
            let load = try clients[0].sendLoad(Self.insert, columns: 2, deadline: 200)
            // Behind its GRANT, if it has begun before the deadline.
            let error = try clients[0].terminal(of: load).error
            #expect(error?.code == .deadlineExceeded)
            #expect(error?.transaction == (inTransaction ? .write : TransactionState.none))
            if inTransaction { try clients[0].commit() }
        }
        try clients[1].run("INSERT INTO t VALUES (1, 'a')")
    }

    @Test func `a load may update and delete`() throws {
        let client = try clients()[0]
        try client.load(Self.insert, (1...100).map { [.integer($0), .integer($0)] })
        let updated = try client.load(
            "UPDATE t SET x = ?2 || '!' WHERE id = ?1", [[1, "one"], [2, "two"], [999, "none"]])
        #expect(updated.outcome.changes == 2 && updated.done?.rowsLoaded == 3)
        #expect(try client.load("DELETE FROM t WHERE id > ?", [[50]]).outcome.changes == 50)
        #expect(try client.load("INSERT INTO t VALUES (:id, :x)", [[1000, "named"]]).outcome.changes == 1)
        #expect(try count(client) == 51)
    }

    @Test func `a trigger that rolls everything back fails the load, and the tenant goes on`() throws {
        let client = try clients()[0]
        try client.run(
            "CREATE TRIGGER sprung BEFORE INSERT ON t WHEN new.x = 'trap' BEGIN SELECT RAISE(ROLLBACK, 'sprung'); END")
        let load = try client.sendLoad(Self.insert, columns: 2)
        try client.grant(for: load)
        try client.sendLoadRows([[1, "a"], [2, "trap"], [3, "c"]], of: load, isLast: true)
        let error = try client.terminal(of: load).error
        #expect(error?.message == "sprung" && error?.row == 1 && error?.transaction == TransactionState.none)
        #expect(try count(client) == 0)
        try client.load(Self.insert, [[1, "a"]])
    }
}
