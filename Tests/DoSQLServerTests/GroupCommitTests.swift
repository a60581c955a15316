import DoSQLProtocol
import DoSQLTestSupport
import Testing

/// Writes that are committed together are still each by itself: atomic, in order, answered with their own numbers.
struct GroupCommitTests {
    /// A tenant whose writer is busy while clients send, so that what they send becomes one group.
    ///
    /// A transaction of another client holds the turn meanwhile, and COMMIT lets the group go.
    private func grouped(_ holder: WireClient, _ body: () throws -> [UInt32]) throws -> [UInt32] {
        try holder.begin()
        let requests = try body()
        try holder.commit()
        return requests
    }

    @Test func `many clients write at once, and each gets a number of its own`() throws {
        let server = try TestServer(loops: 2)
        let clients = try (0..<16).map { _ in try server.client("acme") }
        try clients[0].run("CREATE TABLE t(id INTEGER PRIMARY KEY, client, number)")
        let each = 50
        let requests = try clients.enumerated().map { index, client in
            try client.together {
                try (0..<each).map { number in
                    try client.sendRun(
                        "INSERT INTO t(client, number) VALUES (?, ?)", [.integer(index), .integer(number)])
                }
            }
        }
        var numbers: Set<UInt64> = []
        var rowids: Set<Int64> = []
        for (client, requests) in zip(clients, requests) {
            var last: UInt64 = 0
            for request in requests {
                let outcome = try client.answer(to: request).outcome
                #expect(outcome.changed && outcome.changes == 1 && outcome.lsn > last)
                last = outcome.lsn
                numbers.insert(outcome.lsn)
                rowids.insert(outcome.lastInsertRowid)
            }
        }
        #expect(numbers.count == clients.count * each && rowids.count == clients.count * each)
        // The order of each stream is the order in the table.
        #expect(
            try clients[1].value(
                """
                SELECT count(*) FROM (SELECT number, row_number() OVER (PARTITION BY client ORDER BY id) - 1 AS place FROM t)
                WHERE number = place
                """) == .integer(clients.count * each))
    }

    @Test(arguments: ["INSERT OR ROLLBACK INTO u VALUES (1)", "INSERT INTO trap VALUES (1)", "endless"])
    func `a member that takes everything back costs the others nothing`(trap: String) throws {
        let server = try TestServer(loops: 2)
        let holder = try server.client("acme")
        let clients = try (0..<6).map { _ in try server.client("acme") }
        try holder.script(
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, x); INSERT INTO t(x) VALUES ('first');
            CREATE TABLE u(y UNIQUE); INSERT INTO u VALUES (1); CREATE TABLE trap(z);
            CREATE TRIGGER sprung BEFORE INSERT ON trap BEGIN SELECT RAISE(ROLLBACK, 'sprung'); END;
            """)
        for round in 0..<4 {
            var traps: [UInt32] = []
            var good: [(WireClient, UInt32)] = []
            _ = try grouped(holder) {
                for (index, client) in clients.enumerated() {
                    try client.together {
                        for number in 0..<5 {
                            if index == 3 && number == 2 {
                                traps.append(
                                    trap == "endless"
                                        ? try client.sendRun(EndlessStatement.write, deadline: 150)
                                        : try client.sendRun(.sql(trap)))
                            }
                            let text = "\(round)-\(index)-\(number)"
                            good.append((client, try client.sendRun("INSERT INTO t(x) VALUES (?)", [.text(text)])))
                        }
                    }
                    try client.ping()
                }
                return []
            }
            for request in traps {
                let error = try clients[3].failure(of: request)
                #expect(error.transaction == .none && error.execution == .notExecuted)
                if trap == "endless" { #expect(error.code == .deadlineExceeded) }
            }
            for (client, request) in good { #expect(try client.answer(to: request).outcome.changes == 1) }
        }
        #expect(try holder.value("SELECT count(*) FROM t") == .integer(1 + 4 * 6 * 5))
        #expect(try holder.value("SELECT count(DISTINCT x) FROM t") == .integer(1 + 4 * 6 * 5))
        #expect(
            try holder.value(
                """
                SELECT count(*) FROM (
                    SELECT substr(x, 5, 1) AS number, row_number() OVER (PARTITION BY substr(x, 1, 3) ORDER BY id) - 1 AS place
                    FROM t WHERE id > 1)
                WHERE number = CAST(place AS TEXT)
                """) == .integer(4 * 6 * 5))
        #expect(try holder.value("SELECT count(*) FROM u") == 1)
        #expect(try holder.value("SELECT count(*) FROM trap") == 0)
    }

    @Test func `a violated deferred key hits its member only`() throws {
        let server = try TestServer()
        let holder = try server.client("acme")
        let client = try server.client("acme")
        try holder.script(
            """
            CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE t(x);
            CREATE TABLE c(p REFERENCES p DEFERRABLE INITIALLY DEFERRED);
            """)
        let requests = try grouped(holder) {
            let requests = try client.together {
                [
                    try client.sendRun("INSERT INTO t VALUES (1)"), try client.sendRun("INSERT INTO c VALUES (7)"),
                    try client.sendRun("INSERT INTO t VALUES (2)"),
                    // Its parent would come later: still its own failure, for it is a transaction of its own.
                    try client.sendRun("INSERT INTO c VALUES (8)"), try client.sendRun("INSERT INTO p VALUES (8)"),
                    try client.sendBatch([BatchStep("INSERT INTO c VALUES (9)"), BatchStep("INSERT INTO p VALUES (9)")]
                    ),
                ]
            }
            try client.ping()
            return requests
        }
        try client.answer(to: requests[0])
        #expect(try client.failure(of: requests[1]).code == .constraintForeignKey)
        try client.answer(to: requests[2])
        #expect(try client.failure(of: requests[3]).code == .constraintForeignKey)
        try client.answer(to: requests[4])
        try client.answer(to: requests[5])
        #expect(try client.query("SELECT x FROM t").rows == [[1], [2]])
        #expect(try client.query("SELECT p FROM c").rows == [[9]])
        #expect(try client.query("SELECT id FROM p").rows == [[8], [9]])
    }

    @Test func `a member's failure undoes itself only`() throws {
        let server = try TestServer()
        let holder = try server.client("acme")
        let client = try server.client("acme")
        try holder.run("CREATE TABLE t(x UNIQUE)")
        let requests = try grouped(holder) {
            let requests = try client.together {
                try [[1, 2], [3, 2], [3, 4], [5, 5], [6, 7]].map { (pair: [Int64]) in
                    try client.sendRun("INSERT INTO t VALUES (?), (?)", [.integer(pair[0]), .integer(pair[1])])
                }
            }
            try client.ping()
            return requests
        }
        var numbers: [UInt64] = []
        for (index, request) in requests.enumerated() {
            if index == 1 || index == 3 {
                #expect(try client.failure(of: request).code == .constraintUnique)
            } else {
                numbers.append(try client.answer(to: request).outcome.lsn)
            }
        }
        // Only what changed something has a number.
        #expect(numbers == [numbers[0], numbers[0] + 1, numbers[0] + 2])
        #expect(try client.query("SELECT x FROM t ORDER BY x").rows == [[1], [2], [3], [4], [6], [7]])
    }

    @Test func `changes and rowids are the statement's own`() throws {
        let client = try TestServer().client("acme")
        try client.run("CREATE TABLE t(id INTEGER PRIMARY KEY, x)")
        try client.run("CREATE TABLE log(y)")
        #expect(try client.run("INSERT INTO t(x) VALUES (1), (2), (3)").outcome.changes == 3)
        for sql in [
            "CREATE TABLE u(x)", "CREATE INDEX i ON t(x)", "DROP TABLE u", "ALTER TABLE t ADD COLUMN y", "ANALYZE",
        ] {
            let outcome = try client.run(.sql(sql)).outcome
            #expect(outcome.changed && outcome.changes == 0 && outcome.lastInsertRowid == 0, "\(sql)")
        }
        let updated = try client.run("UPDATE t SET x = 9 WHERE id > 1").outcome
        #expect(updated.changes == 2 && updated.lastInsertRowid == 0)
        let deleted = try client.run("DELETE FROM t WHERE id = 2").outcome
        #expect(deleted.changes == 1 && deleted.lastInsertRowid == 0)
        try client.run(
            "CREATE TRIGGER noted AFTER UPDATE ON t BEGIN INSERT INTO log VALUES (1), (2); DELETE FROM log WHERE y = 1; END"
        )
        let triggered = try client.run("UPDATE t SET x = 10").outcome
        #expect(triggered.changes == 2 && triggered.lastInsertRowid == 0)
        let read = try client.query("SELECT * FROM t").outcome
        #expect(read.changes == 0 && read.lastInsertRowid == 0 && !read.changed)
        let replaced = try client.run("INSERT OR REPLACE INTO t(id, x) VALUES (1, 5)").outcome
        #expect(replaced.changes == 1 && replaced.lastInsertRowid == 1)
        let ignored = try client.run("INSERT OR IGNORE INTO t(id, x) VALUES (1, 5)").outcome
        #expect(ignored.changes == 0 && ignored.lastInsertRowid == 0 && !ignored.changed)
        let negative = try client.run("INSERT INTO t(id) VALUES (-9223372036854775808)").outcome
        #expect(negative.lastInsertRowid == .min)
    }

    @Test func `the number grows by one with each change, and not without`() throws {
        let client = try TestServer().client("acme")
        var lsn = try client.query("SELECT 1").outcome.lsn
        for (sql, changes) in [
            ("CREATE TABLE t(x UNIQUE)", true), ("INSERT INTO t VALUES (1)", true),
            ("UPDATE t SET x = 2 WHERE x = 5", false),
            ("DELETE FROM t WHERE x = 5", false), ("INSERT OR IGNORE INTO t VALUES (1)", false),
            ("UPDATE t SET x = 2", true),
            ("CREATE TABLE IF NOT EXISTS t(x)", false), ("DROP TABLE IF EXISTS nowhere", false),
            ("DELETE FROM t", true),
        ] {
            let outcome = try client.run(.sql(sql)).outcome
            #expect(outcome.changed == changes, "\(sql)")
            if changes { lsn += 1 }
            #expect(outcome.lsn == lsn, "\(sql)")
        }
        let failing = try client.sendRun("INSERT INTO nowhere VALUES (1)")
        try client.failure(of: failing)
        #expect(try client.query("SELECT 1").outcome.lsn == lsn)
        let batch = try client.batch([
            BatchStep("INSERT INTO t VALUES (1)"), BatchStep("INSERT INTO t VALUES (2)"),
        ])
        #expect(batch.outcome.lsn == lsn + 1 && batch.outcome.changes == 2)
        #expect(try client.script("INSERT INTO t VALUES (3); INSERT INTO t VALUES (4);").outcome.lsn == lsn + 2)
        try client.begin()
        try client.run("INSERT INTO t VALUES (5)")
        try client.run("INSERT INTO t VALUES (6)")
        #expect(try client.commit().outcome.lsn == lsn + 3)
        #expect(try client.open("acme", stream: 2).outcome.lsn == lsn + 3)
    }

    @Test func `the number goes on where it was after a restart`() throws {
        let server = try TestServer()
        let first = try server.client()
        let opened = try first.open("acme")
        try first.run("CREATE TABLE t(x)")
        let before = try first.run("INSERT INTO t VALUES (1)").outcome.lsn
        try server.restart()
        let client = try server.client()
        let reopened = try client.open("acme")
        #expect(reopened.outcome.lsn == before)
        #expect(reopened.incarnation == opened.incarnation && reopened.incarnation != nil)
        #expect(try client.run("INSERT INTO t VALUES (2)").outcome.lsn == before + 1)
        #expect(try client.query("SELECT x FROM t").rows == [[1], [2]])
    }

    @Test func `RETURNING gives all rows with QUERY, the first with QUERY_ONE, none with RUN, and writes all`() throws {
        let client = try TestServer().client("acme")
        try client.run("CREATE TABLE t(x)")
        let sql: StatementSource = "INSERT INTO t VALUES (1), (2), (3) RETURNING x, rowid AS id"
        let all = try client.query(sql)
        #expect(all.columns == ["x", "id"] && all.rows == [[1, 1], [2, 2], [3, 3]])
        #expect(all.outcome.changes == 3 && all.outcome.lastInsertRowid == 3)
        let one = try client.queryOne(sql)
        #expect(one.rows == [[1, 4]] && one.outcome.changes == 3)
        #expect(try client.run(sql).outcome.changes == 3)
        #expect(try client.value("SELECT count(*) FROM t") == 9)
        try client.begin()
        #expect(try client.queryOne(sql).rows == [[1, 10]])
        #expect(try client.query("DELETE FROM t WHERE x = 1 RETURNING rowid").rows == [[1], [4], [7], [10]])
        try client.commit()
        #expect(try client.value("SELECT count(*) FROM t") == 8)
    }

    @Test func `a write whose answer does not fit leaves nothing`() throws {
        let server = try TestServer()
        let client = try server.client("acme", frameMax: 65_536)
        try client.run("CREATE TABLE t(x)")
        let error = try client.failure(
            of: try client.sendQuery("INSERT INTO t VALUES (zeroblob(70000)) RETURNING x"))
        #expect(error.code == .resultTooLarge && error.execution == .notExecuted)
        #expect(try client.value("SELECT count(*) FROM t") == 0)
        try client.run("INSERT INTO t VALUES (zeroblob(70000)) RETURNING x")
        #expect(try client.value("SELECT count(*) FROM t") == 1)
    }

    @Test func `a write that waits can be cancelled, and is not carried out`() throws {
        let server = try TestServer()
        let holder = try server.client("acme")
        let client = try server.client("acme")
        try holder.run("CREATE TABLE t(x)")
        try holder.begin()
        let requests = try client.together {
            try (1...3).map { try client.sendRun("INSERT INTO t VALUES (?)", [.integer($0)]) }
        }
        try client.sendCancel(requests[1])
        #expect(try client.failure(of: requests[1]).code == .cancelled)
        try holder.commit()
        try client.answer(to: requests[0])
        try client.answer(to: requests[2])
        #expect(try client.query("SELECT x FROM t").rows == [[1], [3]])
    }

    @Test func `writes that were handed over are carried out though their client has gone`() throws {
        let server = try TestServer()
        let holder = try server.client("acme")
        let client = try server.client("acme")
        try holder.run("CREATE TABLE t(x)")
        // From here on its requests are handed over at once.
        try client.query("SELECT * FROM t")
        try holder.begin()
        try client.sendRun("INSERT INTO t VALUES (1)")
        try client.ping()
        client.close()
        try holder.commit()
        // Carried out or not, as if the connection lived: here nothing stands in its way.
        #expect(try Deadline.poll { try holder.value("SELECT count(*) FROM t") == 1 })
    }
}
