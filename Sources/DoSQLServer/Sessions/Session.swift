import DoSQLAccess
import DoSQLEngine
import DoSQLLoop
import DoSQLProtocol
import DoSQLSession
import Logging

/// What one client may do and has under way, whatever face it came through: frames in, requests routed, frames out.
/// Confined to its shard's loop.
///
/// The messages of the binary protocol are the server's operations. The binary face hands over what it receives as it
/// came; the others translate into these messages and back, so that an operation is here once for all of them.
///
/// Invariant: `inFlight` has an entry for each request that `machine` counts as in flight and that has left its
/// stream's line.
final class Session {
    /// Output that the transport has not taken, beyond which no more requests are read: the client reads first.
    private static let outputMax = 4 << 20
    /// Output of one turn beyond which it is counted before the turn ends.
    private static let uncountedMax = 64 * 1024
    /// Bytes of prepared texts that are not counted: connections of one application mostly share theirs.
    static let textBytesFree = 64 * 1024
    /// Received bytes that wait for a turn, beyond which they wait with the kernel: pausing for each turn costs more.
    private static let keptMax = 64 * 1024
    /// How long a closing session may take to have its last answers read.
    private static let flushTime: Duration = .seconds(5)

    let id: UInt64
    /// Where the frames go. Let go of at the end, since a transport holds its session.
    private(set) var transport: (any FrameTransport)?
    /// It knows this session only until ``end()``, so neither keeps the other for ever.
    let shard: Shard
    let faceKind: FaceKind
    var machine: ConnectionStateMachine
    private var decoder = FrameDecoder()
    /// Received bytes behind those that the decoder has: they wait for a turn, or for the client to read.
    private var kept: [UInt8] = []
    var output = ByteWriter()
    private var isDirty = false
    var streams: [UInt16: SessionStream] = [:] {
        didSet { recentStream = nil }
    }
    /// The stream of the last request: mostly that of the next one, too.
    private var recentStream: SessionStream?
    var statements = StatementTable()
    /// When the request came that is being started, if it had to wait: deadlines count from there.
    var receivedAt: UInt64?
    var inFlight: [UInt32: InFlight] = [:]
    /// Requests that were started and wait for their shard's reader.
    var waitingForReader: Set<UInt32> = []
    /// Credit that is kept for a request which has not been started, in bytes: nobody reads more, and no sum of credits
    /// overflows.
    static let earlyCreditMax = 1 << 40
    /// Credit that came before its request was started.
    var earlyCredit: [UInt32: Int] = [:]
    /// Parts of results that the transport has not taken yet, with their bytes.
    var untaken: [(request: UInt32, bytes: Int)] = []
    /// By the request that began each.
    var subscriptions: [UInt32: WireSubscription] = [:]
    /// Not once the server stops: they would keep it waiting.
    var takesSubscriptions = true
    var replyMax = Limits.frameMaxLeast
    /// Whether its requests come out of the server's own hands: then a bad one is a client's mistake, but no broken
    /// connection.
    private(set) var isTranslated = false
    /// Who is served. nil: nobody has been let in yet, or the server has no tokens and nobody needs to be.
    private(set) var principal: Principal?
    /// The token that was shown outside of HELLO, until HELLO has come: it may not show another one.
    private var shownToken: [UInt8]?
    /// The HELLO whose token is being checked elsewhere.
    var greeting: Greeting?
    var isClosing = false
    /// The client has to read first.
    private var isPaused = false
    /// Its tenant has had its time: it goes on when the others have had theirs.
    private var isYielding = false
    /// What the tenant of its last request has had of the turn.
    private(set) var turns: TurnAccount
    /// Its answers that the client has not taken.
    let answers: AnswerWindow
    /// Received bytes that have not become requests.
    private let received: ByteCharge
    /// Texts that were prepared.
    private let texts: ByteCharge

