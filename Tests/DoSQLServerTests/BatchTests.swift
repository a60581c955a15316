import DoSQLProtocol
import DoSQLTestSupport
import Testing

/// BATCH (`protocol/batches.md`).
struct BatchTests {
    private func client() throws -> WireClient {
        let client = try TestServer().client("acme")
        try client.run("CREATE TABLE t(id INTEGER PRIMARY KEY, x UNIQUE)")
        return client
    }

    /// What became of the steps: `d`, `f` and `s` for done, failed and skipped.
    private func statuses(_ answer: Answer) -> String {
        String(
            answer.steps.map { step -> Character in
                switch step {
                case .done: "d"
                case .failed: "f"
                case .skipped: "s"
                }
            })
    }

    private func rows(_ answer: Answer, _ step: Int) -> [[Value]]? {
        guard case .done(_, let rows, _, _) = answer.steps[step] else { return nil }
        return rows
    }

    @Test func `steps run in their order in one transaction, with one number`() throws {
        let client = try client()
        let before = try client.query("SELECT 1").outcome.lsn
        let answer = try client.batch([
            BatchStep("INSERT INTO t(x) VALUES ('a'), ('b')"),
            BatchStep("SELECT count(*) AS n FROM t", want: .all),
            BatchStep("UPDATE t SET x = x || '!' WHERE id = 1"),
            BatchStep("DELETE FROM t WHERE id = 2 RETURNING x", want: .all),
        ])
        #expect(
            answer.steps == [
                .done(columns: [], rows: [], changes: 2, lastInsertRowid: 2),
                .done(columns: ["n"], rows: [[2]], changes: 0, lastInsertRowid: 0),
                .done(columns: [], rows: [], changes: 1, lastInsertRowid: 0),
                .done(columns: ["x"], rows: [["b"]], changes: 1, lastInsertRowid: 0),
            ])
        #expect(answer.outcome == Outcome(changed: true, changes: 4, lastInsertRowid: 2, lsn: before + 1))
    }

    @Test func `no rows, the first row, all rows`() throws {
        let client = try client()
        try client.run("INSERT INTO t(x) VALUES (1), (2), (3)")
        // The second time the statements come from a cache.
        for _ in 0..<2 {
            let answer = try client.batch([
                BatchStep("SELECT x FROM t", want: .none), BatchStep("SELECT x FROM t", want: .first),
                BatchStep("SELECT x FROM t", want: .all), BatchStep("SELECT x FROM t WHERE x > 9", want: .first),
                BatchStep("UPDATE t SET x = x + 10 RETURNING x", want: .first),
                BatchStep("UPDATE t SET x = x - 10 RETURNING x", want: .none),
                BatchStep("CREATE TABLE IF NOT EXISTS t(x)", want: .all),
            ])
            #expect(
                answer.steps == [
                    .done(columns: [], rows: [], changes: 0, lastInsertRowid: 0),
                    .done(columns: ["x"], rows: [[1]], changes: 0, lastInsertRowid: 0),
                    .done(columns: ["x"], rows: [[1], [2], [3]], changes: 0, lastInsertRowid: 0),
                    .done(columns: ["x"], rows: [], changes: 0, lastInsertRowid: 0),
                    .done(columns: ["x"], rows: [[11]], changes: 3, lastInsertRowid: 0),
                    .done(columns: [], rows: [], changes: 3, lastInsertRowid: 0),
                    .done(columns: [], rows: [], changes: 0, lastInsertRowid: 0),
                ])
        }
    }

    @Test func `references give what earlier steps gave`() throws {
        let client = try client()
        let answer = try client.batch([
            BatchStep("INSERT INTO t(id, x) VALUES (41, 'a'), (42, 'b')"),
            BatchStep("SELECT id, x, NULL FROM t ORDER BY id DESC"),
            BatchStep("SELECT x FROM t WHERE id > 100"),
            BatchStep(
                "SELECT ?, ?, ?, ?, ?, ?, typeof(?)",
                .positional([
                    .reference(.lastInsertRowid(step: 0)), .reference(.changes(step: 0)),
                    .reference(.rowCount(step: 1)),
                    .reference(.column(step: 1, column: 0)), .reference(.column(step: 1, column: 1)),
                    .reference(.column(step: 2, column: 0)), .reference(.rowCount(step: 2)),
                ]), want: .all),
            BatchStep(
                "SELECT :id, @x",
                .named([("id", .reference(.lastInsertRowid(step: 0))), ("@x", .reference(.column(step: 1, column: 1)))]
                ),
                want: .all),
        ])
        #expect(rows(answer, 3) == [[42, 2, 2, 42, "b", nil, "integer"]])
        #expect(rows(answer, 4) == [[42, "b"]])
    }

    @Test func `every kind of value goes through a reference unchanged`() throws {
        let client = try client()
        let values: [Value] = [
            .integer(Int64.min), .integer(Int64.max), .real(-0.0), .real(.infinity), .real(-.infinity), .text(""),
            .blob([]), .null,
            .text(Text([0xFF, 0x00, 0x41])), .blob([0, 255]),
        ]
        let names = values.map { _ in "?" }.joined(separator: ", ")
        let answer = try client.batch([
            BatchStep(.sql("SELECT \(names)"), .positional(values.map { .value($0) })),
            BatchStep(
                .sql("SELECT \(names)"), .positional(values.indices.map { .reference(.column(step: 0, column: $0)) }),
                want: .all),
        ])
        #expect(rows(answer, 1) == [values])
    }

    @Test func `a reference to a skipped or failed step gives NULL`() throws {
        let client = try client()
        let answer = try client.batch([
            BatchStep("SELECT 1", condition: .compare(.equal, 1, 2)),
            BatchStep("SELECT 1 FROM nowhere", isTolerated: true),
            BatchStep(
                "SELECT ?, ?, ?, ?",
                .positional([
                    .reference(.column(step: 0, column: 7)), .reference(.changes(step: 0)),
                    .reference(.column(step: 1, column: 0)), .reference(.rowCount(step: 1)),
                ]), want: .all),
        ])
        #expect(statuses(answer) == "sfd")
        #expect(rows(answer, 2) == [[nil, nil, nil, nil]])
    }

    @Test func `a reference to a later step is refused before anything runs`() throws {
        let client = try client()
        for step in [1, 2, 9] {
            let error = try client.failure(
                of: try client.sendBatch(
                    [
                        BatchStep("INSERT INTO t(x) VALUES (1)"),
                        BatchStep("SELECT ?", .positional([.reference(.changes(step: step))]), isTolerated: true),
                    ], onError: .continue))
            #expect(error.code == .batchReference)
        }
        for expression: DoSQLProtocol.Expression in [
            .ran(step: 1), .not(.skipped(step: 3)), .isNull(.reference(.changes(step: 1))),
        ] {
            let error = try client.failure(
                of: try client.sendBatch([
                    BatchStep("INSERT INTO t(x) VALUES (1)"), BatchStep("SELECT 1", condition: expression),
                ]))
            #expect(error.code == .batchReference)
        }
        #expect(try client.value("SELECT count(*) FROM t") == 0)
    }

    @Test func `a column that is not there is the failure of the step that refers`() throws {
        let client = try client()
        let bad = BatchStep("SELECT ?", .positional([.reference(.column(step: 0, column: 1))]), want: .all)
        let error = try client.failure(
            of: try client.sendBatch([BatchStep("SELECT 1"), BatchStep("INSERT INTO t(x) VALUES (1)")] + [bad]))
        #expect(error.code == .batchReference && error.step == 2)
        let answer = try client.batch(
            [BatchStep("SELECT 1"), bad, BatchStep("INSERT INTO t(x) VALUES (1)")], onError: .continue)
        guard case .failed(let failed) = answer.steps[1] else { throw TestSupportError("\(answer.steps)") }
        #expect(failed.code == .batchReference)
        #expect(try client.value("SELECT count(*) FROM t") == 1)
    }

    @Test func `conditions decide which steps run`() throws {
        let client = try client()
        let answer = try client.batch([
            BatchStep("SELECT 5"),
            BatchStep("SELECT 'a'", condition: .compare(.equal, .reference(.column(step: 0, column: 0)), 5)),
            BatchStep("SELECT 'b'", condition: .compare(.greater, .reference(.column(step: 0, column: 0)), 5)),
            BatchStep("SELECT 'c'", condition: .and(.ran(step: 1), .skipped(step: 2))),
            BatchStep("SELECT 'd'", condition: .or(.failed(step: 1), .not(.skipped(step: 2)))),
            BatchStep("SELECT 1 FROM nowhere", isTolerated: true),
            BatchStep("SELECT 'e'", condition: .failed(step: 5)),
            BatchStep("SELECT NULL"),
            BatchStep("SELECT 'f'", condition: .isNull(.reference(.column(step: 7, column: 0)))),
            BatchStep("SELECT 'g'", condition: .compare(.equal, .reference(.column(step: 7, column: 0)), nil)),
            BatchStep("SELECT 'h'", condition: .compare(.notEqual, .reference(.column(step: 7, column: 0)), 1)),
        ])
        #expect(statuses(answer) == "ddsdsfdddss")
    }

    @Test func `values compare as SQLite compares them without affinity`() throws {
        let client = try client()
        let ascending: [Value] = [
            .real(-.infinity), .integer(Int64.min), .real(-1.5), .integer(0), .real(0.5),
            .integer(9_007_199_254_740_993),
            .integer(Int64.max), .real(9.3e18), .real(.infinity), .text(""), .text("10"), .text("9"), .text("Z"),
            .text("a"),
            .blob([]), .blob([0]), .blob([1]),
        ]
        for (index, left) in ascending.enumerated() {
            let steps = ascending.map {
                BatchStep("SELECT 1", condition: .compare(.less, .value(left), .value($0)))
            }
            #expect(
                statuses(try client.batch(steps)) == String(ascending.indices.map { index < $0 ? "d" : "s" }), "\(left)"
            )
        }
        let equal = try client.batch([
            BatchStep("SELECT 1", condition: .compare(.equal, 1, .value(.real(1)))),
            BatchStep("SELECT 1", condition: .compare(.equal, .value(.real(-0.0)), 0)),
            BatchStep("SELECT 1", condition: .compare(.equal, 1, "1")),
            BatchStep(
                "SELECT 1",
                condition: .compare(
                    .equal, .value(.integer(9_007_199_254_740_993)), .value(.real(9_007_199_254_740_992)))),
        ])
        #expect(statuses(equal) == "ddss")
    }

    @Test func `a false assertion fails its step with its message`() throws {
        let client = try client()
        let message = "Insufficient stock for product 7"
        let error = try client.failure(
            of: try client.sendBatch([
                BatchStep("INSERT INTO t(x) VALUES (1)"),
                BatchStep(
                    "UPDATE t SET x = 2 WHERE id = 99", assertion: .compare(.equal, .reference(.changes(step: 1)), 1),
                    message: message),
            ]))
        #expect(error.code == .assertionFailed && error.message == message && error.step == 1)
        #expect(error.category == .conflict && error.execution == .notExecuted)
        let worded = try client.failure(
            of: try client.sendBatch([
                BatchStep("SELECT 1"),
                BatchStep("SELECT 1", assertion: .compare(.equal, .reference(.rowCount(step: 0)), 2)),
            ]))
        #expect(worded.code == .assertionFailed && !worded.message.isEmpty && worded.step == 1)
        let answer = try client.batch(
            [
                BatchStep(
                    "INSERT INTO t(x) VALUES (1)", assertion: .compare(.equal, .reference(.changes(step: 0)), 2),
                    message: message),
                BatchStep("INSERT INTO t(x) VALUES (2)", assertion: .compare(.equal, .reference(.changes(step: 1)), 1)),
            ], onError: .continue)
        #expect(statuses(answer) == "fd")
        // The step that failed its assertion is undone.
        #expect(try client.query("SELECT x FROM t").rows == [[2]])
    }

    @Test func `onError rollback undoes the batch and names the step`() throws {
        let client = try client()
        let error = try client.failure(
            of: try client.sendBatch([
                BatchStep("INSERT INTO t(x) VALUES (1)"), BatchStep("INSERT INTO t(x) VALUES (1)"),
                BatchStep("INSERT INTO t(x) VALUES (2)"),
            ]))
        #expect(error.code == .constraintUnique && error.step == 1 && error.message == "UNIQUE constraint failed: t.x")
        #expect(try client.value("SELECT count(*) FROM t") == 0)
    }

    @Test func `onError stop keeps what was before and skips what is behind`() throws {
        let client = try client()
        let answer = try client.batch(
            [
                BatchStep("INSERT INTO t(x) VALUES (1)"), BatchStep("INSERT INTO t(x) VALUES (5), (1)"),
                BatchStep("INSERT INTO t(x) VALUES (2)"), BatchStep("SELECT 1", condition: .failed(step: 1)),
            ], onError: .stop)
        #expect(statuses(answer) == "dfss")
        guard case .failed(let error) = answer.steps[1] else { return }
        #expect(error.code == .constraintUnique)
        #expect(answer.outcome.changes == 1 && answer.outcome.changed && answer.outcome.lastInsertRowid == 1)
        #expect(try client.query("SELECT x FROM t").rows == [[1]])
    }

    @Test func `onError continue undoes each failing step only`() throws {
        let client = try client()
        let answer = try client.batch(
            [
                BatchStep("INSERT INTO t(x) VALUES (1)"), BatchStep("INSERT INTO t(x) VALUES (5), (1)"),
                BatchStep("SELEKT"),
                BatchStep("INSERT INTO t(x) VALUES (?)"), BatchStep("ATTACH 'x' AS y"), BatchStep("COMMIT"),
                BatchStep("INSERT INTO t(x) VALUES (2)"), BatchStep("SELECT 1; SELECT 2"),
            ], onError: .continue)
        #expect(statuses(answer) == "dfffffdf")
        let codes = answer.steps.map { step -> ErrorCode? in
            if case .failed(let error) = step { error.code } else { nil }
        }
        #expect(
            codes == [
                nil, .constraintUnique, .sqlError, .parameterCount, .notAllowed, .transactionControl, nil,
                .severalStatements,
            ])
        #expect(try client.query("SELECT x FROM t").rows == [[1], [2]])
    }

    @Test func `a tolerated step may fail under every rule`() throws {
        let client = try client()
        for (number, rule) in Batch.OnError.allCases.enumerated() {
            let answer = try client.batch(
                [
                    BatchStep("INSERT INTO t(x) VALUES (?)", .positional([.value(.integer(number * 2))])),
                    BatchStep(
                        "INSERT INTO t(x) VALUES (?)", .positional([.value(.integer(number * 2))]), isTolerated: true),
                    BatchStep("INSERT INTO t(x) VALUES (?)", .positional([.value(.integer(number * 2 + 1))])),
                ], onError: rule)
            #expect(statuses(answer) == "dfd")
        }
        #expect(try client.value("SELECT count(*) FROM t") == 6)
    }

    @Test(arguments: Batch.OnError.allCases)
    func `what rolls back the whole transaction fails the batch under every rule`(rule: Batch.OnError) throws {
        let client = try client()
        let error = try client.failure(
            of: try client.sendBatch(
                [
                    BatchStep("INSERT INTO t(x) VALUES (1)"),
                    BatchStep("INSERT OR ROLLBACK INTO t(x) VALUES (1)", isTolerated: true),
                    BatchStep("INSERT INTO t(x) VALUES (2)"),
                ], onError: rule))
        #expect(error.code == .constraintUnique && error.step == 1)
        #expect(try client.value("SELECT count(*) FROM t") == 0)
        try client.run("INSERT INTO t(x) VALUES (3)")
    }

    @Test func `a deferred key that stays violated fails the batch as a whole`() throws {
        let client = try client()
        try client.script(
            "CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p REFERENCES p DEFERRABLE INITIALLY DEFERRED)")
        let steps = [BatchStep("INSERT INTO c VALUES (1)"), BatchStep("INSERT INTO t(x) VALUES (1)")]
        for rule in Batch.OnError.allCases {
            #expect(try client.failure(of: try client.sendBatch(steps, onError: rule)).code == .constraintForeignKey)
        }
        #expect(try client.value("SELECT (SELECT count(*) FROM c) + (SELECT count(*) FROM t)") == 0)
        try client.batch(steps + [BatchStep("INSERT INTO p VALUES (1)")])
    }

    @Test func `a batch in a transaction is part of it, and its failure undoes itself only`() throws {
        let client = try client()
        try client.begin()
        try client.run("INSERT INTO t(x) VALUES (1)")
        let answer = try client.batch([
            BatchStep("INSERT INTO t(x) VALUES (2)"), BatchStep("SELECT count(*) FROM t", want: .all),
        ])
        #expect(rows(answer, 1) == [[2]])
        #expect(answer.outcome.transaction == .write && answer.outcome.lsn == 0)
        let error = try client.failure(
            of: try client.sendBatch([
                BatchStep("INSERT INTO t(x) VALUES (3)"), BatchStep("INSERT INTO t(x) VALUES (1)"),
            ]))
        #expect(error.code == .constraintUnique && error.step == 1 && error.transaction == .write)
        try client.commit()
        #expect(try client.query("SELECT x FROM t").rows == [[1], [2]])
    }

    @Test func `the steps of a batch of reads share one snapshot`() throws {
        let server = try TestServer(loops: 2)
        let reader = try server.client("acme")
        let writer = try server.client("acme")
        try writer.run("CREATE TABLE t(x)")
        let slow: StatementSource =
            "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 3000) SELECT count(*) FROM c"
        for round in 0..<40 {
            let batch = try reader.sendBatch([
                BatchStep("SELECT count(*) FROM t", want: .first), BatchStep(slow),
                BatchStep("SELECT count(*) FROM t", want: .first),
                BatchStep(slow), BatchStep("SELECT count(*) FROM t", want: .first),
            ])
            for _ in 0..<5 { try writer.run("INSERT INTO t VALUES (?)", [.integer(round)]) }
            let answer = try reader.answer(to: batch)
            #expect(rows(answer, 0) == rows(answer, 2) && rows(answer, 0) == rows(answer, 4))
        }
    }

    @Test func `bounds of a batch are MALFORMED or RESULT_TOO_LARGE`() throws {
        let server = try TestServer()
        let client = try server.client("acme", frameMax: 65_536)
        try client.run("CREATE TABLE t(x)")
        #expect(try client.failure(of: try client.sendBatch([])).code == .malformed)
        let many = Array(repeating: BatchStep("SELECT 1"), count: Limits.batchStepsMax + 1)
        #expect(try client.failure(of: try client.sendBatch(many)).code == .malformed)
        #expect(try client.batch(Array(many.dropLast())).steps.count == Limits.batchStepsMax)
        let long = try client.sendBatch([
            BatchStep("SELECT 1", assertion: .not(.ran(step: 0)), message: String(repeating: "x", count: 1025))
        ])
        #expect(try client.failure(of: long).code == .malformed)
        var deep: DoSQLProtocol.Expression = .ran(step: 0)
        for _ in 0..<Limits.expressionDepthMax { deep = .not(deep) }
        #expect(
            try client.failure(
                of: try client.sendBatch([BatchStep("SELECT 1"), BatchStep("SELECT 1", condition: deep)])
            ).code
                == .malformed)
        let large = try client.failure(
            of: try client.sendBatch(
                [
                    BatchStep("INSERT INTO t VALUES (1)"),
                    BatchStep("SELECT zeroblob(40000)", want: .all, isTolerated: true),
                    BatchStep("SELECT zeroblob(40000)", want: .all, isTolerated: true),
                ], onError: .continue))
        #expect(large.code == .resultTooLarge)
        #expect(try client.value("SELECT count(*) FROM t") == 0)
        let single = try client.failure(of: try client.sendBatch([BatchStep("SELECT zeroblob(70000)", want: .all)]))
        #expect(single.code == .resultTooLarge)
    }

    @Test func `a deadline undoes a batch`() throws {
        let client = try client()
        try client.run("INSERT INTO t(x) VALUES (1)")
        let error = try client.failure(
            of: try client.sendBatch(
                [BatchStep("INSERT INTO t(x) VALUES (2)"), BatchStep(EndlessStatement.read, isTolerated: true)],
                onError: .continue,
                deadline: 50))
        #expect(error.code == .deadlineExceeded)
        #expect(try client.query("SELECT x FROM t").rows == [[1]])
        let reads = try client.failure(of: try client.sendBatch([BatchStep(EndlessStatement.read)], deadline: 50))
        #expect(reads.code == .deadlineExceeded)
    }

    // MARK: - An order

    private func shop() throws -> WireClient {
        let client = try TestServer().client("shop")
        try client.script(
            """
            CREATE TABLE products(id INTEGER PRIMARY KEY, price INTEGER, stock INTEGER);
            CREATE TABLE orders(id INTEGER PRIMARY KEY, user INTEGER, total INTEGER);
            CREATE TABLE items("order" INTEGER REFERENCES orders, product INTEGER REFERENCES products, quantity INTEGER, price INTEGER);
            INSERT INTO products VALUES (3, 500, 10), (7, 250, 1);
            """)
        return client
    }

    private func order(_ items: [(product: Int, quantity: Int)]) -> [BatchStep] {
        var steps = [BatchStep("INSERT INTO orders(user, total) VALUES (?, 0)", [1])]
        for item in items {
            let number = steps.count
            steps.append(
                BatchStep(
                    "UPDATE products SET stock = stock - ?1 WHERE id = ?2 AND stock >= ?1 RETURNING price",
                    .positional([.value(.integer(item.quantity)), .value(.integer(item.product))]),
                    assertion: .compare(.equal, .reference(.changes(step: number)), 1),
                    message: "Insufficient stock for product \(item.product)"))
            steps.append(
                BatchStep(
                    "INSERT INTO items VALUES (?, ?, ?, ?)",
                    .positional([
                        .reference(.lastInsertRowid(step: 0)), .value(.integer(item.product)),
                        .value(.integer(item.quantity)),
                        .reference(.column(step: number, column: 0)),
                    ])))
        }
        steps.append(
            BatchStep(
                #"UPDATE orders SET total = (SELECT sum(quantity * price) FROM items WHERE "order" = ?1) WHERE id = ?1 RETURNING id, total"#,
                .positional([.reference(.lastInsertRowid(step: 0))]), want: .first))
        return steps
    }

    @Test func `an order is one batch, one round trip`() throws {
        let client = try shop()
        let answer = try client.batch(order([(3, 2), (7, 1)]))
        #expect(
            answer.steps.last == .done(columns: ["id", "total"], rows: [[1, 1250]], changes: 1, lastInsertRowid: 0))
        #expect(try client.query("SELECT id, stock FROM products").rows == [[3, 8], [7, 0]])
        #expect(try client.query("SELECT * FROM items").rows == [[1, 3, 2, 500], [1, 7, 1, 250]])
    }

    @Test func `an order beyond the stock fails in the shop's words and leaves nothing`() throws {
        let client = try shop()
        let error = try client.failure(of: try client.sendBatch(order([(3, 2), (7, 2)])))
        #expect(
            error.code == .assertionFailed && error.message == "Insufficient stock for product 7" && error.step == 3)
        #expect(try client.query("SELECT id, stock FROM products").rows == [[3, 10], [7, 1]])
        #expect(try client.value("SELECT (SELECT count(*) FROM orders) + (SELECT count(*) FROM items)") == 0)
    }

    @Test func `the first rows that a batch remembers are bounded`() throws {
        let client = try client()
        // 10 MB each, which nobody refers to: they would be 3 GB.
        let wide = BatchStep(.sql("SELECT zeroblob(10000000), 7"), want: .none)
        let answer = try client.batch(Array(repeating: wide, count: 300))
        #expect(answer.steps.count == 300)
        let last = BatchStep(.sql("SELECT ?"), .positional([.reference(.column(step: 0, column: 1))]), want: .all)
        #expect(try client.batch([wide, wide, last]).steps.count == 3)
        let beyond = BatchStep(.sql("SELECT ?"), .positional([.reference(.column(step: 1, column: 1))]), want: .all)
        let error = try client.failure(of: try client.sendBatch([wide, wide, beyond]))
        #expect(error.code == .resultTooLarge && error.step == 2)
        #expect(error.limit == .init(name: "batchMemoryMax", value: 16_777_216))
        // What is no content of a row is known of every step.
        let count = BatchStep(.sql("SELECT ?"), .positional([.reference(.rowCount(step: 1))]), want: .all)
        #expect(try client.batch([wide, wide, count]).steps.count == 3)
    }
}
