import DoSQLProtocol
import NIOCore

/// One connection from the client's side: handshake, streams, requests in flight, prepared statements, GOAWAY, the end.
///
/// Pure: events go in (named in the past tense), what to do comes out, and time is an argument. `Sink` is whatever waits
/// for an answer. Invariants: every id in `inFlight` has been sent and not answered; a stream's `inFlight` is how many of
/// them are on it; a lease has a stream from its first request until it is given back.
struct ClientStateMachine<Sink: Sendable>: ~Copyable {
    /// Bounds of this side; the server's own are told in HELLO_OK.
    struct Configuration: Sendable {
        /// Streams that reads, and writes, of one tenant share.
        var lanesMax = 4
        /// Numbers of prepared statements; 0 turns them off.
        var statementsMax = 256
        /// A connection that was silent for so long is asked whether it lives.
        var heartbeatInterval = TimeAmount.seconds(15)
        /// It is dead if it says nothing for so long after.
        var heartbeatTimeout = TimeAmount.seconds(10)
        /// A stream without requests for so long is closed.
        var streamIdleMax = TimeAmount.seconds(60)
    }

    private enum State {
        case initialized
        case greeting
        case ready
        case draining
        case closed
    }

    private enum InFlight {
        case hello
        case open(stream: UInt16)
        case close(stream: UInt16)
        case prepare(String)
        /// Something whose answer changes nothing.
        case chore
        case heartbeat
        case request(Request)
    }

    private struct Request {
        var submission: Submission<Sink>
        var stream: UInt16
        /// The texts that went as numbers.
        var numbered: [String]
        /// Its caller has been answered already, by this side.
        var isAbandoned = false
    }

    private struct Stream {
        enum Use {
            case shared(Lane)
            case leased(UInt64)
            case free
            case closing
        }

        var key: StreamKey
        var use: Use
        var inFlight = 0
        var transaction = TransactionState.none
        var openFailure: DoSQLError?
        /// Its tenant was deleted, renamed or replaced: the server wants another OPEN.
        var hasEnded = false
        var idleSince: NIODeadline
        /// The lease was given back while requests were in flight.
        var isGivenBack = false

        /// Whether it may be closed: nothing is in flight, and nobody has it for itself.
        var isIdle: Bool {
            switch use {
            case .shared, .free: inFlight == 0 && openFailure == nil && !hasEnded
            case .leased, .closing: false
            }
        }
    }

    private struct LaneKey: Hashable {
        var key: StreamKey
        var lane: Lane
    }

    private let configuration: Configuration
    private var state = State.initialized
    private var inFlight: [UInt32: InFlight] = [:]
    private var requests: [UInt64: UInt32] = [:]
    private var lastRequest: UInt32 = 0
    private var streams: [UInt16: Stream] = [:]
    private var lanes: [LaneKey: [UInt16]] = [:]
    private var free: [StreamKey: [UInt16]] = [:]
    private var leases: [UInt64: UInt16] = [:]
    private var lastStream: UInt16 = 0
    private var statements: StatementCache
    private var streamsMax = 1
    private var requestsMax = 1
    private var lastHeard: NIODeadline
    private var heartbeatSince: NIODeadline?

    init(_ configuration: Configuration = .init(), now: NIODeadline) {
        self.configuration = configuration
        statements = StatementCache(countMax: 0, bytesMax: 0)
        lastHeard = now
    }

    /// Whether nobody waits for anything and no stream is leased.
    var isIdle: Bool { requests.isEmpty && leases.isEmpty }

    /// Whether the connection should be closed: the server or this side wants it to end, and nothing is left to do.
    var isDrained: Bool {
        switch state {
        case .draining: isIdle
        case .initialized, .greeting, .ready, .closed: false
        }
    }
}

// MARK: - Handshake

extension ClientStateMachine {
    /// The socket is connected.
    mutating func connected() -> [ClientFrame] {
        switch state {
        case .initialized:
            state = .greeting
            return [.hello(request: register(.hello))]
        case .greeting, .ready, .draining, .closed:
            preconditionFailure("a socket is connected once")
        }
    }

    enum HelloAction {
        case ready
        case close(DoSQLError)
    }

