/// What a request that may ask for a WebSocket gets (RFC 6455, 4.2).
public enum WebSocketHandshake: Hashable, Sendable {
    /// It does not ask for one: it is for whoever answers HTTP.
    case notUpgrade
    /// It asks in a way that cannot be granted: answer with this and stay with HTTP.
    case refused(WebSocketRefusal)
    /// Answer 101 with these headers; a machine takes over from the next byte on.
    case accepted(WebSocketAgreement)
}
