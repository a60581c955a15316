import DoSQLAccess
import DoSQLProtocol
import DoSQLSession
import DoSQLTestSupport
import Foundation
import Testing

@testable import DoSQLServer

/// What an operator does with the limits of one tenant.
struct LimitsTests {
    private let server: TestServer
    private let admin: Operator

    init() throws {
        server = try TestServer(loops: 2) { $0.tenant.tenantRequestsMax = 777 }
        admin = try Operator(of: server)
        try server.client("acme").run("CREATE TABLE t(x)")
    }

    private func limit(_ name: String, of tenant: String = "acme") throws -> TenantLimitsReport.Limit {
        let report: TenantLimitsReport = try admin.get("GET", "tenants/\(tenant)/limits")
        return try #require(report.limits.first { $0.name == name })
    }

    @Test func `what holds is told in the order of the page, with where it comes from`() throws {
        let report: TenantLimitsReport = try admin.get("GET", "tenants/acme/limits")
        #expect(report.limits.map(\.name) == TenantLimits.fields.map(\.name))
        #expect(report.limits.allSatisfy { !$0.own && $0.value == $0.default && $0.min <= $0.value })
        let configured = try limit("tenantRequestsMax")
        #expect(configured.value == 777 && configured.unit == "requests" && configured.max == 1_000_000)
        let set: TenantLimitsReport = try admin.get("PATCH", "tenants/acme/limits", #"{"tenantRequestsMax":5}"#)
        let told: TenantLimitsReport = try admin.get("GET", "tenants/acme/limits")
        #expect(set == told)
        let own = try limit("tenantRequestsMax")
        #expect(own.value == 5 && own.default == 777 && own.own)
        // One that is set to what holds anyway is the tenant's own all the same.
        _ = try admin.ask("PATCH", "tenants/acme/limits", #"{"tenantRequestsMax":777}"#)
        #expect(try limit("tenantRequestsMax").own)
        try server.client("other").run("CREATE TABLE t(x)")
        #expect(try !limit("tenantRequestsMax", of: "other").own)
    }

    @Test func `a limit holds at once on connections that are there, and after a restart`() throws {
        let client = try server.client("acme")
        try client.run("INSERT INTO t VALUES (zeroblob(2000000))")
        #expect(try admin.ask("PATCH", "tenants/acme/limits", #"{"databaseBytesMax":1048576}"#).status == 200)
        let full = try client.failure(of: try client.sendRun("INSERT INTO t VALUES (zeroblob(2000000))"))
        #expect(full.code == .storageFull && full.limit == .init(name: "databaseBytesMax", value: 1 << 20))
        #expect(try admin.ask("PATCH", "tenants/acme/limits", #"{"tenantRateMax":1,"tenantBurstMax":1}"#).status == 200)
        let refused = try (0..<5).lazy.compactMap { _ in
            try client.terminal(of: try client.sendQuery("SELECT 1")).error
        }.first
        #expect(refused?.limit == .init(name: "tenantRateMax", value: 1))
        #expect(
            try admin.ask("PATCH", "tenants/acme/limits", #"{"tenantRateMax":null,"tenantBurstMax":null}"#).status
                == 200)
        for _ in 0..<5 { try client.query("SELECT 1") }
        try server.restart()
        let again = try server.client("acme")
        #expect(
            try again.failure(of: try again.sendRun("INSERT INTO t VALUES (zeroblob(2000000))")).limit?.name
                == "databaseBytesMax")
        let admin = try Operator(of: server)
        #expect(try admin.ask("PATCH", "tenants/acme/limits", #"{"databaseBytesMax":null}"#).status == 200)
        try again.run("INSERT INTO t VALUES (zeroblob(2000000))")
        #expect(!FileManager.default.fileExists(atPath: server.dataFolder + "/tenants/acme/limits.json"))
    }

    @Test func `limits of a closed tenant are set without opening it, and go with it`() throws {
        try server.restart()
        let admin = try Operator(of: server)
        #expect(try admin.ask("PATCH", "tenants/acme/limits", #"{"statementTimeMax":700}"#).status == 200)
        #expect(try admin.list().tenants.first?.state == "closed")
        #expect(try admin.ask("POST", "tenants/acme/rename", #"{"to":"other"}"#).status == 200)
        let client = try server.client("other")
        #expect(try client.failure(of: try client.sendQuery(.sql(Self.endless))).limit?.name == "statementTimeMax")
        _ = try admin.restore(try DatabaseFile.make("CREATE TABLE t(x)"), to: "other")
        let kept: TenantLimitsReport = try admin.get("GET", "tenants/other/limits")
        #expect(kept.limits.filter(\.own).map(\.name) == ["statementTimeMax"])
    }

    private static let endless =
        "WITH RECURSIVE c(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c"

    @Test func `everything that is wrong is told at once, and nothing changes`() throws {
        let body = """
            {"databaseBytesMax":1,"rate":1,"statementTimeMax":"5s","tenantRateMax":5,"a":null,"tenantBurstMax":1.5}
            """
        for method in ["PATCH", "PUT"] {
            let answer = try admin.ask(method, "tenants/acme/limits", body)
            #expect(answer.status == 400 && answer.code == "MALFORMED")
            for part in [
                "no limit 'a', 'rate' of its own", "databaseBytesMax is 1048576 to 4398046511104 (bytes), not 1",
                "statementTimeMax is a whole number (ms), or null", "tenantBurstMax is a whole number",
            ] { #expect(answer.sentence.contains(part), "\(answer.sentence)") }
            #expect(!answer.sentence.contains("tenantRateMax is"))
        }
        #expect(try !limit("tenantRateMax").own)
        for body in [
            "[]", "", "null", #"{"tenantRateMax":true}"#, #"{"tenantRateMax":-1}"#, #"{"tenantRateMax":1e30}"#,
        ] {
            #expect(try admin.ask("PATCH", "tenants/acme/limits", body).code == "MALFORMED", "\(body)")
        }
        for (method, body) in [("GET", nil), ("PATCH", "{}"), ("PUT", "{}")] as [(String, String?)] {
            #expect(try admin.ask(method, "tenants/nobody/limits", body).code == "TENANT_NOT_FOUND")
            #expect(try admin.ask(method, "tenants/a%2Fb/limits", body).code == "TENANT_NAME_INVALID")
        }
        #expect(try admin.ask("DELETE", "tenants/acme/limits").header("allow") == "GET, PATCH, PUT")
    }

    @Test func `PUT replaces all that are the tenant's own, and mends what was spoilt by hand`() throws {
        _ = try admin.ask("PATCH", "tenants/acme/limits", #"{"tenantRateMax":50,"statementTimeMax":700}"#)
        let replaced: TenantLimitsReport = try admin.get(
            "PUT", "tenants/acme/limits", #"{"tenantBurstMax":9,"tenantRateMax":null}"#)
        #expect(replaced.limits.filter(\.own).map(\.name) == ["tenantBurstMax"])
        server.stop()
        try Data("{".utf8).write(to: URL(filePath: server.dataFolder + "/tenants/acme/limits.json"))
        try server.start()
        let admin = try Operator(of: server)
        #expect(try admin.ask("GET", "tenants/acme/limits").code == "TENANT_UNAVAILABLE")
        #expect(try admin.ask("PATCH", "tenants/acme/limits", "{}").code == "TENANT_UNAVAILABLE")
        let client = try server.client()
        #expect(try client.failure(of: try client.sendOpen("acme")).code == .tenantUnavailable)
        let mended: TenantLimitsReport = try admin.get("PUT", "tenants/acme/limits", "{}")
        #expect(mended.limits.allSatisfy { !$0.own })
        _ = try server.client("acme").query("SELECT x FROM t")
    }

    @Test func `who administers one tenant reads its limits and cannot lift them`() throws {
        let tokens = try TestTokens()
        let keys = try [
            tokens.key(Grant("*", rights: .all)), tokens.key(Grant("acme", rights: .all)),
            tokens.key(Grant("*", rights: Rights.all.subtracting(.admin))),
        ]
        let server = try TestServer(loops: 1) { tokens.configure(&$0) }
        let (all, own, reader) = (
            try server.http(token: keys[0]), try server.http(token: keys[1]), try server.http(token: keys[2])
        )
        let path = "/admin/tenants/acme/limits"
        #expect(try all.request("POST", "/admin/tenants", body: #"{"name":"acme"}"#).status == 201)
        let body = #"{"tenantRateMax":5}"#
        #expect(try own.get(path).status == 200)
        #expect(try reader.get(path).status == 403)
        for method in ["PATCH", "PUT"] {
            for client in [own, reader] {
                let answer = try client.request(method, path, body: body)
                #expect(answer.status == 403 && answer.code == "FORBIDDEN")
            }
            #expect(try server.http().request(method, path, body: body).status == 401)
            #expect(try all.request(method, path, body: body).status == 200)
        }
    }
}
