import DoSQLProtocol
import DoSQLTestSupport
import Testing

/// Idempotency keys (`protocol/transactions.md`, idempotency keys).
struct IdempotencyTests {
    private func prepared() throws -> (server: TestServer, client: WireClient) {
        let server = try TestServer()
        let client = try server.client("acme")
        try client.run("CREATE TABLE t(id INTEGER PRIMARY KEY, x UNIQUE)")
        return (server, client)
    }

    private func count(_ client: WireClient) throws -> Value { try client.value("SELECT count(*) FROM t") }

    /// The same outcome, but told again.
    private func replayed(_ outcome: Outcome) -> Outcome {
        var outcome = outcome
        outcome.replayed = true
        return outcome
    }

    @Test func `RUN is carried out once and answered alike`() throws {
        let (server, client) = try prepared()
        let first = try client.run("INSERT INTO t(x) VALUES (?)", ["a"], key: "k")
        #expect(first.outcome.changed && !first.outcome.replayed)
        // Others write meanwhile, and other clients repeat it too.
        try client.run("INSERT INTO t(x) VALUES ('other')")
        for client in [client, try server.client("acme")] {
            let again = try client.run("INSERT INTO t(x) VALUES (?)", ["a"], key: "k")
            #expect(again.outcome == replayed(first.outcome))
        }
        #expect(try count(client) == 2)
    }

    @Test func `rows of RETURNING are replayed`() throws {
        let (_, client) = try prepared()
        let sql: StatementSource = "INSERT INTO t(x) VALUES ('a'), ('b') RETURNING id, x, randomblob(8)"
        let first = try client.query(sql, key: "all")
        let again = try client.query(sql, key: "all")
        #expect(again.columns == first.columns && again.rows == first.rows && again.rows.count == 2)
        #expect(again.outcome == replayed(first.outcome))
        let one = try client.queryOne("UPDATE t SET x = x || '!' RETURNING x, randomblob(8)", key: "one")
        let oneAgain = try client.queryOne("UPDATE t SET x = x || '!' RETURNING x, randomblob(8)", key: "one")
        #expect(oneAgain.rows == one.rows && oneAgain.outcome == replayed(one.outcome))
        #expect(try client.query("SELECT x FROM t").rows == [["a!"], ["b!"]])
    }

    @Test func `a batch and a script are replayed`() throws {
        let (_, client) = try prepared()
        let steps = [
            BatchStep("INSERT INTO t(x) VALUES (1)"), BatchStep("INSERT INTO t(x) VALUES (1)", isTolerated: true),
            BatchStep("SELECT randomblob(8)", want: .all), BatchStep("SELECT 1", condition: .ran(step: 1)),
        ]
        let first = try client.batch(steps, key: "b")
        let again = try client.batch(steps, key: "b")
        #expect(again.steps == first.steps && again.outcome == replayed(first.outcome))

        let script = "INSERT INTO t(x) VALUES (2); INSERT INTO t(x) VALUES (3);"
        let firstScript = try client.script(script, key: "s")
        #expect(!firstScript.outcome.replayed && firstScript.outcome.changed)
        let againScript = try client.script(script, key: "s")
        #expect(againScript.outcome == replayed(firstScript.outcome))
        #expect(againScript.done?.statements == firstScript.done?.statements)
        #expect(try count(client) == 3)
    }

    @Test func `a prepared number and its text are the same request`() throws {
        let (_, client) = try prepared()
        try client.prepare(9, "INSERT INTO t(x) VALUES (?)")
        try client.run(.prepared(9), [5], key: "k")
        #expect(try client.run("INSERT INTO t(x) VALUES (?)", [5], key: "k").outcome.replayed)
        #expect(try count(client) == 1)
    }

