import DoSQLServer
import DoSQLTestSupport
import Testing

@testable import DoSQLServer

/// What takes long keeps nobody else from what is short (`protocol/administration.md`, errors).
struct ErrandTests {
    private let server: TestServer
    private let admin: Operator

    init() throws {
        server = try TestServer(loops: 2)
        admin = try Operator(of: server)
    }

    /// Tenants whose turn to write somebody holds, with a check that waits for it.
    private func occupy(_ names: [String]) throws -> (holders: [WireClient], checks: [Operator]) {
        let holders = try names.map { name in
            let client = try server.client(name)
            try client.run("CREATE TABLE t(x)")
            try client.begin()
            return client
        }
        let checks = try names.map { name in
            let check = try Operator(of: server)
            try check.http.send("POST", "/admin/tenants/\(name)/check")
            return check
        }
        // Each waits in its tenant's line.
        for name in names { #expect(try Deadline.poll { try admin.report(name).queue > 0 }) }
        return (holders, checks)
    }

    @Test func `a tenant has one piece of maintenance at a time, and others are told so at once`() throws {
        let (holders, checks) = try occupy(["acme"])
        for path in ["check", "vacuum", "optimize"] {
            let answer = try admin.ask("POST", "tenants/acme/\(path)")
            #expect(answer.status == 409 && answer.code == "TENANT_BUSY", "\(answer.text)")
            #expect(answer.text.contains(#""retryable":true"#))
        }
        #expect(try admin.ask("GET", "tenants/acme/backup").code == "TENANT_BUSY")
        try holders[0].rollback()
        let report: CheckReport = try Operator.read(try checks[0].http.answer())
        #expect(report.ok)
        #expect(try admin.ask("POST", "tenants/acme/optimize").status == 200)
        #expect(try admin.backup("acme").count > 0)
    }

    @Test func `what is short waits for nothing that is long, nor do other tenants'`() throws {
        let names = (0..<10).map { "tenant\($0)" }
        let (holders, checks) = try occupy(names)
        #expect(try admin.list().tenants.count == 10)
        for name in names { #expect(try admin.report(name).state == "open") }
        try admin.create("other")
        #expect(try admin.ask("POST", "tenants/other/check").status == 200)
        #expect(try admin.backup("other").count > 0)
        _ = try admin.delete("other")
        for holder in holders { try holder.rollback() }
        for check in checks { #expect(try check.http.answer().status == 200) }
    }

    @Test func `so many are under way at a time, and no more wait`() throws {
        let names = (0..<16).map { "tenant\($0)" }
        let (holders, checks) = try occupy(names)
        try server.client("late").run("CREATE TABLE t(x)")
        let answer = try admin.ask("POST", "tenants/late/check")
        #expect(answer.status == 503 && answer.code == "OVERLOADED", "\(answer.text)")
        #expect(answer.text.contains("administrationErrandsMax") && answer.header("retry-after") != nil)
        // What makes an end of it finds a thread.
        _ = try admin.delete("late")
        try holders[0].rollback()
        #expect(try checks[0].http.answer().status == 200)
        try server.client("late").run("CREATE TABLE t(x)")
        #expect(try admin.ask("POST", "tenants/late/check").status == 200)
        for holder in holders.dropFirst() { try holder.rollback() }
        for check in checks.dropFirst() { #expect(try check.http.answer().status == 200) }
    }

    @Test func `a tenant has one copy on its way at a time, however slowly it is taken`() throws {
        for name in ["acme", "other"] {
            try server.client(name).run("CREATE TABLE t AS SELECT zeroblob(20000000) AS x")
        }
        let slow = try Operator(of: server, receiveBuffer: 4096)
        try slow.http.send("GET", "/admin/tenants/acme/backup")
        #expect(try slow.http.head().status == 200)
        let answer = try admin.ask("GET", "tenants/acme/backup")
        #expect(answer.status == 409 && answer.code == "TENANT_BUSY", "\(answer.text)")
        // It is in nobody else's way.
        #expect(try admin.ask("POST", "tenants/acme/optimize").status == 200)
        for _ in 0..<3 { #expect(try admin.backup("other").count > 20_000_000) }
        slow.http.socket.close()
        #expect(try Deadline.poll { try admin.ask("GET", "tenants/acme/backup").status == 200 })
    }
}