    /// HELLO_OK has come.
    mutating func helloAccepted(_ answer: HelloOK, request: UInt32) -> HelloAction {
        switch state {
        case .greeting:
            guard case .hello? = inFlight.removeValue(forKey: request) else { return .close(.unexpected("HELLO_OK")) }
            guard (ProtocolVersion.min...ProtocolVersion.max).contains(answer.version) else {
                return .close(DoSQLError(.versionUnsupported, "the server chose version \(answer.version)"))
            }
            state = .ready
            streamsMax = Int(clamping: answer.limit("streamsMax") ?? UInt64(Limits.streamsMax))
            requestsMax = Int(clamping: answer.limit("requestsInFlightMax") ?? UInt64(Limits.requestsInFlightMax))
            let statementsMax = Int(clamping: answer.limit("statementsMax") ?? UInt64(Limits.statementsMax))
            let bytesMax = Int(clamping: answer.limit("statementBytesMax") ?? UInt64(Limits.statementBytesMax))
            statements = StatementCache(
                countMax: min(statementsMax, configuration.statementsMax), bytesMax: bytesMax)
            return .ready
        case .initialized, .ready, .draining, .closed:
            return .close(.unexpected("HELLO_OK"))
        }
    }
}

// MARK: - Requests

extension ClientStateMachine {
    enum SubmitAction {
        case send([ClientFrame])
        case fail(Sink, DoSQLError)
    }

    /// A caller wants a request sent.
    mutating func submitted(_ submission: Submission<Sink>, now: NIODeadline) -> SubmitAction {
        if let refusal = refusal(of: submission) { return .fail(submission.sink, refusal) }
        var frames: [ClientFrame] = []
        guard let stream = stream(for: submission.route, now: now, frames: &frames) else {
            return .fail(
                submission.sink, DoSQLError(.streamLimit, "every stream of the connection is in use", isRetryable: true)
            )
        }
        send(submission, on: stream, numbering: true, frames: &frames)
        return .send(frames)
    }

    private func refusal(of submission: Submission<Sink>) -> DoSQLError? {
        switch state {
        case .ready:
            break
        case .draining:
            guard case .lease(let lease) = submission.route, leases[lease.id] != nil else {
                return DoSQLError(.shuttingDown, "the connection is being closed", isRetryable: true)
            }
        case .initialized, .greeting, .closed:
            return DoSQLError(.connectionClosed, "the connection is not open", isRetryable: true)
        }
        // COMMIT and ROLLBACK go out whatever else is in flight.
        if inFlight.count >= requestsMax, !submission.body.endsTransaction {
            return DoSQLError(
                .overloaded, "\(inFlight.count) requests are in flight on the connection", isRetryable: true)
        }
        return nil
    }

    private mutating func send(
        _ submission: Submission<Sink>, on stream: UInt16, numbering: Bool, frames: inout [ClientFrame]
    ) {
        var sources: [StatementSource] = []
        var numbered: [String] = []
        for text in submission.body.texts {
            switch numbering ? statements.use(text) : .text {
            case .text:
                sources.append(.sql(text))
            case .number(let number):
                sources.append(.prepared(number))
                numbered.append(text)
            case .prepare(let number, let freed):
                for id in freed { frames.append(.unprepare(id: id, request: register(.chore))) }
                frames.append(.prepare(text, id: number, request: register(.prepare(text))))
                sources.append(.prepared(number))
                numbered.append(text)
            }
        }
        let id = register(.request(Request(submission: submission, stream: stream, numbered: numbered)))
        requests[submission.ticket] = id
        frames.append(
            .request(
                submission.body, sources: sources, flags: flags(of: submission, on: stream), stream: stream, request: id
            ))
        streams[stream]?.inFlight += 1
    }

    /// What follows another request of its transaction depends on it: if that finds the transaction gone, this must not
    /// run by itself and be committed. COMMIT and ROLLBACK need no such care, since without a transaction they do nothing.
    private func flags(of submission: Submission<Sink>, on number: UInt16) -> FrameFlags {
        guard let stream = streams[number], stream.transaction != .none, stream.inFlight > 0 else { return [] }
        return submission.body.endsTransaction ? [] : .depends
    }

    /// An id that is not in flight.
    private mutating func register(_ entry: InFlight) -> UInt32 {
        repeat { lastRequest = lastRequest == .max ? 1 : lastRequest + 1 } while inFlight[lastRequest] != nil
        inFlight[lastRequest] = entry
        return lastRequest
    }
}

// MARK: - Answers

extension ClientStateMachine {
    enum PartAction {
        case deliver(Sink)
        case ignore
        case close(DoSQLError)
    }

    /// HEAD, ROWS or GRANT has come.
    func partReceived(request: UInt32) -> PartAction {
        switch inFlight[request] {
        case .request(let request): request.isAbandoned ? .ignore : .deliver(request.submission.sink)
        case .hello, .open, .close, .prepare, .chore, .heartbeat, nil: .close(.unexpected("a part of an answer"))
        }
    }

