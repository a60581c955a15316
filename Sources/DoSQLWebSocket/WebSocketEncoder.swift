/// Writes frames of a server: whole messages, not masked (RFC 6455, 5.1, 5.2).
///
/// They do not depend on a connection, so that the same bytes may go to thousands. Messages for connections that agreed
/// on compression are ``WebSocketCodec/append(_:_:as:to:)``.
public enum WebSocketEncoder {
    /// Appends a text message. The text must be UTF-8.
    public static func appendText(_ text: Span<UInt8>, to output: inout [UInt8]) {
        appendFrame(0x81, text, to: &output)
    }

    /// Appends a binary message.
    public static func appendBinary(_ bytes: Span<UInt8>, to output: inout [UInt8]) {
        appendFrame(0x82, bytes, to: &output)
    }

    /// Appends a ping. Its payload has at most 125 bytes and comes back in a pong.
    public static func appendPing(_ payload: [UInt8] = [], to output: inout [UInt8]) {
        appendControl(0x89, payload.span, to: &output)
    }

    /// Appends a pong. Its payload has at most 125 bytes.
    public static func appendPong(_ payload: [UInt8] = [], to output: inout [UInt8]) {
        appendControl(0x8A, payload.span, to: &output)
    }

    /// Appends a close frame. A reason of more than 123 bytes is cut at the end of a character.
    public static func appendClose(code: UInt16, reason: String = "", to output: inout [UInt8]) {
        precondition(WebSocketCloseCode.isSendable(code), "A close frame cannot carry the code \(code)")
        var payload = [UInt8(code >> 8), UInt8(code & 0xFF)]
        for scalar in reason.unicodeScalars {
            guard payload.count + UTF8.width(scalar) <= WebSocketLimits.controlBytesMax else { break }
            payload.append(contentsOf: UTF8.encode(scalar).map(Array.init) ?? [])
        }
        appendControl(0x88, payload.span, to: &output)
    }

    /// Appends a close frame without a code.
    static func appendBareClose(to output: inout [UInt8]) {
        output.append(0x88)
        output.append(0)
    }

    private static func appendControl(_ first: UInt8, _ payload: Span<UInt8>, to output: inout [UInt8]) {
        precondition(payload.count <= WebSocketLimits.controlBytesMax, "A control frame has at most 125 bytes")
        appendFrame(first, payload, to: &output)
    }

    /// `first`: the bits and the opcode.
    static func appendFrame(_ first: UInt8, _ payload: Span<UInt8>, to output: inout [UInt8]) {
        let count = payload.count
        output.append(addingCapacity: 10 + count) { span in
            span.append(first)
            switch count {
            case 0...125:
                span.append(UInt8(count))
            case 126...Int(UInt16.max):
                span.append(126)
                span.append(UInt8(truncatingIfNeeded: count >> 8))
                span.append(UInt8(truncatingIfNeeded: count))
            default:
                span.append(127)
                for shift in stride(from: 56, through: 0, by: -8) {
                    span.append(UInt8(truncatingIfNeeded: count >> shift))
                }
            }
            for index in payload.indices { span.append(payload[index]) }
        }
    }
}
