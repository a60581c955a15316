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

    let id: TransactionID
    /// The tenant's name.
    let tenant: String
    private let shard: Shard
    private var session: Session!
    private var callers: [UInt32: TransactionCaller] = [:]
    private var lastRequest: UInt32 = 2
    /// Monotonic nanoseconds after which nobody is told any more how it ended.
    private let forgottenAt: UInt64

    /// Opens the tenant and begins. The caller gets the answer to BEGIN, or the error of OPEN.
    init(tenant: String, begin body: [UInt8], shard: Shard, caller: TransactionCaller) {
        id = TransactionID(onShard: shard.index)
        self.tenant = tenant
        self.shard = shard
        let limits = shard.context.configuration.session
        forgottenAt = shard.loop.now &+ limits.transactionWaitMax &+ 2 &* limits.transactionTotalMax
        session = Session(on: shard, transport: self, replyMax: Limits.frameMax)
        callers[Self.beginRequest] = caller
        var open = ByteWriter()
        Open.encodeBody(into: &open, tenant: tenant)
        session.submit(.open, stream: Self.stream, request: Self.openRequest, body: open.bytes.span)
        session.submit(.begin, stream: Self.stream, request: Self.beginRequest, body: body.span)
    }

    /// Carries out a call.
    func call(_ call: TransactionCall) {
        switch call.kind {
        case .request(let type, let body):
            lastRequest &+= 1
            callers[lastRequest] = call.caller
            session.submit(type, stream: Self.stream, request: lastRequest, body: body.span)
        case .credit(let bytes):
            guard let request = request(of: call.caller) else { return }
            var credit = ByteWriter()
            credit.writeVarint(bytes)
            session.submit(.credit, stream: 0, request: request, body: credit.bytes.span)
        case .cancel:
            guard let request = request(of: call.caller) else { return }
            let nothing: [UInt8] = []
            session.submit(.cancel, stream: 0, request: request, body: nothing.span)
        }
    }

    private func request(of caller: TransactionCaller) -> UInt32? {
        callers.first { $0.value.connection == caller.connection && $0.value.exchange == caller.exchange }?.key
    }

    /// Looks at the deadlines.
    func tick(_ now: UInt64) {
        session.tick(now)
        if forgottenAt <= now { end() }
    }

    /// Rolls back, if it is still open, and lets go of the name.
    func end() {
        session.end()
        shard.transactions.remove(self)
    }

    // MARK: FrameTransport

    var faceKind: FaceKind { .http }
    var peerAddress: String { "transaction \(tenant)" }
    // The callers' connections hold back what is too much, by credit.
    var queuedBytes: Int { 0 }
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
        if callers.isEmpty && !session.hasTransaction(onStream: Self.stream) { end() }
    }

    private func pass(_ header: FrameHeader, _ frame: ArraySlice<UInt8>) {
        let type = MessageType(rawValue: header.type)
        if header.request == Self.openRequest {
            guard type == .error, let caller = callers.removeValue(forKey: Self.beginRequest) else { return }
            // What is wrong with the tenant, instead of that BEGIN has no stream.
            return post(Array(frame), to: caller)
        }
        guard let caller = callers[header.request] else { return }
        if type?.isTerminal ?? true { callers[header.request] = nil }
        post(Array(frame), to: caller)
    }

    private func post(_ frame: [UInt8], to caller: TransactionCaller) {
        caller.shard.post(.transactionFrames(frame, for: caller))
    }
}
