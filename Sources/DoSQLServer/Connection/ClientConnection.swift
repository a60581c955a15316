import DoSQLEngine
import DoSQLLoop
import DoSQLProtocol
import DoSQLSession
import Logging

/// One client that speaks the binary protocol, confined to its shard's loop: frames in, requests routed, answers out.
///
/// Invariant: `inFlight` has an entry for each request that `machine` counts as in flight and that has left its
/// stream's line.
final class ClientConnection: StreamDelegate {
    /// Output that the socket has not taken, beyond which no more requests are read: the client reads first.
    private static let outputMax = 4 << 20
    /// How long a closing connection may take to read its last answers.
    private static let flushTime: Duration = .seconds(5)

    let id: UInt64
    let socket: SocketStream
    /// Whether it is one more than the server takes.
    let isSurplus: Bool
    unowned let shard: Shard
    var machine: ConnectionStateMachine
    private var decoder = FrameDecoder()
    private var preamble: [UInt8]? = []
    var output = ByteWriter()
    private var isDirty = false
    var streams: [UInt16: ClientStream] = [:]
    var statements = StatementTable()
    /// When the request came that is being started, if it had to wait: deadlines count from there.
    var receivedAt: UInt64?
    var inFlight: [UInt32: InFlight] = [:]
    /// Requests that were started and wait for their shard's reader.
    var waitingForReader: Set<UInt32> = []
    /// Credit that came before its request was started.
    var earlyCredit: [UInt32: Int] = [:]
    /// Parts of results that the socket has not taken yet, with their bytes.
    var untaken: [(request: UInt32, bytes: Int)] = []
    /// By the request that began each.
    var subscriptions: [UInt32: WireSubscription] = [:]
    /// Not once the server stops: they would keep it waiting.
    var takesSubscriptions = true
    var replyMax = Limits.frameMaxLeast
    var isClosing = false
    private var isPaused = false

    init(id: UInt64, socket: SocketStream, shard: Shard, isSurplus: Bool) {
        self.id = id
        self.socket = socket
        self.isSurplus = isSurplus
        self.shard = shard
        machine = ConnectionStateMachine(now: shard.loop.now, limits: shard.context.configuration.session)
    }

    // MARK: Bytes in

    func received(_ bytes: Span<UInt8>) {
        var input = bytes
        if preamble != nil {
            guard let rest = acceptPreamble(input) else { return }
            input = input.extracting(droppingFirst: rest)
        }
        takeFrames(input)
    }

    /// Handles the frames in `bytes`, behind what was kept of earlier ones, as long as the client reads its answers.
    private func takeFrames(_ bytes: Span<UInt8>) {
        var input = bytes
        // Out of the property for the time of the call: the frames it hands out borrow from it.
        var decoder = FrameDecoder()
        swap(&decoder, &self.decoder)
        defer { swap(&decoder, &self.decoder) }
        loop: while !isClosing {
            if mustWaitForClient() { return decoder.keep(input) }
            decoder.frameMax = machine.isOpen ? Limits.frameMax : Limits.frameHandshakeMax
            switch decoder.next(&input) {
            case .frame(let header, let body): handle(header, body)
            case .assembled(let header, let body): handle(header, body.span)
            case .tooLarge(let header): tooLarge(header)
            case .unmeant: fail(.protocolViolation, "a frame of more than 1 GiB cannot be meant")
            case .needMore: break loop
            }
        }
    }

    /// Whether so much output waits for the client that nothing more is done for it until it has read.
    func mustWaitForClient() -> Bool {
        if isPaused { return true }
        guard socket.queuedBytes + output.count > Self.outputMax else { return false }
        flush()
        guard socket.queuedBytes > Self.outputMax else { return false }
        isPaused = true
        socket.pauseReading()
        return true
    }

    /// - Returns: how many bytes belong to the preamble, once it is complete.
    private func acceptPreamble(_ bytes: Span<UInt8>) -> Int? {
        guard var seen = preamble else { return 0 }
        let before = seen.count
        var index = 0
        while seen.count < Preamble.size && index < bytes.count {
            seen.append(bytes[index])
            index += 1
        }
        switch Preamble.match(seen.span) {
        case .matches:
            preamble = nil
            return Preamble.size - before
        case .needMore:
            preamble = seen
            return nil
        case .foreign:
            // For human eyes: whoever speaks something else sees what this is.
            output.append(
                Array(
                    "DoSQL: this port speaks the DoSQL protocol, which opens with the bytes DSQL. See protocol/ of the project.\n"
                        .utf8))
            closeAfterOutput()
            return nil
        }
    }

    private func tooLarge(_ header: FrameHeader) {
        guard machine.isOpen else {
            return fail(.frameTooLarge, "before HELLO_OK a frame has at most \(Limits.frameHandshakeMax) bytes")
        }
        switch machine.received(header) {
        case .close(let code, let reason): return fail(code, reason)
        // It belongs to a request that has an answer of its own; rows of this size are beyond any credit.
        case .part: return overrun(header)
        case .handshake, .control, .request, .refuse: break
        }
        let failure = Failure(
            .frameTooLarge, "this frame has \(header.length) bytes, and the server takes at most \(Limits.frameMax)",
            limit: ("frameMax", Limits.frameMax))
        refuseOnArrival(header, failure)
    }

