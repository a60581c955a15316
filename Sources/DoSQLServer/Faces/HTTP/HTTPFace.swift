import DoSQLAccess
import DoSQLEngine
import DoSQLHTTP
import DoSQLLoop
import DoSQLProtocol
import DoSQLSession

/// A connection that speaks HTTP/1.1: requests in, one exchange at a time, answers out in their order (RFC 9112).
///
/// What was received behind the request that is being answered stays with the parser, and beyond ``waitingMax`` with the
/// kernel: whoever sends ahead waits, and costs nothing.
final class HTTPFace: Face {
    /// Received bytes that may wait for the answer to an earlier request before the socket is read no more.
    private static let waitingMax = 64 * 1024
    /// Output that the socket has not taken, beyond which no further request is begun: the client reads first.
    private static let outputMax = 1 << 20
    /// Bytes of a body a second that a client must keep up with beyond ``HTTPConfiguration/bodyTime``.
    private static let bodyRateMin: UInt64 = 16 * 1024
    /// How long, in nanoseconds, a client that sends no more may take nothing of its answer: it may have ended its side
    /// only, but most that end are gone, and what runs for them keeps others waiting.
    private static let halfClosedTime: UInt64 = 5_000_000_000
    /// Capacity that a connection keeps for its output between answers: there may be many, and one long answer must not
    /// stay in memory for good.
    private static let idleCapacityMax = 16 * 1024
    /// How long a closing connection may take to read its last answer.
    private static let flushTime: Duration = .seconds(5)

    let connection: UInt64
    let kind = FaceKind.http
    let socket: SocketStream
    let shard: Shard
    private let parser: RequestParser
    private(set) var exchange: Exchange?
    private var exchangeCount: UInt64 = 0
    private(set) var tenants: TenantStreams!
    private var output: [UInt8] = []
    private var isDirty = false
    private var isPumping = false
    private(set) var isClosing = false
    private var isDraining = false
    /// Whether requests wait until the client has read.
    private var isHeldBack = false
    /// Whether its tenant has had its time, so that requests wait for the next turn.
    private var isYielding = false
    /// Received bytes that are not carried out.
    private let receivedBytes: ByteCharge
    /// Answers that the client has not taken.
    private let answerBytes: ByteCharge
    /// When the wait began for what the client owes: its next request, the rest of a head or a body.
    private var waitingSince: UInt64
    private var bodyBytes: UInt64 = 0
    /// How much the socket had sent when that was last looked at, and when it was seen to have moved.
    private var sentBytes: UInt64 = 0
    private var waitingBytes = 0
    private var sentAt: UInt64
    /// When the client ended its side, or last took something of its answer after that.
    private var endedAt: UInt64?
    /// The token that was shown last, and who it is.
    private var shown: (token: [UInt8], principal: Principal)?
    /// A transaction whose name the system has not taken yet: if it never does, nobody will ever call it.
    var untold: TransactionID?

    init(connection: UInt64, socket: SocketStream, shard: Shard) {
        self.connection = connection
        self.socket = socket
        self.shard = shard
        let restoreBytesMax = Int(clamping: shard.context.configuration.administration.restoreBytesMax)
        parser = RequestParser(
            limits: shard.web.limits, decoders: shard.web.decoders, fileBytesMax: restoreBytesMax,
            isFile: \.isRestore)
        receivedBytes = ByteCharge(to: shard.inFlight)
        answerBytes = ByteCharge(to: shard.inFlight)
        waitingSince = shard.loop.now
        sentAt = shard.loop.now
        tenants = TenantStreams(of: self)
    }

    // MARK: Requests

    func received(_ bytes: Span<UInt8>) {
        guard !isClosing else { return }
        if parser.progress == .idle { waitingSince = shard.loop.now }
        parser.receive(bytes)
        pump()
        let mustWait = exchange.map { $0.isAnswering || $0.isHeldBack } ?? false
        if (mustWait || isYielding) && parser.bufferedBytes > Self.waitingMax { socket.pauseReading() }
    }

    /// Goes on with what was received, as long as nothing is being answered.
    private func pump() {
        // An exchange that is answered at once comes back here; the loop below goes on.
        guard !isPumping else { return }
        isPumping = true
        defer {
            isPumping = false
            shard.turns.endStretch()
            receivedBytes.set(parser.bufferedBytes + (exchange?.body.count ?? 0))
        }
        shard.turns.beginStretch()
        while !isClosing, !isOccupied, !mustRead, !mustYield, let event = parser.next() {
            defer { shard.turns.charge(tenants.turns) }
            switch event {
            case .head(let head):
                shard.proved(connection)
                exchangeCount += 1
                bodyBytes = 0
                waitingSince = shard.loop.now
                let exchange = Exchange(number: exchangeCount, head: head, face: self)
                self.exchange = exchange
                exchange.begin()
                if exchange.awaitsVerdict { socket.pauseReading() }
            case .body(let bytes):
                bodyBytes += UInt64(bytes.count)
                exchange?.received(bytes)
            case .end:
                exchange?.run()
            case .fault(let fault):
                refuse(fault)
            }
        }
        if !isQuiet { shard.wake(self) }
    }

