/// The two kinds of messages (RFC 6455, 5.6).
public enum WebSocketMessageKind: Hashable, Sendable {
    /// UTF-8.
    case text
    /// Any bytes.
    case binary

    var opcode: UInt8 {
        switch self {
        case .text: 0x1
        case .binary: 0x2
        }
    }
}
