import DoSQLCompression
import DoSQLProtocol
import DoSQLTestSupport
import Testing

/// Few bytes that stand for many, and many that keep a thread busy: each is bounded, and others are served.
struct BombTests {
    private func deflated(_ bytes: [UInt8]) -> [UInt8] {
        var packed: [UInt8] = []
        Deflater(.raw(windowBits: 15)).append(bytes.span, into: &packed, flush: .sync)
        return Array(packed.dropLast(4))
    }

    private func frames(_ address: String, server: AnyObject) throws -> WebSocketClient {
        let client = try WebSocketClient(
            connectingTo: address, path: "/connect", headers: [("Sec-WebSocket-Extensions", "permessage-deflate")],
            subprotocol: "dosql.v1", server: server)
        guard client.handshake.header("sec-websocket-extensions")?.hasPrefix("permessage-deflate") == true else {
            throw TestSupportError("no compression")
        }
        var hello = ByteWriter()
        Hello.encode(into: &hello, request: 1, client: "bomb")
        try client.send(hello.bytes)
        return client
    }

    /// The code of the close frame, behind whatever comes before it.
    private func closeCode(_ client: WebSocketClient) throws -> Int? {
        while let (head, payload) = try client.nextFrame() {
            if head & 0x0F == 8 { return payload.count >= 2 ? Int(payload[0]) << 8 | Int(payload[1]) : nil }
        }
        return nil
    }

    /// The next binary message, unpacked; nil at the end.
    private func next(_ client: WebSocketClient) throws -> [UInt8]? {
        while let (head, payload) = try client.nextFrame() {
            guard head & 0x0F == 2 else { continue }
            guard head & 0x40 != 0 else { return payload }
            let inflater = Inflater(.raw(windowBits: 15))
            let tail: [UInt8] = [0x00, 0x00, 0xFF, 0xFF]
            var bytes: [UInt8] = []
            try inflater.append(payload.span, into: &bytes, outputMax: 1 << 24)
            try inflater.append(tail.span, into: &bytes, outputMax: 1 << 24)
            return bytes
        }
        return nil
    }

    /// A SCRIPT of sixteen megabytes of spaces, as a message of sixteen kilobytes.
    private var bomb: [UInt8] {
        let length = Limits.frameMax
        var frame: [UInt8] = [
            UInt8(length & 0xFF), UInt8(length >> 8 & 0xFF), UInt8(length >> 16 & 0xFF), 0,
            MessageType.script.rawValue, 0, 1, 0, 9, 0, 0, 0,
        ]
        frame += [UInt8](repeating: 0x20, count: length)
        return deflated(frame)
    }

    @Test func `frames that unpack to a thousand times their bytes are refused with 1009`() throws {
        let server = try TestServerProcess(flags: ["--loops", "1"])
        let other = try server.http("other")
        _ = try other.query("SELECT 1")
        let bomb = bomb
        #expect(bomb.count < 32 << 10)
        let idle = try #require(server.residentMemory)
        for _ in 0..<50 {
            let client = try frames(server.address, server: server)
            try client.send(opcode: 0x42, bomb)
            #expect(try closeCode(client) == 1009)
            #expect(try other.query("SELECT 1") == #"{"rows":[{"1":1}]}"#)
        }
        let peak = try #require(server.residentMemoryPeak)
        #expect(peak - idle < 32 << 20, "\((peak - idle) >> 20) MiB")
    }

