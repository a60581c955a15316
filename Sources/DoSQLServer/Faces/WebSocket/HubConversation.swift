import DoSQLAccess
import DoSQLJSON
import DoSQLLoop
import DoSQLProtocol
import DoSQLSession
import DoSQLWebSocket

/// The guide's hub: JSON messages to subscribe, publish and query (`protocol/json.md`, hub).
///
/// Statements and messages go through a session, as everywhere; what is subscribed to comes from the shard's feeds,
/// encoded once for all who hear it.
final class HubConversation: WebSocketConversation {
    /// The name that asks for it, for clients that have to ask for one: a browser that shows its token among the
    /// subprotocols wants one of them to be taken.
    static let subprotocol = "dosql.hub.v1"

    private static let stream: UInt16 = 1
    /// Bytes of a query's answer, which is one message: whoever wants more asks over HTTP, where rows stream.
    private static let resultMax = 16 << 20
    /// Bytes waiting for a client beyond which its subscriptions lag.
    private static let laggingBytes = 256 * 1024
    /// Requests under way beyond which no more are read: nobody counts along to learn what the server takes.
    private static let askedMax = 256

    private unowned let face: WebSocketFace
    private let tenant: TenantName
    private var session: Session?
    /// Who is served; nil: nobody yet, or the server has no tokens.
    private var principal: Principal?
    /// Whether the first message has to show a token.
    private var isStranger: Bool
    /// The `id` of the message whose token is being checked elsewhere.
    private var checking: (id: [UInt8]?, Void)?
    /// When the token must have been shown.
    private let strangerUntil: UInt64
    /// Whether the tenant is open, so that its feeds can be read.
    private var isOpen = false
    private var lastRequest: UInt32 = 0
    private var opening: UInt32 = 0
    private var asked: [UInt32: HubAnswer] = [:]
    /// A subscription that waits for the tenant to be open.
    private var waiting: (channel: String, after: Int64?, id: [UInt8]?)?
    /// The subscription whose beginning is not settled.
    private var beginning: HubSubscription?
    /// Whether the session wants the client to read first.
    private var sessionWaits = false
    private var isDraining = false
    /// What it is closed with when it is drained.
    private var farewell: (code: UInt16, reason: String) = (
        WebSocketCloseCode.goingAway, "the server is shutting down"
    )
    /// By the bytes of their channels' names: strings that only look alike are equal in Swift.
    private var channels: [[UInt8]: HubSubscription] = [:]
    private var frames: [UInt8] = []

    /// - Parameter principal: who has shown a token with the request.
    init(on face: WebSocketFace, tenant: TenantName, principal: Principal?) {
        self.face = face
        self.tenant = tenant
        self.principal = principal
        let context = face.shard.context
        isStranger = context.authority != nil && principal == nil
        strangerUntil = face.shard.loop.now &+ context.configuration.session.handshakeTime
    }

    // MARK: Messages

    func received(text: [UInt8]) {
        take(text)
        _ = session?.mustWaitForClient()
        adjustReading()
    }

    private func take(_ text: [UInt8]) {
        let request: HubRequest
        do throws(HubRequest.Refusal) {
            request = try HubRequest(text.span)
        } catch {
            return send(error.fault.error, id: error.id)
        }
        guard !isDraining else {
            let failure = Failure(.shuttingDown, "the server is shutting down")
            return send(failure.message(transaction: .none), id: request.id)
        }
        if isStranger {
            guard case .auth(let token) = request.action else { return turnAway(.missing, id: request.id) }
            return authenticate(token, id: request.id)
        }
        guard isStillLetIn() else { return }
        switch request.action {
        case .auth:
            // Without tokens any is as good as none.
            guard face.shard.context.authority != nil else {
                return send { HubFrame.append(authenticated: request.id, to: &$0) }
            }
            send(ErrorMessage(.malformed, "a token was shown already"), id: request.id)
        case .subscribe(let channel, let after):
            subscribe(channel, after: after, id: request.id)
        case .unsubscribe(let channel):
            channels.removeValue(forKey: Array(channel.utf8))?.cancel()
            guard request.id != nil else { return }
            send { HubFrame.append(unsubscribed: channel, id: request.id, to: &$0) }
        case .publish(let channel, let data):
            var body = ByteWriter()
            Publish.encodeBody(into: &body, feed: .messages, name: channel, data: data)
            submit(.publish, body.bytes, .published(channel: channel, id: request.id))
        case .query(let body):
            submit(.query, body, .query(id: request.id))
        }
    }

