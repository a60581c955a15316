import DoSQLHTTP
import Testing

@Suite struct CORSPolicyTests {
    static let origin = "Origin: https://app.example"
    static let listed = CORSPolicy(
        origins: .listed(["https://app.example", "null"]), methods: ["GET", "POST"], requestHeaders: ["X-Tenant-ID"],
        exposedHeaders: ["X-Request-ID", "X-LSN"], maxAge: 60, allowsCredentials: true)

    private func head(_ method: String, _ lines: String...) throws -> RequestHead {
        let text = "\(method) /query HTTP/1.1\r\nHost: a\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n"
        return try #require(RequestParser().head(of: text))
    }

    private func lines(_ block: HeaderBlock?) -> [String]? {
        block.map { String(decoding: $0.bytes, as: UTF8.self).split(separator: "\r\n").map(String.init) }
    }

    @Test func `nobody is allowed anything by default`() throws {
        let policy = CORSPolicy()
        let request = try head("GET", Self.origin)
        #expect(policy.headers(for: request).isEmpty)
        #expect(try policy.preflight(for: head("OPTIONS", Self.origin, "Access-Control-Request-Method: POST")) == nil)
    }

    @Test func `a listed origin may read the answer`() throws {
        let request = try head("POST", Self.origin)
        #expect(
            lines(Self.listed.headers(for: request)) == [
                "Vary: Origin", "Access-Control-Allow-Origin: https://app.example",
                "Access-Control-Allow-Credentials: true", "Access-Control-Expose-Headers: X-Request-ID, X-LSN",
            ])
    }

    @Test(arguments: [
        "Origin: https://other.example", "Origin: https://app.example.evil", "Origin: https://app.exampl",
        "Origin: http://app.example", "Origin: HTTPS://APP.EXAMPLE", "Origin: https://app.example:444", "Origin:",
        "X: y",
        "Origin: https://app.example\r\nOrigin: https://app.example",
        "Origin: https://app.example, https://app.example",
    ])
    func `another origin is told nothing but what the answer depends on`(line: String) throws {
        #expect(try lines(Self.listed.headers(for: head("GET", line))) == ["Vary: Origin"])
    }

    @Test func `every origin may read what is for all`() throws {
        let policy = CORSPolicy(origins: .any, exposedHeaders: ["X-LSN"], allowsCredentials: true)
        #expect(
            try lines(policy.headers(for: head("GET", Self.origin))) == [
                "Access-Control-Allow-Origin: *", "Access-Control-Expose-Headers: X-LSN",
            ])
        #expect(try policy.headers(for: head("GET")).isEmpty)
    }

    @Test func `a preflight is answered with what is allowed`() throws {
        let request = try head(
            "OPTIONS", Self.origin, "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: x-a")
        #expect(
            lines(Self.listed.preflight(for: request)) == [
                "Vary: Origin", "Access-Control-Allow-Origin: https://app.example",
                "Access-Control-Allow-Credentials: true", "Access-Control-Allow-Methods: GET, POST",
                "Access-Control-Allow-Headers: X-Tenant-ID", "Access-Control-Max-Age: 60",
            ])
        #expect(
            lines(CORSPolicy(origins: .any).preflight(for: request)) == [
                "Access-Control-Allow-Origin: *", "Vary: Access-Control-Request-Headers",
                "Access-Control-Allow-Methods: GET, HEAD, POST, OPTIONS", "Access-Control-Allow-Headers: x-a",
                "Access-Control-Max-Age: 600",
            ])
    }

    @Test func `a preflight of another origin is allowed nothing`() throws {
        let request = try head("OPTIONS", "Origin: https://other.example", "Access-Control-Request-Method: POST")
        #expect(lines(Self.listed.preflight(for: request)) == ["Vary: Origin"])
    }

    @Test func `not every OPTIONS is a preflight`() throws {
        #expect(try Self.listed.preflight(for: head("OPTIONS")) == nil)
        #expect(try Self.listed.preflight(for: head("OPTIONS", Self.origin)) == nil)
        #expect(try Self.listed.preflight(for: head("GET", Self.origin, "Access-Control-Request-Method: GET")) == nil)
    }
}

@Suite struct SecureHeadersTests {
    @Test func `answers of an API cannot be framed, sniffed or run`() {
        let own = String(decoding: SecureHeaders.api(crossOrigin: false).bytes, as: UTF8.self)
        for line in [
            "X-Content-Type-Options: nosniff", "X-Frame-Options: DENY", "Referrer-Policy: no-referrer",
            "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'",
            "Cross-Origin-Resource-Policy: same-origin",
        ] {
            #expect(own.contains(line + "\r\n"))
        }
        #expect(!own.lowercased().contains("powered-by"))
        #expect(!own.lowercased().contains("server:"))
    }

    @Test func `what other origins may read is not kept from them`() {
        let shared = String(decoding: SecureHeaders.api(crossOrigin: true).bytes, as: UTF8.self)
        #expect(shared.contains("Cross-Origin-Resource-Policy: cross-origin\r\n"))
    }
}
