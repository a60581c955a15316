/// What came from the other end.
public enum WebSocketEvent: Hashable, Sendable {
    /// A whole text message: valid UTF-8.
    case text([UInt8])
    /// A whole binary message.
    case binary([UInt8])
    /// A ping with its payload. It is answered already.
    case ping([UInt8])
    /// A pong with its payload, asked for or not.
    case pong([UInt8])
    /// The last event. Send the output that is left, then close the connection.
    ///
    /// `code`: the other end's (nil: it gave none), or ours if the connection failed because of what came.
    case closed(code: UInt16?, reason: String)
}
