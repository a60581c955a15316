import DoSQLLoop
import DoSQLProtocol

/// A connection that speaks the binary protocol: its bytes are the session's frames as they are.
final class BinaryFace: Face {
    let connection: UInt64
    let kind = FaceKind.binary
    let socket: SocketStream
    private unowned let shard: Shard
    private var session: Session!

    init(connection: UInt64, socket: SocketStream, shard: Shard, acceptedAt: UInt64) {
        self.connection = connection
        self.socket = socket
        self.shard = shard
        session = Session(on: shard, transport: self, acceptedAt: acceptedAt)
    }

    /// The connection is not taken.
    func turnAway(_ failure: Failure) { session.fail(failure) }

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

    var untakenBytes: Int { socket.queuedBytes + session.output.count }

    var heldBytes: Int { untakenBytes + session.receivedBytes }
}

extension BinaryFace: FrameTransport {
    var faceKind: FaceKind { .binary }
    var peerAddress: String { socket.peerAddress }
    var queuedBytes: Int { socket.queuedBytes }
    var countsBytes: Bool { false }
    var lowWaterMark: Int { socket.lowWaterMark }
    func send(_ frames: inout [UInt8]) { socket.send(&frames) }
    func pauseReading() { socket.pauseReading() }
    func resumeReading() { socket.resumeReading() }
    func proved() {
        shard.proved(connection)
        socket.readBytesMax = .max
    }
    func closeAfterFlush(timeout: Duration) { socket.closeAfterFlush(timeout: timeout) }
}