    /// A session in front of HELLO, on a connection that was accepted at `acceptedAt` (monotonic nanoseconds). Its shard
    /// knows it from now until ``end()``.
    /// - Parameter shown: who has shown a token already, and the token, where something came in front of HELLO.
    init(
        on shard: Shard, transport: any FrameTransport, acceptedAt: UInt64,
        shown: (principal: Principal, token: [UInt8])? = nil
    ) {
        principal = shown?.principal
        shownToken = shown?.token
        id = shard.nextID()
        self.transport = transport
        self.shard = shard
        faceKind = transport.faceKind
        machine = ConnectionStateMachine(now: acceptedAt, limits: shard.context.configuration.session)
        turns = shard.turns.nobody
        answers = AnswerWindow(of: shard.inFlight)
        received = ByteCharge(to: shard.inFlight)
        texts = ByteCharge(to: shard.inFlight)
        shard.began(self)
    }

    /// A session of the server's own code, which needs no handshake.
    /// - Parameters:
    ///   - principal: who is served; nil only where the server has no tokens.
    ///   - replyMax: the longest body that the transport takes, in bytes.
    convenience init(on shard: Shard, transport: any FrameTransport, principal: Principal?, replyMax: Int) {
        self.init(on: shard, transport: transport, acceptedAt: shard.loop.now)
        self.principal = principal
        machine.accepted()
        self.replyMax = replyMax
        isTranslated = true
    }

    // MARK: Bytes in

    /// Handles the frames in `bytes`, behind what was kept of earlier ones, as long as the client reads its answers.
    func receive(_ bytes: Span<UInt8>) {
        // Once for what came together: a token is judged whenever it is used.
        guard principal == nil || isStillLetIn() else { return }
        if isPaused || isYielding {
            kept.append(bytes)
            if kept.count > Self.keptMax { transport?.pauseReading() }
            return countReceived(decoder.keptCount)
        }
        var input = bytes
        // Out of the property for the time of the call: the frames it hands out borrow from it.
        var decoder = FrameDecoder()
        swap(&decoder, &self.decoder)
        defer {
            countReceived(decoder.keptCount)
            swap(&decoder, &self.decoder)
        }
        let turns = shard.turns
        turns.beginStretch()
        defer { turns.endStretch() }
        // Whether the client takes its answers is looked at first, and whenever much has come of them since.
        var isFirst = true
        loop: while !isClosing {
            if greeting != nil { return hold(&decoder, input) }
            if isFirst || isPaused || output.count > Self.uncountedMax {
                isFirst = false
                if mustWaitForClient() { return kept.append(input) }
            }
            if mustYield() { return kept.append(input) }
            decoder.frameMax = machine.isOpen ? Limits.frameMax : Limits.frameHandshakeMax
            switch decoder.next(&input) {
            case .frame(let header, let body): handle(header, body)
            case .assembled(let header, let body): handle(header, body.span)
            case .tooLarge(let header): tooLarge(header)
            case .unmeant: fail(.protocolViolation, "a frame of more than 1 GiB cannot be meant")
            case .needMore:
                giveUpIfFull(&decoder)
                break loop
            }
            turns.charge(self.turns)
        }
    }

    /// Counts what was received and is no request yet.
    private func countReceived(_ bytes: Int) { received.set(bytes + kept.count) }

    /// Counts the texts that were prepared, but for those of an ordinary application.
    func countTexts() { texts.set(max(0, statements.bytes - Self.textBytesFree)) }

    /// With too many bytes in flight, a frame that comes in parts is refused, and the rest of it passed over. Rows of a load
    /// have been granted.
    private func giveUpIfFull(_ decoder: inout FrameDecoder) {
        guard machine.isOpen, shard.inFlight.isFull, decoder.keptCount > Self.uncountedMax,
            let coming = decoder.coming, coming.type != MessageType.loadRows.rawValue
        else { return }
        decoder.giveUp()
        refuseUnread(coming, shard.inFlight.refusal)
    }

    /// What stands behind a HELLO whose token is being checked waits for that, within bounds.
    private func hold(_ decoder: inout FrameDecoder, _ input: Span<UInt8>) {
        decoder.keep(input)
        guard decoder.keptCount > Limits.frameHandshakeMax else { return }
        decoder = FrameDecoder()
        fail(.frameTooLarge, "before HELLO_OK there are at most \(Limits.frameHandshakeMax) bytes behind HELLO")
    }

    /// Handles one request that a face has translated.
    func submit(
        _ type: MessageType, stream: UInt16, request: UInt32, flags: FrameFlags = [], body: Span<UInt8>
    ) {
        guard !isClosing else { return }
        handle(
            FrameHeader(
                length: UInt32(truncatingIfNeeded: body.count), type: type.rawValue, flags: flags, stream: stream,
                request: request), body)
    }

