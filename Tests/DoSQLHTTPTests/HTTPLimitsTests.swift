import DoSQLHTTP
import Testing

/// Each limit at its bound and one beyond, however the bytes are cut.
@Suite struct HTTPLimitsTests {
    static let limits = HTTPLimits(
        headBytesMax: 400, targetBytesMax: 40, headersMax: 5, bodyBytesMax: 50, chunkLineBytesMax: 20)

    private func expect(_ text: String, _ fault: HTTPFault?, _ body: String? = nil) {
        for size in [1, 3, Int.max] {
            let parser = RequestParser(limits: Self.limits)
            let seen = parser.transcript(of: text, piece: size)
            #expect(seen.fault == fault, "in pieces of \(size)")
            if let body { #expect(seen.contains(.body(body)), "in pieces of \(size)") }
            if fault == nil { #expect(seen.last == .end) } else { #expect(parser.progress == .finished) }
        }
    }

    private func letters(_ count: Int) -> String { String(repeating: "x", count: count) }

    @Test func `a head is as long as its limit`() {
        let rest = get("/", "X: ").utf8.count
        expect(get("/", "X: " + letters(400 - rest)), nil)
        expect(get("/", "X: " + letters(401 - rest)), .headTooLarge)
        expect(get("/", "X: " + letters(5_000)), .headTooLarge)
        #expect(HTTPFault.headTooLarge.status == 431)
    }

    @Test func `a head that never ends is refused when its limit is reached`() {
        let parser = RequestParser(limits: Self.limits)
        var fed = 0
        for byte in ("GET / HTTP/1.1\r\nX: " + letters(1_000)).utf8 where parser.progress != .finished {
            parser.receive([byte].span)
            fed += 1
            _ = parser.next()
            #expect(parser.bufferedBytes <= 400)
        }
        #expect(fed == 400)
    }

    @Test func `a target is as long as its limit`() {
        expect(get("/" + letters(39)), nil)
        expect(get("/" + letters(40)), .targetTooLong)
        expect("GET /" + letters(40), .targetTooLong)
        #expect(HTTPFault.targetTooLong.status == 414)
    }

    @Test func `a target without an end is too long rather than its head too large`() {
        let parser = RequestParser()
        #expect(parser.transcript(of: "GET /" + letters(100_000)) == [.fault(.targetTooLong)])
    }

    @Test func `headers are as many as their limit`() {
        expect(get("/", "A: 1", "B: 2", "C: 3", "D: 4"), nil)
        expect(get("/", "A: 1", "B: 2", "C: 3", "D: 4", "E: 5"), .tooManyHeaders)
        #expect(HTTPFault.tooManyHeaders.status == 431)
    }

    @Test func `a body that is a file has a limit of its own, and no other body has`() {
        func expect(_ path: String, _ framing: String, _ body: String, _ fault: HTTPFault?) {
            for size in [1, 3, Int.max] {
                let parser = RequestParser(limits: Self.limits, fileBytesMax: 70) { $0.target == "/file" }
                let head = "PUT \(path) HTTP/1.1\r\nHost: h\r\n\(framing)\r\n\r\n"
                let seen = parser.transcript(of: head + body, piece: size)
                #expect(seen.fault == fault, "\(path) \(framing) in pieces of \(size)")
            }
        }
        func chunks(_ count: Int) -> String { "\(String(count, radix: 16))\r\n\(letters(count))\r\n0\r\n\r\n" }
        expect("/file", "Content-Length: 70", letters(70), nil)
        expect("/file", "Content-Length: 71", letters(71), .bodyTooLarge)
        expect("/file", "Transfer-Encoding: chunked", chunks(70), nil)
        expect("/file", "Transfer-Encoding: chunked", chunks(71), .bodyTooLarge)
        expect("/other", "Content-Length: 50", letters(50), nil)
        expect("/other", "Content-Length: 51", letters(51), .bodyTooLarge)
        expect("/other", "Transfer-Encoding: chunked", chunks(51), .bodyTooLarge)
        // Behind a file the bound is the usual one again.
        let parser = RequestParser(limits: Self.limits, fileBytesMax: 70) { $0.target == "/file" }
        let file = "PUT /file HTTP/1.1\r\nHost: h\r\nContent-Length: 60\r\n\r\n" + letters(60)
        let other = "PUT /other HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks(60)
        #expect(parser.transcript(of: file + other).fault == .bodyTooLarge)
    }

    @Test func `a body is as long as its limit`() {
        expect(post("/", letters(50)), nil, letters(50))
        expect(post("/", letters(51)), .bodyTooLarge)
        #expect(HTTPFault.bodyTooLarge.status == 413)
    }

    @Test func `a body that is too long is refused by its head alone`() {
        let text = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 51\r\n\r\n"
        #expect(RequestParser(limits: Self.limits).transcript(of: text) == [.fault(.bodyTooLarge)])
    }

    @Test func `chunks together are as long as a body's limit`() {
        let forty = "28\r\n" + letters(40) + "\r\n"
        expect(chunked(forty + "a\r\n" + letters(10) + "\r\n0\r\n\r\n"), nil, letters(50))
        expect(chunked(forty + "b\r\n" + letters(11) + "\r\n0\r\n\r\n"), .bodyTooLarge, letters(40))
        expect(chunked("33\r\n"), .bodyTooLarge)
        expect(chunked("7fffffffffffffff\r\n"), .bodyTooLarge)
        expect(chunked("1\r\nx\r\n7fffffffffffffff\r\n"), .bodyTooLarge, "x")
    }

    @Test func `a chunk line is as long as its limit`() {
        expect(chunked("1;" + letters(18) + "\r\nx\r\n0\r\n\r\n"), nil, "x")
        expect(chunked("1;" + letters(19) + "\r\nx\r\n0\r\n\r\n"), .badChunkExtension)
        expect(chunked("1\r\nx\r\n0;" + letters(19) + "\r\n\r\n"), .badChunkExtension, "x")
    }

    @Test func `a trailer section is as long as a head`() {
        // Three bytes of `X: `, and two line ends.
        expect(chunked("0\r\nX: " + letters(393) + "\r\n\r\n"), nil)
        expect(chunked("0\r\nX: " + letters(394) + "\r\n\r\n"), .headTooLarge)
        expect(chunked("0\r\nX: " + letters(5_000)), .headTooLarge)
    }

    @Test func `trailers are as many as headers`() {
        let trailers = (1...5).map { "T\($0): x\r\n" }.joined()
        expect(chunked("1\r\nx\r\n0\r\n" + trailers + "\r\n"), nil, "x")
        expect(chunked("1\r\nx\r\n0\r\n" + trailers + "T6: x\r\n\r\n"), .tooManyHeaders, "x")
    }

    @Test func `the defaults take what an API needs`() {
        let limits = HTTPLimits()
        #expect(limits.headBytesMax == 32_768)
        #expect(limits.targetBytesMax == 8_192)
        #expect(limits.headersMax == 100)
        #expect(limits.bodyBytesMax == 16_777_216)
        let lines = (1...99).map { "H\($0): \(letters(200))\r\n" }.joined()
        let text = "GET / HTTP/1.1\r\nHost: a\r\n\(lines)\r\n"
        #expect(RequestParser().transcript(of: text, piece: 1_000) == [.head("GET /"), .end])
    }
}
