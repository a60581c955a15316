/// The answer to a bad handshake.
public struct WebSocketRefusal: Hashable, Sendable {
    /// 400, or 426 for a version that is not spoken here (RFC 6455, 4.4).
    public let status: Int
    /// The sentence for people.
    public let reason: String
    /// Headers that belong to the answer.
    public let headers: [WebSocketHeader]
}
