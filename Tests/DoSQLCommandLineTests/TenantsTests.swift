import DoSQLTestSupport
import Foundation
import Testing

@testable import DoSQLCommandLine

/// `dosql tenants`, against a server.
struct TenantsTests {
    let server: TestServer

    init() throws {
        server = try TestServer()
        let client = try server.client("acme")
        try client.run("CREATE TABLE t(x)")
        try client.run("INSERT INTO t VALUES ('old')")
    }

    private func tenants(_ command: String, _ arguments: String..., environment: [String: String] = [:]) throws
        -> CommandRun
    {
        try CommandRun(["tenants", command, try server.url()] + arguments, environment: environment)
    }

    @Test func `tenants are listed, as a table and as JSON`() throws {
        #expect(try tenants("create", "Zoo").errors == "Zoo is made\n")
        let table = try tenants("list")
        #expect(table.status == 0 && table.errors == "")
        let lines = table.output.split(separator: "\n").map(String.init)
        #expect(lines.count == 5 && lines[0].hasPrefix(" tenant | bytes") && lines[4] == "(2 rows)")
        #expect(lines[2].hasPrefix(" Zoo ") && lines[3].hasPrefix(" acme "))
        #expect(try tenants("list", "--prefix", "a").output.contains("(1 row)"))
        let json = try tenants("list", "--json")
        #expect(json.output.hasPrefix(#"{"more":false,"tenants":[{"#) && json.output.hasSuffix("}\n"))
    }

    @Test func `what is deleted comes back by the id that was printed`() throws {
        let deleted = try tenants("delete", "acme")
        #expect(deleted.status == 0 && deleted.errors.hasPrefix("acme is deleted; until "))
        let id = deleted.output.trimmingCharacters(in: .newlines)
        #expect(try tenants("list", "--deleted").output.contains(id))
        #expect(try tenants("list").output.contains("(0 rows)"))
        #expect(try tenants("undelete", id).errors == "acme is back\n")
        #expect(try server.query("SELECT x FROM t", "--format", "csv").output == "x\nold\n")
        let again = try tenants("delete", "acme").output.trimmingCharacters(in: .newlines)
        #expect(try tenants("undelete", again, "--name", "other").errors == "other is back\n")
        #expect(try tenants("rename", "other", "acme").errors == "other is acme now\n")
        let last = try tenants("delete", "acme").output.trimmingCharacters(in: .newlines)
        #expect(try tenants("purge", last).errors == "\(last) is gone for good\n")
        let gone = try tenants("undelete", last)
        #expect(gone.status == 1 && gone.errors.contains("(TENANT_NOT_FOUND)"))
    }

    @Test func `a backup has its name when it is complete, and restores`() throws {
        let folder = try TemporaryFolder()
        let file = folder.path(of: "acme.sqlite")
        let made = try tenants("backup", "acme", file)
        #expect(made.status == 0 && made.errors.hasPrefix("\(file) has "), "\(made.errors)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["acme.sqlite"])
        let again = try tenants("backup", "acme", file)
        #expect(again.status == 1 && again.errors.contains("--force"))
        #expect(try tenants("backup", "acme", file, "--force").status == 0)
        let missing = try tenants("backup", "nobody", folder.path(of: "nobody.sqlite"))
        #expect(missing.status == 1 && missing.errors == "Error: there is no tenant nobody (TENANT_NOT_FOUND)\n")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["acme.sqlite"])

        try server.client("acme").run("UPDATE t SET x = 'newer'")
        let restored = try tenants("restore", "acme", file)
        #expect(restored.status == 0 && restored.output.count > 30, "\(restored.errors)")
        #expect(try server.query("SELECT x FROM t", "--format", "csv").output == "x\nold\n")
        #expect(try tenants("restore", "copy", file).errors == "copy is restored\n")
        try folder.write("no database", to: "bad")
        let refused = try tenants("restore", "acme", folder.path(of: "bad"))
        #expect(refused.status == 1 && refused.errors.contains("(RESTORE_REFUSED)"))
        #expect(try tenants("restore", "acme", folder.path(of: "nothing")).status == 1)
    }

    @Test func `a tenant's figures, and its care`() throws {
        let stats = try tenants("stats", "acme")
        #expect(stats.status == 0 && stats.output.contains("incarnation") && stats.output.contains("INSERT INTO t"))
        #expect(try tenants("stats", "acme", "--json").output.hasPrefix("{"))
        #expect(try tenants("vacuum", "acme").errors.hasPrefix("acme had "))
        #expect(try tenants("optimize", "acme").errors == "acme is optimized\n")
        #expect(try tenants("check", "acme").errors == "acme is sound\n")
        try server.client("acme").script(
            "PRAGMA foreign_keys = OFF; CREATE TABLE p(id INTEGER PRIMARY KEY); CREATE TABLE c(p REFERENCES p); INSERT INTO c VALUES (7);"
        )
        let unsound = try tenants("check", "acme")
        #expect(unsound.status == 1 && unsound.errors == "acme is not sound\n")
        #expect(unsound.output == "row 1 of c refers to no row of p (foreign key 0)\n")
        #expect(try tenants("retention", "acme").output.contains("as configured"))
        let set = try tenants("retention", "acme", "--messages", "10", "--json")
        #expect(set.output == #"{"events":null,"messages":{"rows":10,"seconds":null}}"# + "\n")
        #expect(try tenants("retention", "acme", "--reset", "--json").output.contains(#""messages":null"#))
    }