    @Test func `another request under the same key is refused`() throws {
        let (_, client) = try prepared()
        try client.run("INSERT INTO t(x) VALUES (?)", ["a"], key: "k")
        for request in [
            try client.sendRun("INSERT INTO t(x) VALUES (?)", ["b"], key: "k"),
            try client.sendRun("INSERT INTO t(x)  VALUES (?)", ["a"], key: "k"),
            try client.sendRun("INSERT INTO t(x) VALUES (?)", [.blob(Array("a".utf8))], key: "k"),
            try client.sendQuery("INSERT INTO t(x) VALUES (?)", ["a"], key: "k"),
            try client.sendQueryOne("INSERT INTO t(x) VALUES (?)", ["a"], key: "k"),
            try client.sendBatch([BatchStep("INSERT INTO t(x) VALUES (?)", ["a"])], key: "k"),
            try client.sendScript("INSERT INTO t(x) VALUES ('a')", key: "k"),
        ] {
            let error = try client.failure(of: request)
            #expect(error.code == .idempotencyMismatch && !error.isRetryable)
        }
        #expect(try count(client) == 1)
    }

    @Test func `batches that differ anywhere are different requests`() throws {
        let (_, client) = try prepared()
        let step = BatchStep("INSERT INTO t(x) VALUES (?)", [1])
        try client.batch([step], key: "k")
        var wanting = step
        wanting.want = .all
        var tolerated = step
        tolerated.isTolerated = true
        var conditional = step
        conditional.condition = .compare(.equal, 1, 1)
        var asserted = step
        asserted.assertion = .ran(step: 0)
        for other in [[wanting], [tolerated], [conditional], [asserted], [step, BatchStep("SELECT 1")]] {
            #expect(try client.failure(of: try client.sendBatch(other, key: "k")).code == .idempotencyMismatch)
        }
        #expect(
            try client.failure(of: try client.sendBatch([step], onError: .stop, key: "k")).code == .idempotencyMismatch)
        #expect(try client.batch([step], key: "k").outcome.replayed)
    }

    @Test func `an answer that was too long to keep is lost, and its request is not repeated`() throws {
        let (_, client) = try prepared()
        let sql: StatementSource = "INSERT INTO t(x) VALUES (zeroblob(70000)) RETURNING x"
        #expect(try client.query(sql, key: "k").rows == [[.blob(Array(repeating: 0, count: 70000))]])
        let error = try client.failure(of: try client.sendQuery(sql, key: "k"))
        #expect(error.code == .idempotencyAnswerLost && error.execution == .executed)
        #expect(try count(client) == 1)
        // The hash is looked at first.
        #expect(try client.failure(of: try client.sendRun("DELETE FROM t", key: "k")).code == .idempotencyMismatch)
    }

    @Test func `a request that failed leaves no key`() throws {
        let (_, client) = try prepared()
        try client.run("INSERT INTO t(x) VALUES (1)")
        try client.failure(of: try client.sendRun("INSERT INTO t(x) VALUES (1)", key: "k"))
        try client.failure(of: try client.sendBatch([BatchStep("INSERT INTO t(x) VALUES (1)")], key: "b"))
        try client.failure(
            of: try client.sendScript("INSERT INTO t(x) VALUES (7); INSERT INTO t(x) VALUES (1);", key: "s"))
        try client.failure(of: try client.sendRun("INSERT OR ROLLBACK INTO t(x) VALUES (1)", key: "r"))
        try client.run("DELETE FROM t")
        #expect(try !client.run("INSERT INTO t(x) VALUES (1)", key: "k").outcome.replayed)
        #expect(try !client.batch([BatchStep("INSERT INTO t(x) VALUES (2)")], key: "b").outcome.replayed)
        #expect(try !client.script("INSERT INTO t(x) VALUES (7)", key: "s").outcome.replayed)
        #expect(try !client.run("INSERT INTO t(x) VALUES (8)", key: "r").outcome.replayed)
        #expect(try count(client) == 4)
    }

    @Test func `keys are a tenant's own, and bytes`() throws {
        let (_, client) = try prepared()
        try client.open("other", stream: 2)
        try client.run("CREATE TABLE t(id INTEGER PRIMARY KEY, x UNIQUE)", stream: 2)
        try client.run("INSERT INTO t(x) VALUES (1)", key: "k")
        #expect(try !client.run("INSERT INTO t(x) VALUES (1)", stream: 2, key: "k").outcome.replayed)
        #expect(try !client.run("INSERT INTO t(x) VALUES (2)", key: "K").outcome.replayed)
        #expect(try !client.run("INSERT INTO t(x) VALUES (3)", key: "k\u{0}").outcome.replayed)
        let long = String(repeating: "k", count: 128)
        #expect(try !client.run("INSERT INTO t(x) VALUES (4)", key: long).outcome.replayed)
        #expect(try client.run("INSERT INTO t(x) VALUES (4)", key: long).outcome.replayed)
        for key in ["", long + "k"] {
            #expect(
                try client.failure(of: try client.sendRun("INSERT INTO t(x) VALUES (5)", key: key)).code == .malformed)
        }
    }

    @Test func `a write that changed nothing is not carried out later`() throws {
        let (_, client) = try prepared()
        let sql: StatementSource = "UPDATE t SET x = x || '!' WHERE id = 1"
        let first = try client.run(sql, key: "k")
        #expect(first.outcome.changes == 0 && !first.outcome.changed)
        let batch = [BatchStep("DELETE FROM t WHERE id = 1"), BatchStep("SELECT count(*) FROM t", want: .all)]
        let firstBatch = try client.batch(batch, key: "b")
        try client.run("INSERT INTO t VALUES (1, 'a')")
        #expect(try client.run(sql, key: "k").outcome == replayed(first.outcome))
        let again = try client.batch(batch, key: "b")
        #expect(again.outcome == replayed(firstBatch.outcome) && again.steps == firstBatch.steps)
        #expect(try client.query("SELECT x FROM t").rows == [["a"]])
    }

    @Test func `reads ignore keys`() throws {
        let (_, client) = try prepared()
        for number in 0...1 {
            #expect(try client.query("SELECT count(*) FROM t", key: "k").value == .integer(number))
            #expect(try client.batch([BatchStep("SELECT 1")], key: "k").outcome.replayed == false)
            try client.run("INSERT INTO t(x) VALUES (?)", [.integer(number)])
        }
        #expect(try !client.run("INSERT INTO t(x) VALUES (9)", key: "k").outcome.replayed)
    }

    @Test func `two equal requests in one group: one is carried out, the other replayed`() throws {
        let (server, client) = try prepared()
        let other = try server.client("acme")
        try other.query("SELECT 1 FROM t")
        let holder = try server.client("acme")
        try holder.begin()
        let requests = [client, other].map { client in
            Result { try client.sendRun("INSERT INTO t(x) VALUES (1)", key: "k") }
        }
        try client.ping()
        try other.ping()
        try holder.commit()
        let outcomes = [
            try client.answer(to: requests[0].get()).outcome, try other.answer(to: requests[1].get()).outcome,
        ]
        #expect(outcomes.filter(\.replayed).count == 1)
        #expect(outcomes[0].lsn == outcomes[1].lsn && outcomes[0].lastInsertRowid == outcomes[1].lastInsertRowid)
        #expect(try count(client) == 1)
    }

    @Test func `keys survive a restart`() throws {
        let (server, before) = try prepared()
        let first = try before.query("INSERT INTO t(x) VALUES (1) RETURNING id, randomblob(8)", key: "q")
        let script = try before.script("INSERT INTO t(x) VALUES (2)", key: "s")
        try before.begin()
        try before.run("INSERT INTO t(x) VALUES (3)")
        let commit = try before.commit(key: "c")
        try server.restart()
        let client = try server.client("acme")
        let again = try client.query("INSERT INTO t(x) VALUES (1) RETURNING id, randomblob(8)", key: "q")
        #expect(again.rows == first.rows && again.outcome == replayed(first.outcome))
        #expect(try client.script("INSERT INTO t(x) VALUES (2)", key: "s").outcome == replayed(script.outcome))
        try client.begin()
        #expect(try client.commit(key: "c").outcome == replayed(commit.outcome))
        #expect(try count(client) == 3)
    }

    // MARK: - COMMIT

    @Test func `a COMMIT whose answer was lost is found by its key`() throws {
        let (server, client) = try prepared()
        try client.begin()
        try client.run("INSERT INTO t(x) VALUES (1)")
        let committed = try client.commit(key: "order-1").outcome
        #expect(committed.changed && !committed.replayed)
        let again = try server.client("acme")
        let probe = try again.together {
            [try again.sendBegin(), try again.sendCommit(flags: .depends, key: "order-1")]
        }
        try again.answer(to: probe[0])
        let outcome = try again.answer(to: probe[1]).outcome
        #expect(outcome == replayed(committed))
        #expect(outcome.transaction == .none)
        try again.run("INSERT INTO t(x) VALUES (2)")
    }

    @Test func `a COMMIT that never came can never come later`() throws {
        let (server, client) = try prepared()
        try client.begin()
        try client.run("INSERT INTO t(x) VALUES (1)")
        // The connection breaks before COMMIT was sent; another one asks.
        client.cut()
        let again = try server.client("acme")
        try again.begin()
        let probe = try again.commit(key: "order-1").outcome
        #expect(!probe.replayed)
        #expect(try count(again) == 0)
        // The lost attempt comes after all, from somebody who did not know: its work is rolled back.
        try again.begin()
        try again.run("INSERT INTO t(x) VALUES (1)")
        let late = try again.commit(key: "order-1").outcome
        #expect(late.replayed && late.transaction == .none)
        #expect(try count(again) == 0)
        // Under a new key it can be run again.
        try again.begin()
        try again.run("INSERT INTO t(x) VALUES (1)")
        #expect(try !again.commit(key: "order-2").outcome.replayed)
        #expect(try count(again) == 1)
    }

    @Test func `a COMMIT that fails leaves no key`() throws {
        let (_, client) = try prepared()
        try client.script(
            "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p REFERENCES p DEFERRABLE INITIALLY DEFERRED)")
        try client.begin()
        try client.run("INSERT INTO c VALUES (1)")
        #expect(try client.failure(of: try client.sendCommit(key: "k")).code == .constraintForeignKey)
        try client.run("INSERT INTO p VALUES (1)")
        #expect(try !client.commit(key: "k").outcome.replayed)
        #expect(try client.value("SELECT count(*) FROM c") == 1)
    }

    @Test func `a key of a COMMIT is no key of a RUN`() throws {
        let (_, client) = try prepared()
        try client.begin()
        try client.run("INSERT INTO t(x) VALUES (1)")
        try client.commit(key: "k")
        #expect(
            try client.failure(of: try client.sendRun("INSERT INTO t(x) VALUES (2)", key: "k")).code
                == .idempotencyMismatch)
        try client.run("INSERT INTO t(x) VALUES (3)", key: "r")
        try client.begin()
        try client.run("INSERT INTO t(x) VALUES (4)")
        let error = try client.failure(of: try client.sendCommit(key: "r"))
        #expect(error.code == .idempotencyMismatch)
        // Whatever becomes of that transaction, it is not committed by accident.
        if error.transaction != .none { try client.rollback() }
        #expect(try client.query("SELECT x FROM t").rows == [[1], [3]])
    }

    @Test func `a script with its own BEGIN takes no key`() throws {
        let (_, client) = try prepared()
        let request = try client.sendScript("BEGIN; INSERT INTO t(x) VALUES (1); COMMIT;", key: "k")
        let error = try client.failure(of: request)
        #expect(error.code == .transactionControl)
        #expect(try count(client) == 0)
        try client.script("BEGIN; INSERT INTO t(x) VALUES (1); COMMIT;")
        #expect(try count(client) == 1)
    }

    @Test func `the table of keys is not the client's to see`() throws {
        let (_, client) = try prepared()
        try client.run("INSERT INTO t(x) VALUES (1)", key: "k")
        for sql in ["SELECT * FROM __dosql_idempotency", "DELETE FROM __dosql_idempotency", "DROP TABLE __dosql_meta"] {
            #expect(try client.failure(of: try client.sendQuery(.sql(sql))).code == .notAllowed)
        }
    }
}
