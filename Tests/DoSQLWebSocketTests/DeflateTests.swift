import DoSQLCompression
import DoSQLWebSocket
import Testing

/// permessage-deflate (RFC 7692).
@Suite struct DeflateTests {
    /// A message's payload as a client compresses it.
    static func compressed(_ bytes: [UInt8], windowBits: Int = 15) -> [UInt8] {
        var output: [UInt8] = []
        Deflater(.raw(windowBits: windowBits)).append(bytes.span, into: &output, flush: .sync)
        return output.dropLast(4)
    }

    static let text = [UInt8](String(repeating: "Goethe's Faust, κόσμε. ", count: 100).utf8)

    /// Bytes without a pattern, the same with every run.
    static func noise(_ count: Int, bits: UInt32) -> [UInt8] {
        var random = UInt32(1)
        return (0..<count).map { _ in
            random = random &* 1_664_525 &+ 1_013_904_223
            return UInt8(random >> (32 - bits))
        }
    }

    static func machine(_ limits: WebSocketLimits = .init(), codec: WebSocketCodec = .init()) -> WebSocketMachine {
        WebSocketMachine(codec: codec, variant: .deflated(windowBits: 15), limits: limits)
    }

    @Test func `the example of the RFC is understood`() {
        let hello: [UInt8] = [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]
        #expect(Self.machine().events(of: ClientFrame.make(1, hello, reservedBits: 4)) == [.text(Array("Hello".utf8))])
        // In a block that says it is the last (7.2.3.4), and in a stored one (7.2.3.3).
        let final: [UInt8] = [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00]
        #expect(Self.machine().events(of: ClientFrame.make(1, final, reservedBits: 4)) == [.text(Array("Hello".utf8))])
        let stored: [UInt8] = [0x00, 0x05, 0x00, 0xFA, 0xFF, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x00]
        #expect(Self.machine().events(of: ClientFrame.make(1, stored, reservedBits: 4)) == [.text(Array("Hello".utf8))])
    }

    @Test func `compressed and plain messages come in any order, whole and in fragments`() {
        let codec = WebSocketCodec()
        let machine = Self.machine(codec: codec)
        let payload = Self.compressed(Self.text, windowBits: 9)
        let bytes =
            ClientFrame.make(1, payload, reservedBits: 4) + ClientFrame.text("plain")
            + ClientFrame.make(2, Array(payload[..<10]), isFinal: false, reservedBits: 4) + ClientFrame.make(9)
            + ClientFrame.rest(Array(payload[10...])) + ClientFrame.make(2, [0], reservedBits: 4)
        let expected: [WebSocketEvent] = [
            .text(Self.text), .text(Array("plain".utf8)), .ping([]), .binary(Self.text), .binary([]),
        ]
        #expect(machine.events(of: bytes, cut: 3) == expected)
        #expect(Self.machine(codec: codec).events(of: bytes) == expected)
    }

    @Test func `only the first frame of a message may say that it is compressed`() {
        let frames = ClientFrame.make(1, [0x00], isFinal: false, reservedBits: 4)
        let again = ClientFrame.make(0, [0x00], reservedBits: 4)
        #expect(Self.machine().events(of: frames + again).map(\.closeCode) == [1002])
        #expect(Self.machine().events(of: ClientFrame.make(9, reservedBits: 4)).map(\.closeCode) == [1002])
    }

    @Test func `a bomb is refused, a message of just the bound is not`() {
        let zeros = [UInt8](repeating: 0, count: 1_000_000)
        let frame = ClientFrame.make(2, Self.compressed(zeros), reservedBits: 4)
        let bound = Self.machine(WebSocketLimits(messageBytesMax: 1_000_000))
        #expect(bound.events(of: frame) == [.binary(zeros)])
        let machine = Self.machine(WebSocketLimits(messageBytesMax: 999_999))
        #expect(machine.events(of: frame).map(\.closeCode) == [1009])
    }

    @Test func `damaged bytes close the connection, and harm no other`() {
        let codec = WebSocketCodec()
        let damaged = ClientFrame.make(2, [0xFF, 0xFF, 0xFF], reservedBits: 4)
        #expect(Self.machine(codec: codec).events(of: damaged).map(\.closeCode) == [1007])
        let sound = ClientFrame.make(2, Self.compressed(Self.text), reservedBits: 4)
        #expect(Self.machine(codec: codec).events(of: sound) == [.binary(Self.text)])
    }

    @Test func `a compressed text must be UTF-8`() {
        for bad in [[0x61, 0xFF], [0xE2, 0x82]] as [[UInt8]] {
            let frame = ClientFrame.make(1, Self.compressed(bad), reservedBits: 4)
            #expect(Self.machine().events(of: frame).map(\.closeCode) == [1007])
        }
    }

    @Test(arguments: 9...15) func `messages are compressed on their own within the window`(_ windowBits: Int) throws {
        let codec = WebSocketCodec()
        // Twice the same 2,000 bytes: only a window that holds them all can use that.
        let block = Self.noise(2000, bits: 6)
        let message = block + block
        for _ in 0..<2 {
            var output: [UInt8] = []
            codec.append(.binary, message.span, as: .deflated(windowBits: windowBits), to: &output)
            #expect(output.prefix(2) == [0xC2, 126])
            let payload = output.dropFirst(4) + [0, 0, 0xFF, 0xFF]
            #expect(Int(output[2]) << 8 | Int(output[3]) == payload.count - 4)
            // An inflater of that window understands it: zlib refuses matches that lie further back.
            let inflater = Inflater(.raw(windowBits: windowBits))
            var plain: [UInt8] = []
            try inflater.append(Array(payload).span, into: &plain, outputMax: message.count)
            #expect(plain == message)
        }
    }

    @Test func `what would not become shorter goes as it is`() {
        let codec = WebSocketCodec()
        var output: [UInt8] = []
        let short = [UInt8](repeating: 0x61, count: WebSocketLimits.deflatedBytesMin - 1)
        codec.append(.text, short.span, as: .deflated(windowBits: 15), to: &output)
        #expect(output == [0x81, 126, 0, 255] + short)
        output = []
        codec.append(.text, (short + [0x61]).span, as: .deflated(windowBits: 15), to: &output)
        #expect(output.first == 0xC1 && output.count < 100)
        output = []
        let noise = Self.noise(1000, bits: 8)
        codec.append(.binary, noise.span, as: .deflated(windowBits: 15), to: &output)
        #expect(output == [0x82, 126, 3, 232] + noise)
        output = []
        codec.append(.text, Self.text.span, as: .plain, to: &output)
        #expect(output.first == 0x81 && output.suffix(Self.text.count) == Self.text[...])
    }
}
