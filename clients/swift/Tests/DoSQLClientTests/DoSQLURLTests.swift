import Testing

@testable import DoSQLClient

struct DoSQLURLTests {
    @Test func `host, port, tenant and token`() throws {
        let url = try DoSQLURL("dosql://s%40cret@db.example:4000/acme:eu")
        #expect(url.endpoint == .host("db.example", port: 4000))
        #expect(url.tenant == "acme:eu")
        #expect(url.token == "s@cret")
        #expect(url.formatted == "dosql://s%40cret@db.example:4000/acme:eu")
        #expect(url.description == "dosql://***@db.example:4000/acme:eu")
    }

    @Test func `the port is 3775 unless given, and a tenant may be missing`() throws {
        #expect(try DoSQLURL("dosql://127.0.0.1/acme").endpoint == .host("127.0.0.1", port: 3775))
        #expect(try DoSQLURL("dosql://localhost").tenant == nil)
        #expect(try DoSQLURL("dosql://[::1]:9/x").endpoint == .host("::1", port: 9))
    }

    @Test func `dosqls is the same with TLS`() throws {
        let url = try DoSQLURL("dosqls://secret@db.example/acme")
        #expect(url == DoSQLURL(endpoint: .host("db.example"), tenant: "acme", token: "secret", isSecure: true))
        #expect(url.formatted == "dosqls://secret@db.example/acme")
        #expect(url.description == "dosqls://***@db.example/acme")
        #expect(DoSQLClient.Configuration(url).tls == DoSQLClient.TLS())
        #expect(try DoSQLClient.Configuration(DoSQLURL("dosql://db.example/acme")).tls == nil)
    }

    @Test func `a socket's path`() throws {
        let url = try DoSQLURL("dosql+unix:///run/dosql.sock?tenant=acme")
        #expect(url.endpoint == .unixSocket(path: "/run/dosql.sock"))
        #expect(url.tenant == "acme")
        #expect(url.formatted == "dosql+unix:///run/dosql.sock?tenant=acme")
    }

    @Test(arguments: [
        ("http://x/y", "scheme"), ("acme", "begin"), ("dosqls:///y", "host"), ("dosql:///acme", "host"),
        ("dosql://x:0/y", "port"), ("dosql://x:abc/y", "port"), ("dosql://::1/y", "brackets"), ("dosql://x/%zz", "%"),
        ("dosql+unix://relative?tenant=a", "absolute"), ("dosql+unix:///s?tennant=a", "tennant"),
    ])
    func `a text that is not one is refused with a reason`(text: String, reason: String) throws {
        let error = try #require(throws: DoSQLError.self) { try DoSQLURL(text) }
        #expect(error.code == .configuration)
        #expect(error.message.contains(reason))
    }
}
