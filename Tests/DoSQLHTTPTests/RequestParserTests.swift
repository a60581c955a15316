import DoSQLHTTP
import Testing

@Suite struct RequestParserTests {
    /// One connection with a bit of everything.
    static let stream =
        get("/a") + post("/b", "hello") + "\r\n" + chunked("3\r\nabc\r\n2;x=\"y\"\r\nde\r\n0\r\nX-Sum: 1\r\n\r\n")
        + "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n" + post("/empty", "")
        + get("/h2c", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk")
        + get("/after") + "DELETE /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    static let expected: [Seen] = [
        .head("GET /a"), .end, .head("POST /b"), .body("hello"), .end, .head("POST /"), .body("abcde"), .end,
        .head("OPTIONS *"), .end, .head("POST /empty"), .end, .head("GET /h2c"), .end, .head("GET /after"), .end,
        .head("DELETE /last"), .end,
    ]

    @Test func `requests are the same however the bytes are cut`() {
        for size in 1...Self.stream.utf8.count {
            let parser = RequestParser()
            #expect(parser.transcript(of: Self.stream, piece: size) == Self.expected, "in pieces of \(size)")
            #expect(parser.progress == .finished)
        }
    }

    @Test func `parsers that share decoders do not mix their requests`() {
        let decoders = DecoderPool()
        let parsers = (0..<5).map { _ in RequestParser(decoders: decoders) }
        var seen = [[Seen]](repeating: [], count: parsers.count)
        for byte in Self.stream.utf8 {
            for (index, parser) in parsers.enumerated() {
                parser.receive([byte].span)
                while let event = parser.next() { seen[index].note(event) }
            }
        }
        for each in seen { #expect(each == Self.expected) }
    }

    @Test func `a parser that ends inside a body leaves the others alone`() {
        let decoders = DecoderPool()
        for text in [chunked("3\r\nab"), "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab"] {
            let seen = RequestParser(decoders: decoders).transcript(of: text)
            #expect(seen == [.head("POST /"), .body("ab")])
            #expect(RequestParser(decoders: decoders).transcript(of: Self.stream) == Self.expected)
        }
    }

    @Test func `pipelined bytes stay bytes until they are asked for`() {
        let parser = RequestParser()
        let request = post("/", "abc")
        let all = String(repeating: request, count: 100)
        parser.receive(Array(all.utf8).span)
        #expect(parser.bufferedBytes == all.utf8.count)
        var seen: [Seen] = []
        for index in 1...100 {
            for _ in 0..<3 {
                if let event = parser.next() { seen.note(event) }
            }
            #expect(parser.bufferedBytes == all.utf8.count - index * request.utf8.count)
        }
        #expect(seen.count == 300)
        #expect(parser.next() == nil)
    }

    @Test func `a client that always has the next request under way fills nothing`() {
        let parser = RequestParser()
        let request = post("/", String(repeating: "x", count: 200))
        let start = String(request.prefix(30))
        let rest = String(request.dropFirst(30))
        #expect(parser.transcript(of: start).isEmpty)
        for _ in 0..<1_000 {
            #expect(parser.transcript(of: rest + start).last == .end)
            #expect(parser.bufferedBytes == start.utf8.count)
            #expect(parser.heldBytes <= 4_096)
        }
    }

    @Test func `an idle parser holds nothing`() {
        let parser = RequestParser()
        for text in [get("/"), post("/", "abc"), chunked("3\r\nabc\r\n0\r\n\r\n")] {
            #expect(parser.transcript(of: text).last == .end)
            #expect(parser.progress == .idle)
            #expect(parser.heldBytes == 0)
        }
    }

    @Test func `nothing follows the last request of a connection`() {
        for last in [
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "GET / HTTP/1.0\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n",
        ] {
            let parser = RequestParser()
            #expect(parser.transcript(of: last + get("/more")) == [.head("GET /"), .end])
            #expect(parser.transcript(of: get("/more")) == [])
            #expect(parser.bufferedBytes == 0)
        }
    }

    @Test func `a client of HTTP 1.0 may ask for the connection to stay open`() throws {
        let parser = RequestParser()
        let request = "POST / HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nab"
        let head = try #require(RequestParser().head(of: request))
        #expect(head.isKeepAlive)
        #expect(head.minorVersion == 0)
        #expect(head.responseConnection == .keepAlive)
        #expect(head.streamFraming == .untilClose)
        let once: [Seen] = [.head("POST /"), .body("ab"), .end]
        #expect(parser.transcript(of: request + request, piece: 1) == once + once)
    }

    @Test func `the connection's fate is told as RFC 9112 has it`() throws {
        let kept = try #require(RequestParser().head(of: get()))
        #expect(kept.isKeepAlive && kept.responseConnection == .implied && kept.streamFraming == .chunked)
        let closed = try #require(RequestParser().head(of: get("/", "Connection: close")))
        #expect(!closed.isKeepAlive && closed.responseConnection == .close)
        let old = try #require(RequestParser().head(of: "GET / HTTP/1.0\r\n\r\n"))
        #expect(!old.isKeepAlive && old.responseConnection == .close)
    }

    @Test func `one empty line before a request is passed over`() {
        let parser = RequestParser()
        #expect(parser.transcript(of: "\r\n" + get("/a"), piece: 1) == [.head("GET /a"), .end])
        #expect(parser.transcript(of: "\r\n") == [])
        #expect(parser.progress == .idle)
        #expect(parser.transcript(of: get("/b")) == [.head("GET /b"), .end])
    }

    @Test func `progress tells who is waited for`() {
        let parser = RequestParser()
        #expect(parser.progress == .idle)
        _ = parser.transcript(of: "POST /")
        #expect(parser.progress == .head)
        #expect(parser.bufferedBytes == 6)
        _ = parser.transcript(of: " HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n")
        #expect(parser.progress == .body)
        _ = parser.transcript(of: "a")
        #expect(parser.progress == .body)
        #expect(parser.bufferedBytes == 0)
        _ = parser.transcript(of: "b")
        #expect(parser.progress == .idle)
        _ = parser.transcript(of: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        #expect(parser.progress == .body)
        _ = parser.transcript(of: "0\r\nX: ")
        #expect(parser.progress == .body)
        #expect(parser.bufferedBytes == 3)
        _ = parser.transcript(of: "y\r\n\r\n")
        #expect(parser.progress == .idle)
        _ = parser.transcript(of: "?? ??")
        #expect(parser.progress == .finished)
    }

    @Test func `bytes behind an upgrade belong to the new protocol`() throws {
        let request = get("/connect", "Connection: keep-alive, Upgrade", "Upgrade: websocket")
        let frame: [UInt8] = [0x81, 0x80, 0, 0, 0, 0, 0x0A]
        for size in [1, 5, Int.max] {
            let parser = RequestParser()
            #expect(parser.transcript(of: request, piece: size) == [.head("GET /connect"), .end])
            #expect(parser.takeRemainder() == [])
        }
        let parser = RequestParser()
        parser.receive((Array(request.utf8) + frame).span)
        guard case .head(let head) = parser.next() else {
            Issue.record("the request has a head")
            return
        }
        #expect(head.isUpgrade)
        guard case .end = parser.next() else {
            Issue.record("the request ends with its head")
            return
        }
        #expect(parser.takeRemainder() == frame)
        #expect(parser.progress == .finished)
        parser.receive(frame.span)
        #expect(parser.next() == nil)
        #expect(parser.bufferedBytes == 0)
    }

    @Test func `an upgrade that is not acted on is a request like any other`() throws {
        let body = "POST / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\n"
        for request in [
            body + "Content-Length: 2\r\n\r\nab", body + "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
        ] {
            for size in [1, 4, Int.max] {
                let seen = RequestParser().transcript(of: request + get("/next"), piece: size)
                #expect(seen == [.head("POST /"), .body("ab"), .end, .head("GET /next"), .end])
            }
        }
        let unnamed = try #require(RequestParser().head(of: get("/", "Upgrade: websocket")))
        #expect(!unnamed.isUpgrade)
        let old = "GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"
        #expect(try !#require(RequestParser().head(of: old)).isUpgrade)
    }

    @Test func `an expectation is told before the body`() throws {
        let text = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n"
        #expect(try #require(RequestParser().head(of: text)).expectsContinue)
        let parser = RequestParser()
        #expect(parser.transcript(of: text) == [.head("POST /")])
        #expect(parser.progress == .body)
        #expect(parser.transcript(of: "ab") == [.body("ab"), .end])
        #expect(try !#require(RequestParser().head(of: get("/", "Expect: 100-continue"))).expectsContinue)
        let old = "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
        #expect(try !#require(RequestParser().head(of: old)).expectsContinue)
        let chunks = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n"
        #expect(try #require(RequestParser().head(of: chunks)).expectsContinue)
    }

    @Test func `framing is what the head says`() throws {
        #expect(try #require(RequestParser().head(of: get())).framing == .none)
        #expect(try #require(RequestParser().head(of: post("/", ""))).framing == .none)
        #expect(try #require(RequestParser().head(of: post("/", "abc"))).framing == .length(3))
        #expect(try #require(RequestParser().head(of: chunked(""))).framing == .chunked)
        let odd = "POST / HTTP/1.1\r\nHost: a\r\nTRANSFER-encoding: \t ChUnKeD \r\n\r\n3\r\nabc\r\n0\r\n\r\n"
        #expect(RequestParser().transcript(of: odd, piece: 1) == [.head("POST /"), .body("abc"), .end])
        let zeros = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0003\r\n\r\nabc"
        #expect(RequestParser().transcript(of: zeros) == [.head("POST /"), .body("abc"), .end])
    }

    @Test func `a body has every octet it was sent with`() {
        let octets = (0..<1_024).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let fixed = Array("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1024\r\n\r\n".utf8) + octets
        var chunks = Array(chunked("").utf8)
        for start in stride(from: 0, to: 1_024, by: 64) {
            chunks += Array("040\r\n".utf8) + octets[start..<start + 64] + Array("\r\n".utf8)
        }
        chunks += Array("000\r\n\r\n".utf8)
        for (bytes, size) in [(fixed, 1), (fixed, 100), (fixed, .max), (chunks, 1), (chunks, 100), (chunks, .max)] {
            let parser = RequestParser()
            var body: [UInt8] = []
            for start in stride(from: 0, to: bytes.count, by: min(size, bytes.count)) {
                parser.receive(Array(bytes[start..<bytes.count].prefix(size)).span)
                while let event = parser.next() {
                    if case .body(let part) = event { body += part }
                }
            }
            #expect(body == octets)
            #expect(parser.progress == .idle)
        }
    }

    @Test(arguments: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "SEARCH"])
    func `methods that are known come through`(_ method: String) {
        let text = "\(method) /x HTTP/1.1\r\nHost: a\r\n\r\n"
        #expect(RequestParser().transcript(of: text, piece: 1) == [.head("\(method) /x"), .end])
    }
}
