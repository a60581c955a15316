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
