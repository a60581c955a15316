/// What the bytes of a connection turned out to be.
public enum RequestEvent: Sendable {
    /// A request begins. Its body follows, then `end`.
    case head(RequestHead)
    /// A part of the body, never empty. How a body is cut into parts depends on how it arrived.
    case body([UInt8])
    /// The request is complete.
    case end
    /// The request is refused, and with it the connection: nothing follows.
    case fault(HTTPFault)
}

/// How far the request is that the client is sending.
public enum RequestProgress: Sendable, Equatable {
    /// No request has begun.
    case idle
    /// A head has begun and is not complete, or waits to be asked for.
    case head
    /// A body has begun and is not complete, or waits to be asked for.
    case body
    /// Nothing more is read: after a fault, a request that was the last one, or ``RequestParser/takeRemainder()``.
    case finished
}
