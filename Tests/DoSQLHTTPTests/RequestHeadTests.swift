import DoSQLHTTP
import Testing

@Suite struct RequestHeadTests {
    private func head(_ target: String, _ lines: String...) throws -> RequestHead {
        let text = "GET \(target) HTTP/1.1\r\n" + lines.map { $0 + "\r\n" }.joined() + "Host: api.Example:3775\r\n\r\n"
        return try #require(RequestParser().head(of: text))
    }

    @Test(
        arguments: [
            ("/", "/", []), ("/query", "/query", ["query"]),
            ("/t/acme/query", "/t/acme/query", ["t", "acme", "query"]),
            ("/a/", "/a/", ["a", ""]), ("//a", "//a", ["", "a"]), ("/a%20b", "/a%20b", ["a b"]),
            ("/a%2Fb/c", "/a%2Fb/c", ["a/b", "c"]), ("/%E2%82%AC", "/%E2%82%AC", ["€"]), ("/a+b", "/a+b", ["a+b"]),
            ("/.well-known/x", "/.well-known/x", [".well-known", "x"]), ("/...", "/...", ["..."]),
            ("/a.", "/a.", ["a."]),
            ("/a?b/../c", "/a", ["a"]), ("http://host/a/b?c", "/a/b", ["a", "b"]), ("HTTPS://host", "/", []),
            ("http://host?q=1", "/", []),
        ] as [(String, String, [String])])
    func `a path is its segments`(target: String, path: String, segments: [String]) throws {
        let head = try head(target)
        #expect(head.target == target)
        #expect(head.path == path)
        #expect(head.pathSegments == segments)
    }

    @Test(
        arguments: [
            ("/", nil, []), ("/?", "", []), ("/?a=1", "a=1", ["a=1"]),
            ("/?a=1&b=2&a=3", "a=1&b=2&a=3", ["a=1", "b=2", "a=3"]),
            ("/?a", "a", ["a="]), ("/?a=b=c", "a=b=c", ["a=b=c"]), ("/?&&a=1&", "&&a=1&", ["a=1"]),
            ("/?=x", "=x", ["=x"]),
            ("/?a+b=c+d%2B", "a+b=c+d%2B", ["a b=c d+"]), ("/?q=%C3%A4%0A", "q=%C3%A4%0A", ["q=ä\n"]),
            ("/?a%3D=%26", "a%3D=%26", ["a==&"]), ("http://h/p?x=y", "x=y", ["x=y"]), ("/?a?b=c", "a?b=c", ["a?b=c"]),
            ("/?sql={|}^`\\", "sql={|}^`\\", ["sql={|}^`\\"]),
        ] as [(String, String?, [String])])
    func `a query is its items`(target: String, query: String?, items: [String]) throws {
        let head = try head(target)
        #expect(head.query.map { String($0) } == query)
        #expect(head.queryItems.map { "\($0.name)=\($0.value)" } == items)
    }

    @Test func `a query is asked by name`() throws {
        let head = try head("/?rows=arrays&rows=objects&x=")
        #expect(head.queryValue("rows") == "arrays")
        #expect(head.queryValue("x") == "")
        #expect(head.queryValue("y") == nil)
    }

    @Test func `headers are found in whatever case`() throws {
        let head = try head("/", "X-Tenant-ID: \t acme \t", "Accept: a/b", "aCCEPT: c/d", "Empty:", "X_Under: 1")
        #expect(head.first("x-tenant-id") == "acme")
        #expect(head.first("X-TENANT-ID") == "acme")
        #expect(head.values("accept") == ["a/b", "c/d"])
        #expect(head.first("empty") == "")
        #expect(head.first("x_under") == "1")
        #expect(head.first("missing") == nil)
        #expect(head.values("missing") == [])
        #expect(
            head.fields.map { "\($0.name)=\($0.value)" } == [
                "X-Tenant-ID=acme", "Accept=a/b", "aCCEPT=c/d", "Empty=", "X_Under=1", "Host=api.Example:3775",
            ])
    }

    @Test func `a value may have any letters`() throws {
        #expect(try head("/", "X: grün €").first("x") == "grün €")
        let parser = RequestParser()
        let bytes = Array("GET / HTTP/1.1\r\nHost: a\r\nX: ".utf8) + [0xFF, 0xE4] + Array("\r\n\r\n".utf8)
        parser.receive(bytes.span)
        guard case .head(let head) = parser.next() else {
            Issue.record("the request has a head")
            return
        }
        #expect(head.first("x") == "\u{FFFD}\u{FFFD}")
    }

    @Test func `white space around a value is no part of it`() throws {
        let head = try head("/", "A:1", "B: \t2\t ", "C:  ", "D: a  b")
        #expect([head.first("a"), head.first("b"), head.first("c"), head.first("d")] == ["1", "2", "", "a  b"])
    }

    @Test(arguments: [
        ("a", "a"), ("Api.EXAMPLE.com", "api.example.com"), ("localhost:3775", "localhost"), ("a:", "a"),
        ("127.0.0.1:80", "127.0.0.1"), ("[::1]:80", "[::1]"), ("[2001:DB8::1]", "[2001:db8::1]"), ("", ""),
        ("under_score.example", "under_score.example"),
    ])
    func `a host is told without its port`(field: String, host: String) throws {
        let head = try #require(RequestParser().head(of: "GET / HTTP/1.1\r\nHost: \(field)\r\n\r\n"))
        #expect(head.host == host)
    }

    @Test func `an absolute target has the host that counts`() throws {
        #expect(try head("http://Other:81/x").host == "other")
        #expect(try head("/x").host == "api.example")
    }

    @Test func `a client of HTTP 1.0 need not name a host`() throws {
        #expect(try #require(RequestParser().head(of: "GET / HTTP/1.0\r\n\r\n")).host == "")
    }

    @Test func `a star is the path of the whole server`() throws {
        let head = try #require(RequestParser().head(of: "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"))
        #expect(head.path == "*")
        #expect(head.query == nil)
        #expect(head.pathSegments == [])
    }
}
