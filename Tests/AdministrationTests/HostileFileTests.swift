import DoSQLAccess
import DoSQLProtocol
import DoSQLServer
import DoSQLTestSupport
import Foundation
import Testing

@testable import DoSQLServer

/// Files that want more than to be restored, and those who send them (`protocol/administration.md`, restore).
struct HostileFileTests {
    private static let table = "CREATE TABLE t(x)"

    @Test func `answers under keys are not taken over, and the history is a new one`() throws {
        let server = try TestServer(loops: 1)
        let admin = try Operator(of: server)
        let client = try server.client("acme")
        try client.run("CREATE TABLE t(x)")
        #expect(try client.run("INSERT INTO t VALUES (1)", key: "k").outcome.replayed == false)
        #expect(try client.run("INSERT INTO t VALUES (1)", key: "k").outcome.replayed)
        let before = try admin.report("acme")
        let report = try admin.restore(try admin.backup("acme"), to: "acme")
        let restored = try server.client("acme")
        // The key means nothing any more: the request is carried out.
        #expect(try restored.run("INSERT INTO t VALUES (1)", key: "k").outcome.replayed == false)
        #expect(try restored.value("SELECT count(*) FROM t") == 2)
        let after = try admin.report("acme")
        #expect(report.incarnation != before.incarnation && after.incarnation == report.incarnation && after.lsn == 1)
    }

    @Test func `of the server's books only what is known is taken over`() throws {
        let server = try TestServer(loops: 1)
        let admin = try Operator(of: server)
        let kept = try server.client("kept")
        for number in 0..<5 { try kept.publish("\(number)", to: "news") }
        _ = try admin.ask("PUT", "tenants/kept/retention", #"{"messages":{"rows":2,"seconds":null}}"#)
        #expect(try Deadline.poll { try kept.value("SELECT count(*) FROM messages") == 2 })
        _ = try admin.restore(try admin.backup("kept"), to: "copy")
        let folder = try TemporaryFolder()
        func books(of name: String, _ sql: String) throws -> String {
            let path = folder.path(of: name)
            try Data(try admin.backup(name)).write(to: URL(filePath: path))
            return try SQLiteProgram.run(path, sql)
        }
        let feeds = "SELECT key, value FROM __dosql_meta WHERE key LIKE 'feed.%' ORDER BY key"
        // Up to where a feed was trimmed is known: who resumes in front of it hears of a gap.
        if SQLiteProgram.isThere {
            #expect(try books(of: "copy", feeds) == "feed.messages|made\nfeed.messages.purged|3")
        }
        let file = try DatabaseFile.make(
            WriterDatabase.metaSchema, IdempotencyTable.schema, Self.table,
            """
            INSERT INTO __dosql_meta VALUES ('name', 'evil'), ('lsn', 9223372036854775807), ('incarnation', x'00'),
                ('feed.messages', 'nobody'), ('feed.messages.purged', 'many'), ('feed.events', x'6D616465'),
                ('feed.events.purged', -9223372036854775808), ('other', zeroblob(100000))
            """,
            "INSERT INTO __dosql_idempotency VALUES (x'6B', zeroblob(32), x'81', 9223372036854775807, 9223372036854775807)"
        )
        _ = try admin.restore(file, to: "acme")
        let client = try server.client("acme")
        #expect(try client.run("INSERT INTO t VALUES (1)", key: "k").outcome.replayed == false)
        try client.publish("1", to: "news")
        let report = try admin.report("acme")
        #expect(report.name == "acme" && report.lsn == 2)
        if SQLiteProgram.isThere {
            let keys = try books(of: "acme", "SELECT key FROM __dosql_meta ORDER BY key")
            #expect(keys.split(separator: "\n") == ["feed.messages", "incarnation", "lsn", "name"])
            #expect(try books(of: "acme", "SELECT count(*) FROM __dosql_idempotency") == "1")
        }
    }

    @Test(arguments: [
        "CREATE TABLE c(k REFERENCES __dosql_meta(key) ON UPDATE CASCADE)",
        "CREATE TABLE c(k BLOB REFERENCES \"__DOSQL_idempotency\"(key) ON DELETE CASCADE)",
    ]) func `a table that hangs on one of the server's is refused, in a file and in SQL`(_ sql: String) throws {
        let server = try TestServer(loops: 1)
        let admin = try Operator(of: server)
        let answer = try admin.send(try DatabaseFile.make(sql), to: "acme")
        #expect(answer.code == "RESTORE_REFUSED" && answer.sentence.contains("is the server's"), "\(answer.text)")
        let client = try server.client("acme")
        #expect(try client.failure(of: try client.sendRun(.sql(sql))).code == .notAllowed)
        #expect(try client.failure(of: try client.sendScript(sql)).code == .notAllowed)
    }

    // MARK: Rights and bounds

    @Test func `a tenant that is not there is made by who may make one`() throws {
        let tokens = try TestTokens()
        let restorer = try tokens.key(Grant("acme", rights: .admin))
        let maker = try tokens.key(Grant("acme", rights: [.admin, .create]))
        let everywhere = try tokens.key(Grant("*", rights: .admin))
        let server = try TestServer(loops: 1) { tokens.configure(&$0) }
        let file = try DatabaseFile.make(Self.table)
        func send(_ token: String, to name: String, of length: Int? = nil) throws -> HTTPAnswer {
            let http = try server.http(token: token)
            http.patience = .seconds(120)
            try http.send(
                raw: "PUT /admin/tenants/\(name)/restore HTTP/1.1\r\nHost: localhost\r\n"
                    + "Authorization: Bearer \(token)\r\nContent-Length: \(length ?? file.count)\r\n\r\n")
            if length == nil { try http.socket.send(file, patience: .seconds(120)) }
            return try http.answer()
        }
        // Before anything of it has come.
        let refused = try send(restorer, to: "acme", of: 100_000_000)
        #expect(refused.status == 403 && refused.sentence.contains("create"), "\(refused.text)")
        #expect(try send(maker, to: "acme").status == 200)
        #expect(try send(restorer, to: "acme").status == 200)
        #expect(try send(everywhere, to: "other").status == 200)
    }

    @Test func `a file is bound as a database is that has grown`() throws {
        let large = try DatabaseFile.make(Self.table, "INSERT INTO t VALUES (zeroblob(3000000))")
        let small = try DatabaseFile.make(Self.table)
        let bounded = try TestServer(loops: 1) { $0.tenant.databaseBytesMax = 1 << 20 }
        let refused = try Operator(of: bounded).send(large, to: "acme")
        #expect(refused.status == 507 && refused.text.contains("databaseBytesMax"), "\(refused.text)")
        _ = try Operator(of: bounded).restore(small, to: "acme")
        let folder = try TestServer(loops: 1) { $0.diskBytesMax = 800_000 }
        let full = try Operator(of: folder).send(large, to: "acme")
        #expect(full.status == 507 && full.text.contains("diskBytesMax"), "\(full.text)")
        let disk = try TestServer(loops: 1) { $0.diskFreeMin = 1 << 60 }
        let low = try Operator(of: disk).send(small, to: "acme")
        #expect(low.status == 507 && low.text.contains("diskFreeMin"), "\(low.text)")
        for server in [bounded, folder, disk] {
            let temporary = server.dataFolder + "/temporary"
            #expect(
                Deadline.poll { (try? FileManager.default.contentsOfDirectory(atPath: temporary))?.isEmpty == true })
        }
    }

