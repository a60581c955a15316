import NIOCore

/// The bounds of a WebSocket and of the connection that may become one.
enum WebSocketLimits {
    /// Bytes of one message, as a whole and of each of its frames: 1 MiB, as of a request's body. Beyond it the socket is
    /// closed with 1009.
    static let messageMax = 1024 * 1024
    /// Messages that may wait for their turn; beyond it the socket is closed with 1008. There is no backlog of answers:
    /// who does not read them is waited for.
    static let waitingMax = 1000
    /// Bytes of the messages that wait: 8 MiB; beyond it the socket is closed with 1008.
    static let waitingBytesMax = 8 * 1024 * 1024
    /// How often the client is asked for a sign of life.
    static let pingInterval = Duration.seconds(30)
    /// A client that was silent for so long, two pings included, is gone.
    static let silenceMax = Duration.seconds(75)
    /// How long the client has to answer a close frame.
    static let closeTimeout = TimeAmount.seconds(5)
    /// How long a connection may take for its first request, and to be idle between two.
    static let idleMax = TimeAmount.seconds(75)
}
