import DoSQLWebSocket
import Testing

@Suite struct EncoderTests {
    @Test(arguments: [0, 1, 125, 126, 65_535, 65_536]) func `a length is written in its shortest form`(_ count: Int) {
        let payload = [UInt8](repeating: 0x61, count: count)
        var output: [UInt8] = [9]
        WebSocketEncoder.appendText(payload.span, to: &output)
        WebSocketEncoder.appendBinary(payload.span, to: &output)
        let length =
            switch count {
            case 0...125: [UInt8(count)]
            case 126...65_535: [126] + ClientFrame.bigEndian(count, bytes: 2)
            default: [127] + ClientFrame.bigEndian(count, bytes: 8)
            }
        #expect(output == [9, 0x81] + length + payload + [0x82] + length + payload)
    }

    @Test func `control frames have their opcodes`() {
        var output: [UInt8] = []
        WebSocketEncoder.appendPing([1], to: &output)
        WebSocketEncoder.appendPong([2], to: &output)
        WebSocketEncoder.appendClose(code: 1008, reason: "no", to: &output)
        #expect(output == [0x89, 1, 1, 0x8A, 1, 2, 0x88, 4, 0x03, 0xF0, 0x6E, 0x6F])
    }

    @Test func `a long reason is cut at the end of a character`() {
        var output: [UInt8] = []
        WebSocketEncoder.appendClose(code: 1000, reason: String(repeating: "€", count: 50), to: &output)
        // 41 characters of three bytes are the most that 123 bytes hold.
        #expect(output == [0x88, 125, 0x03, 0xE8] + Array(String(repeating: "€", count: 41).utf8))
        output = []
        WebSocketEncoder.appendClose(code: 1000, reason: "a" + String(repeating: "€", count: 50), to: &output)
        #expect(output == [0x88, 123, 0x03, 0xE8] + Array(("a" + String(repeating: "€", count: 40)).utf8))
    }

    @Test func `a message is sent while the connection is open`() {
        let machine = WebSocketMachine(codec: WebSocketCodec())
        machine.send(.text, Array("a".utf8).span)
        machine.send(.binary, [1, 2].span)
        machine.ping()
        #expect(machine.output == [0x81, 1, 0x61, 0x82, 2, 1, 2, 0x89, 0])
    }
}