    /// Gives credit for `bytes` more of a request's rows, on behalf of a face.
    func submitCredit(_ bytes: Int, for request: UInt32) {
        var body = ByteWriter()
        body.writeVarint(bytes)
        submit(.credit, stream: 0, request: request, body: body.bytes.span)
    }

    /// Gives up a request, on behalf of a face.
    func submitCancel(of request: UInt32) {
        let nothing: [UInt8] = []
        submit(.cancel, stream: 0, request: request, body: nothing.span)
    }

    /// Whether so much output waits for the client that nothing more is done for it until it has read.
    func mustWaitForClient() -> Bool {
        if isPaused { return true }
        guard let transport else { return false }
        if output.count > Self.uncountedMax { countAnswers() }
        // Less where too many clients do not read.
        let bound = shard.inFlight.isShort ? transport.lowWaterMark : Self.outputMax
        guard transport.queuedBytes + output.count > bound else { return false }
        flush()
        guard transport.queuedBytes > bound else { return false }
        isPaused = true
        transport.pauseReading()
        return true
    }

    /// Whether its tenant has had its time: then it goes on in the next turn.
    func mustYield() -> Bool {
        if isYielding { return true }
        guard shard.turns.isOver(turns), transport != nil else { return false }
        isYielding = true
        shard.turns.yield(self, of: turns)
        return true
    }

    /// A request is for this tenant.
    func turn(of tenant: ShardTenant) {
        // Mostly it is for the same as the one before.
        if turns !== tenant.turns { turns = tenant.turns }
    }

    private func tooLarge(_ header: FrameHeader) {
        guard machine.isOpen else {
            return fail(.frameTooLarge, "before HELLO_OK a frame has at most \(Limits.frameHandshakeMax) bytes")
        }
        refuseUnread(
            header,
            Failure(
                .frameTooLarge,
                "this frame has \(header.length) bytes, and the server takes at most \(Limits.frameMax)",
                limit: ("frameMax", Limits.frameMax)))
    }

    /// A frame of which nothing is read but its header.
    private func refuseUnread(_ header: FrameHeader, _ failure: Failure) {
        switch machine.received(header) {
        case .close(let code, let reason): return fail(code, reason)
        // It belongs to a request that has an answer of its own; rows of this size are beyond any credit.
        case .part: return overrun(header)
        case .handshake, .control, .request, .refuse: break
        }
        refuseOnArrival(header, failure)
    }

    private func handle(_ header: FrameHeader, _ body: Span<UInt8>) {
        shard.metrics.received(header.type, faceKind)
        if shard.context.requestLog.isOn { logRequest(header) }
        switch machine.received(header) {
        case .handshake: hello(header, body)
        case .control: control(header, body)
        case .part: part(header, body)
        case .request: request(header, body)
        // Until the grace time is over, an open transaction may come to its end.
        case .refuse(.shuttingDown) where hasTransaction(onStream: header.stream):
            request(header, body)
        case .refuse(.overloaded): refuseOnArrival(header, overloaded())
        case .refuse(let code): refuseOnArrival(header, Failure(code, Self.wording(of: code)))
        case .close(let code, let reason): fail(code, reason)
        }
    }

    /// A line for a request, unless its face has one for it.
    private func logRequest(_ header: FrameHeader) {
        guard faceKind != .http, header.request != 0 else { return }
        shard.context.requestLog.received(
            MessageType(rawValue: header.type)?.name ?? "0x\(String(header.type, radix: 16))",
            tenant: streams[header.stream]?.tenant.tenant.name.description, by: caller(of: header.request))
    }

    /// What a request's lines in the log say of who sent it.
    func caller(of request: UInt32) -> RequestCaller {
        RequestCaller(
            face: faceKind, peer: transport?.peerAddress ?? "",
            name: transport?.name(of: request) ?? shard.requestName(id, request))
    }

    // MARK: Who is served

    /// HELLO may be answered: by whom it was sent is known, or nobody needs to know.
    func letIn(_ principal: Principal?) {
        self.principal = principal
        shownToken = nil
        machine.accepted()
        transport?.proved()
    }

