import DoSQLServer
import DoSQLTestSupport
import Testing

/// Which tenant a request is for, and that tenants know nothing of one another.
struct TenancyTests {
    private static let who = HTTPClient.statement("SELECT name FROM me")

    /// A server with tenants that know their names.
    private func server(of names: [String]) throws -> TestServer {
        let server = try TestServer {
            $0.http.baseDomains = ["example.com", "db.example.org"]
            // Where others may ask, too, it may have any name.
            $0.letsAnybodyIn = true
        }
        for name in names {
            let client = try server.http(name)
            try client.run("CREATE TABLE me(name)")
            try client.run("INSERT INTO me VALUES (?)", "[\(name.json)]")
        }
        return server
    }

    @Test func `the header, the Host's first label under a base domain, or the path names the tenant`() throws {
        let server = try server(of: ["default", "acme", "tenant:acme", "deep"])
        let client = try server.http()
        let cases: [(path: String, headers: [(String, String)], name: String)] = [
            ("/query", [], "default"),
            ("/query", [("X-Tenant-ID", "acme")], "acme"),
            ("/query", [("X-Tenant-ID", "tenant:acme")], "tenant:acme"),
            ("/query", [("x-tenant-id", "  acme  ")], "acme"),
            ("/query", [("X-Tenant-ID", "")], "default"),
            ("/query", [("X-Tenant-ID", "acme"), ("X-Tenant-ID", "acme")], "acme"),
            ("/query", [("Host", "acme.example.com")], "acme"),
            ("/query", [("Host", "ACME.Example.COM:8080")], "acme"),
            ("/query", [("Host", "acme.db.example.org")], "acme"),
            ("/query", [("Host", "deep.eu.example.com")], "deep"),
            ("/query", [("Host", "www.example.com")], "default"),
            ("/query", [("Host", "api.example.com:443")], "default"),
            ("/query", [("Host", "example.com")], "default"),
            ("/query", [("Host", "acme.example.net")], "default"),
            ("/query", [("Host", "acme.notexample.com")], "default"),
            ("/query", [("Host", "127.0.0.1:8787")], "default"),
            ("/query", [("Host", "localhost:8787")], "default"),
            ("/query", [("Host", "[::1]:8787")], "default"),
            ("/t/acme/query", [], "acme"),
            ("/t/tenant:acme/query", [], "tenant:acme"),
            ("/t/tenant%3Aacme/query", [], "tenant:acme"),
            ("/t/acme/query", [("X-Tenant-ID", "acme"), ("Host", "acme.example.com")], "acme"),
            ("/t/acme/query", [("Host", "www.example.com")], "acme"),
        ]
        for (path, headers, name) in cases {
            let answer = try client.post(path, Self.who, headers: headers)
            #expect(
                try answer.guideText() == #"{"rows":[{"name":\#(name.json)}]}"#, "\(path) \(headers): \(answer.text)")
        }
    }

    @Test func `without a base domain no Host names a tenant`() throws {
        let server = try TestServer(loops: 1) { $0.letsAnybodyIn = true }
        let client = try server.http()
        try client.run("CREATE TABLE me(name)")
        try client.run("INSERT INTO me VALUES ('default')")
        for host in ["acme.example.com", "localhost:8787", "www.example.com"] {
            #expect(
                try client.post("/query", Self.who, headers: [("Host", host)]).guideText()
                    == #"{"rows":[{"name":"default"}]}"#)
        }
    }

    @Test func `sources that differ are refused, and nothing is carried out`() throws {
        let server = try server(of: ["acme", "beta"])
        let client = try server.http()
        let write = HTTPClient.statement("INSERT INTO me VALUES ('intruder')")
        let cases: [(String, [(String, String)])] = [
            ("/run", [("X-Tenant-ID", "acme"), ("X-Tenant-ID", "beta")]),
            ("/run", [("X-Tenant-ID", "acme"), ("Host", "beta.example.com")]),
            ("/t/beta/run", [("X-Tenant-ID", "acme")]),
            ("/t/beta/run", [("Host", "acme.example.com")]),
            ("/t/beta/run", [("X-Tenant-ID", "Beta")]),
        ]
        for (path, headers) in cases {
            let answer = try client.post(path, write, headers: headers)
            #expect(answer.status == 400 && answer.code == "TENANT_NAME_INVALID", "\(path) \(headers): \(answer.text)")
            #expect(answer.text.contains("names the tenant"))
        }
        #expect(try server.http("acme").count("me") == 1)
        #expect(try server.http("beta").count("me") == 1)
    }

