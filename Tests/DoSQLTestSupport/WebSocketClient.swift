/// A client that speaks WebSocket (RFC 6455), whole messages and single frames, over one connection.
public final class WebSocketClient {
    /// What came.
    public enum Message: Equatable, Sendable {
        case text(String)
        case binary([UInt8])
        case ping([UInt8])
        case pong([UInt8])
        /// The close frame's code, if it had one, and its reason.
        case close(Int?, String)
    }

    /// The connection.
    public let http: HTTPClient
    /// The answer to the upgrade.
    public let handshake: HTTPAnswer
    /// Whether pings are answered by themselves and not given out.
    public var answersPings = true
    private var received: [UInt8] = []
    private var partial: (opcode: UInt8, bytes: [UInt8])?

    /// Connects and upgrades; whether it was accepted is in ``handshake``.
    public init(
        connectingTo address: String, path: String = "/connect", headers: [(String, String)] = [],
        subprotocol: String? = nil, receiveBuffer: Int? = nil, server: AnyObject? = nil
    ) throws {
        http = try HTTPClient(connectingTo: address, receiveBuffer: receiveBuffer, server: server)
        var all = headers
        all += [
            ("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ]
        if let subprotocol { all.append(("Sec-WebSocket-Protocol", subprotocol)) }
        try http.send("GET", path, headers: all)
        handshake = try http.answer()
    }

    // MARK: Sending

    /// Sends a text message.
    public func send(_ text: String) throws { try send(opcode: 1, Array(text.utf8)) }
    /// Sends a binary message.
    public func send(_ bytes: [UInt8]) throws { try send(opcode: 2, bytes) }

    /// Sends one frame.
    public func send(opcode: UInt8, _ payload: [UInt8], isFinal: Bool = true, isMasked: Bool = true) throws {
        var frame: [UInt8] = [(isFinal ? 0x80 : 0) | opcode]
        let mask: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
        let bit: UInt8 = isMasked ? 0x80 : 0
        switch payload.count {
        case ..<126: frame.append(bit | UInt8(payload.count))
        case ..<65536: frame += [bit | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        default:
            frame.append(bit | 127)
            for shift in stride(from: 56, through: 0, by: -8) { frame.append(UInt8(payload.count >> shift & 0xFF)) }
        }
        if isMasked {
            frame += mask
            for (index, byte) in payload.enumerated() { frame.append(byte ^ mask[index & 3]) }
        } else {
            frame += payload
        }
        try http.socket.send(frame)
    }

    // MARK: Receiving

    /// Waits for the next message; nil: the connection has ended.
    public func next() throws -> Message? {
        let deadline = Deadline(in: http.patience)
        while true {
            if let message = try parse() {
                if answersPings, case .ping(let payload) = message {
                    try send(opcode: 10, payload)
                    continue
                }
                return message
            }
            let bytes = try http.bytes(deadline)
            if bytes.isEmpty { return nil }
            received += bytes
        }
    }

    /// Waits for the close frame, passing over whatever comes before it, and gives its code; nil if it has none.
    public func nextClose() throws -> Int? {
        while let message = try next() {
            if case .close(let code, _) = message { return code }
        }
        throw TestSupportError("the connection ended without a close frame")
    }

    /// Waits for the next text message.
    public func nextText() throws -> String {
        switch try next() {
        case .text(let text)?: return text
        case let other:
            throw TestSupportError("a text message was awaited, and this came: \(String(describing: other))")
        }
    }

    /// Waits for the next frame as it stands, whatever it is: its first byte (FIN, the reserved bits and the opcode) and
    /// its payload; nil: the connection has ended. Not between the frames of a message that ``next()`` has begun.
    public func nextFrame() throws -> (head: UInt8, payload: [UInt8])? {
        let deadline = Deadline(in: http.patience)
        while true {
            if let frame = try frame() { return frame }
            let bytes = try http.bytes(deadline)
            if bytes.isEmpty { return nil }
            received += bytes
        }
    }

    private func frame() throws -> (head: UInt8, payload: [UInt8])? {
        guard received.count >= 2 else { return nil }
        var length = Int(received[1] & 0x7F)
        var start = 2
        if length == 126 {
            guard received.count >= 4 else { return nil }
            length = Int(received[2]) << 8 | Int(received[3])
            start = 4
        } else if length == 127 {
            guard received.count >= 10 else { return nil }
            length = received[2..<10].reduce(0) { $0 << 8 | Int($1) }
            start = 10
        }
        guard received[1] & 0x80 == 0 else { throw TestSupportError("a server does not mask its frames") }
        guard received.count >= start + length else { return nil }
        let head = received[0]
        let payload = Array(received[start..<(start + length)])
        received.removeFirst(start + length)
        return (head, payload)
    }

    private func parse() throws -> Message? {
        guard let (head, payload) = try frame() else { return nil }
        guard head & 0x70 == 0 else { throw TestSupportError("a frame with reserved bits: \(head)") }
        let isFinal = head & 0x80 != 0
        let opcode = head & 0x0F
        switch opcode {
        case 8:
            let code = payload.count >= 2 ? Int(payload[0]) << 8 | Int(payload[1]) : nil
            return .close(code, String(decoding: payload.dropFirst(2), as: UTF8.self))
        case 9: return .ping(payload)
        case 10: return .pong(payload)
        case 0:
            guard var whole = partial else { throw TestSupportError("a continuation of nothing") }
            whole.bytes += payload
            partial = isFinal ? nil : whole
            return isFinal ? Self.message(whole.opcode, whole.bytes) : try parse()
        default:
            if isFinal { return Self.message(opcode, payload) }
            partial = (opcode, payload)
            return try parse()
        }
    }

    private static func message(_ opcode: UInt8, _ bytes: [UInt8]) -> Message {
        opcode == 1 ? .text(String(decoding: bytes, as: UTF8.self)) : .binary(bytes)
    }
}
