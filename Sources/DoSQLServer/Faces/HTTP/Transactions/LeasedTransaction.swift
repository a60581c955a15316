import DequeModule
import DoSQLAccess
import DoSQLLoop
import DoSQLProtocol
import DoSQLSession

/// An interactive transaction that is held by whoever knows its name, instead of by a connection: a session of its own,
/// with one stream, whose frames go to whoever asked.
///
/// It ends as every transaction does (`protocol/transactions.md`): by COMMIT, ROLLBACK, or its time, idle or total.
final class LeasedTransaction: FrameTransport {
    private static let stream: UInt16 = 1
    private static let openRequest: UInt32 = 1
    private static let beginRequest: UInt32 = 2
    /// Bytes of a COMMIT or ROLLBACK, which may wait however many do: an idempotency key and some.
    private static let endBytesMax = 4096

    let id: TransactionID
    /// The tenant's name.
    let tenant: String
    private let shard: Shard
    private var session: Session!
    /// The request that is being carried out, and who asked.
    private var current: (request: UInt32, caller: TransactionCaller)?
    /// Calls that came meanwhile, from other connections. Each begins when the one before it has been answered, so that
    /// nothing sent behind a COMMIT is carried out outside the transaction.
    private var waiting: Deque<WaitingCall> = []
    /// The bytes of their bodies.
    private var waitingBytes = 0
    private var lastRequest: UInt32 = 2
    private var isDraining = false
    /// Monotonic nanoseconds after which nobody is told any more how it ended.
    private let forgottenAt: UInt64

    private struct WaitingCall {
        let type: MessageType
        let body: [UInt8]
        let caller: TransactionCaller
        /// Counts it among its tenant's and its shard's.
        let tally: RequestTally?
    }

    /// Opens the tenant and begins. The caller gets the answer to BEGIN, or the error of OPEN.
    init(tenant: String, begin body: [UInt8], principal: Principal?, shard: Shard, caller: TransactionCaller) {
        id = TransactionID(onShard: shard.index)
        self.tenant = tenant
        self.shard = shard
        let limits = shard.context.configuration.session
        forgottenAt = shard.loop.now &+ limits.transactionWaitMax &+ 2 &* limits.transactionTotalMax
        session = Session(on: shard, transport: self, principal: principal, replyMax: Limits.frameMax)
        current = (Self.beginRequest, caller)
        var open = ByteWriter()
        Open.encodeBody(into: &open, tenant: tenant)
        session.submit(.open, stream: Self.stream, request: Self.openRequest, body: open.bytes.span)
        session.submit(.begin, stream: Self.stream, request: Self.beginRequest, body: body.span)
    }

    /// Carries out a call.
    func call(_ call: TransactionCall) {
        switch call.kind {
        case .request(let type, let body):
            if let failure = refusal(of: type, body.count) {
                shard.metrics.failed(failure, .http)
                let state = session.transaction(onStream: Self.stream)
                let frame = failure.frame(stream: Self.stream, request: Self.beginRequest, transaction: state)
                return post(frame, to: call.caller)
            }
            let name = try? TenantName(tenant)
            let tally = name.map { RequestTally(of: shard.tenant($0).tenant, bytes: body.count, in: shard.inFlight) }
            waiting.append(WaitingCall(type: type, body: body, caller: call.caller, tally: tally))
            waitingBytes += body.count
            proceed()
        case .credit(let bytes):
            guard let current, current.caller == call.caller else { return }
            session.submitCredit(bytes, for: current.request)
        case .cancel:
            waiting.removeAll { $0.caller == call.caller }
            waitingBytes = waiting.reduce(0) { $0 + $1.body.count }
            guard let current, current.caller == call.caller else { return }
            session.submitCancel(of: current.request)
        }
    }

