import DoSQLTestSupport
import Testing

struct MigrateTests {
    let server: TestServer
    let folder: TemporaryFolder

    init() throws {
        server = try TestServer()
        folder = try TemporaryFolder()
        try folder.write("CREATE TABLE a(x);", to: "m/001_a.sql")
        try folder.write("CREATE TABLE b(x); INSERT INTO b VALUES (1);", to: "m/002_b.sql")
        for tenant in ["one", "two"] { _ = try server.client(tenant).query("SELECT 1") }
    }

    private func migrate(_ verb: String, _ arguments: String...) throws -> CommandRun {
        try CommandRun(["migrate", verb] + arguments + ["--migrations", folder.path(of: "m")])
    }

    private func count(_ table: String, in tenant: String) throws -> String {
        try CommandRun(["query", try server.url(tenant), "SELECT count(*) FROM \(table)", "--format", "csv"]).output
    }

    @Test func `run applies what is pending and tells of each`() throws {
        let run = try migrate("run", try server.url("one"))
        #expect(run.status == 0 && run.errors == "")
        let lines = run.output.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[0].hasPrefix("one: 001_a applied in ") && lines[0].hasSuffix(" (1/2)"))
        #expect(lines[2] == "1 tenant, 2 migrations applied, 0 failed")
        #expect(try count("b", in: "one") == "count(*)\n1\n")
        #expect(try migrate("run", try server.url("one")).output.hasPrefix("one: up to date\n"))
    }

    @Test func `status changes nothing`() throws {
        let pending = try migrate("status", try server.url("one"), "--format", "csv")
        #expect(pending.status == 0)
        #expect(pending.output.split(separator: "\n").dropFirst() == ["one,001_a,pending,,", "one,002_b,pending,,"])
        _ = try migrate("run", try server.url("one"))
        let applied = try migrate("status", try server.url("one"), "--format", "csv").output
        #expect(applied.contains("one,001_a,applied,") && !applied.contains("pending"))
        let nobody = try migrate("status", try server.url("nobody"))
        #expect(nobody.status == 1 && nobody.errors.contains("(TENANT_NOT_FOUND)"))
    }

    @Test func `all tenants: one that fails holds none of the others up`() throws {
        try folder.write("CREATE TABLE c(x);", to: "m/003_only_without_c.sql")
        try server.client("two").run("CREATE TABLE c(x)")
        let run = try migrate("run", try server.url(), "--all")
        #expect(run.status == 1)
        #expect(run.output.hasSuffix("2 tenants, 5 migrations applied, 1 failed\n"))
        #expect(
            run.errors.hasPrefix("two: ") && run.errors.contains("(MIGRATION_FAILED)") && !run.errors.contains("one: "))
        #expect(try count("c", in: "one") == "count(*)\n0\n" && count("b", in: "two") == "count(*)\n1\n")
    }

    @Test func `a changed migration is refused before anything runs`() throws {
        _ = try migrate("run", try server.url("one"))
        try folder.write("CREATE TABLE other(x);", to: "m/001_a.sql")
        try folder.write("CREATE TABLE c(x);", to: "m/003_c.sql")
        let run = try migrate("run", try server.url("one"))
        #expect(run.status == 1 && run.errors.contains("(MIGRATION_CONFLICT)"))
        #expect(try count("c", in: "one") == "")
    }

    @Test func `a data folder is migrated while no server has it`() throws {
        let refused = try migrate("run", "--data", server.dataFolder, "--all")
        #expect(refused.status == 1 && refused.errors.contains("another process has \(server.dataFolder) open"))
        server.stop()
        let run = try migrate("run", "--data", server.dataFolder, "--all")
        #expect(run.status == 0 && run.errors == "")
        #expect(run.output.hasSuffix("2 tenants, 4 migrations applied, 0 failed\n"))
        let status = try migrate("status", "--data", server.dataFolder, "--tenant", "two", "--format", "csv")
        #expect(status.status == 0 && status.output.contains("two,002_b,applied,"))
        try server.start()
        #expect(try count("b", in: "two") == "count(*)\n1\n")
    }

    @Test func `what is no data folder is left alone`() throws {
        let run = try migrate("run", "--data", folder.path(of: "nothing"), "--all")
        #expect(run.status == 1 && run.errors.contains("is not a data folder of DoSQL"))
    }
}
