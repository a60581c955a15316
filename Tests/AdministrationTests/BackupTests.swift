import DoSQLProtocol
import DoSQLServer
import DoSQLTestSupport
import Foundation
import Synchronization
import Testing

@testable import DoSQLServer

/// One tenant as one file, of one moment.
struct BackupTests {
    private let server: TestServer
    private let admin: Operator

    init() throws {
        server = try TestServer(loops: 2) { $0.checkpointPages = 200 }
        admin = try Operator(of: server)
    }

    /// What writes as a bank does: money moves, each move is logged, and a row counts the log.
    private static func move(_ client: WireClient, _ from: Int, _ to: Int) throws {
        try client.begin()
        try client.run("UPDATE account SET money = money - 1 WHERE id = ?", [.integer(from)])
        try client.run("UPDATE account SET money = money + 1 WHERE id = ?", [.integer(to)])
        try client.run(
            "INSERT INTO log(sender, receiver, note) VALUES (?, ?, hex(randomblob(200)))",
            [.integer(from), .integer(to)])
        try client.run("UPDATE counter SET moves = moves + 1")
        try client.commit()
    }

    private func openBank() throws -> WireClient {
        let client = try server.client("bank")
        try client.script(
            """
            CREATE TABLE account(id INTEGER PRIMARY KEY, money INTEGER NOT NULL);
            CREATE TABLE log(id INTEGER PRIMARY KEY, sender, receiver, note);
            CREATE INDEX log_sender ON log(sender);
            CREATE TABLE counter(moves INTEGER NOT NULL);
            INSERT INTO counter VALUES (0);
            INSERT INTO account SELECT value, 100 FROM json_each('[1,2,3,4,5,6,7,8,9,10]');
            CREATE TABLE ballast(x);
            WITH RECURSIVE c(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM c WHERE x < 3000)
            INSERT INTO ballast SELECT randomblob(1000) FROM c;
            """)
        return client
    }

    private static let invariants = """
        SELECT (SELECT sum(money) FROM account), (SELECT moves FROM counter) = (SELECT count(*) FROM log),
               (SELECT count(*) FROM log), (SELECT count(*) FROM ballast);
        """

    @Test(.enabled(if: SQLiteProgram.isThere, "SKIPPED: the program sqlite3 is not installed (Debian: sqlite3)"))
    func `a backup under write load is one consistent moment that stock SQLite opens`() throws {
        let bank = try openBank()
        let isOver = Mutex(false)
        let moves = Mutex(0)
        let ended = Mutex(0)
        let problems = Mutex<[String]>([])
        let server = server
        for writer in 0..<4 {
            Thread {
                do {
                    let client = try server.client("bank")
                    var number = writer
                    while !isOver.withLock({ $0 }) {
                        number += 1
                        try Self.move(client, 1 + number % 10, 1 + (number / 3 + writer) % 10)
                        moves.withLock { $0 += 1 }
                    }
                } catch {
                    problems.withLock { $0.append("\(error)") }
                }
                ended.withLock { $0 += 1 }
            }.start()
        }
        let folder = try TemporaryFolder()
        var last = 0
        for round in 0..<6 {
            // Writers are at it before, during and behind every backup.
            let answered = moves.withLock { $0 }
            #expect(Deadline.poll(for: .seconds(120)) { moves.withLock { $0 } > answered + 2 })
            let before = moves.withLock { $0 }
            let answer = try admin.ask("GET", "tenants/bank/backup")
            try #require(answer.status == 200 && answer.isComplete)
            #expect(answer.header("content-type") == "application/vnd.sqlite3")
            #expect(answer.header("x-dosql-incarnation")?.count == 32)
            let path = folder.path(of: "backup-\(round).sqlite")
            try Data(answer.body).write(to: URL(filePath: path))
            #expect(try SQLiteProgram.run(path, "PRAGMA integrity_check") == "ok")
            #expect(try SQLiteProgram.run(path, "PRAGMA foreign_key_check") == "")
            #expect(try SQLiteProgram.run(path, "PRAGMA journal_mode") == "delete")
            let found = try SQLiteProgram.run(path, Self.invariants).split(separator: "|").compactMap { Int($0) }
            try #require(found.count == 4)
            #expect(found[0] == 1000 && found[1] == 1 && found[3] == 3000, "\(found)")
            // What was answered before the request is in it.
            #expect(found[2] >= before && found[2] >= last)
            last = found[2]
            let lsn = try SQLiteProgram.run(path, "SELECT value FROM __dosql_meta WHERE key = 'lsn'")
            #expect(lsn == answer.header("x-dosql-lsn"))
        }
        isOver.withLock { $0 = true }
        #expect(Deadline.poll(for: .seconds(120)) { ended.withLock { $0 } == 4 })
        #expect(problems.withLock { $0 } == [])
        // The writers were not held up: all of them went on, and what they were told is there.
        #expect(try bank.value("SELECT count(*) FROM log") == .integer(moves.withLock { $0 }))
    }

