import DoSQLClient
import DoSQLServer
import DoSQLTestSupport
import Testing

/// What the Swift client makes of a tenant that ends under its streams.
struct ClientTests {
    @Test func `a client goes on with what takes the tenant's place`() async throws {
        let server = try TestServer(loops: 2) { $0.createsTenants = false }
        let admin = try Operator(of: server)
        try admin.create("acme")
        var configuration = DoSQLClient.Configuration(try DoSQLURL("dosql://\(try server.address)/acme"))
        // The other tests of this suite wait in blocking sockets, on the threads that this one runs on.
        configuration.heartbeatInterval = .seconds(60)
        configuration.connectTimeout = .seconds(60)
        configuration.connectionWaitMax = .seconds(60)
        try await withDoSQLClient(configuration) { client in
            let tenant = client.tenant("acme")
            try await tenant.run("CREATE TABLE t(x)")
            try await tenant.run("INSERT INTO t VALUES ('old')")
            for round in 0..<3 {
                let file = try DatabaseFile.make("CREATE TABLE t(x)", "INSERT INTO t VALUES ('\(round)')")
                _ = try admin.restore(file, to: "acme")
                // Each stream hears of it once.
                var found: String?
                for _ in 0..<10 where found != "\(round)" {
                    found = try? await tenant.queryOne("SELECT x FROM t ORDER BY rowid")?.decode("x", as: String.self)
                }
                #expect(found == "\(round)")
                var isWritten = false
                for _ in 0..<10 where !isWritten {
                    isWritten = (try? await tenant.run("INSERT INTO t VALUES ('more')")) != nil
                }
                #expect(isWritten)
            }
            let id = try admin.delete("acme").id
            for _ in 0..<10 {
                await #expect(throws: DoSQLError.self) { try await tenant.query("SELECT x FROM t") }
            }
            #expect(try admin.ask("POST", "deleted/\(id)/restore").status == 200)
            var count: Int?
            for _ in 0..<10 where count == nil {
                count = try? await tenant.queryOne("SELECT count(*) AS n FROM t")?.decode("n", as: Int.self)
            }
            #expect(count == 2)
        }
    }
}