    /// Whether the current exchange takes nothing more now.
    private var isOccupied: Bool {
        guard let exchange else { return false }
        return exchange.isAnswering || exchange.awaitsVerdict || exchange.isHeldBack
    }

    /// What was received of a body is written: more may come. The wait was the server's.
    func bodyProceeds() {
        waitingSince = shard.loop.now
        bodyBytes = 0
        if !isHeldBack { socket.resumeReading() }
        pump()
    }

    /// Whether the client has to read before anything more is done for it.
    private var mustRead: Bool {
        if !isHeldBack && queuedBytes > outputBound {
            flush()
            guard queuedBytes > outputBound else { return false }
            isHeldBack = true
            socket.pauseReading()
        }
        return isHeldBack
    }

    /// Beyond how much output the client reads first: less where too many clients do not.
    private var outputBound: Int { shard.inFlight.isShort ? socket.lowWaterMark : Self.outputMax }

    /// Whether the others of the loop come first.
    private var mustYield: Bool {
        if isYielding { return true }
        guard shard.turns.isOver(tenants.turns) else { return false }
        isYielding = true
        shard.turns.yield(self, of: tenants.turns)
        return true
    }

    /// A request that cannot be understood, and with it the connection.
    private func refuse(_ fault: HTTPFault) {
        let response = exchange?.response ?? Response(to: nil, face: self)
        guard !response.hasBegun else { return close() }
        response.isLast = true
        let refusal = Refusal(fault)
        shard.metrics.refused(refusal)
        response.send(refusal, style: exchange?.style ?? .json)
        finished()
    }

    /// The connection is not taken.
    func turnAway(_ failure: Failure) {
        let response = Response(to: nil, face: self)
        response.isLast = true
        let refusal = Refusal(failure)
        shard.metrics.refused(refusal)
        response.send(refusal, style: .json)
        finished()
    }

    /// The current exchange is answered: the next one, or the end.
    func finished() {
        let isLast = exchange.map { $0.response.isLast } ?? true
        exchange = nil
        waitingSince = shard.loop.now
        if isLast || isDraining || isClosing { return closeAfterOutput() }
        if !isHeldBack && !isYielding && parser.bufferedBytes <= Self.waitingMax { socket.resumeReading() }
        pump()
    }

    /// The exchange has become another protocol: whoever speaks it takes the socket, with the bytes that came behind the
    /// request.
    func handOver() -> [UInt8] {
        flush()
        exchange = nil
        tenants.end()
        return parser.takeRemainder()
    }

    // MARK: Answers

    /// Sends bytes when the turn ends.
    func write(_ bytes: [UInt8]) {
        output += bytes
        countAnswer()
        makeDirty()
    }

    /// Lets bytes be written where they will be sent from.
    func write(_ body: (inout [UInt8]) -> Void) {
        body(&output)
        countAnswer()
        makeDirty()
    }

    func makeDirty() {
        guard !isDirty else { return }
        isDirty = true
        shard.willFlush(self)
    }

    func flush() {
        isDirty = false
        tenants.deliver()
        defer { countAnswer() }
        guard !output.isEmpty else { return }
        socket.send(&output)
        if output.capacity > Self.idleCapacityMax { output = [] }
        noteTold()
        // What the socket took at once never counts as queued, so nobody else would say so.
        if socket.queuedBytes <= socket.lowWaterMark { drained() }
    }

    private func noteTold() {
        if socket.isOpen && queuedBytes == 0 { untold = nil }
    }

    /// How many bytes wait for the client.
    var queuedBytes: Int { socket.queuedBytes + output.count }

    /// Bytes that it holds, of both directions. (What a face counts is looked at whenever it may have changed much.)
    var heldBytes: Int { receivedBytes.bytes + answerBytes.bytes }

    var untakenBytes: Int { answerBytes.bytes }

    /// Counts the answers that wait.
    func countAnswer() { answerBytes.set(queuedBytes + tenants.frameBytes + (exchange?.heldBytes ?? 0)) }

    func drained() {
        countAnswer()
        exchange?.drained()
        tenants.drained()
        guard isHeldBack, queuedBytes <= outputBound, !isClosing else { return }
        isHeldBack = false
        if exchange?.isAnswering != true && !isYielding { socket.resumeReading() }
        pump()
    }

    /// The signature of a request's token has been checked.
    func received(_ verdict: TokenAuthority.Verdict, exchange number: UInt64) {
        guard let exchange, exchange.number == number, !isClosing else { return }
        exchange.received(verdict)
        guard !isClosing else { return }
        if !isHeldBack { socket.resumeReading() }
        pump()
    }

