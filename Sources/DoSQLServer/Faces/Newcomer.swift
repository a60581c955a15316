import DoSQLLoop
import DoSQLProtocol
import DoSQLSession

/// A connection that has not said yet what it speaks: its first bytes decide.
///
/// A TLS record of a handshake opens TLS, and what is inside it decides (`protocol/handshake.md`, *TLS*). `DSQL` opens the
/// binary protocol (`protocol/framing.md`, preamble); everything else is HTTP.
final class Newcomer: Face {
    let connection: UInt64
    let kind = FaceKind.newcomer
    let socket: SocketStream
    private unowned let shard: Shard
    /// Why it is one more than the server takes, if it is: it is told so in its own tongue.
    private let surplus: Failure?
    private let acceptedAt: UInt64
    /// Whether what comes has been inside TLS.
    private var isSecured = false
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
        if !isSecured && seen.isEmpty && !bytes.isEmpty && bytes[0] == Self.handshakeRecord { return secure(bytes) }
        seen.append(bytes)
        let opening = seen
        switch Preamble.match(opening.span) {
        case .needMore:
            break
        case .matches:
            let face = speakBinary()
            if let refusal { return face.turnAway(refusal) }
            face.received(opening.span.extracting(droppingFirst: Preamble.size))
        case .foreign:
            let face = HTTPFace(connection: connection, socket: socket, shard: shard)
            shard.faceChanged(face)
            socket.handOver(to: face)
            if let refusal { return face.turnAway(refusal) }
            face.received(opening.span)
        }
    }

    /// Why the connection is not taken.
    private var refusal: Failure? {
        let configuration = shard.context.configuration
        if let surplus { return surplus }
        if isSecured || configuration.tls == nil || configuration.plaintext.allows(socket.peerAddress) { return nil }
        return Failure(.tlsRequired, "this server speaks TLS only: connect with dosqls:// or https://")
    }

    // MARK: TLS

    /// The first byte of a TLS connection: a record of the handshake (RFC 8446, 5.1). No HTTP method, and not `DSQL`.
    private static let handshakeRecord: UInt8 = 22
    /// A record with the fatal alert handshake_failure (RFC 8446, 6): what a TLS client understands where TLS is not
    /// configured.
    private static let handshakeFailure: [UInt8] = [21, 3, 1, 0, 2, 2, 40]
    /// How long a client may take to read that.
    private static let flushTime: Duration = .seconds(1)

    private func secure(_ bytes: Span<UInt8>) {
        guard let tls = shard.context.tls else {
            isClosing = true
            var alert = Self.handshakeFailure
            socket.send(&alert)
            return socket.closeAfterFlush(timeout: Self.flushTime)
        }
        // To be told so in its own tongue it would need a handshake, which is what there is too much of.
        if surplus != nil { return closeNow() }
        isSecured = true
        shard.handshakeBegins(connection)
        socket.use(
            TLSTransform(tls, connection: connection, peerAddress: socket.peerAddress, shard: shard),
            receiving: bytes)
    }

    func receivedEnd() { closeNow() }

    func closed(_ reason: CloseReason) { shard.closed(connection) }

    func tick(_ now: UInt64) {
        // Whoever waits in silence for an answer in HTTP has asked nothing.
        let deadline = acceptedAt &+ shard.context.configuration.session.handshakeTime
        guard deadline <= now && !isClosing else { return }
        if shard.isInHandshake(connection) { return closeNow() }
        speakBinary().tick(now)
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
