import DoSQLTestSupport
import Testing

/// Requests that are too large, too deep or no text: each has its status, and the server goes on.
struct SizeTests {
    private let server: TestServer
    private let client: HTTPClient

    init() throws {
        server = try TestServer(loops: 1)
        client = try server.http("acme")
    }

    @Test func `a target, a head and headers beyond their bounds are 414 and 431, and end the connection`() throws {
        let filler = { (count: Int) in String(repeating: "a", count: count) }
        let cases: [(String, Int)] = [
            ("GET /\(filler(8192)) HTTP/1.1\r\nHost: x\r\n\r\n", 414),
            ("GET /\(filler(100_000))", 414),
            ("GET / HTTP/1.1\r\nHost: x\r\nX: \(filler(32_768))\r\n\r\n", 431),
            ("GET / HTTP/1.1\r\nHost: x\r\n\(filler(40_000))", 431),
            (
                "GET / HTTP/1.1\r\nHost: x\r\n" + (0..<100).map { "X-\($0): y\r\n" }.joined() + "\r\n", 431
            ),
            (
                "POST /query HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
                    + (0..<101).map { "X-\($0): y\r\n" }.joined() + "\r\n", 431
            ),
        ]
        for (request, status) in cases {
            let stranger = try server.http()
            try stranger.send(raw: request)
            let answer = try stranger.answer()
            #expect(answer.status == status && answer.code == "FRAME_TOO_LARGE", "\(answer.text)")
            #expect(answer.header("connection") == "close")
            #expect(try stranger.isEnded())
        }
        // The last that fit.
        #expect(try client.get("/" + filler(8190)).status == 404)
        #expect(try client.get("/", headers: (0..<97).map { ("X-\($0)", "y") }).status == 404)
        #expect(try client.get("/", headers: [("X", filler(32_000))]).status == 404)
        #expect(try client.query("SELECT 1") == #"{"rows":[{"1":1}]}"#)
    }

    @Test func `a body of the largest size is taken, one byte more is 413 before it is sent`() throws {
        let front = #"{"sql":"SELECT length(?) AS n","params":[""#
        let back = #""]}"#
        let count = (16 << 20) - front.utf8.count - back.utf8.count
        let text = String(repeating: "x", count: count)
        // Where nothing is optimized this takes a while.
        client.patience = .seconds(300)
        try client.socket.send(
            Array("POST /queryOne HTTP/1.1\r\nHost: x\r\nContent-Length: \(16 << 20)\r\n\r\n".utf8)
                + Array((front + text + back).utf8), patience: .seconds(300))
        #expect(try client.answer().guideText() == #"{"row":{"n":\#(count)}}"#)
        let declared = try server.http("acme")
        try declared.send(
            raw: "POST /query HTTP/1.1\r\nHost: x\r\nContent-Length: \((16 << 20) + 1)\r\n\r\n")
        let refused = try declared.answer()
        #expect(refused.status == 413 && refused.code == "FRAME_TOO_LARGE")
        #expect(try declared.isEnded())
        let chunked = try server.http("acme")
        try chunked.send(raw: "POST /query HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        let chunk = Array("100000\r\n".utf8) + [UInt8](repeating: 0x78, count: 1 << 20) + [0x0D, 0x0A]
        for _ in 0..<16 { try chunked.socket.send(chunk, patience: .seconds(300)) }
        try chunked.send(raw: "1\r\nx")
        #expect(try chunked.answer().status == 413)
        #expect(try chunked.isEnded())
    }

    @Test func `JSON of any depth is refused without a stack to fall off`() throws {
        for (open, close) in [("[", "]"), (#"{"a":"#, "}")] {
            for depth in [65, 1_000, 1_000_000] {
                let bomb = String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
                let answer = try client.post("/query", #"{"x":\#(bomb),"sql":"SELECT 1"}"#)
                #expect(answer.status == 400 && answer.code == "MALFORMED", "\(depth)")
                #expect(answer.text.utf8.count < 1_000)
            }
            let fine = String(repeating: open, count: 60) + "1" + String(repeating: close, count: 60)
            #expect(try client.post("/query", #"{"x":\#(fine),"sql":"SELECT 1"}"#).status == 200)
        }
        let unclosed = try client.post("/query", String(repeating: "[", count: 1 << 20))
        #expect(unclosed.status == 400 && unclosed.code == "MALFORMED")
    }

    @Test func `many parameters, many members and long numbers are refused or carried out, and take no time for ever`()
        throws
    {
        let many = (0..<32_767).map { _ in "1" }.joined(separator: ",")
        #expect(try client.call("/query", "SELECT ?", "[\(many)]").code == "PARAMETER_COUNT")
        let names = (0..<50_000).map { "\"a\($0)\":1" }.joined(separator: ",")
        #expect(try client.post("/query", #"{\#(names),"sql":"SELECT 1"}"#).status == 200)
        let digits = String(repeating: "9", count: 100_000)
        let number = try client.call("/query", "SELECT ? AS x", "[\(digits)]")
        #expect(number.status == 200 || number.status == 400)
        #expect(number.text.utf8.count < 1_000)
        #expect(try client.query("SELECT 1") == #"{"rows":[{"1":1}]}"#)
    }

    @Test func `text that is not UTF-8 is refused wherever it stands`() throws {
        for bytes in [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82]] as [[UInt8]] {
            for (front, back) in [
                (#"{"sql":"SELECT '"#, #"'"}"#), (#"{"sql":"SELECT ?","params":[""#, #""]}"#),
                (#"{""#, #"":1,"sql":"SELECT 1"}"#),
            ] {
                let body = Array(front.utf8) + bytes + Array(back.utf8)
                try client.socket.send(
                    Array("POST /query HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.count)\r\n\r\n".utf8) + body)
                let answer = try client.answer()
                #expect(answer.status == 400 && answer.code == "MALFORMED", "\(bytes) \(answer.text)")
            }
        }
        // A byte order mark is none of JSON's.
        #expect(try client.post("/query", "\u{FEFF}" + HTTPClient.statement("SELECT 1")).code == "MALFORMED")
    }

    @Test func `garbage is answered with 400 and the end`() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<50 {
            let stranger = try server.http()
            // The first byte is none of a method's, and none of the binary protocol's.
            let bytes = [UInt8(0x80)] + (0..<999).map { _ in UInt8.random(in: 0...255, using: &random) }
            try stranger.socket.send(bytes)
            #expect(try stranger.answer().status == 400)
            #expect(try stranger.isEnded())
        }
        #expect(try client.query("SELECT 1") == #"{"rows":[{"1":1}]}"#)
    }
}
