import DoSQLWebSocket
import Testing

/// Bad frames and the close they get.
@Suite struct ViolationTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]
        let code: UInt16
        /// How many bytes are enough to know it.
        let known: Int

        /// `known`: all but so many at the end.
        init(_ description: String, _ bytes: [UInt8], _ code: UInt16, late: Int = 0) {
            testDescription = description
            self.bytes = bytes
            self.code = code
            known = bytes.count - late
        }
    }

    static let cases: [Case] = [
        Case("a frame without a mask", ClientFrame.make(1, [0x61], isMasked: false), 1002, late: 1),
        Case("the first reserved bit", ClientFrame.make(1, [0x61], reservedBits: 4), 1002, late: 5),
        Case("the second reserved bit", ClientFrame.make(1, [0x61], reservedBits: 2), 1002, late: 5),
        Case("the third reserved bit", ClientFrame.make(1, [0x61], reservedBits: 1), 1002, late: 5),
        Case("a reserved bit in a ping", ClientFrame.make(9, reservedBits: 4), 1002, late: 4),
        Case("opcode 3", ClientFrame.make(3), 1002, late: 4),
        Case("opcode 7", ClientFrame.make(7, [1, 2]), 1002, late: 6),
        Case("opcode 11", ClientFrame.make(11), 1002, late: 4),
        Case("opcode 15", ClientFrame.make(15), 1002, late: 4),
        Case("a fragmented ping", ClientFrame.make(9, isFinal: false), 1002, late: 4),
        Case("a fragmented close", ClientFrame.make(8, isFinal: false), 1002, late: 4),
        Case("a ping of 126 bytes", ClientFrame.make(9, [UInt8](repeating: 0, count: 126)), 1002, late: 132),
        Case("a continuation of nothing", ClientFrame.rest([1]), 1002, late: 5),
        Case(
            "a message inside a message", ClientFrame.text("a", isFinal: false) + ClientFrame.text("b"), 1002, late: 5),
        Case("a short length in two bytes", [0x81, 0xFE, 0, 125, 1, 2, 3, 4], 1002, late: 4),
        Case("a short length in eight bytes", [0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 1, 2, 3, 4], 1002, late: 4),
        Case("a length beyond the bound", [0x82, 0xFF, 0, 0, 0, 0, 1, 0, 0, 1, 1, 2, 3, 4], 1009),
        Case("a length beyond all numbers", [0x82, 0xFF] + [UInt8](repeating: 0xFF, count: 8) + [1, 2, 3, 4], 1009),
        Case("a close of one byte", ClientFrame.make(8, [3]), 1002),
        Case("a close reason that is not UTF-8", ClientFrame.close(1000, [0xCE]), 1007),
    ]

    @Test(arguments: cases) func `it is told as soon as it is known`(_ bad: Case) {
        let machine = WebSocketMachine(codec: WebSocketCodec())
        #expect(machine.events(of: Array(bad.bytes[..<(bad.known - 1)]), cut: 1) == [])
        let events = machine.events(of: [bad.bytes[bad.known - 1]])
        #expect(events.map(\.closeCode) == [bad.code])
        #expect(machine.output.prefix(1) == [0x88])
        #expect(Array(machine.output.dropFirst(2).prefix(2)) == ClientFrame.bigEndian(Int(bad.code), bytes: 2))
        #expect(!machine.isOpen)
        #expect(machine.heldBytes == 0)
    }

    @Test(arguments: cases) func `whole, it gets the same close, and nothing after it is heard`(_ bad: Case) {
        let machine = WebSocketMachine(codec: WebSocketCodec())
        let events = machine.events(of: bad.bytes + ClientFrame.text("late"))
        #expect(events.map(\.closeCode) == [bad.code])
        let output = machine.output
        #expect(machine.events(of: ClientFrame.make(9)) == [])
        machine.send(.text, [0x61].span)
        machine.ping()
        machine.close()
        #expect(machine.output == output)
    }

    static let allowedCodes = [
        1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4999,
    ]
    static let forbiddenCodes = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535]

    @Test(arguments: allowedCodes) func `a close code that is allowed comes back`(_ code: Int) {
        let machine = WebSocketMachine(codec: WebSocketCodec())
        let events = machine.events(of: ClientFrame.close(code, Array("κ".utf8)))
        #expect(events == [.closed(code: UInt16(code), reason: "κ")])
        #expect(machine.output == closeFrame(code))
    }

    @Test(arguments: forbiddenCodes) func `a close code that is not allowed is an error`(_ code: Int) {
        let machine = WebSocketMachine(codec: WebSocketCodec())
        #expect(machine.events(of: ClientFrame.close(code)).map(\.closeCode) == [1002])
    }

    @Test func `a close without a code gets one without a code`() {
        let machine = WebSocketMachine(codec: WebSocketCodec())
        #expect(machine.events(of: ClientFrame.make(8)) == [.closed(code: nil, reason: "")])
        #expect(machine.output == [0x88, 0])
    }

    @Test func `a close of ours waits for its answer and passes messages over`() {
        let machine = WebSocketMachine(codec: WebSocketCodec())
        machine.close(code: 1001, reason: "bye")
        #expect(machine.output == [0x88, 5, 0x03, 0xE9] + Array("bye".utf8))
        #expect(!machine.isOpen)
        machine.output = []
        #expect(machine.events(of: ClientFrame.text("late")) == [])
        #expect(machine.events(of: ClientFrame.close(1001)) == [.closed(code: 1001, reason: "")])
        #expect(machine.output.isEmpty)
    }

    @Test func `fragments add up to the bound and no further`() {
        let limits = WebSocketLimits(messageBytesMax: 10)
        let machine = WebSocketMachine(codec: WebSocketCodec(), limits: limits)
        let half = [UInt8](repeating: 0x61, count: 5)
        let whole = ClientFrame.make(1, half, isFinal: false) + ClientFrame.rest(half)
        #expect(machine.events(of: whole) == [.text(half + half)])
        let more = ClientFrame.make(1, half, isFinal: false) + ClientFrame.rest(half + [0x61])
        #expect(machine.events(of: more, cut: 1).map(\.closeCode) == [1009])
    }

    @Test func `a frame that would go beyond the bound is refused before it comes`() {
        let machine = WebSocketMachine(codec: WebSocketCodec(), limits: WebSocketLimits(messageBytesMax: 10))
        let half = [UInt8](repeating: 0x61, count: 5)
        #expect(machine.events(of: ClientFrame.make(2, half, isFinal: false)) == [])
        let head = ClientFrame.rest(half + [0x61]).dropLast(6)
        #expect(machine.events(of: Array(head)).map(\.closeCode) == [1009])
    }

    @Test func `a bound below a control frame's is for messages only`() {
        let machine = WebSocketMachine(codec: WebSocketCodec(), limits: WebSocketLimits(messageBytesMax: 2))
        let ping = ClientFrame.make(9, [1, 2, 3])
        #expect(machine.events(of: ping + ClientFrame.make(2, [1, 2])) == [.ping([1, 2, 3]), .binary([1, 2])])
    }

    @Test func `a message of too many fragments is refused`() {
        let machine = WebSocketMachine(codec: WebSocketCodec(), limits: WebSocketLimits(fragmentsMax: 3))
        let empty = ClientFrame.rest([], isFinal: false)
        let three = ClientFrame.make(2, isFinal: false) + empty + ClientFrame.rest([7])
        #expect(machine.events(of: three) == [.binary([7])])
        let four = ClientFrame.make(2, isFinal: false) + empty + empty + ClientFrame.rest([7])
        #expect(machine.events(of: four).map(\.closeCode) == [1008])
    }
}
