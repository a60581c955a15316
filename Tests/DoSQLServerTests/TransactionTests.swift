import DoSQLProtocol
import DoSQLServer
import DoSQLSession
import DoSQLTestSupport
import Testing

/// Interactive transactions (`protocol/transactions.md`).
struct TransactionTests {
    /// A table `t` with one row, x = 1.
    private func clients(_ count: Int, _ settings: (inout Configuration) -> Void = { _ in }) throws -> [WireClient] {
        let server = try TestServer(settings)
        let clients = try (0..<count).map { _ in try server.client("acme") }
        try clients[0].run("CREATE TABLE t(x)")
        try clients[0].run("INSERT INTO t VALUES (1)")
        return clients
    }

    @Test func `others read the old state, and their writes wait until the commit`() throws {
        let clients = try clients(2)
        let (a, b) = (clients[0], clients[1])
        #expect(try a.begin().outcome.transaction == .write)
        #expect(try a.run("UPDATE t SET x = 2").outcome == Outcome(changed: true, transaction: .write, changes: 1))
        #expect(try a.value("SELECT x FROM t") == 2)
        #expect(try b.value("SELECT x FROM t") == 1)
        #expect(
            try b.batch([BatchStep("SELECT x FROM t", want: .first)]).steps
                == [.done(columns: ["x"], rows: [[1]], changes: 0, lastInsertRowid: 0)])
        let waiting = try b.sendRun("UPDATE t SET x = x * 10 RETURNING x")
        let behind = try b.sendQuery("SELECT x FROM t")
        // The statement of A that follows is answered while B's write waits.
        #expect(try a.value("SELECT x FROM t") == 2)
        let committed = try a.commit().outcome
        #expect(committed.transaction == .none && committed.changed)
        let written = try b.answer(to: waiting).outcome
        #expect(written.lsn > committed.lsn)
        #expect(try b.answer(to: behind).value == 20)
        #expect(try a.value("SELECT x FROM t") == 20)
    }

    @Test func `a rolled back transaction leaves nothing and no number`() throws {
        let clients = try clients(2)
        let before = try clients[1].query("SELECT 1").outcome.lsn
        try clients[0].begin()
        try clients[0].run("DELETE FROM t")
        try clients[0].run("CREATE TABLE u(x)")
        let outcome = try clients[0].rollback().outcome
        #expect(outcome.transaction == .none && !outcome.changed)
        #expect(try clients[1].value("SELECT count(*) FROM t") == 1)
        #expect(try clients[1].query("SELECT 1").outcome.lsn == before)
        let empty = try clients[0].begin()
        #expect(empty.outcome.lsn == before)
        #expect(try !clients[0].commit().outcome.changed)
        #expect(try clients[1].query("SELECT 1").outcome.lsn == before)
    }

    @Test(arguments: ["cut", "close", "half-close"]) func `a client that vanishes frees its tenant`(how: String) throws
    {
        let clients = try clients(2)
        try clients[0].begin()
        try clients[0].run("UPDATE t SET x = 2")
        let waiting = try clients[1].sendRun("INSERT INTO t VALUES (3)")
        switch how {
        case "cut": clients[0].cut()
        case "close": clients[0].close()
        default: clients[0].socket.finishSending()
        }
        try clients[1].answer(to: waiting)
        #expect(try clients[1].query("SELECT x FROM t ORDER BY x").rows == [[1], [3]])
    }

    @Test func `a client that vanishes in the middle of a statement frees its tenant`() throws {
        let clients = try clients(2)
        try clients[0].begin()
        try clients[0].run("UPDATE t SET x = 2")
        try clients[0].sendRun(EndlessStatement.write)
        let waiting = try clients[1].sendRun("INSERT INTO t VALUES (3)")
        clients[0].cut()
        try clients[1].answer(to: waiting)
        #expect(try clients[1].query("SELECT x FROM t ORDER BY x").rows == [[1], [3]])
    }

    @Test func `a client that vanishes while it waits for its turn takes none`() throws {
        let clients = try clients(3)
        try clients[0].begin()
        try clients[1].sendBegin()
        let waiting = try clients[2].sendRun("INSERT INTO t VALUES (3)")
        clients[1].cut()
        try clients[0].commit()
        try clients[2].answer(to: waiting)
    }

    @Test func `a statement that fails undoes itself only`() throws {
        let clients = try clients(1)
        let client = clients[0]
        try client.run("CREATE TABLE u(id INTEGER PRIMARY KEY, y UNIQUE CHECK (y > 0))")
        try client.begin()
        try client.run("INSERT INTO u VALUES (1, 1)")
        for (sql, code) in [
            ("INSERT INTO u VALUES (2, 2), (3, 1)", ErrorCode.constraintUnique),
            ("INSERT INTO u VALUES (4, 4), (5, -1)", .constraintCheck), ("SELEKT", .sqlError),
            ("INSERT INTO u VALUES (?, 1)", .parameterCount), ("ATTACH 'x' AS y", .notAllowed),
            ("SELECT 1; SELECT 2", .severalStatements), ("INSERT INTO u VALUES ('a', 9)", .typeMismatch),
        ] {
            let error = #expect(throws: ErrorMessage.self) { try client.run(.sql(sql)) }
            #expect(error?.code == code, "\(sql)")
            #expect(error?.transaction == .write)
        }
        try client.run("INSERT INTO u VALUES (6, 6)")
        try client.commit()
        #expect(try client.query("SELECT id FROM u ORDER BY id").rows == [[1], [6]])
    }

    @Test(arguments: ["INSERT OR ROLLBACK INTO u VALUES (1)", "INSERT INTO trap VALUES (1)"])
    func `what SQLite rolled back is never committed`(sql: String) throws {
        let clients = try clients(2)
        let client = clients[0]
        try client.script(
            """
            CREATE TABLE u(y UNIQUE); INSERT INTO u VALUES (1); CREATE TABLE trap(z);
            CREATE TRIGGER sprung BEFORE INSERT ON trap BEGIN SELECT RAISE(ROLLBACK, 'sprung'); END;
            """)
        try client.begin()
        try client.run("INSERT INTO t VALUES (2)")
        let error = try client.failure(of: try client.sendRun(.sql(sql)))
        #expect(error.category == .conflict || error.category == .validation)
        #expect(error.transaction == .aborted)
        for request in [
            try client.sendQuery("SELECT 1"), try client.sendRun("INSERT INTO t VALUES (3)"),
            try client.sendSavepoint(.set, "s"), try client.sendBatch([BatchStep("INSERT INTO t VALUES (4)")]),
            try client.sendLoad("INSERT INTO t VALUES (?)", columns: 1),
        ] {
            let error = try client.failure(of: request)
            #expect(error.code == .transactionAborted && error.transaction == .aborted)
        }
        let commit = try client.failure(of: try client.sendCommit())
        #expect(commit.code == .transactionAborted && commit.transaction == .none)
        #expect(try client.failure(of: try client.sendRollback()).code == .noTransaction)
        #expect(try clients[1].query("SELECT x FROM t").rows == [[1]])
        try clients[1].run("INSERT INTO t VALUES (5)")
        try client.begin()
        try client.failure(of: try client.sendRun(.sql(sql)))
        try client.rollback()
        try client.run("INSERT INTO t VALUES (6)")
        #expect(try client.query("SELECT x FROM t").rows == [[1], [5], [6]])
    }

    @Test(arguments: [false, true]) func `savepoints nest`(asSQL: Bool) throws {
        let client = try clients(1)[0]
        func savepoint(_ kind: Savepoint.Kind, _ name: String) throws {
            guard asSQL else { _ = try client.savepoint(kind, name); return }
            switch kind {
            case .set: try client.run("SAVEPOINT \(name)")
            case .release: try client.run("RELEASE SAVEPOINT \(name)")
            case .rollbackTo: try client.run("ROLLBACK TO \(name)")
            }
        }
        try client.begin()
        try client.run("INSERT INTO t VALUES (2)")
        try savepoint(.set, "outer")
        try client.run("INSERT INTO t VALUES (3)")
        try savepoint(.set, "inner")
        try client.run("INSERT INTO t VALUES (4)")
        try savepoint(.rollbackTo, "inner")
        try client.run("INSERT INTO t VALUES (5)")
        try savepoint(.release, "inner")
        #expect(try client.query("SELECT x FROM t").rows == [[1], [2], [3], [5]])
        let gone = #expect(throws: ErrorMessage.self) { try savepoint(.rollbackTo, "inner") }
        #expect(gone?.code == .noSavepoint && gone?.transaction == .write)
        try savepoint(.rollbackTo, "outer")
        try client.run("INSERT INTO t VALUES (6)")
        try client.commit()
        #expect(try client.query("SELECT x FROM t").rows == [[1], [2], [6]])
    }

    @Test func `a savepoint's name is text like any other, but not the server's own`() throws {
        let client = try clients(1)[0]
        try client.begin()
        for name in ["a\"b", "it's", "ü", "; DROP TABLE t", String(repeating: "x", count: 64)] {
            try client.savepoint(.set, name)
            try client.run("INSERT INTO t VALUES (2)")
            try client.savepoint(.rollbackTo, name)
            try client.savepoint(.release, name)
        }
        for name in ["", String(repeating: "x", count: 65)] {
            #expect(try client.failure(of: try client.sendSavepoint(.set, name)).code == .malformed)
        }
        #expect(try client.failure(of: try client.sendSavepoint(.set, "__dosql_0")).code == .notAllowed)
        try client.commit()
        #expect(try client.value("SELECT count(*) FROM t") == 1)
    }

    @Test func `COMMIT and ROLLBACK as SQL mean the messages`() throws {
        let clients = try clients(2)
        let client = clients[0]
        try client.begin()
        try client.run("INSERT INTO t VALUES (2)")
        let answer = try client.run("COMMIT")
        // As every RUN is answered, not as the message COMMIT is.
        #expect(answer.done != nil)
        let committed = answer.outcome
        #expect(committed.changed && committed.transaction == .none && committed.lsn > 0)
        #expect(try clients[1].value("SELECT count(*) FROM t") == 2)
        try client.begin()
        try client.run("INSERT INTO t VALUES (3)")
        let rolledBack = try client.query("ROLLBACK").outcome
        #expect(!rolledBack.changed && rolledBack.transaction == .none)
        #expect(try clients[1].value("SELECT count(*) FROM t") == 2)
        try client.begin()
        let error = #expect(throws: ErrorMessage.self) { try client.run("BEGIN IMMEDIATE") }
        #expect(error?.code == .transactionOpen && error?.transaction == .write)
        try client.run("END")
        try clients[1].run("INSERT INTO t VALUES (4)")
    }

    @Test func `transaction control as SQL outside of a transaction is refused`() throws {
        let client = try clients(1)[0]
        for sql in [
            "BEGIN", "BEGIN IMMEDIATE", "COMMIT", "END", "ROLLBACK", "SAVEPOINT s", "RELEASE s", "ROLLBACK TO s",
        ] {
            for request in [
                try client.sendRun(.sql(sql)), try client.sendQuery(.sql(sql)),
                try client.sendBatch([BatchStep(.sql(sql))]),
            ] {
                #expect(try client.failure(of: request).code == .transactionControl, "\(sql)")
            }
        }
        for request in [
            try client.sendCommit(), try client.sendRollback(), try client.sendSavepoint(.set, "s"),
            try client.sendSavepoint(.release, "s"), try client.sendSavepoint(.rollbackTo, "s"),
        ] {
            #expect(try client.failure(of: request).code == .noTransaction)
        }
        #expect(try client.run("INSERT INTO t VALUES (2)").outcome.transaction == .none)
    }

    @Test func `BEGIN and SCRIPT inside a transaction are refused, and it goes on`() throws {
        let client = try clients(1)[0]
        try client.begin()
        for request in [try client.sendBegin(), try client.sendBegin(.read), try client.sendScript("SELECT 1")] {
            let error = try client.failure(of: request)
            #expect(error.code == .transactionOpen && error.transaction == .write)
        }
        try client.run("INSERT INTO t VALUES (2)")
        try client.commit()
        #expect(try client.value("SELECT count(*) FROM t") == 2)
    }

    @Test func `a transaction that is idle for too long expires, and says so once`() throws {
        let clients = try clients(2)
        let client = clients[0]
        // In one flight: between the two the transaction is not idle, however slow the machine is.
        let flight = try client.together {
            [try client.sendBegin(idle: 50), try client.sendRun("INSERT INTO t VALUES (2)", flags: .depends)]
        }
        for request in flight { #expect(try client.answer(to: request).outcome.transaction == .write) }
        // B's write gets the turn only when the transaction is over.
        try clients[1].run("INSERT INTO t VALUES (3)")
        let error = try client.failure(of: try client.sendRun("INSERT INTO t VALUES (4)"))
        #expect(error.code == .transactionExpired && error.transaction == .none && error.isRetryable)
        try client.run("INSERT INTO t VALUES (5)")
        #expect(try client.query("SELECT x FROM t").rows == [[1], [3], [5]])
    }

    @Test func `the server's own bounds hold where a client asks for longer ones`() throws {
        let clients = try clients(2) { $0.session.transactionIdleMax = 50_000_000 }
        #expect(clients[0].helloOK?.limit("transactionIdleMax") == 50)
        try clients[0].begin(idle: 1_000_000_000)
        try clients[1].run("INSERT INTO t VALUES (3)")
        #expect(try clients[0].failure(of: try clients[0].sendCommit()).code == .transactionExpired)
        #expect(try clients[0].failure(of: try clients[0].sendCommit()).code == .noTransaction)
    }

    @Test func `a read transaction expires too`() throws {
        let client = try clients(1)[0]
        try client.begin(.read, idle: 30)
        #expect(
            try Deadline.poll {
                // Each look is activity, so leave it alone for longer than it may be idle.
                _ = try client.hasReply(within: .milliseconds(300))
                let reply = try client.receive(for: try client.sendQuery("SELECT 1"))
                return reply.error?.code == .transactionExpired
            })
        #expect(try client.query("SELECT 1").outcome.transaction == .none)
    }

    @Test func `a transaction that works without end expires by its total time`() throws {
        let clients = try clients(2)
        let client = clients[0]
        // In one flight, and with time for the first two: it is the endless one that meets the bound.
        let (flight, endless) = try client.together {
            (
                [
                    try client.sendBegin(total: 3_000),
                    try client.sendRun("INSERT INTO t VALUES (2)", flags: .depends),
                ], try client.sendRun(EndlessStatement.write, flags: .depends)
            )
        }
        for request in flight { #expect(try client.answer(to: request).outcome.transaction == .write) }
        let behind = try client.sendRun("INSERT INTO t VALUES (4)")
        try clients[1].run("INSERT INTO t VALUES (3)")
        let first = try client.failure(of: endless)
        #expect(first.code == .transactionExpired && first.transaction == .none)
        // The endless statement was told; the one behind it runs by itself or is told, but never in a lost transaction.
        _ = try client.terminal(of: behind)
        try client.run("INSERT INTO t VALUES (5)")
        #expect(try clients[1].value("SELECT count(*) FROM t WHERE x = 2") == 0)
    }

    @Test func `a total time is over even if statements keep coming`() throws {
        let client = try clients(1)[0]
        try client.begin(total: 100)
        var expired: ErrorMessage?
        #expect(
            try Deadline.poll {
                expired = try client.receive(for: try client.sendQuery("SELECT 1")).error
                return expired != nil
            })
        #expect(expired?.code == .transactionExpired)
        #expect(try client.failure(of: try client.sendCommit()).code == .noTransaction)
    }

    @Test func `BEGIN after an expiry begins anew`() throws {
        let clients = try clients(2)
        try clients[0].begin(idle: 20)
        try clients[1].run("INSERT INTO t VALUES (2)")
        try clients[0].begin()
        try clients[0].run("INSERT INTO t VALUES (3)")
        try clients[0].commit()
        #expect(try clients[1].value("SELECT count(*) FROM t") == 3)
    }

    @Test func `whoever waits too long for the turn is told LOCK_TIMEOUT`() throws {
        let folder = try TemporaryFolder()
        do {
            let server = try TestServer { $0.dataFolder = folder.path(of: "data") }
            try server.client("acme").script("CREATE TABLE t(x); INSERT INTO t VALUES (1)")
            server.stop()
        }
        let server = try TestServer {
            $0.dataFolder = folder.path(of: "data")
            $0.session.transactionWaitMax = 200_000_000
        }
        let clients = try (0..<2).map { _ in try server.client("acme") }
        try takeTurn(clients[0])
        for request in [
            try clients[1].sendBegin(), try clients[1].sendBegin(deadline: 20),
            try clients[1].sendRun("INSERT INTO t VALUES (2)"),
            try clients[1].sendBatch([BatchStep("INSERT INTO t VALUES (2)")]),
            try clients[1].sendScript("INSERT INTO t VALUES (2)"),
            try clients[1].sendLoad("INSERT INTO t VALUES (?)", columns: 1),
        ] {
            let error = try clients[1].failure(of: request)
            #expect(error.code == .lockTimeout && error.isRetryable && error.execution == .notExecuted)
            #expect(error.transaction == .none)
        }
        let hasty = try clients[1].failure(of: try clients[1].sendBegin(deadline: 20))
        #expect(hasty.message.contains("within 20 ms"))
        let deadline = try clients[1].failure(of: try clients[1].sendRun("INSERT INTO t VALUES (2)", deadline: 20))
        #expect(deadline.code == .deadlineExceeded)
        #expect(try clients[1].value("SELECT count(*) FROM t") == 1)
        try clients[0].commit()
        try takeTurn(clients[1])
        try clients[1].commit()
        #expect(try clients[1].value("SELECT count(*) FROM t") == 1)
    }

    /// BEGIN where nobody holds the turn, but the server waits for it only shortly: on a busy machine that may be too
    /// short even so, and it tries again.
    private func takeTurn(_ client: WireClient) throws {
        let hasTurn = try Deadline.poll {
            let reply = try client.terminal(of: try client.sendBegin())
            guard let error = reply.error else { return true }
            #expect(error.code == .lockTimeout)
            return false
        }
        #expect(hasTurn)
    }

    @Test func `BEGIN that waits can be cancelled, and takes no turn later`() throws {
        let clients = try clients(3)
        try clients[0].begin()
        let waiting = try clients[1].sendBegin()
        try clients[1].sendCancel(waiting)
        #expect(try clients[1].failure(of: waiting).code == .cancelled)
        try clients[0].commit()
        try clients[2].run("INSERT INTO t VALUES (2)")
        #expect(try clients[1].failure(of: try clients[1].sendCommit()).code == .noTransaction)
    }

    @Test func `a read transaction sees one snapshot while others commit`() throws {
        let clients = try clients(2)
        let began = try clients[0].begin(.read).outcome
        #expect(began.transaction == .read)
        for number in 2...20 {
            try clients[1].run("INSERT INTO t VALUES (?)", [.integer(number)])
            let answer = try clients[0].query("SELECT count(*) FROM t")
            #expect(answer.value == 1)
            #expect(answer.outcome.lsn == began.lsn && answer.outcome.transaction == .read)
        }
        try clients[1].run("CREATE TABLE u(x)")
        let error = #expect(throws: ErrorMessage.self) { try clients[0].query("SELECT * FROM u") }
        #expect(error?.code == .sqlError && error?.transaction == .read)
        try clients[0].commit()
        #expect(try clients[0].value("SELECT count(*) FROM t") == 20)
        try clients[0].query("SELECT * FROM u")
    }

    @Test func `a read transaction neither waits for a writer nor holds one up`() throws {
        let clients = try clients(3)
        try clients[0].begin()
        try clients[0].run("UPDATE t SET x = 9")
        try clients[1].begin(.read)
        #expect(try clients[1].value("SELECT x FROM t") == 1)
        try clients[0].commit()
        try clients[2].run("UPDATE t SET x = 10")
        #expect(try clients[1].value("SELECT x FROM t") == 1)
        try clients[1].rollback()
        #expect(try clients[1].value("SELECT x FROM t") == 10)
    }

    @Test func `a write in a read transaction is READ_ONLY, and it goes on`() throws {
        let client = try clients(1)[0]
        try client.begin(.read)
        for request in [
            try client.sendRun("INSERT INTO t VALUES (2)"),
            try client.sendQuery("INSERT INTO t VALUES (2) RETURNING x"),
            try client.sendQueryOne("INSERT INTO t VALUES (2) RETURNING x"), try client.sendRun("CREATE TABLE u(x)"),
            try client.sendBatch([BatchStep("INSERT INTO t VALUES (2)")]),
            try client.sendLoad("INSERT INTO t VALUES (?)", columns: 1),
        ] {
            let error = try client.failure(of: request)
            #expect(error.code == .readOnly && error.transaction == .read)
        }
        #expect(try client.value("SELECT count(*) FROM t") == 1)
        try client.commit()
        try client.run("INSERT INTO t VALUES (2)")
    }

    @Test func `a violated deferred key fails COMMIT and leaves the transaction open`() throws {
        let clients = try clients(2)
        let client = clients[0]
        try client.script(
            "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p REFERENCES p DEFERRABLE INITIALLY DEFERRED);")
        try client.begin()
        try client.run("INSERT INTO c VALUES (7)")
        let error = try client.failure(of: try client.sendCommit())
        #expect(error.code == .constraintForeignKey && error.transaction == .write)
        #expect(try clients[1].value("SELECT count(*) FROM c") == 0)
        try client.run("INSERT INTO p VALUES (7)")
        #expect(try client.commit().outcome.changed)
        #expect(try clients[1].value("SELECT count(*) FROM c") == 1)
    }

    @Test func `temporary tables live in their transaction only`() throws {
        let clients = try clients(2)
        for mode in [Begin.Mode.write, .read] {
            try clients[0].begin(mode)
            guard mode == .write else {
                let error = #expect(throws: ErrorMessage.self) { try clients[0].query("SELECT * FROM scratch") }
                #expect(error?.code == .sqlError)
                try clients[0].commit()
                continue
            }
            try clients[0].run("CREATE TEMP TABLE scratch(y)")
            try clients[0].run("INSERT INTO scratch VALUES (1)")
            try clients[0].run("INSERT INTO t SELECT y + 1 FROM scratch")
            let other = #expect(throws: ErrorMessage.self) { try clients[1].query("SELECT * FROM scratch") }
            #expect(other?.code == .sqlError)
            try clients[0].commit()
        }
        for client in clients {
            for request in [
                try client.sendQuery("SELECT * FROM scratch"), try client.sendRun("INSERT INTO scratch VALUES (2)"),
                try client.sendBatch([BatchStep("INSERT INTO scratch VALUES (2)")]),
            ] {
                #expect(try client.failure(of: request).code == .sqlError)
            }
            try client.begin()
            #expect(try client.failure(of: try client.sendQuery("SELECT * FROM scratch")).code == .sqlError)
            try client.rollback()
        }
        #expect(try clients[1].query("SELECT x FROM t").rows == [[1], [2]])
        let outside = #expect(throws: ErrorMessage.self) { try clients[0].run("CREATE TEMP TABLE scratch(y)") }
        #expect(outside?.code == .notAllowed)
        // A temporary table that shadows a real one must not outlive a rollback either.
        try clients[0].begin()
        try clients[0].run("CREATE TEMP TABLE t(x)")
        try clients[0].run("INSERT INTO temp.t VALUES (99)")
        #expect(try clients[0].query("SELECT x FROM t").rows == [[99]])
        try clients[0].rollback()
        try clients[1].run("INSERT INTO t VALUES (3)")
        #expect(try clients[0].query("SELECT x FROM t").rows == [[1], [2], [3]])
    }

    @Test func `CANCEL in a transaction interrupts a read and leaves the transaction open`() throws {
        let client = try clients(1)[0]
        try client.begin()
        try client.run("INSERT INTO t VALUES (2)")
        let endless = try client.sendQuery(EndlessStatement.read)
        try client.sendCancel(endless)
        let error = try client.failure(of: endless)
        #expect(error.code == .cancelled && error.transaction == .write)
        try client.commit()
        #expect(try client.value("SELECT count(*) FROM t") == 2)
    }

    @Test func `CANCEL of a write in a transaction never lets half of it be committed`() throws {
        let client = try clients(1)[0]
        // Whether CANCEL meets the write before it begins is not ours to say: until it has met one that runs.
        let wasAborted = try Deadline.poll {
            try client.begin()
            try client.run("INSERT INTO t VALUES (2)")
            let endless = try client.sendRun(EndlessStatement.write)
            _ = try client.hasReply(within: .milliseconds(20))
            try client.sendCancel(endless)
            let error = try client.failure(of: endless)
            #expect(error.code == .cancelled)
            guard error.transaction == .aborted else {
                #expect(error.transaction == .write)
                try client.rollback()
                return false
            }
            #expect(try client.failure(of: try client.sendCommit()).code == .transactionAborted)
            return true
        }
        #expect(wasAborted)
        #expect(try client.query("SELECT x FROM t").rows == [[1]])
    }

    @Test func `a deadline in a transaction interrupts its statement only`() throws {
        let client = try clients(1)[0]
        try client.begin()
        try client.run("INSERT INTO t VALUES (2)")
        let error = try client.failure(of: try client.sendQuery(EndlessStatement.read, deadline: 30))
        #expect(error.code == .deadlineExceeded && error.transaction == .write)
        try client.commit()
        #expect(try client.value("SELECT count(*) FROM t") == 2)
    }

    @Test func `two streams of one connection can each have a transaction on their tenants`() throws {
        let client = try TestServer().client("one")
        try client.open("two", stream: 2)
        for stream in [1, 2] as [UInt16] {
            try client.run("CREATE TABLE t(x)", stream: stream)
            try client.begin(stream: stream)
            try client.run("INSERT INTO t VALUES (?)", [.integer(Int(stream))], stream: stream)
        }
        try client.rollback(stream: 1)
        try client.commit(stream: 2)
        #expect(try client.query("SELECT x FROM t").rows == [])
        #expect(try client.query("SELECT x FROM t", stream: 2).rows == [[2]])
    }

    @Test func `a transaction on stream 1 makes a write on stream 2 of the same tenant wait`() throws {
        let client = try clients(1)[0]
        try client.open("acme", stream: 2)
        try client.begin()
        try client.run("UPDATE t SET x = 2")
        let waiting = try client.sendRun("UPDATE t SET x = x + 1", stream: 2)
        #expect(try client.value("SELECT x FROM t", stream: 1) == 2)
        try client.commit()
        try client.answer(to: waiting)
        #expect(try client.value("SELECT x FROM t") == 3)
    }

    @Test func `transactions take turns in the order in which they asked`() throws {
        let clients = try clients(4)
        try clients[0].begin()
        var waiting: [UInt32] = []
        for client in clients[1...] {
            waiting.append(try client.sendBegin())
            // Each has arrived when the next one asks.
            try client.ping()
        }
        try clients[0].commit()
        for (index, client) in clients[1...].enumerated() {
            try client.answer(to: waiting[index])
            #expect(try client.value("SELECT max(x) FROM t") == .integer(index + 1))
            try client.run("INSERT INTO t VALUES (?)", [.integer(index + 2)])
            try client.commit()
        }
    }
}