    private func handle(_ header: FrameHeader, _ body: Span<UInt8>) {
        switch machine.received(header) {
        case .handshake: hello(header, body)
        case .control: control(header, body)
        case .part: part(header, body)
        case .request: request(header, body)
        // Until the grace time is over, an open transaction may come to its end.
        case .refuse(.shuttingDown) where streams[header.stream].map { $0.machine.transaction != .none } ?? false:
            request(header, body)
        case .refuse(.overloaded): refuseOnArrival(header, overloaded())
        case .refuse(let code): refuseOnArrival(header, Failure(code, Self.wording(of: code)))
        case .close(let code, let reason): fail(code, reason)
        }
    }

    // MARK: Bytes out

    func makeDirty() {
        guard !isDirty else { return }
        isDirty = true
        shard.willFlush(self)
    }

    /// Sends what the turn has brought.
    func flush() {
        isDirty = false
        if !output.isEmpty { socket.send(&output.bytes) }
        if socket.queuedBytes <= socket.lowWaterMark { taken() }
    }

    func drained() {
        taken()
        guard isPaused else { return }
        isPaused = false
        for stream in streams.values { pump(stream) }
        let nothing: [UInt8] = []
        if !isPaused { takeFrames(nothing.span) }
        if !isPaused { socket.resumeReading() }
        closeIfDrained()
    }

    /// The socket has taken what was sent: those who produce results may go on.
    private func taken() {
        resumeSubscriptions()
        guard !untaken.isEmpty else { return }
        let parts = untaken
        untaken.removeAll(keepingCapacity: true)
        for part in parts {
            guard let entry = inFlight[part.request] else { continue }
            if entry.job.flow.take(part.bytes) { resume(entry) }
        }
    }

    // MARK: The end

    /// The server stops: what is accepted is finished, nothing new is taken.
    func drain() {
        guard !isClosing else { return }
        machine.drain()
        GoAway(.shuttingDown, "the server is shutting down", retryAfter: 1000).encode(into: &output)
        makeDirty()
        takesSubscriptions = false
        endSubscriptions(Failure(.shuttingDown, Self.wording(of: .shuttingDown)))
        closeIfDrained()
    }

    func closeIfDrained() {
        guard machine.isDrained, !isClosing else { return }
        // An open transaction may go on until the grace time is over.
        if streams.values.contains(where: { $0.machine.transaction != .none }) { return }
        closeAfterOutput()
    }

    /// There are too many connections already.
    func turnAway() {
        fail(.tooManyConnections, "this server takes at most \(shard.context.configuration.connectionsMax) connections")
    }

    /// An error that ends the connection.
    func fail(_ code: ErrorCode, _ reason: String) {
        guard !isClosing else { return }
        shard.context.log.debug(
            "connection closed by the server",
            metadata: ["peer": "\(socket.peerAddress)", "code": "\(code.name)", "reason": "\(reason)"])
        Failure(code, reason).message(transaction: .none, isFatal: true).encode(into: &output)
        closeAfterOutput()
    }

    private func closeAfterOutput() {
        guard !isClosing else { return }
        isClosing = true
        if !output.isEmpty { socket.send(&output.bytes) }
        abandonEverything()
        socket.closeAfterFlush(timeout: Self.flushTime)
    }

    /// The grace time is over.
    func closeNow() {
        isClosing = true
        abandonEverything()
        socket.close()
    }

    func receivedEnd() {
        // Nobody half-closes a connection that has open requests on purpose: the peer is gone.
        closeNow()
    }

    func closed(_ reason: CloseReason) {
        isClosing = true
        abandonEverything()
        shard.closed(self)
    }

    /// Reads are cancelled, transactions rolled back; writes that were handed over are carried out or not as if the
    /// connection lived.
    private func abandonEverything() {
        for entry in inFlight.values {
            switch entry.carrier {
            case .line:
                if entry.job.type == .begin, !entry.job.giveUp() {
                    streams[entry.job.address.stream]?.submit(.abandon)
                } else if entry.job.type != .begin, entry.job.type != .open {
                    break
                }
            case .session(let session):
                entry.job.cancel(.disconnected)
                session.submit(.abandon)
            case .transaction:
                // A COMMIT that was sent is not called back.
                if entry.job.type != .commit { entry.job.cancel(.disconnected) }
            case .load:
                entry.job.cancel(.disconnected)
                if !entry.job.giveUp() { submit(.abandon, for: entry) }
            }
        }
        inFlight.removeAll()
        cancelSubscriptions()
        untaken.removeAll()
        for stream in streams.values {
            stream.submit(.abandon)
            stream.transaction = nil
        }
        streams.removeAll()
    }

    // MARK: Small things

    func address(of header: FrameHeader) -> RequestAddress {
        RequestAddress(shard: shard.mailbox, connection: id, stream: header.stream, request: header.request)
    }

    static func time(_ milliseconds: UInt64, after now: UInt64) -> UInt64 {
        let (nanoseconds, overflow) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
        if overflow { return .max }
        let (time, beyond) = now.addingReportingOverflow(nanoseconds)
        return beyond ? .max : time
    }

    /// What a code says that needs no particulars.
    static func wording(of code: ErrorCode) -> String {
        switch code {
        case .unsupported: "this server does not know this message"
        case .shuttingDown: "the server is shutting down"
        case .streamNotOpen: "this stream is not open"
        case .noTransaction: "there is no transaction on this stream"
        case .transactionOpen: "a transaction is open on this stream already"
        case .transactionAborted: Failure.transactionAborted.message
        case .transactionExpired: "the transaction's time is over: it was rolled back"
        default: code.name
        }
    }
}
