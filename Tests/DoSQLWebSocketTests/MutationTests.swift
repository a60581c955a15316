import DoSQLWebSocket
import Testing

/// Damaged and random streams: nothing crashes, and cutting changes nothing.
@Suite struct MutationTests {
    static let stream: [UInt8] =
        ClientFrame.text("κόσμε", isFinal: false) + ClientFrame.make(9, [1, 2, 3])
        + ClientFrame.rest(Array("€".utf8)) + ClientFrame.make(2, [UInt8](repeating: 7, count: 130))
        + ClientFrame.make(1, DeflateTests.compressed(Array("Hello".utf8)), reservedBits: 4)
        + ClientFrame.close(1000, Array("bye".utf8))

    /// The events of a stream are the same whole and in pieces.
    static func check(_ bytes: [UInt8], _ codec: WebSocketCodec) {
        let limits = WebSocketLimits(messageBytesMax: 10_000, fragmentsMax: 10)
        var seen: [[WebSocketEvent]] = []
        for cut in [Int.max, 1] {
            let machine = WebSocketMachine(codec: codec, variant: .deflated(windowBits: 15), limits: limits)
            let events = machine.events(of: bytes, cut: cut)
            seen.append(events)
            let closes = events.filter { if case .closed = $0 { true } else { false } }
            #expect(closes.count == (machine.isOpen ? 0 : 1))
            #expect(machine.heldBytes <= bytes.count)
        }
        #expect(seen[1] == seen[0])
    }

    @Test func `each bit may be wrong`() {
        let codec = WebSocketCodec()
        for index in Self.stream.indices {
            for bit in 0..<8 {
                var bytes = Self.stream
                bytes[index] ^= 1 << UInt8(bit)
                Self.check(bytes, codec)
            }
        }
    }

    @Test func `the stream may end anywhere`() {
        let codec = WebSocketCodec()
        for count in Self.stream.indices { Self.check(Array(Self.stream[..<count]), codec) }
    }

    @Test func `bytes may mean nothing`() {
        let codec = WebSocketCodec()
        let noise = DeflateTests.noise(40_000, bits: 8)
        for start in stride(from: 0, to: noise.count, by: 40) { Self.check(Array(noise[start..<start + 40]), codec) }
    }
}
