import DoSQLProtocol
import DoSQLTestSupport
import Testing

/// What was answered is seen by everything that is sent afterwards, whoever sends it.
struct ReadYourWritesTests {
    @Test(arguments: [1, 3]) func `a write that was answered is seen on every connection`(loops: Int) throws {
        let server = try TestServer(loops: loops)
        let clients = try (0..<6).map { _ in try server.client("acme") }
        try clients[0].run("CREATE TABLE t(x)")
        for round in 0..<200 {
            let writer = clients[round % clients.count]
            let answered = try writer.run("INSERT INTO t VALUES (?)", [.integer(round)]).outcome
            for reader in clients {
                let answer = try reader.query("SELECT count(*), max(x) FROM t")
                #expect(answer.rows == [[.integer(round + 1), .integer(round)]])
                #expect(answer.outcome.lsn >= answered.lsn)
            }
        }
    }

    @Test func `a schema that was answered is seen on every connection`() throws {
        let server = try TestServer(loops: 2)
        let clients = try (0..<4).map { _ in try server.client("acme") }
        for round in 0..<30 {
            try clients[round % 4].run("CREATE TABLE t\(round)(x)")
            for client in clients { #expect(try client.query("SELECT * FROM t\(round)").columns == ["x"]) }
            try clients[(round + 1) % 4].run("ALTER TABLE t\(round) RENAME TO gone\(round)")
            for client in clients {
                let error = #expect(throws: ErrorMessage.self) { try client.query("SELECT * FROM t\(round)") }
                #expect(error?.code == .sqlError)
            }
        }
    }

    @Test func `what a transaction, a batch, a script and a load committed is seen at once`() throws {
        let server = try TestServer(loops: 2)
        let writer = try server.client("acme")
        let readers = try (0..<3).map { _ in try server.client("acme") }
        try writer.run("CREATE TABLE t(x)")
        var count = 0
        func check() throws {
            count += 1
            for reader in readers {
                #expect(try reader.value("SELECT count(*) FROM t") == .integer(count))
                // A read of a thread of its own, and a read transaction.
                #expect(
                    try reader.batch([BatchStep("SELECT count(*) FROM t", want: .all)]).steps
                        == [.done(columns: ["count(*)"], rows: [[.integer(count)]], changes: 0, lastInsertRowid: 0)])
                try reader.begin(.read)
                #expect(try reader.value("SELECT count(*) FROM t") == .integer(count))
                try reader.commit()
            }
        }
        for _ in 0..<10 {
            try writer.begin()
            try writer.run("INSERT INTO t VALUES (1)")
            try writer.commit()
            try check()
            try writer.batch([BatchStep("INSERT INTO t VALUES (1)")])
            try check()
            try writer.script("INSERT INTO t VALUES (1)")
            try check()
            try writer.load("INSERT INTO t VALUES (?)", [[1]])
            try check()
        }
    }
}
