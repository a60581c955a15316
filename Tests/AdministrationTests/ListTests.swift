import DoSQLProtocol
import DoSQLTestSupport
import Foundation
import Testing

@testable import DoSQLServer
@testable import DoSQLSession

/// Pages of tenants, and what is known of one.
struct ListTests {
    private let server: TestServer
    private let admin: Operator

    init() throws {
        server = try TestServer(loops: 2)
        admin = try Operator(of: server)
    }

    @Test func `tenants come in pages, by the bytes of their names`() throws {
        let names = ["b", "a", "Zoo", "a-1", "a.2", "0", "zoo", "a:3"]
        for name in names { try admin.create(name) }
        let sorted = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        #expect(try admin.list().tenants.map(\.name) == sorted)
        #expect(try admin.list().more == false)
        var found: [String] = []
        while true {
            let page = try admin.list("?limit=3&after=\(found.last ?? "")")
            found += page.tenants.map(\.name)
            #expect(page.tenants.count <= 3 && (page.tenants.count == 3 || !page.more))
            if !page.more { break }
        }
        #expect(found == sorted)
        #expect(try admin.list("?prefix=a").tenants.map(\.name) == ["a", "a-1", "a.2", "a:3"])
        #expect(try admin.list("?prefix=a&after=a-1&limit=1").tenants.map(\.name) == ["a.2"])
        #expect(try admin.list("?prefix=a&after=b").tenants.isEmpty)
        #expect(try admin.list("?after=zzz").tenants.isEmpty)
        // The binary protocol lists the same.
        #expect(try server.client().tenants().names == sorted)
    }

    @Test func `the list knows what was made, renamed and deleted since it was read`() throws {
        #expect(try admin.list().tenants.isEmpty)
        _ = try server.client("made-by-use")
        try admin.create("made")
        #expect(try admin.list().tenants.map(\.name) == ["made", "made-by-use"])
        _ = try admin.ask("POST", "tenants/made/rename", #"{"to":"renamed"}"#)
        #expect(try admin.list().tenants.map(\.name) == ["made-by-use", "renamed"])
        let id = try admin.delete("renamed").id
        #expect(try admin.list().tenants.map(\.name) == ["made-by-use"])
        _ = try admin.ask("POST", "deleted/\(id)/restore")
        #expect(try admin.list().tenants.map(\.name) == ["made-by-use", "renamed"])
        try server.restart()
        #expect(try Operator(of: server).list().tenants.map(\.name) == ["made-by-use", "renamed"])
    }

    @Test func `an entry says what it is about`() throws {
        let client = try server.client("acme")
        try client.run("CREATE TABLE t(x)")
        let entry = try #require(try admin.list().tenants.first)
        #expect(entry.name == "acme" && entry.state == "open" && entry.bytes > 4096)
        #expect(entry.lastUsed.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil)
        client.close()
        try server.restart()
        #expect(try Operator(of: server).list().tenants.first?.state == "closed")
    }

    @Test(arguments: ["?limit=0", "?limit=1001", "?limit=ten", "?limit=-1", "?limit="])
    func `a bad query is refused`(query: String) throws {
        let answer = try admin.ask("GET", "tenants" + query)
        #expect(answer.status == 400 && answer.code == "MALFORMED")
    }

    @Test func `a report has figures that agree with the file`() throws {
        let client = try server.client("acme")
        try client.run("CREATE TABLE t(x)")
        for _ in 0..<3 { try client.run("INSERT INTO t VALUES (?)", [.text("a secret value")]) }
        for _ in 0..<5 { try client.query("SELECT x FROM t") }
        let report = try admin.report("acme")
        #expect(report.name == "acme" && report.state == "open" && report.lsn == 4 && report.changes == 4)
        #expect(report.pageSize == 4096 && report.pages >= 2 && report.freePages == 0)
        #expect(report.incarnation.count == 32 && report.readers >= 1 && report.queue == 0)
        #expect(report.bytes >= report.fileBytes + report.walBytes)
        let select = try #require(report.statements.first { $0.sql == "SELECT x FROM t" })
        #expect(select.count == 5 && select.rows == 15)
        #expect(select.maxMs > 0 && select.totalMs >= select.maxMs && select.meanMs <= select.maxMs)
        let insert = try #require(report.statements.first { $0.sql == "INSERT INTO t VALUES (?)" })
        #expect(insert.count == 3)
        #expect(!(try admin.ask("GET", "tenants/acme").text.contains("secret")))
        #expect(report.statements.map(\.totalMs) == report.statements.map(\.totalMs).sorted(by: >))
        #expect(try admin.get("GET", "tenants/acme?statements=1", as: TenantReport.self).statements.count == 1)
        // Asking makes nothing.
        let unknown = try admin.ask("GET", "tenants/nobody")
        #expect(unknown.status == 404 && unknown.code == "TENANT_NOT_FOUND")
        #expect(try admin.list().tenants.map(\.name) == ["acme"])
    }

    @Test func `a table of statements is bounded, and keeps what took most`() throws {
        let client = try server.client("acme")
        try client.run("CREATE TABLE t(x)")
        try client.query(
            "WITH RECURSIVE c(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM c WHERE x < 300000) SELECT max(x) FROM c")
        for number in 0..<(TopStatements.textsMax + 100) { try client.query("SELECT \(number)") }
        let long = "SELECT '" + String(repeating: "ä", count: 2000) + "'"
        try client.query(.sql(long))
        let report: TenantReport = try admin.get("GET", "tenants/acme?statements=256")
        #expect(report.statements.count == TopStatements.textsMax)
        #expect(report.statements.first?.sql.hasPrefix("WITH RECURSIVE") == true)
        let cut = try #require(report.statements.first { $0.sql.hasPrefix("SELECT 'ä") })
        #expect(cut.sql.utf8.count <= TopStatements.textMax && long.hasPrefix(cut.sql))
    }

    @Test func `a catalog gives what a sorted list would`() throws {
        let catalog = TenantCatalog()
        let names = try (0..<500).map { try TenantName("t\(String($0, radix: 7))") }
        let some = try catalog.page(after: "", prefix: "", limit: 10) { names }
        #expect(some.names.count == 10 && some.hasMore)
        let all = names.map(\.description).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        for (after, prefix) in [
            ("", ""), ("t1", ""), ("t1", "t1"), ("", "t12"), ("t5", "t1"), ("t0", "t1"), ("zz", ""),
        ] {
            let page = try catalog.page(after: after, prefix: prefix, limit: 1000) { [] }
            let expected = all.filter {
                $0.hasPrefix(prefix) && (after.isEmpty || after.utf8.lexicographicallyPrecedes($0.utf8))
            }
            #expect(page.names.map(\.description) == expected && !page.hasMore, "\(after) \(prefix)")
        }
        let added = try TenantName("t1x")
        for _ in 0..<2 { catalog.add(added) }
        #expect(try catalog.page(after: "t1", prefix: "t1x", limit: 9) { [] }.names == [added])
        for _ in 0..<2 { catalog.remove(added) }
        #expect(try catalog.page(after: "", prefix: "", limit: 1000) { [] }.names.count == 500)
    }
}
