/// Where a request's body ends (RFC 9112 section 6).
public enum RequestFraming: Sendable, Equatable {
    /// There is no body.
    case none
    /// The body has this many bytes, one at least.
    case length(Int)
    /// The body comes in chunks, and ends with an empty one.
    case chunked
}
