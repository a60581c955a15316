import DoSQLLoop

/// What is spoken on a connection, as its shard knows it: the owner of the socket.
protocol Face: StreamDelegate {
    /// Names the connection on its shard, also when its face changes.
    var connection: UInt64 { get }
    /// What is spoken, for the metrics.
    var kind: FaceKind { get }
    /// The socket that it owns.
    var socket: SocketStream { get }
    /// Bytes that had moved through the socket before this face had it, and are another one's.
    var bytesBefore: (received: UInt64, sent: UInt64) { get }
    /// Looks at every deadline.
    func tick(_ now: UInt64)
    /// Whether nothing is under way, so that looking at its deadlines once a second will do. A face that is quiet no
    /// more says so with ``Shard/wake(_:)``.
    var isQuiet: Bool { get }
    /// The server stops: what is accepted is finished, nothing new is taken.
    func drain()
    /// The grace time is over.
    func closeNow()
    /// Bytes of answers that its client has not taken.
    var untakenBytes: Int { get }
    /// Bytes that it holds: answers that its client has not taken, and what it has received of requests.
    var heldBytes: Int { get }
    /// Sends what the turn has brought, after ``Shard/willFlush(_:)``.
    func flush()
}

extension Face {
    var bytesBefore: (received: UInt64, sent: UInt64) { (0, 0) }

    /// Bytes that have moved through the socket since this face has it.
    var bytesMoved: (received: UInt64, sent: UInt64) {
        let before = bytesBefore
        return (socket.bytesReceived &- before.received, socket.bytesSent &- before.sent)
    }

    var untakenBytes: Int { socket.queuedBytes }

    var heldBytes: Int { untakenBytes }
}
