import DoSQLLoop
import DoSQLProtocol
import DoSQLSession

/// A connection that has not said yet what it speaks: its first bytes decide.
///
/// `DSQL` opens the binary protocol (`protocol/framing.md`, preamble); everything else is HTTP.
final class Newcomer: Face {
    let connection: UInt64
    let kind = FaceKind.newcomer
    let socket: SocketStream
    private unowned let shard: Shard
    /// Why it is one more than the server takes, if it is: it is told so in its own tongue.
    private let surplus: Failure?
    private let acceptedAt: UInt64
    private var seen: [UInt8] = []
    private var isClosing = false

    init(connection: UInt64, socket: SocketStream, shard: Shard, surplus: Failure?) {
        self.connection = connection
        self.socket = socket
        self.shard = shard
        self.surplus = surplus
        acceptedAt = shard.loop.now
    }

    func received(_ bytes: Span<UInt8>) {
        guard !isClosing else { return }
        seen.append(bytes)
        let opening = seen
        switch Preamble.match(opening.span) {
        case .needMore:
            break
        case .matches:
            let face = speakBinary()
            if let surplus { return face.turnAway(surplus) }
            face.received(opening.span.extracting(droppingFirst: Preamble.size))
        case .foreign:
            let face = HTTPFace(connection: connection, socket: socket, shard: shard)
            shard.faceChanged(face)
            socket.handOver(to: face)
            if let surplus { return face.turnAway(surplus) }
            face.received(opening.span)
        }
    }

    func receivedEnd() { closeNow() }

    func closed(_ reason: CloseReason) { shard.closed(connection) }

    func tick(_ now: UInt64) {
        // Whoever waits in silence for an answer in HTTP has asked nothing.
        let deadline = acceptedAt &+ shard.context.configuration.session.handshakeTime
        if deadline <= now && !isClosing { speakBinary().tick(now) }
    }

    var isQuiet: Bool { false }

    private func speakBinary() -> BinaryFace {
        let face = BinaryFace(connection: connection, socket: socket, shard: shard, acceptedAt: acceptedAt)
        shard.faceChanged(face)
        socket.handOver(to: face)
        return face
    }

    func drain() { closeNow() }

    func closeNow() {
        guard !isClosing else { return }
        isClosing = true
        socket.close()
    }

    func flush() {}
}