    @Test(arguments: ["../x", "..", ".hidden", "-rf", "_x", ":x", "a b", "a/b", "a~b", "größe", "a=b"])
    func `a name that cannot be a tenant's is refused, in the header as in the path`(name: String) throws {
        let server = try TestServer(loops: 1)
        let client = try server.http()
        let inHeader = try client.call("/query", "SELECT 1", headers: [("X-Tenant-ID", name)])
        #expect(inHeader.status == 400 && inHeader.code == "TENANT_NAME_INVALID", "\(inHeader.text)")
        let escaped = name.utf8.map { byte in
            ("a"..."z").contains(Character(UnicodeScalar(byte)))
                ? String(UnicodeScalar(byte)) : "%" + String(byte, radix: 16, uppercase: true)
        }.joined()
        let inPath = try client.call("/t/\(escaped)/query", "SELECT 1")
        // Dots alone are a path of their own, which nobody here resolves.
        #expect(inPath.status == 400 && ["TENANT_NAME_INVALID", "MALFORMED"].contains(inPath.code), "\(inPath.text)")
    }

    @Test func `names that are too long or empty are refused, the longest is not`() throws {
        let server = try TestServer(loops: 1)
        let client = try server.http()
        let longest = String(repeating: "a", count: 128)
        #expect(try client.call("/query", "SELECT 1", headers: [("X-Tenant-ID", longest)]).status == 200)
        #expect(
            try client.call("/query", "SELECT 1", headers: [("X-Tenant-ID", longest + "a")]).code
                == "TENANT_NAME_INVALID")
        #expect(try client.call("/t//query", "SELECT 1").code == "TENANT_NAME_INVALID")
    }

    @Test func `tenants are made on first use, and know nothing of one another, also after a restart`() throws {
        let names = ["default", "tenant:acme", "websocket-hub", "127", "a.b_c", "Acme", "acme"]
        let server = try TestServer.guide()
        // One connection for all of them, and one for each.
        let shared = try server.http()
        for (number, name) in names.enumerated() {
            let own = try server.http(name)
            for index in 0...number {
                if index % 2 == 0 {
                    try own.addUser(name, "\(index)@example.com")
                } else {
                    let added = try shared.call(
                        "/run", "INSERT INTO users (name, email) VALUES (?, ?)", #"[\#(name.json),"\#(index)"]"#,
                        headers: [("X-Tenant-ID", name)])
                    #expect(added.status == 200)
                }
            }
        }
        func check() throws {
            let client = try server.http()
            for (number, name) in names.enumerated() {
                let answer = try client.call(
                    "/queryOne", "SELECT count(*) AS n, min(name) AS a, max(name) AS z FROM users",
                    headers: [("X-Tenant-ID", name)])
                #expect(
                    try answer.guideText() == #"{"row":{"n":\#(number + 1),"a":\#(name.json),"z":\#(name.json)}}"#)
            }
        }
        try check()
        try server.restart()
        try check()
    }

    @Test func `one connection may ask for more tenants than it keeps open`() throws {
        let server = try TestServer(loops: 1)
        let client = try server.http()
        for round in 0..<2 {
            for number in 0..<40 {
                let answer = try client.call(
                    round == 0 ? "/run" : "/queryOne",
                    round == 0
                        ? "CREATE TABLE t\(number)(x)"
                        : "SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB 't*'",
                    headers: [("X-Tenant-ID", "tenant\(number)")])
                if round == 1 {
                    #expect(try answer.guideText() == #"{"row":{"name":"t\#(number)"}}"#)
                } else {
                    #expect(answer.status == 200)
                }
            }
        }
    }

    @Test func `a server that makes no tenants says 404`() throws {
        let server = try TestServer(loops: 1) { $0.createsTenants = false }
        let answer = try server.http("acme").call("/query", "SELECT 1")
        #expect(answer.status == 404 && answer.code == "TENANT_NOT_FOUND")
    }
}
