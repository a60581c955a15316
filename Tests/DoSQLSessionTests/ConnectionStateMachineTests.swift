import DoSQLProtocol
import DoSQLSession
import Testing

/// One connection's rules, an event a line (`protocol/framing.md`, `protocol/handshake.md`).
struct ConnectionStateMachineTests {
    typealias Admission = ConnectionStateMachine.Admission

    var machine = ConnectionStateMachine(now: 1_000, limits: SessionLimits())

    private static func header(
        _ type: MessageType, stream: UInt16? = nil, request: UInt32 = 1, flags: FrameFlags = [], length: UInt32 = 0
    ) -> FrameHeader {
        header(
            raw: type.rawValue, stream: stream ?? (type.streamRule == .stream ? 1 : 0), request: request, flags: flags,
            length: length)
    }

    private static func header(
        raw type: UInt8, stream: UInt16 = 0, request: UInt32 = 1, flags: FrameFlags = [], length: UInt32 = 0
    ) -> FrameHeader {
        FrameHeader(length: length, type: type, flags: flags, stream: stream, request: request)
    }

    private func receive(
        _ type: MessageType, stream: UInt16? = nil, request: UInt32 = 1, flags: FrameFlags = []
    ) -> Admission {
        machine.received(Self.header(type, stream: stream, request: request, flags: flags))
    }

    private mutating func shakeHands() {
        #expect(receive(.hello) == .handshake)
        machine.accepted()
    }

    private static func code(_ admission: Admission) -> ErrorCode? {
        switch admission {
        case .close(let code, let reason):
            #expect(!reason.isEmpty)
            return code
        default: return nil
        }
    }

    static let clientMessages = MessageType.allCases.filter { $0.sender == .client }

    // MARK: Handshake

    @Test
    func `HELLO comes first, and once`() {
        var test = self
        #expect(!test.machine.isOpen)
        #expect(test.receive(.hello) == .handshake)
        #expect(!test.machine.isOpen)
        test.machine.accepted()
        #expect(test.machine.isOpen)
        #expect(Self.code(test.receive(.hello, request: 2)) == .protocolViolation)
    }

    @Test(arguments: clientMessages.filter { $0 != .hello })
    func `whatever else comes first closes`(_ type: MessageType) {
        #expect(Self.code(receive(type)) == .protocolViolation)
    }

    @Test(arguments: [0x00, 0x02, 0x3F, 0x40, 0x5F, 0x7F, 0x80, 0xFF] as [UInt8])
    func `an unknown type closes before HELLO`(_ type: UInt8) {
        #expect(Self.code(machine.received(Self.header(raw: type))) == .protocolViolation)
    }

    @Test
    func `HELLO has stream 0, an id and no flags`() {
        #expect(Self.code(receive(.hello, stream: 1)) == .protocolViolation)
        #expect(Self.code(receive(.hello, request: 0)) == .protocolViolation)
        #expect(Self.code(receive(.hello, flags: .depends)) == .protocolViolation)
        #expect(Self.code(receive(.hello, flags: .end)) == .protocolViolation)
        #expect(Self.code(receive(.hello, flags: FrameFlags(rawValue: 0x80))) == .protocolViolation)
    }

    @Test
    func `the handshake has a deadline, until it is over`() {
        var test = self
        let limit = SessionLimits().handshakeTime
        #expect(limit == UInt64(Limits.handshakeTime) * 1_000_000)
        #expect(test.machine.nextDeadline == 1_000 + limit)
        #expect(!test.machine.isHandshakeLate(now: 1_000 + limit - 1))
        #expect(test.machine.isHandshakeLate(now: 1_000 + limit))
        test.shakeHands()
        #expect(test.machine.nextDeadline == nil)
        #expect(!test.machine.isHandshakeLate(now: .max))
    }

    // MARK: Types, flags, streams, ids

    @Test(arguments: clientMessages.filter { $0 != .hello })
    func `each message is taken for what it is`(_ type: MessageType) {
        var test = self
        test.shakeHands()
        let expected: Admission =
            switch type {
            case .ping, .prepare, .unprepare, .tenants: .control
            case .cancel, .credit, .loadRows: .part
            default: .request
            }
        #expect(test.receive(type) == expected)
        #expect(Self.code(test.receive(type, request: 0)) == .protocolViolation)
        #expect(Self.code(test.receive(type, stream: type.streamRule == .stream ? 0 : 7)) == .protocolViolation)
    }

    @Test(arguments: clientMessages.filter { $0 != .hello }, (0..<8).map { FrameFlags(rawValue: 1 << $0) })
    func `a flag goes where the pages list it`(_ type: MessageType, _ flag: FrameFlags) {
        var test = self
        test.shakeHands()
        let mayDepend = type.streamRule == .stream && type != .loadRows
        let isAllowed = flag == .end ? type == .loadRows : flag == .depends ? mayDepend : false
        #expect((Self.code(test.receive(type, flags: flag)) == .protocolViolation) == !isAllowed)
    }

