import DoSQLProtocol
import DoSQLServer
import DoSQLTestSupport
import Testing

/// Statements whose nature depends on what is there: they write where there is something to do, and readers learn of it late.
struct ChangedSchemaTests {
    @Test(arguments: [false, true])
    func `IF NOT EXISTS and IF EXISTS do what is to be done, however often that changes`(asBatch: Bool) throws {
        let server = try TestServer(loops: 2)
        let clients = try (0..<4).map { _ in try server.client("acme") }
        let carryOut = { (client: WireClient, sql: String) in
            if asBatch { try client.batch([BatchStep(.sql(sql))]) } else { try client.run(.sql(sql)) }
        }
        for round in 0..<10 {
            let (one, other) = (clients[round % 4], clients[(round + 1) % 4])
            let made = try carryOut(one, "CREATE TABLE IF NOT EXISTS t(x)")
            #expect(made.outcome.changed)
            #expect(try carryOut(other, "CREATE TABLE IF NOT EXISTS t(x)").outcome.changed == false)
            #expect(try other.value("SELECT count(*) FROM t") == 0)
            _ = try carryOut(other, "CREATE INDEX IF NOT EXISTS i ON t(x)")
            _ = try carryOut(one, "CREATE TRIGGER IF NOT EXISTS tr AFTER INSERT ON t BEGIN SELECT 1; END")
            _ = try carryOut(other, "DROP TRIGGER IF EXISTS tr")
            #expect(try carryOut(one, "DROP TABLE IF EXISTS t").outcome.changed)
            #expect(try carryOut(other, "DROP TABLE IF EXISTS t").outcome.changed == false)
        }
    }

    @Test(arguments: [
        "TABLE u(x)", "INDEX i ON t(x)", "VIEW v AS SELECT 1", "TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END",
    ])
    func `what was dropped can be made again at once, on every loop`(object: String) throws {
        let server = try TestServer(loops: 2)
        let clients = try (0..<4).map { _ in try server.client("acme") }
        try clients[0].run("CREATE TABLE t(x)")
        let name = object.split(whereSeparator: { $0 == " " || $0 == "(" }).prefix(2).joined(separator: " ")
        for round in 0..<8 {
            try clients[round % 4].run(.sql("CREATE \(object)"))
            // From here on every loop's reader knows that it is there.
            for other in clients { _ = try other.value("SELECT count(*) FROM sqlite_schema") }
            try clients[(round + 1) % 4].run(.sql("DROP \(name)"))
        }
    }

    @Test func `what is refused once it is there is refused though it was prepared before`() throws {
        let client = try TestServer(loops: 1).client("acme")
        let drop: StatementSource = "DROP TABLE IF EXISTS __dosql_migrations"
        for _ in 0..<3 { _ = try client.terminal(of: try client.sendRun(drop)) }
        _ = try client.terminal(of: try client.sendScript("DROP TABLE IF EXISTS __dosql_migrations"))
        try client.migrate([(id: "1", sql: "CREATE TABLE t(x)")])
        for _ in 0..<3 {
            #expect(try client.failure(of: try client.sendRun(drop)).code == .notAllowed)
            #expect(
                try client.failure(of: try client.sendBatch([BatchStep("DROP TABLE IF EXISTS __dosql_migrations")]))
                    .code == .notAllowed)
        }
        try client.begin()
        #expect(try client.failure(of: try client.sendRun(drop)).code == .notAllowed)
        try client.commit()
        #expect(try client.migrate([], isDryRun: true).entries.map(\.id) == ["1"])
    }

    @Test func `a stream that only reads refuses them`() throws {
        let client = try TestServer(loops: 1).client("acme")
        try client.run("CREATE TABLE t(x)")
        try client.open("acme", stream: 2, isReadOnly: true)
        for sql in ["CREATE TABLE IF NOT EXISTS t(x)", "DROP TABLE IF EXISTS absent"] {
            let error = try client.failure(of: try client.sendRun(.sql(sql), stream: 2))
            #expect(error.code == .readOnly, "\(error.message)")
            #expect(try client.failure(of: try client.sendBatch([BatchStep(.sql(sql))], stream: 2)).code == .readOnly)
        }
        #expect(try client.value("SELECT count(*) FROM t", stream: 2) == 0)
    }
}