    @Test func `bytes that are only promised keep nobody from sending his`() throws {
        let server = try TestServer(loops: 1) { $0.administration.temporaryBytesMax = 10_000_000 }
        let promises = try (0..<5).map { number in
            let http = try server.http()
            try http.send(
                raw: "PUT /admin/tenants/p\(number)/restore HTTP/1.1\r\nHost: localhost\r\n"
                    + "Content-Length: 9000000\r\n\r\n")
            try http.socket.send([UInt8](repeating: 0, count: 1000))
            return http
        }
        let file = try DatabaseFile.make(Self.table, "INSERT INTO t VALUES (zeroblob(5000000))")
        _ = try Operator(of: server).restore(file, to: "acme")
        withExtendedLifetime(promises) {}
    }

    @Test func `who has sent too much hears so before he has sent the rest`() throws {
        let server = try TestServer(loops: 1) { $0.administration.temporaryBytesMax = 3_000_000 }
        let http = try server.http()
        http.patience = .seconds(120)
        try http.send(
            raw: "PUT /admin/tenants/acme/restore HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        let part = Array("40000\r\n".utf8) + [UInt8](repeating: 0, count: 0x40000) + Array("\r\n".utf8)
        for _ in 0..<40 {
            try? http.socket.send(part)
            if try http.socket.hasInput(within: .milliseconds(1)) { break }
        }
        let answer = try http.answer()
        #expect(answer.status == 507 && answer.header("connection") == "close", "\(answer.text)")
        #expect(try http.isEnded())
        #expect(
            Deadline.poll {
                (try? FileManager.default.contentsOfDirectory(atPath: server.dataFolder + "/temporary"))?.isEmpty
                    == true
            })
    }
}
