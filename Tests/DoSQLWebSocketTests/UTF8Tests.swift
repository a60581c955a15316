import DoSQLWebSocket
import Testing

/// Texts, valid and not, as `RFC 3629` has them.
@Suite struct UTF8Tests {
    static let valid: [[UInt8]] = [
        [], [0x00], [0x7F], [0xC2, 0x80], [0xDF, 0xBF], [0xE0, 0xA0, 0x80], [0xED, 0x9F, 0xBF], [0xEE, 0x80, 0x80],
        [0xEF, 0xBF, 0xBF], [0xF0, 0x90, 0x80, 0x80], [0xF4, 0x8F, 0xBF, 0xBF], [0x61, 0xE2, 0x82, 0xAC, 0x62],
    ]
    /// With how many bytes are enough to know it.
    static let invalid: [([UInt8], known: Int)] = [
        ([0x80], 1), ([0xBF, 0x61], 1), ([0xC0, 0x80], 1), ([0xC1, 0xBF], 1), ([0xC2, 0x61], 2), ([0xC2, 0xC2], 2),
        ([0xE0, 0x80, 0x80], 2), ([0xE0, 0x9F, 0xBF], 2), ([0xED, 0xA0, 0x80], 2), ([0xED, 0xBF, 0xBF], 2),
        ([0xE2, 0x82, 0x61], 3), ([0xF0, 0x80, 0x80, 0x80], 2), ([0xF0, 0x8F, 0xBF, 0xBF], 2),
        ([0xF4, 0x90, 0x80, 0x80], 2), ([0xF5, 0x80, 0x80, 0x80], 1), ([0xFE], 1), ([0xFF], 1),
        ([0x61, 0x62, 0xF8, 0x88, 0x80, 0x80, 0x80], 3),
    ]
    static let truncated: [[UInt8]] = [[0xC2], [0xE2], [0xE2, 0x82], [0xF0, 0x90], [0xF0, 0x90, 0x80]]

    @Test(arguments: valid) func `a valid text is taken, whole and byte by byte`(_ text: [UInt8]) {
        for cut in [Int.max, 1] {
            let machine = WebSocketMachine(codec: WebSocketCodec())
            #expect(machine.events(of: ClientFrame.make(1, text), cut: cut) == [.text(text)])
        }
    }

    @Test(arguments: invalid) func `an invalid text is refused inside its frame`(_ text: [UInt8], known: Int) {
        let machine = WebSocketMachine(codec: WebSocketCodec())
        // More follows, so that the frame is not complete when it is refused.
        let frame = ClientFrame.make(1, text + [0x7A])
        let before = frame.count - text.count - 1 + known - 1
        #expect(machine.events(of: Array(frame[..<before]), cut: 1) == [])
        #expect(machine.events(of: [frame[before]]).map(\.closeCode) == [1007])
    }

    @Test(arguments: invalid) func `an invalid text is refused in its fragment`(_ text: [UInt8], known: Int) {
        for place in 0...text.count {
            let machine = WebSocketMachine(codec: WebSocketCodec())
            let first = ClientFrame.make(1, Array(text[..<place]), isFinal: false)
            let second = ClientFrame.rest(Array(text[place...]), isFinal: false)
            let events = machine.events(of: first)
            #expect(events.map(\.closeCode) == (place >= known ? [1007] : []))
            #expect(machine.events(of: second).map(\.closeCode) == (place >= known ? [] : [1007]))
        }
    }

    @Test(arguments: truncated) func `a text that ends inside a character is refused`(_ text: [UInt8]) {
        for cut in [Int.max, 1] {
            let machine = WebSocketMachine(codec: WebSocketCodec())
            #expect(machine.events(of: ClientFrame.make(1, text), cut: cut).map(\.closeCode) == [1007])
        }
    }

    @Test func `bytes of a binary message are not looked at`() {
        let machine = WebSocketMachine(codec: WebSocketCodec())
        #expect(machine.events(of: ClientFrame.make(2, [0xFF, 0xC0]), cut: 1) == [.binary([0xFF, 0xC0])])
    }
}