    @Test func `what unpacks to a few times its bytes is taken, however long`() throws {
        let server = try TestServer(loops: 1)
        let client = try frames(try server.address, server: server)
        client.http.patience = .seconds(300)
        var random = SystemRandomNumberGenerator()
        let text = (0..<(3 << 20)).map { _ in UInt8.random(in: 0x61...0x64, using: &random) }
        var open = ByteWriter()
        Open.encode(into: &open, stream: 1, request: 2, tenant: "acme")
        Execute.encode(
            into: &open, kind: .queryOne, stream: 1, request: 3, statement: "SELECT length(?)",
            parameters: [.text(Text(text.span))])
        let packed = deflated(open.bytes)
        #expect(packed.count * 4 < open.count * 2)
        try client.send(opcode: 0x42, packed)
        var answer: FrameHeader?
        while answer == nil, let message = try next(client) {
            var position = 0
            while position < message.count {
                let header = FrameHeader(decoding: message.span, at: position)
                if header.request == 3 { answer = header }
                position += FrameHeader.size + Int(header.length)
            }
        }
        #expect(answer?.type == MessageType.result.rawValue)
    }

    @Test(arguments: ["gzip", "deflate", "br", "gzip, gzip"])
    func `a compressed body is 415, and nothing of it is unpacked`(coding: String) throws {
        let server = try TestServer(loops: 1)
        let client = try server.http("acme")
        var packed: [UInt8] = []
        Deflater(.gzip, level: 9).append(
            [UInt8](repeating: 0x20, count: 16 << 20).span, into: &packed, flush: .finish)
        try client.socket.send(
            Array(
                """
                POST /query HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Encoding: \(coding)\r
                Content-Length: \(packed.count)\r\n\r\n
                """.utf8) + packed)
        let answer = try client.answer()
        #expect(answer.status == 415 && answer.code == "UNSUPPORTED", "\(answer.text)")
    }

    @Test func `JSON of megabytes is read by threads, and others are served meanwhile`() throws {
        let server = try TestServer(loops: 1)
        let other = try server.http("other")
        #expect(try other.query("SELECT 1") == #"{"rows":[{"1":1}]}"#)
        let numbers = Array(repeating: "[1,2]", count: 1_000_000).joined(separator: ",")
        let body = Array(#"{"x":[\#(numbers)],"sql":"SELECT 7 AS n"}"#.utf8)
        let clients = try (0..<4).map { _ in
            let client = try server.http("acme")
            client.patience = .seconds(300)
            try client.socket.send(
                Array("POST /queryOne HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.count)\r\n\r\n".utf8) + body,
                patience: .seconds(300))
            return client
        }
        for _ in 0..<20 { #expect(try other.query("SELECT 1") == #"{"rows":[{"1":1}]}"#) }
        for client in clients { #expect(try client.answer().guideText() == #"{"row":{"n":7}}"#) }
        // What is wrong in it is told as ever, and who hangs up meanwhile hurts nobody.
        let broken = try server.http("acme")
        broken.patience = .seconds(300)
        #expect(try broken.post("/query", #"{"x":[\#(numbers)"#).code == "MALFORMED")
        #expect(try broken.query("SELECT 1") == #"{"rows":[{"1":1}]}"#)
        let gone = try server.http("acme")
        try gone.send("POST", "/query", body: String(decoding: body, as: UTF8.self))
        gone.socket.reset()
        #expect(try other.query("SELECT 1") == #"{"rows":[{"1":1}]}"#)
    }

    @Test(arguments: [
        "SELECT 1 /* \(String(repeating: "x", count: 200_000)) */ AS n",
        "SELECT 0\(String(repeating: "+1", count: 900)) AS n /* \(String(repeating: " ", count: 100_000)) */",
    ])
    func `statements that are long to read are compiled by threads, and answered as ever`(sql: String) throws {
        let server = try TestServer(loops: 1)
        let client = try server.http("acme")
        let expected: Int64 = sql.contains("+") ? 900 : 1
        for _ in 0..<3 { #expect(try client.integer(sql) == expected) }
        let wire = try server.client()
        try wire.open("acme", isReadOnly: true)
        #expect(try wire.value(.sql(sql)) == .integer(expected))
        let write = "CREATE TABLE t(x) /* \(String(repeating: "x", count: 100_000)) */"
        #expect(try wire.failure(of: try wire.sendRun(.sql(write))).code == .readOnly)
    }
}
