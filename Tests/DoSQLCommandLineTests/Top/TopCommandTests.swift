import DoSQLAccess
import DoSQLTestSupport
import Foundation
import Testing

@testable import DoSQLCommandLine

/// `dosql top` against a server, without a terminal and with one.
struct TopCommandTests {
    @Test func `one frame is plain text, with what the tenants did`() throws {
        let server = try TestServer()
        let client = try server.client("acme")
        try client.run("CREATE TABLE notes(text)")
        for number in 0..<5 { try client.run("INSERT INTO notes VALUES (?)", [.integer(number)]) }
        for flag in ["--once", "--batch"] {
            let run = try CommandRun(["top", try server.url(), flag, "--interval", "0.1"])
            #expect(run.status == 0 && run.errors == "", "\(run.errors)")
            #expect(!run.output.contains("\u{1B}") && run.output.hasPrefix("DoSQL "))
            #expect(run.output.contains("\nacme ") && run.output.contains("INSERT INTO notes VALUES (?)"))
        }
        let json = try CommandRun(["top", try server.url(), "--json", "--statements", "1"])
        #expect(json.status == 0 && json.output.hasPrefix("{") && json.output.contains(#""name":"acme""#))
    }

    @Test func `where there is no terminal, frames are plain text, one after the other`() throws {
        let server = try TestServer()
        let folder = try TemporaryFolder()
        try folder.write("", to: "frames")
        let file = URL(filePath: folder.path(of: "frames"))
        let run = Process()
        run.executableURL = try CommandRun.executable()
        run.arguments = ["top", try server.url(), "--interval", "0.1"]
        run.standardInput = FileHandle.nullDevice
        run.standardOutput = try FileHandle(forWritingTo: file)
        try run.run()
        defer {
            run.terminate()
            run.waitUntilExit()
        }
        func frames() throws -> [String] {
            String(decoding: try Data(contentsOf: file), as: UTF8.self).components(separatedBy: "\n\nDoSQL ")
        }
        #expect(try Deadline.poll(for: .seconds(120)) { try frames().count > 3 })
        #expect(try frames().allSatisfy { !$0.contains("\u{1B}") && !$0.contains("q quit") })
        server.stop()
        #expect(try Deadline.poll(for: .seconds(120)) { try frames().last?.contains("NO ANSWER: ") == true })
    }

    @Test func `what is wrong is told, with the status that belongs to it`() throws {
        let server = try TestServer()
        for arguments in [
            ["--interval", "0"], ["--interval", "nan"], ["--sort", "age"], ["--statements", "-1"],
            ["--token", "a", "--token-file", "b"],
        ] {
            #expect(try CommandRun(["top", try server.url()] + arguments).status == 2, "\(arguments)")
        }
        #expect(try CommandRun(["top", "dosql://127.0.0.1:1", "--once"]).status == 1)
        #expect(try CommandRun(["top", try server.url(), "--once", "--token-file", "/nowhere"]).status == 1)
    }

    @Test func `it takes a token with admin on every tenant, from a file too`() throws {
        let tokens = try TestTokens()
        let (all, some) = (try tokens.key(Grant("*", rights: .admin)), try tokens.key(Grant("acme", rights: .all)))
        let server = try TestServer(loops: 1) { tokens.configure(&$0) }
        let folder = try TemporaryFolder()
        try folder.write(all + "\n", to: "all")
        try folder.write(some, to: "some")
        try folder.write("two words", to: "two")
        func top(_ file: String) throws -> CommandRun {
            try CommandRun([
                "top", try server.url(), "--once", "--interval", "0.1", "--token-file", folder.path(of: file),
            ])
        }
        #expect(try top("all").status == 0)
        let refused = try top("some")
        #expect(refused.status == 1 && refused.errors.contains("(FORBIDDEN)"))
        #expect(try top("two").errors.contains("does not hold one token"))
    }
}

/// `dosql top` on a terminal.
struct TopTerminalTests {
    private let server: TestServer

    init() throws {
        server = try TestServer()
        try server.client("acme").run("CREATE TABLE t(x)")
    }

    private func start(_ arguments: String...) throws -> TerminalRun {
        try TerminalRun(["top", try server.url(), "--interval", "0.2"] + arguments)
    }

    @Test func `q ends it, and the terminal is as it was`() throws {
        let run = try start()
        try run.wait(for: "TENANT (1 open")
        try run.type("s")
        try run.wait(for: "*SIZE")
        try run.type("q")
        try run.checkEnd(status: 0)
    }

    @Test func `Ctrl-C ends it like q`() throws {
        let run = try start()
        try run.wait(for: "TENANT (1 open")
        try run.type("\u{3}")
        try run.checkEnd(status: 0)
    }

    @Test(arguments: [(SIGINT, 130), (SIGTERM, 143), (SIGHUP, 129)])
    func `a signal ends it, and the terminal is as it was`(signal: Int32, status: Int) throws {
        let run = try start()
        try run.wait(for: "TENANT (1 open")
        kill(try run.process, signal)
        try run.checkEnd(status: status)
    }

    @Test func `it follows the terminal's size, and a server that goes and comes`() throws {
        let run = try start()
        try run.wait(for: "space pause")
        try run.resize(columns: 30, rows: 5)
        // Nothing wider is written from then on.
        try run.wait(for: "…")
        server.stop()
        try run.wait(for: "NO ANSWER: ")
        try run.type("q")
        try run.checkEnd(status: 0)
    }
}