    enum AnswerAction {
        /// The caller's ticket and sink, and frames that follow from it.
        case deliver(Sink, ticket: UInt64, [ClientFrame])
        case send([ClientFrame])
        case close(DoSQLError)
    }

    /// A terminal answer other than ERROR has come.
    mutating func answerReceived(request: UInt32, transaction: TransactionState?, now: NIODeadline) -> AnswerAction {
        switch inFlight.removeValue(forKey: request) {
        case .request(let request):
            let frames = ended(request, transaction: transaction, now: now)
            if request.isAbandoned { return .send(frames) }
            return .deliver(request.submission.sink, ticket: request.submission.ticket, frames)
        case .open, .prepare, .chore:
            return .send([])
        case .close(let stream):
            streams[stream] = nil
            return .send([])
        case .heartbeat:
            heartbeatSince = nil
            return .send([])
        case .hello, nil:
            return .close(.unexpected("an answer"))
        }
    }

    enum ErrorAction {
        case fail(Sink, ticket: UInt64, DoSQLError, [ClientFrame])
        case send([ClientFrame])
        case close(DoSQLError)
    }

    /// ERROR has come.
    mutating func errorReceived(_ message: ErrorMessage, request: UInt32, now: NIODeadline) -> ErrorAction {
        let error = DoSQLError(message)
        if message.isFatal || request == 0 { return .close(error) }
        switch inFlight.removeValue(forKey: request) {
        case .request(var request):
            // The number was lost on the way or found no room: the request has not run, and goes again as text.
            if error.code == .statementUnknown, !request.numbered.isEmpty, !request.isAbandoned {
                for text in request.numbered { statements.forget(text) }
                request.numbered = []
                streams[request.stream]?.inFlight -= 1
                var frames: [ClientFrame] = []
                send(request.submission, on: request.stream, numbering: false, frames: &frames)
                return .send(frames)
            }
            // Skipped because the one before it failed, while their transaction goes on: they have nothing else in common.
            if error.code == .skipped, message.transaction != .none, !request.isAbandoned {
                streams[request.stream]?.inFlight -= 1
                streams[request.stream]?.transaction = message.transaction
                var frames: [ClientFrame] = []
                send(request.submission, on: request.stream, numbering: true, frames: &frames)
                return .send(frames)
            }
            if error.code == .tenantUnavailable || error.code == .tenantNotFound { tenantEnded(on: request.stream) }
            let reason = error.code == .streamNotOpen ? streams[request.stream]?.openFailure ?? error : error
            let frames = ended(request, transaction: message.transaction, now: now)
            if request.isAbandoned { return .send(frames) }
            return .fail(request.submission.sink, ticket: request.submission.ticket, reason, frames)
        case .open(let stream):
            streams[stream]?.openFailure = error
            unshare(stream)
            return .send(removeIfUnused(stream))
        case .close(let stream):
            streams[stream] = nil
            return .send([])
        case .prepare(let text):
            statements.forget(text)
            return .send([])
        case .chore:
            return .send([])
        case .heartbeat:
            heartbeatSince = nil
            return .send([])
        case .hello:
            return .close(error)
        case nil:
            return .close(.unexpected("an error"))
        }
    }

    /// A request of a caller has had its terminal answer.
    private mutating func ended(_ request: Request, transaction: TransactionState?, now: NIODeadline) -> [ClientFrame] {
        requests[request.submission.ticket] = nil
        guard request.stream != 0 else { return [] }
        streams[request.stream]?.inFlight -= 1
        streams[request.stream]?.idleSince = now
        if let transaction { streams[request.stream]?.transaction = transaction }
        return removeIfUnused(request.stream) + settle(request.stream) + closeIfEnded(request.stream)
    }
}

// MARK: - What callers change their minds about

extension ClientStateMachine {
    /// A caller's task was cancelled: the request to name in CANCEL, if it is in flight.
    func cancelled(ticket: UInt64) -> UInt32? {
        guard let id = requests[ticket], case .request(let request) = inFlight[id],
            !request.submission.body.endsTransaction
        else { return nil }
        return id
    }

    /// The request of a ticket and its stream, for CREDIT and LOAD_ROWS.
    func place(ofTicket ticket: UInt64) -> (request: UInt32, stream: UInt16)? {
        guard let id = requests[ticket], case .request(let request) = inFlight[id] else { return nil }
        return (id, request.stream)
    }

