import DoSQLCompression
import DoSQLTestSupport
import Testing

/// permessage-deflate (RFC 7692) on a real connection.
struct CompressedSocketTests {
    private static let tail: [UInt8] = [0x00, 0x00, 0xFF, 0xFF]

    private func connect(
        _ server: TestServer, _ offer: String = "permessage-deflate; client_max_window_bits"
    ) throws -> WebSocketClient {
        try WebSocketClient(
            connectingTo: try server.address, path: "/t/acme/connect",
            headers: [("Sec-WebSocket-Extensions", offer)], server: server)
    }

    private func deflated(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        Deflater(.raw(windowBits: 15)).append(Array(text.utf8).span, into: &bytes, flush: .sync)
        return Array(bytes.dropLast(Self.tail.count))
    }

    /// A text message, compressed or not, and whether it was.
    private func nextText(_ client: WebSocketClient) throws -> (text: String, wasCompressed: Bool) {
        guard let (head, payload) = try client.nextFrame() else { throw TestSupportError("the connection ended") }
        guard head & 0xBF == 0x81 else { throw TestSupportError("no text message: \(head)") }
        guard head & 0x40 != 0 else { return (String(decoding: payload, as: UTF8.self), false) }
        let inflater = Inflater(.raw(windowBits: 15))
        var text: [UInt8] = []
        try inflater.append(payload.span, into: &text, outputMax: 1 << 24)
        try inflater.append(Self.tail.span, into: &text, outputMax: 1 << 24)
        return (String(decoding: text, as: UTF8.self), true)
    }

    @Test func `it is agreed on where it is offered, and messages go compressed both ways`() throws {
        let server = try TestServer()
        let client = try connect(server)
        #expect(client.handshake.header("sec-websocket-extensions")?.hasPrefix("permessage-deflate") == true)
        let long = String(repeating: "words and words ", count: 500)
        try client.send(opcode: 0x41, deflated(#"{"type":"subscribe","channel":"c","id":1}"#))
        // A short one is not worth it.
        let (answer, wasCompressed) = try nextText(client)
        #expect(answer == #"{"type":"subscribed","id":1,"channel":"c"}"# && !wasCompressed)
        for round in 1...3 {
            try client.send(opcode: 0x41, deflated(#"{"type":"publish","channel":"c","data":"\#(long)"}"#))
            let message = try nextText(client)
            #expect(message.wasCompressed)
            #expect(
                try message.text.withoutDate()
                    == #"{"type":"message","channel":"c","data":"\#(long)","id":\#(round)}"#)
        }
        // What is not compressed is understood as well, and so is a message in fragments.
        try client.send(#"{"type":"publish","channel":"c","data":4}"#)
        #expect(try nextText(client).text.contains(#""data":4,"id":4"#))
        let bytes = deflated(#"{"type":"publish","channel":"c","data":5}"#)
        try client.send(opcode: 0x41, Array(bytes.prefix(5)), isFinal: false)
        try client.send(opcode: 0, Array(bytes.dropFirst(5)))
        #expect(try nextText(client).text.contains(#""data":5,"id":5"#))
    }

    @Test func `those who want it and those who do not hear the same`() throws {
        let server = try TestServer()
        let long = String(repeating: "0123456789", count: 100)
        let offers = [
            "permessage-deflate", "permessage-deflate; server_max_window_bits=10",
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
        ]
        var clients = try (0..<6).map { try connect(server, offers[$0 % 3]) }
        clients += try (0..<3).map { _ in try server.webSocket("acme") }
        for client in clients {
            try client.send(#"{"type":"subscribe","channel":"c","id":1}"#)
            #expect(try nextText(client).text.contains("subscribed"))
        }
        let publisher = try server.webSocket("acme")
        for id in 1...5 { #expect(try publisher.publish(#""\#(long)""#, to: "c") == Int64(id)) }
        for (number, client) in clients.enumerated() {
            for id in 1...5 {
                let message = try nextText(client)
                #expect(message.wasCompressed == (number < 6))
                #expect(
                    try message.text.withoutDate()
                        == #"{"type":"message","channel":"c","data":"\#(long)","id":\#(id)}"#)
            }
        }
    }

    @Test func `a bomb is refused with 1009, damage with 1007`() throws {
        let server = try TestServer(loops: 1)
        let bomb = try connect(server)
        let bytes = deflated(String(repeating: " ", count: 64 << 20))
        #expect(bytes.count < 1 << 20)
        try bomb.send(opcode: 0x41, bytes)
        #expect(try bomb.nextClose() == 1009)
        let damaged = try connect(server)
        try damaged.send(opcode: 0x41, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF])
        #expect(try damaged.nextClose() == 1007)
        // What comes out has to be UTF-8 too.
        let garbled = try connect(server)
        var packed: [UInt8] = []
        let broken: [UInt8] = [0x22, 0xC3, 0x28]
        Deflater(.raw(windowBits: 15)).append(broken.span, into: &packed, flush: .sync)
        try garbled.send(opcode: 0x41, Array(packed.dropLast(4)))
        #expect(try garbled.nextClose() == 1007)
        let next = try connect(server)
        try next.send(opcode: 0x41, deflated(#"{"type":"subscribe","channel":"c","id":1}"#))
        #expect(try nextText(next).text.contains("subscribed"))
    }

    @Test func `without an offer a compressed message breaks the rules`() throws {
        let client = try TestServer().webSocket("acme")
        try client.send(opcode: 0x41, deflated("{}"))
        #expect(try client.nextClose() == 1002)
    }
}
