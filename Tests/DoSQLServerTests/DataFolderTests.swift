import DoSQLProtocol
import DoSQLServer
import DoSQLTestSupport
import Foundation
import Testing

/// The folder a server keeps its data in: whose it is, and what is wrong with it.
struct DataFolderTests {
    @Test func `a folder belongs to one server at a time`() throws {
        let server = try TestServer(loops: 1)
        let error = #expect(throws: Server.StartError.self) {
            _ = try TestServer(loops: 1) { $0.dataFolder = server.dataFolder }
        }
        #expect(error?.description.contains("one server at a time") == true)
        try server.expectItServes()
        let path = server.dataFolder
        server.stop()
        let next = try TestServer(loops: 1) { $0.dataFolder = path }
        try next.expectItServes()
    }

    @Test func `a folder of a newer format is refused, and left as it is`() throws {
        let folder = try TemporaryFolder()
        try folder.write("2\n", to: "data/FORMAT")
        let error = #expect(throws: Server.StartError.self) {
            _ = try TestServer(loops: 1) { $0.dataFolder = folder.path(of: "data") }
        }
        #expect(error?.description.contains("format 2") == true)
        #expect(try String(contentsOfFile: folder.path(of: "data/FORMAT"), encoding: .utf8) == "2\n")
        try folder.write("what\n", to: "data/FORMAT")
        #expect(throws: Server.StartError.self) {
            _ = try TestServer(loops: 1) { $0.dataFolder = folder.path(of: "data") }
        }
    }

    @Test func `a folder that cannot be made or written is a reason not to start`() throws {
        let folder = try TemporaryFolder()
        try folder.write("a file", to: "file")
        for path in [folder.path(of: "file"), folder.path(of: "file/data"), "/proc/dosql"] {
            let error = #expect(throws: Server.StartError.self) {
                _ = try TestServer(loops: 1) { $0.dataFolder = path }
            }
            #expect(error?.description.contains(path) == true)
        }
    }

    @Test func `a folder that is missing is made, with all above it, for its owner only`() throws {
        let folder = try TemporaryFolder()
        let server = try TestServer(loops: 1) { $0.dataFolder = folder.path(of: "a/b/data") }
        try server.expectItServes()
        #expect(try String(contentsOfFile: server.dataFolder + "/FORMAT", encoding: .utf8) == "1\n")
        let mode =
            try FileManager.default.attributesOfItem(atPath: server.dataFolder + "/tenants")[.posixPermissions] as? Int
        #expect(mode == 0o700)
    }

    @Test func `a file that is no database is told, and other tenants live`() throws {
        let server = try TestServer(loops: 1)
        for (name, content) in [
            ("garbage", Data(String(repeating: "this is not a database. ", count: 500).utf8)),
            ("half", Data("SQLite format 3\0".utf8) + Data(repeating: 0xEE, count: 8000)),
        ] {
            let folder = "\(server.dataFolder)/tenants/\(name)"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            _ = FileManager.default.createFile(atPath: folder + "/main.sqlite", contents: content)
            for _ in 0..<2 {
                let client = try server.client()
                let error = try client.failure(of: try client.sendOpen(name))
                #expect(error.code == .tenantCorrupt && !error.isRetryable, "\(error)")
                #expect(try client.failure(of: try client.sendQuery("SELECT 1")).code == .streamNotOpen)
            }
            #expect(FileManager.default.contents(atPath: folder + "/main.sqlite") == content)
        }
        try server.expectItServes()
    }

    @Test func `a page that is damaged is told where it is read, and other tenants live`() throws {
        let server = try TestServer(loops: 1)
        let client = try server.client("acme")
        try client.run("CREATE TABLE t(x, y)")
        try client.run(
            "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 5000) INSERT INTO t SELECT n, hex(randomblob(50)) FROM c"
        )
        client.close()
        server.stop()
        let path = server.dataFolder + "/tenants/acme/main.sqlite"
        let file = try #require(FileHandle(forUpdatingAtPath: path))
        for page in 10..<40 {
            try file.seek(toOffset: UInt64(page * 4096))
            try file.write(contentsOf: Data(repeating: 0xA5, count: 4096))
        }
        try file.close()
        try server.start()
        let later = try server.client("acme")
        for _ in 0..<2 {
            #expect(try later.failure(of: try later.sendQuery("SELECT count(y) FROM t")).code == .tenantCorrupt)
            #expect(try later.failure(of: try later.sendRun("UPDATE t SET y = ''")).code == .tenantCorrupt)
        }
        try later.ping()
        try server.expectItServes()
    }

    @Test func `files that are nobody's are not tenants`() throws {
        let server = try TestServer(loops: 1)
        try server.expectItServes()
        for name in ["lost+found", ".DS_Store", "UPPER", "a b", "acme~9", "~1", "empty"] {
            try FileManager.default.createDirectory(
                atPath: "\(server.dataFolder)/tenants/\(name)", withIntermediateDirectories: true)
        }
        #expect(try server.client().tenants().names == ["somebody-else"])
    }
}