    /// A caller is told that its time is over; the answer will find nobody. The sink to tell, and the request to cancel.
    mutating func abandoned(ticket: UInt64) -> (sink: Sink, body: RequestBody, request: UInt32)? {
        guard let id = requests.removeValue(forKey: ticket), case .request(var request) = inFlight[id] else {
            return nil
        }
        request.isAbandoned = true
        inFlight[id] = .request(request)
        return (request.submission.sink, request.submission.body, id)
    }

    /// A lease is given back. Its stream is used again only when the server has said that no transaction is open.
    mutating func leaseReturned(_ lease: Lease) -> [ClientFrame] {
        guard let stream = leases.removeValue(forKey: lease.id) else { return [] }
        streams[stream]?.isGivenBack = true
        return settle(stream)
    }
}

// MARK: - Streams

extension ClientStateMachine {
    private mutating func stream(for route: Route, now: NIODeadline, frames: inout [ClientFrame]) -> UInt16? {
        switch route {
        case .connection:
            return 0
        case .lease(let lease):
            if let stream = leases[lease.id] { return stream }
            let stream = free[lease.key]?.popLast() ?? openStream(lease.key, now: now, frames: &frames)
            guard let stream else { return nil }
            leases[lease.id] = stream
            streams[stream]?.use = .leased(lease.id)
            return stream
        case .shared(let key, let lane):
            return sharedStream(LaneKey(key: key, lane: lane), now: now, frames: &frames)
        }
    }

    /// An idle one of the lane, or a new one while the lane is not full, or the least loaded.
    private mutating func sharedStream(
        _ lane: LaneKey, now: NIODeadline, frames: inout [ClientFrame]
    ) -> UInt16? {
        let open = lanes[lane] ?? []
        let least = open.min { (streams[$0]?.inFlight ?? 0) < (streams[$1]?.inFlight ?? 0) }
        if let least, streams[least]?.inFlight == 0 || open.count >= lanesMax(lane.lane) { return least }
        guard let stream = openStream(lane.key, now: now, frames: &frames) else { return least }
        streams[stream]?.use = .shared(lane.lane)
        lanes[lane, default: []].append(stream)
        return stream
    }

    private func lanesMax(_ lane: Lane) -> Int {
        switch lane {
        case .reads, .writes: configuration.lanesMax
        case .subscriptions: 1
        }
    }

    private mutating func openStream(_ key: StreamKey, now: NIODeadline, frames: inout [ClientFrame]) -> UInt16? {
        guard let number = freeNumber(frames: &frames) else { return nil }
        streams[number] = Stream(key: key, use: .free, idleSince: now)
        frames.append(.open(key, stream: number, request: register(.open(stream: number))))
        return number
    }

    /// A number without a stream; beyond the server's bound, that of a stream which is closed for it.
    private mutating func freeNumber(frames: inout [ClientFrame]) -> UInt16? {
        if streams.count < streamsMax {
            repeat { lastStream = lastStream == .max ? 1 : lastStream + 1 } while streams[lastStream] != nil
            return lastStream
        }
        let idle = streams.filter { $0.value.isIdle }
        guard let oldest = idle.min(by: { $0.value.idleSince < $1.value.idleSince })?.key else { return nil }
        // The stream is first in, first out: OPEN behind CLOSE finds the number free. Its CLOSE is no longer waited for.
        unshare(oldest)
        streams[oldest] = nil
        frames.append(.close(stream: oldest, request: register(.chore)))
        return oldest
    }

    /// Takes a stream out of all lists from which new requests get theirs.
    private mutating func unshare(_ number: UInt16) {
        guard let stream = streams[number] else { return }
        switch stream.use {
        case .shared(let lane): lanes[LaneKey(key: stream.key, lane: lane)]?.removeAll { $0 == number }
        case .free: free[stream.key]?.removeAll { $0 == number }
        case .leased, .closing: break
        }
    }

    /// A stream whose OPEN failed is free on the server; its number is, too, when nothing is in flight on it.
    private mutating func removeIfUnused(_ number: UInt16) -> [ClientFrame] {
        guard let stream = streams[number], stream.openFailure != nil, stream.inFlight == 0 else { return [] }
        if case .leased(let lease) = stream.use { leases[lease] = nil }
        streams[number] = nil
        return []
    }

    /// The tenant of a stream has ended: whoever comes next opens it anew, on another one.
    private mutating func tenantEnded(on number: UInt16) {
        guard let stream = streams[number], stream.openFailure == nil, !stream.hasEnded else { return }
        unshare(number)
        streams[number]?.hasEnded = true
    }

