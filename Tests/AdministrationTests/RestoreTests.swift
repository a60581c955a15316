import DoSQLProtocol
import DoSQLServer
import DoSQLTestSupport
import Foundation
import Testing

@testable import DoSQLServer

/// Files from outside that become tenants, and those that must not.
struct RestoreTests {
    private let server: TestServer
    private let admin: Operator

    init() throws {
        server = try TestServer(loops: 2)
        admin = try Operator(of: server)
        let client = try server.client("acme")
        try client.run("CREATE TABLE t(x)")
        try client.run("INSERT INTO t VALUES ('old')")
    }

    private func expectRefusal(_ bytes: [UInt8], _ words: String, code: String = "RESTORE_REFUSED") throws {
        let before = try admin.report("acme")
        let admin = try Operator(of: server)
        let answer = try admin.send(bytes, to: "acme")
        #expect(answer.status == 400 && answer.code == code, "\(answer.status) \(answer.text)")
        #expect(words.isEmpty || answer.sentence.contains(words), "\(answer.sentence)")
        // The old one is as it was, and goes on.
        #expect(try server.client("acme").value("SELECT x FROM t") == "old")
        #expect(try admin.report("acme").incarnation == before.incarnation)
        #expect(try admin.deleted().isEmpty)
        #expect(
            Deadline.poll(for: .seconds(60)) {
                (try? FileManager.default.contentsOfDirectory(atPath: server.dataFolder + "/temporary"))?.isEmpty
                    == true
            })
    }

    @Test func `what takes a place keeps the old one for a time`() throws {
        let before = try admin.report("acme")
        let report = try admin.restore(
            try DatabaseFile.make("CREATE TABLE t(x)", "INSERT INTO t VALUES ('new')"), to: "acme")
        #expect(try server.client("acme").value("SELECT x FROM t") == "new")
        let after = try admin.report("acme")
        #expect(after.incarnation == report.incarnation && after.incarnation != before.incarnation && after.lsn == 0)
        let entry = try #require(try admin.deleted().first)
        #expect(entry.id == report.replaced && entry.reason == "replaced" && entry.name == "acme")
        #expect(try admin.ask("POST", "deleted/\(entry.id)/restore", #"{"name":"acme-before"}"#).status == 200)
        #expect(try server.client("acme-before").value("SELECT x FROM t") == "old")
        #expect(try admin.report("acme-before").incarnation == before.incarnation)
    }

    @Test func `a tenant that is not there is made`() throws {
        let answer = try admin.send(try DatabaseFile.make("CREATE TABLE t(x)"), to: "made")
        let report: RestoreReport = try Operator.read(answer)
        #expect(report.replaced == nil && answer.text.contains(#""replaced":null"#))
        try server.client("made").run("INSERT INTO t VALUES (1)")
        #expect(try admin.list().tenants.map(\.name) == ["acme", "made"])
        #expect(try admin.deleted().isEmpty)
    }

    @Test(arguments: [false, true], [512, 1024, 4096, 65536])
    func `files of every page size are taken, in WAL mode and not`(isWAL: Bool, pageSize: Int) throws {
        let file = try DatabaseFile.make(
            isWAL: isWAL, "PRAGMA journal_mode=DELETE", "PRAGMA page_size=\(pageSize)", "VACUUM",
            "PRAGMA journal_mode=WAL", "CREATE TABLE t(x)", "INSERT INTO t VALUES ('new')")
        #expect(file[18] == (isWAL ? 2 : 1))
        _ = try admin.restore(file, to: "acme")
        let client = try server.client("acme")
        #expect(try client.value("SELECT x FROM t") == "new")
        try client.run("INSERT INTO t VALUES (1)")
        #expect(try admin.report("acme").pageSize == pageSize)
    }

    @Test func `a file may come in chunks`() throws {
        let file = try DatabaseFile.make("CREATE TABLE t(x)", "INSERT INTO t VALUES ('new')")
        try admin.http.send(
            raw: "PUT /admin/tenants/acme/restore HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        for start in stride(from: 0, to: file.count, by: 1000) {
            let part = file[start..<min(start + 1000, file.count)]
            try admin.http.socket.send(Array("\(String(part.count, radix: 16))\r\n".utf8) + part + Array("\r\n".utf8))
        }
        try admin.http.send(raw: "0\r\n\r\n")
        let _: RestoreReport = try Operator.read(try admin.http.answer())
        #expect(try server.client("acme").value("SELECT x FROM t") == "new")
    }

    @Test func `what is no database is refused with the reason`() throws {
        let file = try DatabaseFile.make(
            "CREATE TABLE t(x)", "INSERT INTO t SELECT randomblob(3000) FROM json_each('[1,2,3,4,5,6,7,8]')")
        var random = SystemRandomNumberGenerator()
        let encrypted = (0..<8192).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        try expectRefusal([], "empty")
        try expectRefusal(Array("hello".utf8), "does not begin as a SQLite database")
        try expectRefusal(encrypted, "encrypted")
        try expectRefusal(Array(file[..<16]), "does not begin as a SQLite database")
        try expectRefusal(Array(file[..<100]), "cut off")
        try expectRefusal(Array(file[..<(file.count - 4096)]), "cut off")
        try expectRefusal(Array(file[..<(file.count - 1)]), "cut off")
        try expectRefusal(file + [UInt8](repeating: 0, count: 4096), "or longer")
        for (offset, byte, words) in [
            (16, UInt8(0x11), "page size"), (18, 3, "format"), (19, 9, "format"), (20, 255, ""), (21, 1, "payload"),
        ] {
            var broken = file
            broken[offset] = byte
            if offset == 20 { broken[16] = 2; broken[17] = 0 }
            try expectRefusal(broken, words)
        }
    }

    @Test func `what is damaged is refused with SQLite's words`() throws {
        let file = try DatabaseFile.make(
            "CREATE TABLE t(x)", "CREATE INDEX i ON t(x)",
            "INSERT INTO t SELECT hex(randomblob(500)) FROM json_each('[1,2,3,4,5,6,7,8]')")
        var page = file
        for index in (2 * 4096)..<(2 * 4096 + 200) { page[index] = 0xFF }
        try expectRefusal(page, "")
        var schema = file
        for index in 110..<2000 { schema[index] = 0xAA }
        try expectRefusal(schema, "")
        // Every byte of the first page, and some of the others: never a crash, never a half restored tenant.
        var generator = SeededBytes(state: 7)
        for _ in 0..<60 {
            var mutated = file
            for _ in 0..<8 {
                mutated[Int(generator.next() % UInt64(file.count))] = UInt8(truncatingIfNeeded: generator.next())
            }
            let answer = try Operator(of: server).send(mutated, to: "victim")
            #expect([200, 400].contains(answer.status), "\(answer.status) \(answer.text)")
        }
        #expect(try server.client("acme").value("SELECT x FROM t") == "old")
    }

    private struct SeededBytes {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 24
        }
    }

    @Test func `names that are the server's must be the server's`() throws {
        for statement in [
            "CREATE TABLE __dosql_meta(key TEXT PRIMARY KEY, value, more) WITHOUT ROWID",
            "CREATE VIEW __dosql_meta AS SELECT 'lsn' AS key, 7 AS value",
            "CREATE TABLE __DOSQL_other(x)",
            "CREATE TABLE __dosql_idempotency(key, hash, answer, outcome, created)",
            "CREATE VIRTUAL TABLE __dosql_meta USING fts5(key, value)",
        ] {
            try expectRefusal(try DatabaseFile.make(statement), "is the server's")
        }
        try expectRefusal(
            try DatabaseFile.make(
                WriterDatabase.metaSchema, "CREATE TABLE t(x)",
                "CREATE TRIGGER t1 AFTER INSERT ON __dosql_meta BEGIN INSERT INTO t VALUES (1); END"),
            "is the server's")
    }

    @Test func `what a file's triggers and views do stays in the sandbox`() throws {
        let file = try DatabaseFile.make(
            WriterDatabase.metaSchema, "CREATE TABLE t(x)", "INSERT INTO t VALUES ('new')",
            "CREATE TRIGGER a AFTER INSERT ON t BEGIN UPDATE __dosql_meta SET value = 'x' WHERE key = 'incarnation'; END",
            "CREATE TABLE u(x)",
            "CREATE TRIGGER b AFTER INSERT ON u BEGIN SELECT load_extension('/tmp/evil.so'); END",
            "CREATE VIEW v AS SELECT * FROM __dosql_meta",
            "CREATE TABLE w(x CHECK (x <> 'boom'))")
        _ = try admin.restore(file, to: "acme")
        let client = try server.client("acme")
        for (sql, code) in [
            ("INSERT INTO t VALUES (1)", DoSQLProtocol.ErrorCode.notAllowed), ("SELECT * FROM v", .notAllowed),
            ("INSERT INTO u VALUES (1)", .sqlError), ("SELECT * FROM __dosql_meta", .notAllowed),
        ] {
            let error = try client.failure(of: try client.sendQuery(.sql(sql)))
            #expect(error.code == code || error.code == .notAllowed, "\(sql): \(error)")
        }
        #expect(try client.value("SELECT x FROM t") == "new")
        try client.run("INSERT INTO w VALUES (1)")
        #expect(try client.value("SELECT count(*) FROM w") == 1)
    }

    @Test func `a file that is too long is refused before it is stored`() throws {
        let small = try TestServer(loops: 1) { $0.administration.restoreBytesMax = 100_000 }
        let admin = try Operator(of: small)
        try admin.http.send(
            raw: "PUT /admin/tenants/acme/restore HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100001\r\n\r\n")
        #expect(try admin.http.answer().status == 413)
        // A body without a length ends where it is too long.
        let endless = try Operator(of: small)
        try endless.http.send(
            raw: "PUT /admin/tenants/acme/restore HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        let part = Array("4000\r\n".utf8) + [UInt8](repeating: 0, count: 0x4000) + Array("\r\n".utf8)
        for _ in 0..<8 { _ = try? endless.http.socket.sendWhatFits(part) }
        #expect(try endless.http.answer().status == 413)
        #expect(
            Deadline.poll(for: .seconds(60)) {
                (try? FileManager.default.contentsOfDirectory(atPath: small.dataFolder + "/temporary"))?.isEmpty == true
            })
        // Other bodies have the bound they had.
        let other = try Operator(of: small)
        let long = #"{"name":"\#(String(repeating: "a", count: 70_000))"}"#
        #expect(try other.ask("POST", "tenants", long).status == 413)
        let room = try TestServer(loops: 1) { $0.administration.temporaryBytesMax = 5000 }
        let full = try Operator(of: room).send(try DatabaseFile.make("CREATE TABLE t(x)"), to: "acme")
        #expect(full.status == 507 && full.code == "STORAGE_FULL")
    }

    @Test func `an upload that stops leaves nothing`() throws {
        let http = try server.http()
        try http.send(
            raw: "PUT /admin/tenants/acme/restore HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n")
        try http.socket.send([UInt8](repeating: 0, count: 300_000))
        let temporary = server.dataFolder + "/temporary"
        #expect(
            try Deadline.poll(for: .seconds(60)) {
                try !FileManager.default.contentsOfDirectory(atPath: temporary).isEmpty
            })
        http.socket.close()
        #expect(
            try Deadline.poll(for: .seconds(60)) {
                try FileManager.default.contentsOfDirectory(atPath: temporary).isEmpty
            })
        #expect(try server.client("acme").value("SELECT x FROM t") == "old")
    }

    @Test func `a large file is taken, however much the server has to write`() throws {
        let file = try DatabaseFile.make(
            "CREATE TABLE t(x)",
            "WITH RECURSIVE c(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM c WHERE x < 20000) INSERT INTO t SELECT randomblob(1000) FROM c"
        )
        #expect(file.count > 20_000_000)
        _ = try admin.restore(file, to: "acme")
        #expect(try server.client("acme").value("SELECT count(*) FROM t") == 20000)
    }

    @Test func `the wrong kind of body is refused`() throws {
        for headers in [
            [("Content-Type", "application/json")],
            [("Content-Encoding", "gzip"), ("Content-Type", "application/octet-stream")],
        ] {
            let answer = try server.http().request("PUT", "/admin/tenants/acme/restore", headers: headers, body: "{}")
            #expect(answer.status == 415)
        }
        #expect(try admin.send(try DatabaseFile.make("CREATE TABLE t(x)"), to: "a%2fb").code == "TENANT_NAME_INVALID")
    }

    @Test func `a file that does not take the server's migrations is refused`() throws {
        let folder = try TemporaryFolder()
        try folder.write("CREATE TABLE users(id INTEGER PRIMARY KEY)", to: "m/001_users.sql")
        let migrating = try TestServer(loops: 1) { $0.migrationsFolder = folder.path(of: "m") }
        let admin = try Operator(of: migrating)
        let answer = try admin.send(try DatabaseFile.make("CREATE TABLE users(x)"), to: "acme")
        #expect(answer.code == "RESTORE_REFUSED" && answer.sentence.contains("001_users"), "\(answer.text)")
        #expect(try admin.list().tenants.isEmpty)
        _ = try admin.restore(try DatabaseFile.make("CREATE TABLE t(x)"), to: "acme")
        let file = try admin.backup("acme")
        // What a backup has applied is known.
        _ = try admin.restore(file, to: "acme")
        #expect(try migrating.client("acme").value("SELECT count(*) FROM users") == 0)
    }
}