    /// Why one more call may not wait; nil if it may, or need not.
    private func refusal(of type: MessageType, _ bytes: Int) -> Failure? {
        guard current != nil else { return nil }
        // What ends it makes room.
        if let kind = RequestKind(type), !kind.isBounded, bytes <= Self.endBytesMax { return nil }
        let http = shard.context.configuration.http
        if waiting.count >= http.transactionCallsMax {
            return .overloaded(
                "too many calls wait for this transaction",
                limit: ("httpTransactionCallsMax", http.transactionCallsMax), retryAfter: 100)
        }
        if waitingBytes + bytes > http.transactionCallBytesMax {
            return .overloaded(
                "too many bytes of calls wait for this transaction",
                limit: ("httpTransactionCallBytesMax", http.transactionCallBytesMax), retryAfter: 100)
        }
        return shard.refusal
    }

    /// Whether somebody may call it: who began it, by the token that he showed then.
    func belongs(to caller: Principal?) -> Bool {
        switch (session.principal, caller) {
        case (nil, nil): true
        case (let owner?, let caller?): owner.isSame(as: caller)
        default: false
        }
    }

    /// The token that began it is good no longer: it is rolled back.
    func accessEnded(of session: Session, _ error: AccessError) {
        let frame = Failure.unauthenticated(error).frame(stream: Self.stream, request: Self.beginRequest)
        if let current { post(frame, to: current.caller) }
        current = nil
        end()
    }

    /// Begins the next call, if none is under way.
    func proceed() {
        guard current == nil, let next = waiting.popFirst() else { return }
        waitingBytes -= next.body.count
        // From here on the session counts it.
        next.tally?.end()
        lastRequest &+= 1
        current = (lastRequest, next.caller)
        session.submit(next.type, stream: Self.stream, request: lastRequest, body: next.body.span)
    }

    /// Looks at the deadlines.
    func tick(_ now: UInt64) {
        session.tick(now)
        if forgottenAt <= now { end() }
    }

    /// Whether it is over, its time most likely, and only somebody who might ask is waited for.
    var isOver: Bool { current == nil && waiting.isEmpty && !session.hasTransaction(onStream: Self.stream) }

    /// The server stops: what is under way is answered, a COMMIT above all.
    func drain() {
        isDraining = true
        if current == nil { end() }
    }

    /// Rolls back, if it is still open, and lets go of the name.
    func end() {
        session.end()
        for call in waiting { TransactionTable.refuse(call.caller) }
        waiting = []
        waitingBytes = 0
        shard.transactions.remove(self)
    }

    // MARK: FrameTransport

    var faceKind: FaceKind { .http }
    var peerAddress: String { "transaction \(tenant)" }
    func name(of request: UInt32) -> String? { current?.request == request ? current?.caller.requestID : nil }
    // The callers' connections hold back what is too much, by credit.
    var queuedBytes: Int { 0 }
    var countsBytes: Bool { true }
    var lowWaterMark: Int { 0 }
    func pauseReading() {}
    func resumeReading() {}
    func closeAfterFlush(timeout: Duration) { end() }

    func send(_ frames: inout [UInt8]) {
        var position = 0
        while position + FrameHeader.size <= frames.count {
            let header = FrameHeader(decoding: frames.span, at: position)
            let next = position + FrameHeader.size + Int(header.length)
            pass(header, frames[position..<next])
            position = next
        }
        frames.removeAll(keepingCapacity: true)
        guard current == nil else { return }
        if isDraining || !session.hasTransaction(onStream: Self.stream) { return end() }
        // The session is sending: it takes the next request when it has sent.
        if !waiting.isEmpty { shard.mailbox.post(.transactionProceeds(id)) }
    }

    private func pass(_ header: FrameHeader, _ frame: ArraySlice<UInt8>) {
        let type = MessageType(rawValue: header.type)
        if header.request == Self.openRequest {
            guard type == .error, let caller = current?.caller else { return }
            current = nil
            // What is wrong with the tenant, instead of that BEGIN has no stream.
            return post(Array(frame), to: caller)
        }
        guard let current, current.request == header.request else { return }
        if type?.isTerminal ?? true { self.current = nil }
        post(Array(frame), to: current.caller)
    }

    private func post(_ frame: [UInt8], to caller: TransactionCaller) {
        let onItsWay = BytesOnTheirWay(frame.count, in: shard.inFlight)
        caller.shard.post(.transactionFrames(frame, onItsWay, for: caller))
    }
}
