import DoSQLAccess
import DoSQLEngine
import DoSQLLoop
import DoSQLProtocol
import DoSQLWebSocket

/// A connection that speaks WebSocket (RFC 6455): messages in and out, on behalf of what is spoken inside them.
final class WebSocketFace: Face {
    /// Output that the socket has not taken, beyond which no more messages are read: the client reads first.
    private static let outputMax = 4 << 20
    /// Bytes of a message of the binary protocol: its longest frame fits.
    static let framesBytesMax = FrameHeader.size + Limits.frameMax
    /// Bytes of a message to the hub, which is JSON and read on the loop; compressed, a thousandth may come for them.
    static let hubBytesMax = 1 << 20
    /// Bytes of a message before it is known who sends it.
    static let strangerBytesMax = FrameHeader.size + Limits.frameHandshakeMax
    /// Capacity that a connection keeps for its output while it is idle: there may be many.
    private static let idleCapacityMax = 1024
    /// Bytes of a message that may come though the server has no room for it.
    private static let starvedMax = 64 * 1024
    /// How long the client may take to answer a close frame and to read what was sent before it.
    private static let closeTime: UInt64 = 5_000_000_000
    private static let flushTime: Duration = .seconds(5)

    let connection: UInt64
    let kind = FaceKind.webSocket
    let socket: SocketStream
    let bytesBefore: (received: UInt64, sent: UInt64)
    unowned let shard: Shard
    private let machine: WebSocketMachine
    private var keepalive: WebSocketKeepalive
    private var conversation: (any WebSocketConversation)?
    /// Received bytes that are no message yet.
    private let receivedBytes: ByteCharge
    /// Answers that the client has not taken.
    private let answerBytes: ByteCharge
    private var isDirty = false
    private var isPaused = false
    private var isHeldBack = false
    private(set) var isClosing = false
    private var closeDeadline = UInt64.max
    /// Whether both sides have closed, and what the client asked for before is still being carried out.
    private var isFinishing = false
    /// What the socket had sent, and had still to send, when that was last looked at.
    private var seen: (sent: UInt64, queued: Int) = (0, 0)

    init(connection: UInt64, socket: SocketStream, shard: Shard, variant: WebSocketVariant, messageBytesMax: Int) {
        self.connection = connection
        self.socket = socket
        bytesBefore = (socket.bytesReceived, socket.bytesSent)
        self.shard = shard
        let heartbeat = shard.context.configuration.http.heartbeatTime
        machine = WebSocketMachine(
            codec: shard.web.webSocketCodec, variant: variant,
            limits: WebSocketLimits(messageBytesMax: messageBytesMax))
        receivedBytes = ByteCharge(to: shard.inFlight)
        answerBytes = ByteCharge(to: shard.inFlight)
        keepalive = WebSocketKeepalive(pingInterval: heartbeat, pongTimeout: heartbeat, now: shard.loop.now)
    }

    /// Begins, with what came right behind the handshake.
    func start(_ conversation: any WebSocketConversation, with bytes: [UInt8]) {
        self.conversation = conversation
        received(bytes.span)
    }

    /// It is known who the client is: its messages may be this long from now on.
    func allow(messageBytesMax: Int) {
        machine.messageBytesMax = messageBytesMax
        socket.readBytesMax = .max
    }

    /// Received bytes that nobody has asked for yet.
    var keptBytes: Int { machine.heldBytes }

    /// The signature of a token that the conversation asked about has been checked.
    func received(_ verdict: TokenAuthority.Verdict) {
        guard !isClosing else { return }
        (conversation as? HubConversation)?.received(verdict)
    }

    // MARK: In

    func received(_ bytes: Span<UInt8>) {
        guard !isClosing else { return }
        keepalive.heard(now: shard.loop.now)
        machine.receive(bytes)
        pump()
    }

    private func pump() {
        shard.turns.beginStretch()
        defer { shard.turns.endStretch() }
        while !isClosing, !mustWait, let event = machine.next() {
            defer { shard.turns.charge(conversation?.turns ?? shard.turns.nobody) }
            switch event {
            case .text(let text): conversation?.received(text: text)
            case .binary(let bytes): conversation?.received(binary: bytes)
            case .ping, .pong: break
            case .closed: finish()
            }
        }
        receivedBytes.set(machine.heldBytes)
        if machine.heldBytes > Self.starvedMax && shard.inFlight.isFull && machine.isOpen {
            // Nobody knows when there will be room for the rest of it.
            close(WebSocketCloseCode.tryAgainLater, "the server has no room for this message now")
            socket.pauseReading()
        }
        if !machine.output.isEmpty { makeDirty() }
        if !isQuiet { shard.wake(self) }
    }

