import DoSQLWebSocket
import Testing

/// Good frames and what they mean, whole and in pieces of every size.
@Suite struct MessageTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]
        let events: [WebSocketEvent]
        var output: [UInt8] = []
    }

    static let long = (0..<70_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }

    static let cases: [Case] = [
        Case(testDescription: "an empty text", bytes: ClientFrame.text(""), events: [.text([])]),
        Case(testDescription: "a text", bytes: ClientFrame.text("κόσμε"), events: [.text(Array("κόσμε".utf8))]),
        Case(
            testDescription: "125 bytes", bytes: ClientFrame.make(2, [UInt8](repeating: 1, count: 125)),
            events: [.binary([UInt8](repeating: 1, count: 125))]),
        Case(
            testDescription: "126 bytes", bytes: ClientFrame.make(2, [UInt8](repeating: 2, count: 126)),
            events: [.binary([UInt8](repeating: 2, count: 126))]),
        Case(
            testDescription: "65,535 bytes", bytes: ClientFrame.make(2, Array(long[..<65_535])),
            events: [.binary(Array(long[..<65_535]))]),
        Case(
            testDescription: "65,536 bytes", bytes: ClientFrame.make(2, Array(long[..<65_536])),
            events: [.binary(Array(long[..<65_536]))]),
        Case(
            testDescription: "a message in fragments, some of them empty",
            bytes: ClientFrame.text("", isFinal: false) + ClientFrame.rest(Array("a".utf8), isFinal: false)
                + ClientFrame.rest([], isFinal: false) + ClientFrame.rest(Array("b".utf8)),
            events: [.text(Array("ab".utf8))]),
        Case(
            testDescription: "a character cut by a fragment",
            bytes: ClientFrame.make(1, [0xE2, 0x82], isFinal: false) + ClientFrame.rest([0xAC]),
            events: [.text([0xE2, 0x82, 0xAC])]),
        Case(
            testDescription: "a ping between fragments is answered at once",
            bytes: ClientFrame.text("a", isFinal: false) + ClientFrame.make(9, [1, 2]) + ClientFrame.rest([0x62]),
            events: [.ping([1, 2]), .text(Array("ab".utf8))], output: [0x8A, 2, 1, 2]),
        Case(
            testDescription: "a ping of 125 bytes",
            bytes: ClientFrame.make(9, [UInt8](repeating: 0xFE, count: 125)),
            events: [.ping([UInt8](repeating: 0xFE, count: 125))],
            output: [0x8A, 125] + [UInt8](repeating: 0xFE, count: 125)),
        Case(testDescription: "a pong that nobody asked for", bytes: ClientFrame.make(10, [5]), events: [.pong([5])]),
        Case(
            testDescription: "two messages and what follows a close",
            bytes: ClientFrame.text("a") + ClientFrame.make(2, [0]) + ClientFrame.close(1000)
                + ClientFrame.text("late"),
            events: [.text([0x61]), .binary([0]), .closed(code: 1000, reason: "")], output: closeFrame(1000)),
    ]

    @Test(arguments: cases) func `whole, it means what it says`(_ good: Case) {
        let machine = WebSocketMachine(codec: WebSocketCodec())
        #expect(machine.events(of: good.bytes) == good.events)
        #expect(machine.output == good.output)
        #expect(machine.heldBytes == 0)
    }

    @Test(arguments: cases) func `in pieces, it means the same`(_ good: Case) {
        for cut in good.bytes.count > 1000 ? [1021] : Array(1...8) {
            let machine = WebSocketMachine(codec: WebSocketCodec())
            #expect(machine.events(of: good.bytes, cut: cut) == good.events)
            #expect(machine.output == good.output)
            #expect(machine.heldBytes == 0)
        }
    }

    @Test func `machines that share a codec do not mix their frames`() {
        let codec = WebSocketCodec()
        let machines = (0..<3).map { _ in WebSocketMachine(codec: codec) }
        let frames = (0..<3).map { ClientFrame.text("machine \($0)") }
        var texts: [[WebSocketEvent]] = [[], [], []]
        for index in frames[0].indices {
            for (number, machine) in machines.enumerated() {
                texts[number] += machine.events(of: [frames[number][index]])
            }
        }
        #expect(texts == (0..<3).map { [.text(Array("machine \($0)".utf8))] })
    }

    @Test func `frames wait until they are asked for`() {
        let machine = WebSocketMachine(codec: WebSocketCodec())
        let bytes = ClientFrame.make(9, [1]) + ClientFrame.make(9, [2])
        machine.receive(bytes.span)
        #expect(machine.next() == .ping([1]))
        #expect(machine.output == [0x8A, 1, 1])
        #expect(machine.heldBytes == bytes.count / 2)
        machine.receive(ClientFrame.text("x").span)
        #expect(machine.next() == .ping([2]))
        #expect(machine.next() == .text([0x78]))
        #expect(machine.next() == nil)
    }
}
