import DoSQLAccess
import DoSQLLoop
import DoSQLProtocol

/// The session of an HTTP connection, with a stream for each tenant that was asked for: what translates an exchange's
/// message into frames, and hands the frames that come back to the exchange.
final class TenantStreams: FrameTransport {
    /// Tenants of one connection that stay open; beyond it the one unused for longest is let go.
    private static let tenantsMax = 16

    /// Capacity that a connection keeps for its frames between answers: one long answer must not stay in memory for good.
    private static let idleCapacityMax = 16 * 1024

    private unowned let face: HTTPFace
    private var session: Session?
    /// Tenants with their streams, the one used last at the end.
    private var open: [(tenant: String, stream: UInt16)] = []
    private var lastStream: UInt16 = 0
    private var lastRequest: UInt32 = 0
    /// The OPEN and the request that the current exchange waits for.
    private var opening: (request: UInt32, stream: UInt16)?
    private var current: UInt32?
    /// Whether the current exchange waits for the OPEN itself.
    private var opensOnly = false
    /// What the tenant of the last request has had of the turn.
    var turns: TurnAccount { session?.turns ?? face.shard.turns.nobody }
    /// Frames that were sent and not yet delivered.
    private var frames: [UInt8] = []
    /// How many bytes of them there are.
    var frameBytes: Int { frames.count }

    init(of face: HTTPFace) {
        self.face = face
    }

    // MARK: Requests

    /// Sends a message on the tenant's stream; its frames go to the face's current exchange.
    /// - Parameter mayCreate: whether a tenant that is not there may be made for it.
    func submit(_ type: MessageType, tenant: String, body: Span<UInt8>, mayCreate: Bool = true) {
        let session = begunSession()
        let stream = stream(of: tenant, in: session, mayCreate: mayCreate)
        let request = nextRequest()
        current = request
        session.submit(type, stream: stream, request: request, body: body)
        // What was answered at once is sent with the other answers of this turn.
        session.flush()
        deliver()
    }

    /// Opens a tenant, creating it if the server does so; then the face's exchange is told, or gets the error.
    func open(_ tenant: String) {
        let session = begunSession()
        current = nil
        _ = stream(of: tenant, in: session)
        guard opening != nil else {
            face.exchange?.opened()
            return
        }
        opensOnly = true
        session.flush()
        deliver()
    }

    /// The client reads: more rows may come.
    func giveCredit(_ bytes: Int) {
        if let current { session?.submitCredit(bytes, for: current) }
    }

    /// The session, which begins with its first request, and anew with the first one of somebody else.
    private func begunSession() -> Session {
        let principal = face.exchange?.principal
        if let session {
            if session.principal === principal { return session }
            end()
        }
        let begun = Session(on: face.shard, transport: self, principal: principal, replyMax: Limits.frameMax)
        session = begun
        return begun
    }

    private func nextRequest() -> UInt32 {
        lastRequest = lastRequest == .max ? 1 : lastRequest + 1
        return lastRequest
    }

    private func stream(of tenant: String, in session: Session, mayCreate: Bool = true) -> UInt16 {
        dropEnded(tenant, in: session)
        if let last = open.last, last.tenant == tenant { return last.stream }
        if let index = open.firstIndex(where: { $0.tenant == tenant }) {
            let known = open.remove(at: index)
            open.append(known)
            return known.stream
        }
        if open.count == Self.tenantsMax {
            let nothing: [UInt8] = []
            session.submit(.close, stream: open.removeFirst().stream, request: nextRequest(), body: nothing.span)
        }
        repeat { lastStream &+= 1 } while lastStream == 0 || open.contains { $0.stream == lastStream }
        open.append((tenant, lastStream))
        var body = ByteWriter()
        Open.encodeBody(into: &body, tenant: tenant, mayCreate: mayCreate)
        let request = nextRequest()
        opening = (request, lastStream)
        session.submit(.open, stream: lastStream, request: request, body: body.bytes.span)
        return lastStream
    }

    /// A tenant that was deleted, renamed or replaced is opened anew: requests of HTTP know nothing of streams.
    private func dropEnded(_ tenant: String, in session: Session) {
        guard let index = open.firstIndex(where: { $0.tenant == tenant }),
            session.hasEndedTenant(onStream: open[index].stream)
        else { return }
        let nothing: [UInt8] = []
        session.submit(.close, stream: open.remove(at: index).stream, request: nextRequest(), body: nothing.span)
    }

    // MARK: Frames

    /// Hands the frames that have come to the exchange.
    func deliver() {
        while !frames.isEmpty {
            var delivered: [UInt8] = []
            swap(&delivered, &frames)
            Frames.forEach(delivered) { header, body in deliver(header, body) }
            if frames.isEmpty {
                guard delivered.capacity <= Self.idleCapacityMax else { return }
                delivered.removeAll(keepingCapacity: true)
                swap(&delivered, &frames)
                return
            }
        }
    }

    private func deliver(_ header: FrameHeader, _ body: Span<UInt8>) {
        if let opening, header.request == opening.request {
            self.opening = nil
            let opensOnly = opensOnly
            self.opensOnly = false
            guard header.type == MessageType.error.rawValue else {
                if opensOnly { face.exchange?.opened() }
                return
            }
            open.removeAll { $0.stream == opening.stream }
            // What is wrong with the tenant, instead of that its stream is not open.
            current = nil
            face.exchange?.received(header, body)
            return
        }
        guard header.request == current else { return }
        if MessageType(rawValue: header.type)?.isTerminal ?? true { current = nil }
        face.exchange?.received(header, body)
    }

    /// The socket's queue is short again.
    func drained() { session?.drained() }

    /// Looks at the deadlines.
    func tick(_ now: UInt64) { session?.tick(now) }

    /// Ends the session: what runs is cancelled, but for writes that were handed over.
    func end() {
        session?.end()
        session = nil
        current = nil
        open = []
        opening = nil
        opensOnly = false
        frames = []
    }

    /// The token is good no longer. Whoever waits for an answer hears that; the next request shows a token of its own.
    func accessEnded(of session: Session, _ error: AccessError) {
        let isAwaited = current != nil || opensOnly
        end()
        guard isAwaited else { return }
        var body = ByteWriter()
        Failure.unauthenticated(error).message(transaction: .none).encode(into: &body)
        let frame = body.bytes
        Frames.forEach(frame) { header, body in face.exchange?.received(header, body) }
    }

    // MARK: FrameTransport

    func name(of request: UInt32) -> String? {
        request == current || request == opening?.request ? face.exchange?.response.requestID : nil
    }

    var faceKind: FaceKind { .http }
    var peerAddress: String { face.socket.peerAddress }
    var queuedBytes: Int { frames.count + face.queuedBytes }
    var countsBytes: Bool { true }
    var lowWaterMark: Int { face.socket.lowWaterMark }
    // One request at a time: there is nothing to hold back.
    func pauseReading() {}
    func resumeReading() {}
    func closeAfterFlush(timeout: Duration) { face.closeAfterOutput() }

    func send(_ sent: inout [UInt8]) {
        Frames.move(&sent, to: &frames)
        face.countAnswer()
        // The exchange may want the session again, which is sending.
        face.makeDirty()
    }
}
