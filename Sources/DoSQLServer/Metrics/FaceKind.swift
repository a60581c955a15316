/// What is spoken on a connection, as the metrics tell it apart.
enum FaceKind: Int, CaseIterable, Sendable {
    /// Its first bytes have not said yet.
    case newcomer
    /// Frames on the socket itself (`protocol/framing.md`).
    case binary
    /// HTTP, event streams with it (`protocol/http.md`).
    case http
    /// The hub, or frames in messages of a WebSocket.
    case webSocket

    /// Those that speak.
    static var speaking: ArraySlice<FaceKind> { allCases.dropFirst() }

    /// The value of the label `face`.
    var label: String {
        switch self {
        case .newcomer: "new"
        case .binary: "binary"
        case .http: "http"
        case .webSocket: "websocket"
        }
    }
}
