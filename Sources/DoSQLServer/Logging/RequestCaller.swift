/// What lines of the log say of where a request came from.
struct RequestCaller: Sendable {
    let face: FaceKind
    /// The address; empty once the connection is gone.
    let peer: String
    /// The request's name: `X-Request-ID`, or the connection's name and the request's number.
    let name: String
}
