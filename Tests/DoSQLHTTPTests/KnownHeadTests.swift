import DoSQLHTTP
import Testing

/// Heads that come again and again are read once.
@Suite struct KnownHeadTests {
    /// The heads of what was sent, and what was seen.
    private func read(_ text: String, piece: Int, by parser: RequestParser) -> (heads: [RequestHead], seen: [Seen]) {
        var heads: [RequestHead] = []
        var seen: [Seen] = []
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: piece) {
            parser.receive(bytes.span.extracting(start..<min(start + piece, bytes.count)))
            while let event = parser.next() {
                if case .head(let head) = event { heads.append(head) }
                seen.note(event)
            }
        }
        return (heads, seen)
    }

    @Test func `bodies of different lengths take turns, however the bytes are cut`() {
        let bodies = ["a", "bc", "d", "efg", "hi", "", "j", "klmnopqrst"]
        let text = bodies.map { post("/x", $0) }.joined()
        let expected = bodies.flatMap { body in
            body.isEmpty ? [Seen.head("POST /x"), .end] : [.head("POST /x"), .body(body), .end]
        }
        for size in 1...text.utf8.count {
            let parser = RequestParser()
            for _ in 0..<3 { #expect(read(text, piece: size, by: parser).seen == expected, "in pieces of \(size)") }
            #expect(parser.progress == .idle)
        }
    }

    @Test func `the same head is the same object, on every connection of a thread`() {
        let decoders = DecoderPool()
        let text = post("/x", "body")
        let heads = (0..<3).flatMap { _ in
            read(text + text, piece: .max / 2, by: RequestParser(decoders: decoders)).heads
        }
        #expect(heads.count == 6 && heads.allSatisfy { $0 === heads[0] })
        #expect(heads[0].path == "/x" && heads[0].framing == .length(4))
    }

    @Test func `a head with a token is known to its connection only`() {
        let decoders = DecoderPool()
        let text = get("/x", "Authorization: Bearer secret")
        let first = read(text + text, piece: .max / 2, by: RequestParser(decoders: decoders)).heads
        let second = read(text, piece: .max / 2, by: RequestParser(decoders: decoders)).heads
        #expect(first[0] === first[1] && second[0] !== first[0])
    }

    @Test func `what frames a body otherwise, ends the connection or has a query is read each time`() {
        let last = "GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        let upgrade = get("/x", "Connection: Upgrade", "Upgrade: z")
        for text in [chunked("1\r\na\r\n0\r\n\r\n"), get("/x?y=1"), upgrade, last] {
            let decoders = DecoderPool()
            let heads = (0..<2).map { _ in read(text, piece: .max / 2, by: RequestParser(decoders: decoders)).heads[0] }
            #expect(heads[0] !== heads[1], "\(text)")
        }
    }

    @Test func `a head that only begins like a known one is another one`() {
        let parser = RequestParser()
        let first = read(get("/x"), piece: .max / 2, by: parser)
        let second = read(get("/x", "X-More: 1"), piece: .max / 2, by: parser)
        let third = read(get("/x"), piece: .max / 2, by: parser)
        #expect(first.heads[0] !== second.heads[0] && first.heads[0] === third.heads[0])
        #expect(second.heads[0].first("x-more") == "1" && third.heads[0].first("x-more") == nil)
    }

    @Test func `so many heads are known, and then others`() {
        let decoders = DecoderPool()
        let parser = RequestParser(decoders: decoders)
        for round in 0..<3 {
            for number in 0..<1000 {
                let read = read(get("/\(number)"), piece: .max / 2, by: parser)
                #expect(read.seen == [.head("GET /\(number)"), .end], "in round \(round)")
            }
        }
    }
}
