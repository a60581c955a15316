import DoSQLServer
import DoSQLTLS
import DoSQLTestSupport
import Testing

struct BenchTests {
    let server: TestServer

    init() throws {
        server = try TestServer()
        let client = try server.client("acme")
        try client.run("CREATE TABLE notes(id INTEGER PRIMARY KEY, text TEXT UNIQUE)")
        try client.run("INSERT INTO notes(text) VALUES ('one'), ('two'), ('three')")
    }

    private func bench(_ arguments: String...) throws -> CommandRun {
        try CommandRun(["bench", try server.url("acme")] + arguments)
    }

    @Test func `reads in a closed loop, with what came of them`() throws {
        let run = try bench(
            "--query", "SELECT text FROM notes WHERE id = ?", "--param", "random:3", "--seconds", "0.2",
            "--connections", "2", "--depth", "3")
        #expect(run.status == 0, "\(run.errors)")
        let lines = run.output.split(separator: "\n")
        #expect(lines.count >= 4)
        #expect(lines[0].contains(" answers in ") && lines[0].hasSuffix(" a second"))
        #expect(["p50", "p90", "p99", "p99.9", "max"].allSatisfy { lines[1].contains(" \($0) ") }, "\(lines[1])")
    }

    @Test func `inserts of what nobody else inserts, at a rate`() throws {
        let run = try bench(
            "--query", "INSERT INTO notes(text) VALUES (?)", "--param", "random:text", "--seconds", "0.3", "--rate",
            "100"
        )
        #expect(run.status == 0, "\(run.errors)")
        let rows = try server.query(
            "SELECT count(*) > 3 AND count(*) = count(DISTINCT text) FROM notes", "--format", "csv")
        #expect(rows.output.hasSuffix("\n1\n"))
    }

    @Test func `a statement that fails ends it, in SQLite's words`() throws {
        let run = try bench("--query", "SELECT nope FROM notes")
        #expect(run.status == 1 && run.output == "")
        #expect(run.errors.contains("no such column: nope"), "\(run.errors)")
    }

    @Test func `wrong usage`() throws {
        #expect(try bench("--depth", "4", "--rate", "5").status == 2)
        #expect(try bench("--connections", "0").status == 2)
        let parameter = try bench("--param", "random:some")
        #expect(parameter.status == 2 && parameter.errors.contains("random:N"))
        #expect(try CommandRun(["bench", try server.url()]).status == 2)
    }

    @Test func `a server that is not there`() throws {
        let run = try CommandRun(["bench", "dosql+unix:///nowhere/socket?tenant=acme"])
        #expect(run.status == 1 && run.errors.contains("/nowhere/socket"), "\(run.errors)")
    }

    @Test func `over TLS`() throws {
        let secure = try TestServer { $0.tls = TestCertificates.files(clients: .optional) }
        let url = "dosqls://localhost:\(try secure.port)/acme"
        let run = try CommandRun(["bench", url, "--seconds", "0.1", "--tls-ca", TestCertificates.root])
        #expect(run.status == 0 && run.output.contains(" answers in "), "\(run.errors)")
        let stranger = try CommandRun(["bench", url, "--seconds", "0.1"])
        #expect(stranger.status == 1 && stranger.errors.contains("not trusted"), "\(stranger.errors)")
    }
}
