/// What both ends agreed on.
public struct WebSocketAgreement: Hashable, Sendable {
    /// The subprotocol, if one of the client's was among ours.
    public let subprotocol: String?
    /// How messages are sent to the client.
    public let variant: WebSocketVariant
    /// The headers of the 101: Upgrade, Connection, Sec-WebSocket-Accept, and what was agreed on.
    public let headers: [WebSocketHeader]
}