    /// What HELLO's token is to be compared with, if one was shown before.
    var tokenShown: (principal: Principal, token: [UInt8])? {
        guard let principal, let shownToken else { return nil }
        return (principal, shownToken)
    }

    /// Whether the token is good still; if it is not, the session ends.
    func isStillLetIn() -> Bool {
        guard !isClosing, let principal, let error = shard.context.fault(of: principal) else { return !isClosing }
        shard.metrics.authenticationFailed(error)
        shard.context.log.info(
            "a token is good no longer",
            metadata: [
                "peer": "\(transport?.peerAddress ?? "")", "token": "\(principal.access.tokenID)",
                "subject": "\(principal.access.subject)", "reason": "\(error.message)",
            ])
        transport?.accessEnded(of: self, error)
        return false
    }

    // MARK: Bytes out

    func makeDirty() {
        if output.count > Self.uncountedMax { countAnswers() }
        guard !isDirty else { return }
        isDirty = true
        shard.willFlush(self)
    }

    /// Sends what the turn has brought.
    func flush() {
        isDirty = false
        guard let transport else { return output.removeAll() }
        if !output.isEmpty { transport.send(&output.bytes) }
        countAnswers()
        if transport.queuedBytes <= transport.lowWaterMark { taken() }
    }

    /// Counts the answers that wait for the client.
    private func countAnswers() {
        guard let transport else { return answers.setBacklog(0, counted: 0) }
        let waiting = transport.queuedBytes + output.count
        answers.setBacklog(waiting, counted: transport.countsBytes ? output.count : waiting)
    }

    /// Bytes that were received and are kept.
    var receivedBytes: Int { received.bytes }

    /// The transport's queue is at its low-water mark again.
    func drained() {
        countAnswers()
        taken()
        guard isPaused else { return }
        isPaused = false
        proceed()
    }

    /// Goes on with what waits, unless there is another reason to wait.
    private func proceed() {
        guard !isPaused, !isYielding, !isClosing else { return }
        for stream in streams.values { pump(stream) }
        if !isPaused && !isYielding {
            var bytes: [UInt8] = []
            swap(&bytes, &kept)
            receive(bytes.span)
        }
        if !isPaused && !isYielding { transport?.resumeReading() }
        closeIfDrained()
    }

    /// The socket has taken what was sent: those who produce results may go on.
    private func taken() {
        answers.resume()
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

    /// An error that ends the connection.
    func fail(_ code: ErrorCode, _ reason: String) { fail(Failure(code, reason)) }

    /// An error that ends the connection.
    func fail(_ failure: Failure) {
        guard !isClosing else { return }
        shard.context.log.debug(
            "connection closed by the server",
            metadata: [
                "peer": "\(transport?.peerAddress ?? "")", "code": "\(failure.code.name)",
                "reason": "\(failure.message)",
            ])
        shard.metrics.failed(failure, faceKind)
        failure.message(transaction: .none, isFatal: true).encode(into: &output)
        closeAfterOutput()
    }

    private func closeAfterOutput() {
        guard !isClosing else { return }
        isClosing = true
        if !output.isEmpty { transport?.send(&output.bytes) }
        abandonEverything()
        transport?.closeAfterFlush(timeout: Self.flushTime)
    }

    /// The session is over: its transport is closed, or its face has no more use for it.
    func end() {
        guard transport != nil else { return }
        isClosing = true
        abandonEverything()
        transport = nil
        answers.end()
        received.set(0)
        texts.set(0)
        shard.ended(self)
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

    /// The open stream of this number.
    func stream(_ id: UInt16) -> SessionStream? {
        if let recentStream, recentStream.id == id { return recentStream }
        recentStream = streams[id]
        return recentStream
    }

    /// Whether a stream has a transaction open.
    func hasTransaction(onStream stream: UInt16) -> Bool { transaction(onStream: stream) != .none }

    /// The state of a stream's transaction.
    func transaction(onStream stream: UInt16) -> TransactionState { streams[stream]?.machine.transaction ?? .none }

    func address(of header: FrameHeader) -> RequestAddress {
        RequestAddress(
            shard: shard.mailbox, connection: id, stream: header.stream, request: header.request, answers: answers)
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

extension Session: Yielding {
    func goOn() {
        isYielding = false
        proceed()
    }
}