    // MARK: Who is served

    private func authenticate(_ token: [UInt8], id: [UInt8]?) {
        guard let authority = face.shard.context.authority else { return }
        switch authority.verdict(for: token.span, now: ServerContext.now) {
        case .granted(let access): letIn(Principal(access), id: id)
        case .refused(let error): turnAway(error, id: id)
        case .unverified:
            checking = (id, ())
            // What stands behind it waits, within bounds.
            guard face.heldBytes <= Limits.frameHandshakeMax else {
                return face.close(WebSocketCloseCode.messageTooBig, "too much is sent behind a token")
            }
            adjustReading()
            face.shard.verify(token, for: .hub(connection: face.connection))
        }
    }

    /// The token's signature has been checked.
    func received(_ verdict: TokenAuthority.Verdict) {
        guard let (id, _) = checking else { return }
        checking = nil
        switch verdict {
        case .granted(let access): letIn(Principal(access), id: id)
        case .refused(let error): turnAway(error, id: id)
        case .unverified: turnAway(.badSignature, id: id)
        }
        adjustReading()
    }

    private func letIn(_ principal: Principal, id: [UInt8]?) {
        guard principal.permission(for: tenant) != nil else {
            send(Failure.forbidden(tenant: tenant).message(transaction: .none), id: id)
            return face.close(WebSocketCloseCode.policyViolation, "the token has no right on the tenant")
        }
        self.principal = principal
        isStranger = false
        face.allow(messageBytesMax: WebSocketFace.hubBytesMax)
        send { HubFrame.append(authenticated: id, to: &$0) }
    }

    private func turnAway(_ error: AccessError, id: [UInt8]?) {
        face.shard.metrics.authenticationFailed(error)
        send(Failure.unauthenticated(error).message(transaction: .none), id: id)
        face.close(WebSocketCloseCode.policyViolation, error.message)
    }

    /// Whether the token is good still; if it is not, the conversation ends.
    private func isStillLetIn() -> Bool {
        guard let principal, let error = face.shard.context.fault(of: principal) else { return true }
        turnAway(error, id: nil)
        return false
    }

    func accessEnded(of session: Session, _ error: AccessError) { turnAway(error, id: nil) }

    func received(binary: [UInt8]) {
        let words = "the hub takes text messages; binary ones need the subprotocol dosql.v1"
        send(ErrorMessage(.malformed, words), id: nil)
    }

    var turns: TurnAccount { session?.turns ?? face.shard.turns.nobody }
    func yieldIfDue() {
        if session?.mustYield() == true { pauseReading() }
    }

    /// What stands behind a subscribe must not overtake it, or a client would not hear what it publishes itself; and
    /// what is under way is bounded.
    private func adjustReading() {
        let mustWait =
            checking != nil || sessionWaits || waiting != nil || beginning != nil || asked.count >= Self.askedMax
        face.holdBack(mustWait && !isDraining)
    }

    private func submit(_ type: MessageType, _ body: [UInt8], _ answer: HubAnswer) {
        let session = openSession()
        let request = nextRequest()
        asked[request] = answer
        session.submit(type, stream: Self.stream, request: request, body: body.span)
    }

    private func openSession() -> Session {
        if let session { return session }
        let session = Session(on: face.shard, transport: self, principal: principal, replyMax: Limits.frameMax)
        self.session = session
        var body = ByteWriter()
        Open.encodeBody(into: &body, tenant: tenant.description)
        opening = nextRequest()
        session.submit(.open, stream: Self.stream, request: opening, body: body.bytes.span)
        return session
    }