    @Test func `a backup restores what it was made of`() throws {
        let bank = try openBank()
        for number in 0..<20 { try Self.move(bank, 1 + number % 10, 1 + (number * 7) % 10) }
        let file = try admin.backup("bank")
        for number in 0..<5 { try Self.move(bank, 1 + number % 10, 10) }
        let before = try admin.report("bank")
        let restored = try admin.restore(file, to: "bank")
        #expect(restored.bytes == Int64(file.count) && restored.incarnation != before.incarnation)
        let again = try server.client("bank")
        #expect(try again.query(.sql(Self.invariants)).rows == [[1000, 1, 20, 3000]])
        // And elsewhere, on a server that has never heard of it.
        let other = try TestServer(loops: 1)
        #expect(try Operator(of: other).restore(file, to: "copy").replaced == nil)
        #expect(try other.client("copy").query(.sql(Self.invariants)).rows == [[1000, 1, 20, 3000]])
    }

    @Test func `a slow client holds a file and no snapshot, and one that leaves holds nothing`() throws {
        let bank = try openBank()
        let slow = try Operator(of: server, receiveBuffer: 4096)
        try slow.http.send("GET", "/admin/tenants/bank/backup")
        let temporary = server.dataFolder + "/temporary"
        // It is copied, and its name is taken away.
        _ = try slow.http.bytes(Deadline(in: .seconds(120)))
        #expect(try FileManager.default.contentsOfDirectory(atPath: temporary).isEmpty)
        let before = try admin.report("bank").walBytes
        for number in 0..<300 { try Self.move(bank, 1 + number % 10, 1) }
        // Nobody is in the way of the checkpoints: the log begins anew, and is no longer than it was. These moves write
        // some 7 MB.
        #expect(try admin.report("bank").walBytes < before + 3_000_000)
        slow.http.socket.close()
        let leaving = try Operator(of: server)
        try leaving.http.send("GET", "/admin/tenants/bank/backup")
        leaving.http.socket.close()
        #expect(
            try Deadline.poll(for: .seconds(60)) {
                try FileManager.default.contentsOfDirectory(atPath: temporary).isEmpty
            })
        // Its room is free again: there is just enough for one.
        #expect(
            try Deadline.poll(for: .seconds(60)) {
                let answer = try admin.ask("GET", "tenants/bank/backup")
                return answer.status == 200 && answer.isComplete && answer.body.count > 3_000_000
            })
    }

    @Test func `backups take no more of the disk than they may`() throws {
        let small = try TestServer(loops: 1) { $0.administration.temporaryBytesMax = 100_000 }
        let client = try small.client("acme")
        try client.run("CREATE TABLE t AS SELECT randomblob(200000) AS x")
        let admin = try Operator(of: small)
        let answer = try admin.ask("GET", "tenants/acme/backup")
        #expect(answer.status == 507 && answer.code == "STORAGE_FULL" && answer.text.contains("temporaryBytesMax"))
        #expect(try admin.ask("GET", "tenants/nobody/backup").code == "TENANT_NOT_FOUND")
        try client.run("DELETE FROM t")
        _ = try admin.ask("POST", "tenants/acme/vacuum")
        #expect(try admin.backup("acme").count < 100_000)
        let full = try TestServer(loops: 1) { $0.administration.freeBytesMin = 1 << 60 }
        try full.client("acme").run("CREATE TABLE t(x)")
        #expect(try Operator(of: full).ask("GET", "tenants/acme/backup").text.contains("freeBytesMin"))
    }
}
