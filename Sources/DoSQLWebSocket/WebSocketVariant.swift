/// How a connection wants its messages: the same for many, so that a message to all of them is encoded once for each
/// variant.
public enum WebSocketVariant: Hashable, Sendable {
    /// As they are.
    case plain
    /// Compressed on their own with permessage-deflate (RFC 7692), with a window of 2 to the power of this, 9 to 15.
    case deflated(windowBits: Int)
}
