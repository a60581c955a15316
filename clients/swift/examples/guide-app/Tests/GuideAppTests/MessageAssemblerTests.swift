import NIOCore
import NIOWebSocket
import Testing

@testable import GuideApp

/// RFC 6455, as far as frames become messages.
struct MessageAssemblerTests {
    private var assembler = MessageAssembler(messageMax: 10)

    private func frame(
        _ opcode: WebSocketOpcode, _ bytes: [UInt8], fin: Bool = true, rsv1: Bool = false, masked: Bool = true
    ) -> WebSocketFrame {
        let key: WebSocketMaskingKey? = masked ? [1, 2, 3, 4] : nil
        var data = ByteBuffer(bytes: bytes)
        if let key { data.webSocketMask(key) }
        return WebSocketFrame(fin: fin, rsv1: rsv1, opcode: opcode, maskKey: key, data: data)
    }

    private func code(_ meaning: MessageAssembler.Meaning) -> WebSocketErrorCode? {
        guard case .failure(let code, _) = meaning else { return nil }
        return code
    }

    @Test mutating func `a frame is a message`() {
        #expect(assembler.take(frame(.text, Array("ωμέγα".utf8))) == .message("ωμέγα"))
        #expect(assembler.take(frame(.text, [])) == .message(""))
    }

    @Test mutating func `fragments are one message, also with a ping between them and a character cut in two`() {
        #expect(assembler.take(frame(.text, [0x61, 0xC3], fin: false)) == .nothing)
        #expect(assembler.take(frame(.ping, [7])) == .ping(ByteBuffer(bytes: [7])))
        #expect(assembler.take(frame(.continuation, [0xA9], fin: false)) == .nothing)
        #expect(assembler.take(frame(.continuation, [])) == .message("aé"))
        #expect(assembler.take(frame(.text, [0x62])) == .message("b"))
    }

    @Test mutating func `a message of the most bytes is fine, a longer one is 1009, in one frame and in two`() {
        #expect(assembler.take(frame(.text, Array(repeating: 0x61, count: 10))) == .message("aaaaaaaaaa"))
        #expect(code(assembler.take(frame(.text, Array(repeating: 0x61, count: 11)))) == .messageTooLarge)
        var other = MessageAssembler(messageMax: 10)
        #expect(other.take(frame(.text, Array(repeating: 0x61, count: 9), fin: false)) == .nothing)
        #expect(code(other.take(frame(.continuation, [0x61, 0x61], fin: false))) == .messageTooLarge)
    }

    @Test(arguments: [
        (WebSocketOpcode(encodedWebSocketOpcode: 3)!, true, false), (.continuation, true, false), (.text, false, false),
        (.text, true, true),
    ])
    func `what the RFC does not allow is 1002`(opcode: WebSocketOpcode, masked: Bool, rsv1: Bool) {
        var assembler = MessageAssembler(messageMax: 10)
        #expect(code(assembler.take(frame(opcode, [0x61], rsv1: rsv1, masked: masked))) == .protocolError)
    }

    @Test mutating func `a message does not begin inside of another`() {
        #expect(assembler.take(frame(.text, [0x61], fin: false)) == .nothing)
        #expect(code(assembler.take(frame(.text, [0x61]))) == .protocolError)
    }

    @Test mutating func `what is not UTF-8 is 1007, what is not text 1003`() {
        #expect(code(assembler.take(frame(.text, [0xFF]))) == .dataInconsistentWithMessage)
        #expect(code(assembler.take(frame(.binary, [0x61]))) == .unacceptableData)
    }

    @Test mutating func `a close frame has a code that may be sent, and a reason in UTF-8, or nothing`() {
        #expect(assembler.take(frame(.connectionClose, [])) == .close(nil))
        #expect(assembler.take(frame(.connectionClose, [0x03, 0xE8, 0x61])) == .close(.normalClosure))
        for bytes: [UInt8] in [[3], [0x03, 0xED], [0x03, 0xEE], [0, 1], [0x03, 0xF7]] {
            #expect(code(assembler.take(frame(.connectionClose, bytes))) == .protocolError)
        }
        #expect(code(assembler.take(frame(.connectionClose, [0x03, 0xE8, 0xFF]))) == .dataInconsistentWithMessage)
    }
}
