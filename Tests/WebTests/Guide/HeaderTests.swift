import DoSQLServer
import DoSQLTestSupport
import Testing

/// The headers that every answer has, and which pages of other origins may read answers.
struct HeaderTests {
    private static let select = HTTPClient.statement("SELECT 1")

    @Test func `X-Request-ID comes back as it was sent, or is made`() throws {
        let client = try TestServer(loops: 1).http("acme")
        let id = "6f1c0f7e-3a55-4f2e-9b9e-0d6b3f0a8c11"
        #expect(
            try client.post("/query", Self.select, headers: [("X-Request-ID", id)]).header("x-request-id") == id)
        var made: Set<String> = []
        for _ in 0..<5 { made.insert(try #require(client.post("/query", Self.select).header("x-request-id"))) }
        #expect(made.count == 5)
        // What could break a log's line or a header is no id, and one is made instead.
        for bad in ["", "a b", "ü", String(repeating: "a", count: 129)] {
            let answer = try client.post("/query", Self.select, headers: [("X-Request-ID", bad)])
            let own = try #require(answer.header("x-request-id"))
            #expect(answer.status == 200 && own != bad && !own.isEmpty)
        }
        for answer in [
            try client.post("/nowhere", "{}", headers: [("X-Request-ID", id)]),
            try client.post("/query", "{", headers: [("X-Request-ID", id)]),
            try client.request("DELETE", "/query", headers: [("X-Request-ID", id)]),
        ] { #expect(answer.header("x-request-id") == id) }
    }

    @Test func `every answer has the headers that keep browsers careful, and a date`() throws {
        let server = try TestServer(loops: 1)
        let client = try server.http("acme")
        let bad = try server.http()
        try bad.send(raw: "GET / HTTP/1.1\r\nBad Header: x\r\n\r\n")
        for answer in [
            try client.post("/query", Self.select), try client.post("/query", "{"), try client.get("/nowhere"),
            try client.get("/query"), try bad.answer(),
        ] {
            #expect(answer.header("x-content-type-options") == "nosniff", "\(answer.status)")
            #expect(answer.header("x-frame-options") == "DENY")
            #expect(answer.header("referrer-policy") == "no-referrer")
            #expect(answer.header("content-security-policy") == "default-src 'none'; frame-ancestors 'none'")
            #expect(answer.header("cross-origin-resource-policy") == "same-origin")
            #expect(answer.header("x-request-id")?.isEmpty == false)
            let date = try #require(answer.header("date"))
            #expect(date.utf8.count == 29 && date.hasSuffix(" GMT"))
            #expect(answer.header("access-control-allow-origin") == nil)
            #expect(answer.header("server") == nil && answer.header("x-powered-by") == nil)
            // No header stands there twice.
            #expect(Set(answer.headers.map(\.name)).count == answer.headers.count)
        }
    }

    @Test func `with every origin allowed, everybody's pages may read, and a preflight says what they may send`() throws
    {
        let client = try TestServer(loops: 1) { $0.http.allowedOrigins = ["*"] }.http("acme")
        let origin = ("Origin", "https://app.example.com")
        let answer = try client.post("/query", Self.select, headers: [origin])
        #expect(answer.status == 200 && answer.header("access-control-allow-origin") == "*")
        #expect(answer.header("access-control-expose-headers")?.contains("X-Request-ID") == true)
        #expect(answer.header("cross-origin-resource-policy") == "cross-origin")
        #expect(try client.post("/query", "{", headers: [origin]).header("access-control-allow-origin") == "*")
        let preflight = try client.request(
            "OPTIONS", "/query",
            headers: [
                origin, ("Access-Control-Request-Method", "POST"),
                ("Access-Control-Request-Headers", "content-type,x-tenant-id"),
            ])
        #expect(preflight.status == 204 && preflight.body.isEmpty && preflight.header("content-length") == nil)
        #expect(preflight.header("access-control-allow-origin") == "*")
        #expect(preflight.header("access-control-allow-methods")?.contains("POST") == true)
        #expect(preflight.header("access-control-allow-headers") == "content-type,x-tenant-id")
        #expect(preflight.header("access-control-max-age") == "600")
        // The connection goes on.
        #expect(try client.post("/query", Self.select).status == 200)
    }

    @Test func `with a list, only those origins may read, and caches are told that it depends`() throws {
        let server = try TestServer(loops: 1) {
            $0.http.allowedOrigins = ["https://app.example.com", "https://two.example.com"]
            $0.http.allowsCredentials = true
        }
        let client = try server.http("acme")
        let good = try client.post("/query", Self.select, headers: [("Origin", "https://two.example.com")])
        #expect(good.header("access-control-allow-origin") == "https://two.example.com")
        #expect(good.header("access-control-allow-credentials") == "true")
        #expect(good.header("vary")?.lowercased().contains("origin") == true)
        for origin in [
            "https://evil.example.com", "null", "https://app.example.com.evil.com", "http://app.example.com",
        ] {
            let answer = try client.post("/query", Self.select, headers: [("Origin", origin)])
            #expect(answer.status == 403 && answer.code == "FORBIDDEN")
            #expect(answer.header("access-control-allow-origin") == nil)
            #expect(answer.header("vary")?.lowercased().contains("origin") == true)
            let preflight = try client.request(
                "OPTIONS", "/query", headers: [("Origin", origin), ("Access-Control-Request-Method", "POST")])
            #expect(preflight.status == 204 && preflight.header("access-control-allow-methods") == nil)
        }
    }

    @Test func `a page's origin is ours only under a name that is nobody else's`() throws {
        let client = try TestServer(loops: 1) { $0.http.baseDomains = ["db.example.com"] }.http("acme")
        func status(_ host: String, _ origin: String?, site: String? = nil) throws -> Int {
            var headers = [("Host", host)]
            if let origin { headers.append(("Origin", origin)) }
            if let site { headers.append(("Sec-Fetch-Site", site)) }
            client.headers = [("X-Tenant-ID", "acme")]
            return try client.post("/query", Self.select, headers: headers).status
        }
        for host in ["localhost:3775", "127.0.0.1:3775", "[::1]:3775", "db.example.com", "acme.db.example.com"] {
            #expect(try status(host, "http://\(host)") == 200)
            #expect(try status(host, "https://\(host)") == 200)
            #expect(try status(host, "http://evil.example") == 403)
            #expect(try status(host, nil) == 200)
            #expect(try status(host, nil, site: "same-origin") == 200)
            #expect(try status(host, nil, site: "cross-site") == 403)
        }
        // A name that somebody else lets lead here.
        #expect(try status("evil.example:3775", "http://evil.example:3775") == 421)
        #expect(try status("evil:3775", "http://evil:3775") == 403)
        #expect(try status("localhost", "http://evil.example/localhost") == 403)
        #expect(try client.get("/events/stream", headers: [("Sec-Fetch-Site", "cross-site")]).status == 403)
    }

    @Test func `a name that somebody has lead here is not served where there are no tokens`() throws {
        let client = try TestServer(loops: 1) { $0.http.baseDomains = ["db.example.com"] }.http()
        func status(_ method: String, _ path: String, _ host: String, site: String? = "same-origin") throws -> Int {
            let headers = [("Host", host)] + (site.map { [("Sec-Fetch-Site", $0)] } ?? [])
            return try client.request(method, path, headers: headers, body: method == "POST" ? "{}" : nil).status
        }
        let paths = [
            ("GET", "/metrics"), ("GET", "/health"), ("GET", "/openapi.json"), ("GET", "/t/a/events/stream"),
            ("GET", "/t/a/channels/c/stream"), ("POST", "/query"), ("GET", "/admin/tenants"), ("GET", "/nowhere"),
        ]
        for (method, path) in paths {
            for host in ["evil.example:3775", "evil.example", "127.0.0.1.evil.example", "localhost.evil.example"] {
                for site in ["same-origin", "none", nil] {
                    #expect(try status(method, path, host, site: site) == 421, "\(method) \(path) \(host)")
                }
            }
        }
        for host in ["localhost:3775", "127.0.0.1:3775", "[::1]", "acme.db.example.com", "app.localhost", "dosql"] {
            #expect(try status("GET", "/metrics", host) == 200, "\(host)")
        }
        // With tokens no page has one by its name.
        let tokens = try TestTokens()
        let guarded = try TestServer(loops: 1) { tokens.configure(&$0) }.http()
        #expect(try guarded.get("/metrics", headers: [("Host", "db.example.com")]).status == 401)
        #expect(try guarded.get("/health", headers: [("Host", "db.example.com")]).status == 200)
    }

    @Test func `two names for one write are no name`() throws {
        let client = try TestServer(loops: 1).http("acme")
        let answer = try client.call(
            "/run", "CREATE TABLE t(x)", headers: [("Idempotency-Key", "one"), ("Idempotency-Key", "two")])
        #expect(answer.status == 400)
        let packed = try client.post(
            "/query", Self.select, headers: [("Content-Encoding", "identity"), ("Content-Encoding", "gzip")])
        #expect(packed.status == 415)
    }

    @Test func `without origins nobody's pages may read, and OPTIONS is a method like others`() throws {
        let client = try TestServer(loops: 1).http("acme")
        let answer = try client.request(
            "OPTIONS", "/query",
            headers: [("Origin", "https://app.example.com"), ("Access-Control-Request-Method", "POST")])
        #expect(answer.status == 405 && answer.header("allow") == "POST")
        #expect(answer.header("access-control-allow-origin") == nil)
        // Nor write: a form would not have asked for leave.
        let write = try client.call("/run", "CREATE TABLE t(x)", headers: [("Origin", "https://evil.example.com")])
        #expect(write.status == 403 && write.header("access-control-allow-origin") == nil)
        #expect(try client.call("/query", "SELECT * FROM t").code == "SQL_ERROR")
        #expect(try client.post("/query", Self.select, headers: [("Origin", "http://localhost")]).status == 200)
    }
}