    private func nextRequest() -> UInt32 {
        repeat { lastRequest = lastRequest == .max ? 1 : lastRequest + 1 } while asked[lastRequest] != nil
        return lastRequest
    }

    // MARK: Subscriptions

    private func subscribe(_ channel: String, after: Int64?, id: [UInt8]?) {
        if face.shard.context.authority != nil {
            let nothing: [UInt8] = []
            let permission = principal?.permission(for: tenant)
            let failure = permission == nil ? .lacking(.subscribe) : permission?.refusal(of: .subscribe, nothing.span)
            if let failure { return send(failure.message(transaction: .none), id: id) }
        }
        let name = Array(channel.utf8)
        if after == nil, let known = channels[name] {
            // A set, as in the guide: once is enough.
            return known.acknowledge(id)
        }
        guard channels[name] != nil || channels.count < Limits.subscriptionsMax else {
            return send(
                Failure(
                    .subscriptionLimit, "a connection has at most \(Limits.subscriptionsMax) subscriptions",
                    limit: ("subscriptionsMax", Limits.subscriptionsMax)
                ).message(transaction: .none), id: id)
        }
        guard isOpen else {
            waiting = (channel, after, id)
            _ = openSession()
            return
        }
        channels.removeValue(forKey: name)?.cancel()
        let subscription = HubSubscription(to: channel, id: id, hub: self)
        channels[name] = subscription
        beginning = subscription
        subscription.begin(on: face.shard, tenant: tenant, after: after)
    }

    /// A subscription has begun: rows that are committed from now on reach it.
    func began(_ subscription: HubSubscription) {
        guard beginning === subscription else { return }
        beginning = nil
        adjustReading()
    }

    /// Whether a subscription is given more.
    var canTake: Bool { face.queuedBytes < Self.laggingBytes && !face.shard.inFlight.isFull }

    var variant: WebSocketVariant { face.variant }

    var codec: WebSocketCodec { face.shard.web.webSocketCodec }

    /// A subscription has ended by itself.
    func ended(_ subscription: HubSubscription, _ failure: Failure) {
        let name = Array(subscription.channel.utf8)
        if channels[name] === subscription { channels[name] = nil }
        send(failure.message(transaction: .none), id: subscription.id)
        began(subscription)
    }

    // MARK: Answers

    func send(_ write: (inout ByteWriter) -> Void) {
        var writer = ByteWriter()
        write(&writer)
        face.send(.text, writer.bytes.span)
    }

    func send(_ error: ErrorMessage, id: [UInt8]?) { send { HubFrame.append(error, id: id, to: &$0) } }

    func send(encoded frames: [UInt8]) { face.send(encoded: frames) }

    func deliver() {
        while !frames.isEmpty {
            var delivered: [UInt8] = []
            swap(&delivered, &frames)
            Frames.forEach(delivered) { header, body in deliver(header, body) }
        }
        if asked.isEmpty {
            closeIfDrained()
            face.isIdle()
        }
        // Frames that only fill an answer leave nothing to send, so nobody else would say that they were taken.
        if queuedBytes <= lowWaterMark { session?.drained() }
        adjustReading()
    }

    /// A message that was sent right before the close is published: the guide's client waits for no answer.
    var isBusy: Bool { !asked.isEmpty }