    private mutating func closeIfEnded(_ number: UInt16) -> [ClientFrame] {
        guard let stream = streams[number], stream.hasEnded, stream.inFlight == 0 else { return [] }
        switch stream.use {
        case .leased, .closing: return []
        case .shared, .free:
            streams[number]?.use = .closing
            return [.close(stream: number, request: register(.close(stream: number)))]
        }
    }

    /// What becomes of a stream whose lease was given back.
    private mutating func settle(_ number: UInt16) -> [ClientFrame] {
        guard let stream = streams[number], stream.isGivenBack, stream.inFlight == 0 else { return [] }
        streams[number]?.isGivenBack = false
        guard stream.transaction == .none, !stream.hasEnded else {
            streams[number]?.use = .closing
            return [.close(stream: number, request: register(.close(stream: number)))]
        }
        streams[number]?.use = .free
        free[stream.key, default: []].append(number)
        return []
    }
}

// MARK: - Time

extension ClientStateMachine {
    /// Something has come from the server.
    mutating func heard(now: NIODeadline) { lastHeard = now }

    enum TickAction {
        case send([ClientFrame])
        /// The server does not answer.
        case close(DoSQLError)
    }

    /// Time has passed: idle streams are closed, and a silent connection is asked whether it lives.
    mutating func ticked(now: NIODeadline) -> TickAction {
        switch state {
        case .ready, .draining: break
        case .initialized, .greeting, .closed: return .send([])
        }
        if let heartbeatSince, lastHeard < heartbeatSince, now - heartbeatSince >= configuration.heartbeatTimeout {
            return .close(DoSQLError(.connectionClosed, "the server does not answer", isRetryable: true))
        }
        var frames: [ClientFrame] = []
        for (number, stream) in streams where stream.isIdle && now - stream.idleSince >= configuration.streamIdleMax {
            unshare(number)
            streams[number]?.use = .closing
            frames.append(.close(stream: number, request: register(.close(stream: number))))
        }
        if heartbeatSince == nil, now - lastHeard >= configuration.heartbeatInterval {
            heartbeatSince = now
            frames.append(.ping(request: register(.heartbeat)))
        }
        return .send(frames)
    }
}

// MARK: - The end

extension ClientStateMachine {
    /// GOAWAY has come, or this side wants the connection to end when its work is done. Subscriptions are never done: they
    /// are cancelled.
    mutating func drained() -> [ClientFrame] {
        switch state {
        case .ready: state = .draining
        case .initialized, .greeting, .draining, .closed: return []
        }
        return requests.values.sorted().compactMap { id in
            guard case .request(let request) = inFlight[id], request.submission.body.isSubscription else { return nil }
            return .cancel(request: id)
        }
    }

    /// The connection is gone: everyone who waits, with what is known of the request.
    mutating func closed(because cause: DoSQLError) -> [(Sink, ticket: UInt64, DoSQLError)] {
        state = .closed
        var failures: [(Sink, ticket: UInt64, DoSQLError)] = []
        for (_, entry) in inFlight.sorted(by: { $0.key < $1.key }) {
            guard case .request(let request) = entry, !request.isAbandoned else { continue }
            failures.append((request.submission.sink, request.submission.ticket, loss(of: request, cause)))
        }
        inFlight = [:]
        requests = [:]
        streams = [:]
        lanes = [:]
        free = [:]
        leases = [:]
        return failures
    }

    /// What is known of a request that was sent and not answered (`protocol/transactions.md`, *What a lost answer means*).
    private func loss(of request: Request, _ cause: DoSQLError) -> DoSQLError {
        let body = request.submission.body
        let transaction = streams[request.stream]?.transaction ?? .none
        if transaction != .none, !body.endsTransaction, !body.mayCommit { return .lostTransaction(cause) }
        switch body.repeatability {
        case .read:
            return DoSQLError(.connectionClosed, cause.message, isRetryable: true, underlying: cause.underlying)
        case .keyed:
            return DoSQLError(
                .connectionClosed, cause.message, isRetryable: true, execution: .unknown, underlying: cause.underlying)
        case .write:
            return DoSQLError(.connectionClosed, cause.message, execution: .unknown, underlying: cause.underlying)
        }
    }
}

extension DoSQLError {
    static func lostTransaction(_ cause: DoSQLError) -> DoSQLError {
        DoSQLError(
            .transactionLost, "the connection was lost and the transaction rolled back", isRetryable: true,
            underlying: cause)
    }

    static func unexpected(_ what: String) -> DoSQLError {
        DoSQLError(.unexpectedAnswer, "the server sent \(what) that was not asked for", execution: .unknown)
    }
}
