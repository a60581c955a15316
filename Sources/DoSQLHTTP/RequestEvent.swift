/// What the bytes of a connection turned out to be.
public enum RequestEvent {
    /// A request begins. Its body follows, then `end`.
    case head(RequestHead)
    /// A part of the body, never empty. How a body is cut into parts depends on how it arrived.
    case body([UInt8])
    /// The request is complete.
    case end
    /// The request is refused, and with it the connection: nothing follows.
    case fault(HTTPFault)
}