    private func deliver(_ header: FrameHeader, _ body: Span<UInt8>) {
        if header.request == opening { return opened(header, body) }
        guard let answer = asked[header.request] else { return }
        if MessageType(rawValue: header.type)?.isTerminal ?? true { asked[header.request] = nil }
        do throws(DecodeError) {
            switch try answer.take(header, body, resultMax: Self.resultMax) {
            // Nothing of it can be sent before all of it is there: it gives its room back.
            case .goesOn where answer.heldBytes > 0 && face.shard.inFlight.isShort:
                asked[header.request] = nil
                session?.submitCancel(of: header.request)
                send(face.shard.inFlight.refusal.message(transaction: .none), id: answer.id)
            case .goesOn(let taken): credit(header.request, taken)
            case .message(let message):
                if let message { face.send(.text, message.span) }
            case .tooLarge:
                asked[header.request] = nil
                session?.submitCancel(of: header.request)
                send(Failure.resultTooLarge(Self.resultMax).message(transaction: .none), id: answer.id)
            }
        } catch {
            let isOver = asked.removeValue(forKey: header.request) == nil
            if !isOver { session?.submitCancel(of: header.request) }
            send(.untranslatable(error, wasCarriedOut: isOver), id: answer.id)
        }
    }

    private func opened(_ header: FrameHeader, _ body: Span<UInt8>) {
        opening = 0
        let subscription = waiting
        waiting = nil
        if header.type == MessageType.error.rawValue {
            // What was asked behind it hears what is wrong with the tenant, not that its stream is not open.
            let error = (try? ErrorMessage(body)) ?? ErrorMessage(.internal, "OPEN was answered strangely")
            if let subscription { send(error, id: subscription.id) }
            for answer in asked.values { send(error, id: answer.id) }
            asked = [:]
            session?.end()
            session = nil
            return
        }
        isOpen = true
        if let subscription { subscribe(subscription.channel, after: subscription.after, id: subscription.id) }
    }

    /// Rows were taken; an answer is bounded, so they may come as fast as they can.
    private func credit(_ request: UInt32, _ taken: Int) {
        if taken > 0 { session?.submitCredit(taken, for: request) }
    }

    // MARK: Time and the end

    func drained() {
        session?.drained()
        guard canTake else { return }
        for subscription in channels.values { subscription.resume() }
    }

    func tick(_ now: UInt64) {
        if isStranger {
            guard strangerUntil <= now else { return }
            let failure = Failure(.handshakeTimeout, "no token was shown in time")
            send(failure.message(transaction: .none), id: nil)
            return face.close(WebSocketCloseCode.policyViolation, failure.message)
        }
        guard isStillLetIn() else { return }
        session?.tick(now)
        // They may have waited for others to read.
        if canTake { for subscription in channels.values { subscription.resume() } }
    }

    var isQuiet: Bool { asked.isEmpty && opening == 0 }

    var heldBytes: Int { frames.count + asked.values.reduce(0) { $0 + $1.heldBytes } }

    func drain() {
        isDraining = true
        adjustReading()
        closeIfDrained()
    }

    func tenantEnded(_ tenant: TenantName) {
        guard tenant == self.tenant, !isDraining else { return }
        farewell = (WebSocketCloseCode.serviceRestart, "the tenant was deleted, renamed or replaced")
        drain()
    }

    /// What was accepted is answered first.
    private func closeIfDrained() {
        guard isDraining, asked.isEmpty else { return }
        face.close(farewell.code, farewell.reason)
    }

    func end() {
        for subscription in channels.values { subscription.cancel() }
        channels = [:]
        waiting = nil
        beginning = nil
        asked = [:]
        session?.end()
        session = nil
    }
}

extension HubConversation: FrameTransport {
    var faceKind: FaceKind { .webSocket }
    var peerAddress: String { face.socket.peerAddress }
    var queuedBytes: Int { frames.count + face.queuedBytes }
    var countsBytes: Bool { true }
    var lowWaterMark: Int { face.socket.lowWaterMark }
    func pauseReading() {
        sessionWaits = true
        adjustReading()
    }

    func resumeReading() {
        sessionWaits = false
        adjustReading()
    }

    func closeAfterFlush(timeout: Duration) { face.close(WebSocketCloseCode.internalError, "the session has ended") }

    func send(_ sent: inout [UInt8]) {
        Frames.move(&sent, to: &frames)
        face.countAnswers()
        face.makeDirty()
    }
}
