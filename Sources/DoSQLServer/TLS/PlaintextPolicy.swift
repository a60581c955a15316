/// Who may talk to a server without TLS that has TLS configured (`protocol/handshake.md`, *TLS*).
public enum PlaintextPolicy: String, Sendable, CaseIterable {
    /// Nobody.
    case never
    /// Whoever is on the same machine: loopback addresses and unix sockets.
    case loopback
    /// Everybody.
    case always

    /// Whether a peer may, by its address as ``SocketStream/peerAddress`` tells it.
    func allows(_ peerAddress: String) -> Bool {
        switch self {
        case .never: false
        case .always: true
        case .loopback:
            peerAddress == "unix" || peerAddress.hasPrefix("127.") || peerAddress.hasPrefix("[::1]:")
        }
    }
}
