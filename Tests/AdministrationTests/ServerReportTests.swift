import DoSQLAccess
import DoSQLProtocol
import DoSQLTestSupport
import Foundation
import Testing

@testable import DoSQLServer

/// GET /admin/server.
struct ServerReportTests {
    @Test func `a report has what was done, by face, tenant and statement`() throws {
        let server = try TestServer(loops: 2)
        let admin = try Operator(of: server)
        let before: ServerReport = try admin.get("GET", "server")
        let client = try server.client("acme")
        try client.run("CREATE TABLE t(x)")
        for _ in 0..<3 { try client.run("INSERT INTO t VALUES (?)", [.text("a secret value")]) }
        for _ in 0..<5 { try client.query("SELECT x FROM t") }
        _ = try client.failure(of: try client.sendQuery("SELECT nothing"))
        let after: ServerReport = try admin.get("GET", "server?statements=2")
        #expect(after.version == Server.version && after.uptimeMs > before.uptimeMs)
        #expect(after.time.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil)
        let binary = try #require(after.faces.first { $0.face == "binary" })
        // HELLO and OPEN are not among them.
        #expect(binary.requests == 10 && binary.errors == 1 && binary.connections == 1 && binary.tlsConnections == 0)
        #expect(binary.latency.count == after.latencyBounds.count + 1 && binary.latency.reduce(0, +) >= 9)
        #expect(after.faces.map(\.face) == ["new", "binary", "http", "websocket"])
        let tenant = try #require(after.tenants.first { $0.name == "acme" })
        #expect(tenant.figures.requests == 10 && tenant.figures.errors == 1 && tenant.rows == 15)
        #expect(tenant.databaseBytes >= 4096 && tenant.walBytes > 0 && tenant.statementMs > 0)
        #expect(after.otherTenants.requests == 0)
        #expect(after.commits == 4 && after.changes == 4 && after.groups == 4 && after.groupedWrites == 4)
        #expect(after.errors["SQL_ERROR"] == 1 && before.errors["SQL_ERROR"] == nil)
        #expect(after.rows >= 15 && after.statements >= 9 && after.tenantsOpen == 1)
        #expect(after.pools.map(\.name) == ["write", "read", "open"])
        #expect(
            after.bytesInFlightMax == 1 << 30 && after.disk?.sizeBytes ?? 0 > 0 && after.process?.residentBytes ?? 0 > 0
        )
        #expect(after.topStatements.count == 2 && after.topStatements.allSatisfy { $0.tenant == "acme" })
        let times = after.topStatements.map(\.totalMs)
        #expect(times == times.sorted(by: >) && times.allSatisfy { $0 > 0 })
        #expect(!(try admin.ask("GET", "server?statements=256").text.contains("secret")))
        #expect(try admin.get("GET", "server?statements=0", as: ServerReport.self).topStatements.isEmpty)
        #expect(try admin.ask("GET", "server?statements=257").code == "MALFORMED")
        #expect(try admin.ask("POST", "server").header("allow") == "GET")
    }

    @Test func `it takes admin on every tenant`() throws {
        let tokens = try TestTokens()
        let (all, some) = (try tokens.key(Grant("*", rights: .admin)), try tokens.key(Grant("a*", rights: .all)))
        let server = try TestServer(loops: 1) { tokens.configure(&$0) }
        #expect(try server.http(token: all).get("/admin/server").status == 200)
        #expect(try server.http(token: some).get("/admin/server").status == 403)
        #expect(try server.http().get("/admin/server").status == 401)
    }
}
