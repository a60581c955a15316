import DoSQLHTTP
import Testing

@Suite struct NegotiationTests {
    static let binary = MediaType("application", "vnd.dosql")

    @Test(
        arguments: [
            ([], "application/json"), (["*/*"], "application/json"), (["application/*"], "application/json"),
            (["application/x-ndjson"], "application/x-ndjson"), (["Application/X-NDJSON"], "application/x-ndjson"),
            (["application/json, application/x-ndjson"], "application/json"),
            (["application/json;q=0.5, application/x-ndjson"], "application/x-ndjson"),
            (["application/json;q=0.5", "application/x-ndjson;q=0.8"], "application/x-ndjson"),
            (["application/x-ndjson;q=0.1, */*"], "application/json"),
            (["application/json;q=0, */*"], "application/x-ndjson"),
            (["application/json;q=0, application/*;q=0.1"], "application/x-ndjson"),
            (["*/*;q=0.1, application/x-ndjson"], "application/x-ndjson"),
            (["text/html, image/*"], nil), (["application/json;q=0"], nil), (["*/*;q=0"], nil),
            (["text/html, */*;q=0.8"], "application/json"), (["application/json ; charset=utf-8"], "application/json"),
            (["application/x-ndjson;v=\"a,b;c\""], "application/x-ndjson"),
            (["application/x-ndjson;q=2, application/json;q=0.2"], "application/json"),
            (["nonsense"], "application/json"), ([""], "application/json"), ([",, ,"], "application/json"),
            (["application/x-ndjson;q=0.001"], "application/x-ndjson"), (["*/json"], nil),
        ] as [([String], String?)])
    func `the best type that is accepted is chosen`(values: [String], expected: String?) {
        let accept = Accept(values)
        #expect(accept.preferred(among: [.json, .ndjson])?.description == expected)
    }

    @Test func `a wildcard names nothing`() {
        #expect(Accept(["application/x-ndjson, */*"]).names(.ndjson))
        #expect(!Accept(["*/*", "application/*"]).names(.ndjson))
        #expect(!Accept(["application/x-ndjson;q=0"]).names(.ndjson))
        #expect(!Accept([]).names(.ndjson))
        #expect(Accept(["*/*"]).preferred(among: []) == nil)
    }

    @Test(
        arguments: [
            ([], .identity), (["gzip"], .gzip), (["GZIP"], .gzip), (["x-gzip"], .gzip),
            (["gzip, deflate, br, zstd"], .gzip),
            (["gzip;q=0"], .identity), (["gzip;q=0.0"], .identity), (["*"], .gzip), (["*;q=0"], .identity),
            (["gzip;q=0, *"], .identity), (["identity"], .identity), (["identity;q=1, gzip;q=0.5"], .identity),
            (["identity;q=0.5, gzip;q=1"], .gzip), (["identity;q=0, gzip;q=0"], .identity), (["br"], .identity),
            (["deflate", "gzip;q=0.1"], .gzip), (["gzip;q=x"], .identity), (["identity, *;q=0"], .identity),
            ([""], .identity),
        ] as [([String], ContentCoding)])
    func `a body is compressed for those who take it`(values: [String], expected: ContentCoding) {
        #expect(ContentCoding.preferred(values) == expected)
    }

    @Test(
        arguments: [
            ("application/json", "application/json", nil),
            ("Application/JSON; Charset=UTF-8", "application/json", "utf-8"),
            ("text/plain;charset=\"us-ascii\"", "text/plain", "us-ascii"),
            ("text/plain ; a=b ; charset=x", "text/plain", "x"),
            ("text/plain;", "text/plain", nil), ("a/b;c=\"\\\"\"", "a/b", nil), ("a/b;charset=1;charset=2", "a/b", "1"),
            ("application/vnd.dosql+cbor", "application/vnd.dosql+cbor", nil),
        ] as [(String, String, String?)])
    func `a media type is read`(text: String, type: String, charset: String?) throws {
        let media = try #require(MediaType(parsing: text))
        #expect(media.description == type)
        #expect(media.charset == charset)
    }

    @Test(arguments: [
        "", "json", "application/", "/json", "a/b c", "a/b;c", "a/b;c=", "a/b;c=\"d", "a b/c", "a/b, c/d",
    ])
    func `what is no media type is nothing`(text: String) {
        #expect(MediaType(parsing: text) == nil)
    }

    @Test func `types match whatever their parameters`() throws {
        #expect(try #require(MediaType(parsing: "application/json;charset=utf-8")).matches(.json))
        #expect(!MediaType.ndjson.matches(.json))
        #expect(!MediaType("text", "json").matches(.json))
    }

    @Test func `a request tells what it has and wants`() throws {
        let head = try #require(
            RequestParser().head(
                of: get(
                    "/", "Content-Type: text/plain; charset=utf-8", "Accept: text/html;q=0", "Accept: text/*",
                    "Accept-Encoding: gzip")))
        #expect(head.contentType?.matches(.plainText) == true)
        #expect(head.contentType?.charset == "utf-8")
        #expect(head.accept.preferred(among: [.json, MediaType("text", "html"), .eventStream]) == .eventStream)
        #expect(head.contentCoding == .gzip)
        let bare = try #require(RequestParser().head(of: get()))
        #expect(bare.contentType == nil)
        #expect(bare.accept.preferred(among: [.json]) == .json)
        #expect(bare.contentCoding == .identity)
        let two = try #require(RequestParser().head(of: get("/", "Content-Type: a/b", "Content-Type: a/b")))
        #expect(two.contentType == nil)
    }
}