    @Test func `a tenant's limits are shown, set and taken back`() throws {
        let shown = try tenants("limits", "acme")
        #expect(shown.status == 0 && shown.output.contains("databaseBytesMax") && !shown.output.contains("tenant |  "))
        let set = try tenants(
            "limits", "acme", "--set", "databaseBytesMax=1GiB", "--set", "statementTimeMax=5s", "--set",
            "tenantRateMax=7",
            "--json")
        #expect(set.status == 0, "\(set.errors)")
        #expect(set.output.contains(#""name":"databaseBytesMax","own":true,"unit":"bytes","value":1073741824"#))
        #expect(set.output.contains(#""name":"statementTimeMax","own":true,"unit":"ms","value":5000"#))
        let back = try tenants(
            "limits", "acme", "--reset", "statementTimeMax", "--set", "tenantRateMax=8", "--reset", "databaseBytesMax")
        let own = back.output.split(separator: "\n").filter { $0.contains(" | tenant |") }
        #expect(back.status == 0 && own.count == 1 && own.first?.contains("tenantRateMax") == true, "\(back.output)")
        let only = try tenants("limits", "acme", "--reset-all", "--set", "tenantBurstMax=3", "--json")
        #expect(only.output.components(separatedBy: #""own":true"#).count == 2)
        let wrong = try tenants(
            "limits", "acme", "--set", "tenantRateMax", "--set", "statementTimeMax=5MiB", "--set",
            "databaseBytesMax=5x",
            "--set", "pageCacheMax=1", "--reset", "pageCacheMax")
        #expect(wrong.status == 2)
        for part in [
            "'tenantRateMax' is not NAME=VALUE", "statementTimeMax counts ms, not MiB", "the unit 'x' is none of",
            "pageCacheMax is named twice",
        ] { #expect(wrong.errors.contains(part), "\(wrong.errors)") }
        let refused = try tenants("limits", "acme", "--set", "nothing=1", "--set", "pageCacheMax=1")
        #expect(refused.status == 1 && refused.errors.contains("no limit 'nothing'"))
        #expect(refused.errors.contains("pageCacheMax is 65536 to") && refused.errors.contains("(MALFORMED)"))
    }

    @Test(
        arguments: [
            ("tenantRateMax=5", 5), ("databaseBytesMax=2MiB", 2 << 20), ("transactionIdleMax=2min", 120_000),
            ("unknown=3KiB", 3072), ("pageCacheMax=8388608TiB", nil), ("=5", nil), ("a", nil), ("a=", nil),
            ("a=-1", nil), ("a=1.5MiB", nil), ("tenantRateMax=1s", nil), ("a=٣", nil),
        ] as [(String, Int?)])
    func `settings of limits are read`(text: String, value: Int?) {
        #expect((try? LimitSetting(text))?.value == value)
    }

    @Test func `what is wrong is told, with the status that belongs to it`() throws {
        #expect(try CommandRun(["tenants", "list", "ftp://host"]).status == 2)
        #expect(try CommandRun(["tenants", "list", try server.url("acme")]).status == 2)
        #expect(try CommandRun(["tenants", "list"]).status == 2)
        #expect(try CommandRun(["tenants", "list", try server.url(), "--tls-ca", "x"]).status == 2)
        #expect(try CommandRun(["tenants", "list", "dosql://127.0.0.1:1"]).status == 1)
        let invalid = try tenants("create", "a/b")
        #expect(invalid.status == 1 && invalid.errors.contains("(TENANT_NAME_INVALID)"))
        let taken = try tenants("create", "acme")
        #expect(taken.status == 1 && taken.errors.contains("(TENANT_EXISTS)"))
        #expect(try tenants("delete", "..").status == 1)
    }

    @Test(
        arguments: [
            ("dosql://h", "h:3775", false, nil), ("http://h:80", "h:80", false, nil),
            ("https://h", "h:3775", true, nil),
            ("DOSQLS://t@h:1", "h:1", true, "t"), ("dosql+unix:///a/b?token=t", "localhost", false, "t"),
            ("dosql://[::1]:5", "[::1]:5", false, nil),
        ] as [(String, String, Bool, String?)])
    func `addresses are read`(text: String, host: String, isSecure: Bool, token: String?) throws {
        let address = try AdministrationAddress(text)
        #expect(address.host == host && address.isSecure == isSecure && address.token == token)
    }
}
