import DoSQLProtocol

extension MessageType {
    /// Whether a server's message ends the request it answers.
    var isTerminal: Bool {
        switch self {
        case .head, .rows, .grant, .goAway: false
        default: sender == .server
        }
    }
}
