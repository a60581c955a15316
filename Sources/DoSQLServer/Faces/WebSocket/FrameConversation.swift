import DoSQLLoop
import DoSQLProtocol
import DoSQLSession
import DoSQLWebSocket

/// The binary protocol inside binary messages (`protocol/framing.md`, preamble): each message holds whole frames.
final class FrameConversation: WebSocketConversation, FrameTransport {
    /// The subprotocol that asks for it.
    static let subprotocol = "dosql.v1"

    private unowned let face: WebSocketFace
    private var session: Session!
    /// Frames that were sent and not yet handed to the face.
    private var frames: [UInt8] = []
    private var isDraining = false

    /// Whether the client's messages may not be as long as they may once HELLO is answered.
    private var isStranger: Bool

    /// - Parameter shown: who has shown a token with the request, and the token.
    init(on face: WebSocketFace, shown: (principal: Principal, token: [UInt8])?) {
        self.face = face
        isStranger = face.shard.context.authority != nil
        session = Session(on: face.shard, transport: self, acceptedAt: face.shard.loop.now, shown: shown)
    }

    // MARK: WebSocketConversation

    func received(text: [UInt8]) {
        face.close(WebSocketCloseCode.unsupportedData, "\(Self.subprotocol) has binary messages only")
    }

    func received(binary: [UInt8]) {
        guard Frames.areWhole(binary) else {
            return face.close(WebSocketCloseCode.policyViolation, "a message of \(Self.subprotocol) holds whole frames")
        }
        session.receive(binary.span)
        if session.greeting != nil && face.keptBytes > Limits.frameHandshakeMax {
            session.fail(.frameTooLarge, "too much is sent behind HELLO before it is answered")
        }
        noteGreeting()
    }

    /// Behind HELLO the client's messages may be as long as any.
    private func noteGreeting() {
        guard isStranger && session.machine.isOpen else { return }
        isStranger = false
        face.allow(messageBytesMax: WebSocketFace.framesBytesMax)
    }

    var turns: TurnAccount { session.turns }
    func yieldIfDue() { _ = session.mustYield() }

    func deliver() {
        guard !frames.isEmpty else { return }
        let message = frames
        frames = []
        face.send(.binary, message.span)
    }

    /// Whoever speaks frames waits for their answers, or does not care.
    var isBusy: Bool { false }
    func drained() { session.drained() }
    func tick(_ now: UInt64) { session.tick(now) }
    // Its session may hold a transaction, whose time is short.
    var isQuiet: Bool { false }
    // Its streams tell of their tenants.
    func tenantEnded(_ tenant: TenantName) {}

    func drain() {
        isDraining = true
        session.drain()
    }

    func end() { session.end() }

    // MARK: FrameTransport

    var faceKind: FaceKind { .webSocket }
    var peerAddress: String { face.socket.peerAddress }
    var queuedBytes: Int { frames.count + face.queuedBytes }
    var countsBytes: Bool { true }
    var heldBytes: Int { frames.count }
    var lowWaterMark: Int { face.socket.lowWaterMark }
    func pauseReading() { face.holdBack(true) }
    func resumeReading() {
        noteGreeting()
        face.holdBack(false)
    }

    func closeAfterFlush(timeout: Duration) {
        deliver()
        if isDraining {
            face.close(WebSocketCloseCode.goingAway, "the server is shutting down")
        } else {
            face.close(WebSocketCloseCode.normal, "the session is over")
        }
    }

    func send(_ sent: inout [UInt8]) {
        Frames.move(&sent, to: &frames)
        face.countAnswers()
        face.makeDirty()
    }
}
