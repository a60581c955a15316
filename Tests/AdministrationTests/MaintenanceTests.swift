import DoSQLProtocol
import DoSQLServer
import DoSQLTestSupport
import Foundation
import Testing

@testable import DoSQLServer

/// What is done to a tenant's file on its turn, and what it keeps of its feeds.
struct MaintenanceTests {
    private let server: TestServer
    private let admin: Operator

    init() throws {
        server = try TestServer(loops: 2)
        admin = try Operator(of: server)
    }

    @Test func `a vacuum gives back what nobody uses`() throws {
        let client = try server.client("acme")
        try client.run("CREATE TABLE t AS SELECT value, randomblob(2000) AS x FROM json_each('[1,2,3,4,5,6,7,8,9,10]')")
        for _ in 0..<5 { try client.run("INSERT INTO t SELECT * FROM t") }
        try client.run("DELETE FROM t WHERE value > 1")
        let before = try admin.report("acme")
        #expect(before.freePages > 50)
        let report: VacuumReport = try admin.get("POST", "tenants/acme/vacuum")
        #expect(report.bytesAfter < report.bytesBefore)
        let after = try admin.report("acme")
        #expect(after.freePages == 0 && after.lsn == before.lsn && after.incarnation == before.incarnation)
        #expect(try client.value("SELECT count(*) FROM t") == 32)
        // The tenant's own SQL still may not.
        #expect(try client.failure(of: try client.sendRun("VACUUM")).code == .notAllowed)
        #expect(try admin.ask("POST", "tenants/acme/optimize").text == "{}")
        for kind in ["vacuum", "optimize", "check"] {
            #expect(try admin.ask("POST", "tenants/nobody/\(kind)").code == "TENANT_NOT_FOUND")
        }
    }

    @Test func `a check tells what is wrong`() throws {
        let client = try server.client("acme")
        try client.script(
            """
            PRAGMA foreign_keys = OFF;
            CREATE TABLE p(id INTEGER PRIMARY KEY);
            CREATE TABLE c(id INTEGER PRIMARY KEY, p REFERENCES p);
            INSERT INTO c VALUES (1, 7);
            """)
        let report: CheckReport = try admin.get("POST", "tenants/acme/check")
        #expect(!report.ok && report.problems.isEmpty && report.foreignKeys.count == 1)
        #expect(report.foreignKeys.first?.table == "c" && report.foreignKeys.first?.rowid == 1)
        try client.run("INSERT INTO p VALUES (7)")
        let sound: CheckReport = try admin.get("POST", "tenants/acme/check")
        #expect(sound.ok && sound.problems.isEmpty && sound.foreignKeys.isEmpty)
    }

    @Test func `maintenance waits for a transaction, and is not lost in it`() throws {
        let client = try server.client("acme")
        try client.run("CREATE TABLE t(x)")
        try client.begin()
        try client.run("INSERT INTO t VALUES (1)")
        try admin.http.send("POST", "/admin/tenants/acme/check")
        #expect(try !admin.http.socket.hasInput(within: .milliseconds(200)))
        try client.commit()
        let report: CheckReport = try Operator.read(try admin.http.answer())
        #expect(report.ok)
    }

    @Test func `retention is the tenant's own, and lives through restarts and restores`() throws {
        let client = try server.client("acme")
        for number in 0..<50 { try client.publish("\(number)", to: "news") }
        let none: RetentionSettings = try admin.get("GET", "tenants/acme/retention")
        #expect(none == RetentionSettings())
        #expect(try admin.ask("GET", "tenants/acme/retention").text == #"{"events":null,"messages":null}"#)
        let set = #"{"messages":{"rows":10,"seconds":null},"events":{"rows":null,"seconds":60}}"#
        #expect(try admin.ask("PUT", "tenants/acme/retention", set).status == 200)
        #expect(try Deadline.poll(for: .seconds(60)) { try client.value("SELECT count(*) FROM messages") == 10 })
        let other = try server.client("other")
        for number in 0..<50 { try other.publish("\(number)", to: "news") }
        for (body, code) in [
            (#"{"messages":{"rows":0}}"#, "MALFORMED"), (#"{"events":{"seconds":9007199254740992}}"#, "MALFORMED"),
            (#"{"messages":{"rows":"x"}}"#, "MALFORMED"),
            (#"{"mesages":null}"#, "MALFORMED"), ("[]", "MALFORMED"),
        ] {
            #expect(try admin.ask("PUT", "tenants/acme/retention", body).code == code)
        }
        #expect(try admin.ask("PUT", "tenants/nobody/retention", set).code == "TENANT_NOT_FOUND")
        try server.restart()
        let admin = try Operator(of: server)
        _ = try admin.restore(try DatabaseFile.make("CREATE TABLE t(x)"), to: "acme")
        let kept: RetentionSettings = try admin.get("GET", "tenants/acme/retention")
        #expect(kept.messages?.rows == 10 && kept.events?.seconds == 60)
        let again = try server.client("acme")
        for number in 0..<30 { try again.publish("\(number)", to: "news") }
        #expect(try Deadline.poll(for: .seconds(60)) { try again.value("SELECT count(*) FROM messages") == 10 })
        #expect(try server.client("other").value("SELECT count(*) FROM messages") == 50)
    }
}
