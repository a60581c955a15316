import DoSQLProtocol
import DoSQLTestSupport
import Foundation
import Testing

/// Names that a client may give a tenant, and what becomes of them on disk (`protocol/messages.md`, OPEN).
struct TenantNameRuleTests {
    @Test(arguments: [
        "", "../x", "..", ".", ".hidden", "/etc/passwd", "a/b", "a\\b", "-rf", "_x", ":x", "a b", "a%2Fb", "a~b", "a=b",
        "größe",
        "名前", "a\n", "a\u{301}", String(repeating: "a", count: 129), "🙂",
    ])
    func `a name outside of the rule is refused, and nothing is created`(name: String) throws {
        let server = try TestServer(loops: 1)
        let client = try server.client()
        let error = try client.failure(of: try client.sendOpen(name))
        #expect(error.code == .tenantNameInvalid && error.category == .validation && !error.isFatal)
        #expect(try FileManager.default.contentsOfDirectory(atPath: server.dataFolder + "/tenants").isEmpty)
        try client.open("good")
    }

    @Test func `a name that is no text is refused`() throws {
        let client = try TestServer(loops: 1).client()
        for name in [[0x61, 0x00], [0x61, 0xFF]] as [[UInt8]] {
            let request = try client.sendRaw(
                type: MessageType.open.rawValue, stream: 1, body: [UInt8(name.count)] + name + [0])
            #expect(try client.failure(of: request).code == .malformed)
        }
        try client.open("good")
    }

    @Test func `names of every form the rule allows are tenants of their own, also those that differ by case only`()
        throws
    {
        let names = [
            "tenant:acme", "localhost:8080", "A.b-C_d", "a.b-c_d", "a.B-C_d", "0", "main.sqlite", "a..b", "aux", "CON",
            "con",
            String(repeating: "a", count: 128), String(repeating: "A", count: 128), "default", "websocket-hub", "a.",
            "a:", "a-", "a_",
        ]
        let server = try TestServer(loops: 2)
        let client = try server.client()
        for (index, name) in names.enumerated() {
            let stream = UInt16(index + 1)
            try client.open(name, stream: stream)
            try client.run("CREATE TABLE t(name)", stream: stream)
            try client.run("INSERT INTO t VALUES (?)", [.text(name)], stream: stream)
        }
        for (index, name) in names.enumerated() {
            #expect(try client.query("SELECT name FROM t", stream: UInt16(index + 1)).rows == [[.text(name)]])
        }
        #expect(try client.tenants().names == names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        try server.restart()
        let later = try server.client()
        #expect(try later.tenants().names == names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        for name in names {
            try later.open(name)
            #expect(try later.query("SELECT name FROM t").rows == [[.text(name)]])
            try later.close(stream: 1)
        }
    }

    @Test func `files on disk have names that no file system takes for another's`() throws {
        let server = try TestServer(loops: 1)
        let client = try server.client()
        let names = ["Acme", "acme", "aCME", "tenant:acme", "A"]
        for (index, name) in names.enumerated() { try client.open(name, stream: UInt16(index + 1)) }
        let stems = try FileManager.default.contentsOfDirectory(atPath: server.dataFolder + "/tenants")
        #expect(Set(stems.map { $0.lowercased() }).count == names.count)
        for stem in stems {
            #expect(
                stem.utf8.allSatisfy { byte in
                    (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || "._=-~".utf8.contains(byte)
                })
            #expect(FileManager.default.fileExists(atPath: "\(server.dataFolder)/tenants/\(stem)/main.sqlite"))
        }
    }
}