    @Test
    func `an unknown type is UNSUPPORTED in the client's range, whatever its other fields, and closes in any other`() {
        var test = self
        test.shakeHands()
        for type in UInt8.min...UInt8.max where MessageType(rawValue: type)?.sender != .client {
            let admission = test.machine.received(
                Self.header(raw: type, stream: 9, request: 0, flags: FrameFlags(rawValue: 0xFF)))
            if (0x01...0x3F).contains(type) {
                #expect(admission == .refuse(.unsupported), "type \(type)")
            } else {
                #expect(Self.code(admission) == .protocolViolation, "type \(type)")
            }
        }
    }

    @Test
    func `an id is taken until its answer, whatever the stream`() {
        var test = self
        test.shakeHands()
        #expect(test.receive(.run, stream: 1, request: 7) == .request)
        test.machine.deferred(7)
        #expect(Self.code(test.receive(.run, stream: 1, request: 7)) == .protocolViolation)
        #expect(Self.code(test.receive(.query, stream: 2, request: 7)) == .protocolViolation)
        #expect(Self.code(test.receive(.ping, request: 7)) == .protocolViolation)
        #expect(test.receive(.run, stream: 1, request: 8) == .request)
        test.machine.answered(7)
        #expect(test.receive(.run, stream: 1, request: 7) == .request)
    }

    @Test
    func `the ids 1 and 4294967295 are as good as others`() {
        var test = self
        test.shakeHands()
        for request: UInt32 in [1, .max] {
            #expect(test.receive(.run, request: request) == .request)
            test.machine.deferred(request)
            #expect(Self.code(test.receive(.run, request: request)) == .protocolViolation)
        }
    }

    @Test
    func `a part may name what is in flight and what is not`() {
        var test = self
        test.shakeHands()
        test.machine.deferred(7)
        for request: UInt32 in [7, 8] {
            #expect(test.receive(.cancel, request: request) == .part)
            #expect(test.receive(.credit, request: request) == .part)
            #expect(test.receive(.loadRows, request: request, flags: .end) == .part)
        }
        #expect(test.machine.inFlightCount == 1)
    }

    // MARK: Bounds

    @Test
    func `beyond the requests in flight the answer is OVERLOADED, until one is answered`() {
        var test = self
        test.shakeHands()
        for request in 1...UInt32(Limits.requestsInFlightMax) {
            #expect(test.receive(.run, request: request) == .request)
            test.machine.deferred(request)
        }
        #expect(test.machine.inFlightCount == Limits.requestsInFlightMax)
        #expect(test.receive(.run, request: 9_999) == .refuse(.overloaded))
        #expect(test.receive(.open, request: 9_999) == .refuse(.overloaded))
        // What would bring relief, or costs nothing, is taken all the same; TENANTS costs.
        #expect(test.receive(.cancel, request: 1) == .part)
        #expect(test.receive(.credit, request: 1) == .part)
        #expect(test.receive(.ping, request: 9_999) == .control)
        #expect(test.receive(.tenants, request: 9_999) == .refuse(.overloaded))
        #expect(Self.code(test.receive(.run, request: 1)) == .protocolViolation)
        test.machine.answered(1)
        #expect(test.receive(.run, request: 9_999) == .request)
    }

    @Test
    func `beyond the bytes of waiting bodies the answer is OVERLOADED, until some are released`() {
        var test = self
        test.shakeHands()
        test.machine.kept(bytes: Limits.requestBytesMax - 1)
        #expect(test.receive(.run) == .request)
        test.machine.kept(bytes: 1)
        #expect(test.receive(.run) == .refuse(.overloaded))
        #expect(test.receive(.ping) == .control)
        test.machine.released(bytes: 1)
        #expect(test.receive(.run) == .request)
    }

    // MARK: Draining

    @Test
    func `after GOAWAY what is new is refused and what was accepted is finished`() {
        var test = self
        test.shakeHands()
        test.machine.deferred(1)
        test.machine.drain()
        #expect(test.machine.isOpen && !test.machine.isDrained)
        for type in Self.clientMessages {
            let admission = test.receive(type, request: 2)
            switch type {
            case .hello: #expect(Self.code(admission) == .protocolViolation)
            case .ping: #expect(admission == .control)
            case .cancel, .credit, .loadRows: #expect(admission == .part)
            default: #expect(admission == .refuse(.shuttingDown), "\(type)")
            }
        }
        #expect(Self.code(test.receive(.run, request: 1)) == .protocolViolation)
        test.machine.answered(1)
        #expect(test.machine.isDrained)
    }

    @Test
    func `an idle connection is drained at once, and one that does not drain never is`() {
        var test = self
        test.shakeHands()
        #expect(!test.machine.isDrained)
        test.machine.drain()
        #expect(test.machine.isDrained)
    }
}