    /// Whether the client has to read before anything more is done for it.
    private var mustWait: Bool {
        conversation?.yieldIfDue()
        if !isPaused && (isHeldBack || queuedBytes > outputBound) {
            isPaused = true
            socket.pauseReading()
        }
        return isPaused
    }

    /// The conversation has too much under way, or no more so.
    func holdBack(_ isHeldBack: Bool) {
        self.isHeldBack = isHeldBack
        if !isHeldBack { resume() }
    }

    /// Beyond how much output the client reads first: less where too many clients do not.
    private var outputBound: Int { shard.inFlight.isShort ? socket.lowWaterMark : Self.outputMax }

    private func resume() {
        guard isPaused, !isHeldBack, queuedBytes <= outputBound else { return }
        isPaused = false
        socket.resumeReading()
        pump()
    }

    // MARK: Out

    /// How many bytes wait for the client.
    var queuedBytes: Int { socket.queuedBytes + machine.output.count }

    /// Bytes that it holds, of both directions. (What a face counts is looked at whenever it may have changed much.)
    var heldBytes: Int { receivedBytes.bytes + answerBytes.bytes }

    var untakenBytes: Int { answerBytes.bytes }

    /// Counts the answers that wait.
    func countAnswers() { answerBytes.set(queuedBytes + (conversation?.heldBytes ?? 0)) }

    /// How the client wants its messages.
    var variant: WebSocketVariant { machine.variant }

    func send(_ kind: WebSocketMessageKind, _ bytes: Span<UInt8>) {
        machine.send(kind, bytes)
        countAnswers()
        makeDirty()
    }

    /// Sends whole frames that were encoded for many.
    func send(encoded frames: [UInt8]) {
        guard machine.isOpen else { return }
        machine.output += frames
        countAnswers()
        makeDirty()
    }

    func makeDirty() {
        guard !isDirty else { return }
        isDirty = true
        shard.willFlush(self)
    }

    func flush() {
        isDirty = false
        conversation?.deliver()
        defer { countAnswers() }
        guard !machine.output.isEmpty else { return }
        socket.send(&machine.output)
        if machine.output.capacity > Self.idleCapacityMax { machine.output = [] }
        // What the socket took at once never counts as queued, so nobody else would say so.
        if socket.queuedBytes <= socket.lowWaterMark { drained() }
    }

    func drained() {
        countAnswers()
        conversation?.drained()
        resume()
    }

    // MARK: Time and the end

    func tick(_ now: UInt64) {
        conversation?.tick(now)
        guard !isClosing else { return }
        countAnswers()
        if closeDeadline <= now { return closeNow() }
        if isTakingBytes || (isPaused && socket.queuedBytes == 0) { keepalive.heard(now: now) }
        switch keepalive.timeout(now: now) {
        case .none: break
        case .ping:
            machine.ping()
            makeDirty()
        case .dead: closeNow()
        }
    }

    /// Whether the client has read since the last call. Its pong may stand behind megabytes, or in front of a socket
    /// that is not read: who takes what waits for it is alive as well.
    private var isTakingBytes: Bool {
        let before = seen
        seen = (socket.bytesSent, socket.queuedBytes)
        return before.queued > 0 && (seen.sent != before.sent || seen.queued < before.queued)
    }

    var isQuiet: Bool { conversation?.isQuiet ?? true }

    /// Says why, and closes when the client has answered.
    func close(_ code: UInt16, _ reason: String) {
        guard machine.isOpen else { return }
        machine.close(code: code, reason: reason)
        closeDeadline = min(closeDeadline, shard.loop.now &+ Self.closeTime)
        makeDirty()
    }

    /// Both sides have said that they close: the server closes first (RFC 6455, 7.1.1). What was asked for before that
    /// is carried out, though nobody hears of it.
    private func finish() {
        guard !isClosing else { return }
        if let conversation, conversation.isBusy {
            isFinishing = true
            closeDeadline = min(closeDeadline, shard.loop.now &+ Self.closeTime)
            return makeDirty()
        }
        isClosing = true
        endConversation()
        socket.send(&machine.output)
        socket.closeAfterFlush(timeout: Self.flushTime)
    }

    /// Nothing that the client has asked for is under way any more.
    func isIdle() {
        if isFinishing { finish() }
    }

    func receivedEnd() {
        if !isFinishing { closeNow() }
    }

    func drain() { conversation?.drain() }

    /// A tenant has ended.
    func tenantEnded(_ tenant: Tenant) { conversation?.tenantEnded(tenant.name) }

    func closeNow() {
        isClosing = true
        endConversation()
        socket.close()
        receivedBytes.set(0)
        answerBytes.set(0)
    }

    func closed(_ reason: CloseReason) {
        isClosing = true
        endConversation()
        shard.closed(connection)
    }

    private func endConversation() {
        conversation?.end()
        conversation = nil
    }
}