    /// Who was found to show this token on this connection before, if it is good still: most show one only.
    func principal(for token: [UInt8]) -> Principal? {
        guard let shown, shown.token == token, shard.context.fault(of: shown.principal) == nil else { return nil }
        return shown.principal
    }

    func remember(_ principal: Principal, for token: [UInt8]) {
        shown = (token, principal)
        socket.readBytesMax = .max
    }

    /// Frames of a transaction that lives elsewhere.
    func received(_ frames: [UInt8], exchange number: UInt64) {
        guard let exchange, exchange.number == number else { return }
        Frames.forEach(frames) { header, body in exchange.received(header, body) }
    }

    /// A thread has translated the body of an exchange.
    func received(_ translation: Translation, exchange number: UInt64) {
        guard let exchange, exchange.number == number else { return }
        exchange.received(translation)
    }

    /// A thread has translated a frame of an exchange's answer.
    func received(_ frame: TranslatedFrame, exchange number: UInt64) {
        guard let exchange, exchange.number == number else { return }
        exchange.received(frame)
    }

    /// What an exchange asked the server itself.
    func received(_ report: OperatingReport, exchange number: UInt64) {
        guard let exchange, exchange.number == number else { return }
        exchange.received(report)
    }

    /// What an exchange asked of the administration, or a part of it.
    func received(_ reply: AdministrationReply, exchange number: UInt64) {
        guard let exchange, exchange.number == number else { return }
        exchange.received(reply)
    }

    // MARK: Time and the end

    func tick(_ now: UInt64) {
        tenants.tick(now)
        guard !isClosing else { return }
        exchange?.tick(now)
        countAnswer()
        noteTold()
        // What is counted as sent moves when a whole write is done; what waits shrinks before that.
        let queuedBytes = socket.queuedBytes
        let isTakingBytes = socket.bytesSent != sentBytes || queuedBytes < waitingBytes
        sentBytes = socket.bytesSent
        waitingBytes = queuedBytes
        if isTakingBytes && endedAt != nil { endedAt = now }
        if let endedAt, now > endedAt &+ Self.halfClosedTime { return closeNow() }
        if isTakingBytes || queuedBytes == 0 { sentAt = now }
        let http = shard.context.configuration.http
        // What nobody reads is kept for nobody.
        if now > sentAt &+ http.stallTime { return closeNow() }
        guard exchange?.isAnswering != true, exchange?.isHeldBack != true, !isHeldBack, !isYielding else { return }
        switch parser.progress {
        case .idle: if now > waitingSince &+ http.keepAliveTime { closeAfterOutput() }
        case .head: if now > waitingSince &+ http.headTime { refuse(.headTimeout) }
        case .body:
            let allowance = http.bodyTime &+ bodyBytes &* (1_000_000_000 / Self.bodyRateMin)
            if now > waitingSince &+ allowance { refuse(.bodyTimeout) }
        case .finished: break
        }
    }

    /// Between two requests, or in an answer without an end, deadlines are far away.
    var isQuiet: Bool { exchange.map { $0.isStream } ?? true }

    func receivedEnd() {
        noteTold()
        // It may still read the answer to what it has asked; a stream has no answer that ends.
        // And nobody comes back for a transaction whose name it has not heard.
        guard let exchange, exchange.isAnswering, !exchange.isStream, !exchange.isBeginning else { return closeNow() }
        exchange.response.isLast = true
        endedAt = shard.loop.now
    }

    func drain() {
        isDraining = true
        guard let exchange else { return closeAfterOutput() }
        exchange.drain()
    }

    func closeAfterOutput() {
        guard !isClosing else { return }
        isClosing = true
        flush()
        exchange?.abandon()
        exchange = nil
        tenants.end()
        socket.closeAfterFlush(timeout: Self.flushTime)
    }

    /// Ends the connection so that the client sees that its answer is not complete.
    func close() {
        guard !isClosing else { return }
        flush()
        closeNow()
    }

    func closeNow() {
        isClosing = true
        exchange?.abandon()
        exchange = nil
        tenants.end()
        socket.close()
        receivedBytes.set(0)
        answerBytes.set(0)
    }

    func closed(_ reason: CloseReason) {
        isClosing = true
        exchange?.abandon()
        exchange = nil
        tenants.end()
        if case .flushed = reason { untold = nil }
        if let untold { shard.transactions.abandon(untold) }
        shard.closed(connection)
    }
}

extension HTTPFace: Yielding {
    func goOn() {
        isYielding = false
        guard !isClosing else { return }
        pump()
        if !isYielding && !isHeldBack && exchange?.isAnswering != true { socket.resumeReading() }
    }
}

extension HTTPFault {
    fileprivate static let headTimeout = HTTPFault(status: 408, sentence: "The request's head did not come in time.")
    fileprivate static let bodyTimeout = HTTPFault(status: 408, sentence: "The request's body did not come in time.")
}
