import DoSQLLoop
import DoSQLProtocol

/// A connection that speaks the binary protocol: its bytes are the session's frames as they are.
final class BinaryFace: Face {
    let connection: UInt64
    let kind = FaceKind.binary
    let socket: SocketStream
    private unowned let shard: Shard
    private let session: Session

    init(connection: UInt64, socket: SocketStream, shard: Shard, acceptedAt: UInt64) {
        self.connection = connection
        self.socket = socket
        self.shard = shard
        session = Session(on: shard, transport: socket, acceptedAt: acceptedAt)
    }

    /// The connection is not taken.
    func turnAway(_ failure: Failure) { session.fail(failure.code, failure.message) }

    func received(_ bytes: Span<UInt8>) { session.receive(bytes) }

    // Nobody half-closes a connection that has open requests on purpose: the peer is gone.
    func receivedEnd() { closeNow() }

    func drained() { session.drained() }

    func closed(_ reason: CloseReason) {
        session.end()
        shard.closed(connection)
    }

    func tick(_ now: UInt64) { session.tick(now) }

    var isQuiet: Bool { false }

    func drain() { session.drain() }

    func closeNow() {
        session.end()
        socket.close()
    }

    func flush() {}
}
