import DoSQLAccess
import DoSQLHTTP
import DoSQLJSON
import DoSQLLoop
import DoSQLProtocol
import DoSQLSession
import Logging

/// One request and its answer: what it asks for, which tenant it is for, and who makes the answer.
final class Exchange {
    private enum Phase {
        /// The body comes.
        case receiving
        /// A thread translates a long body.
        case translating(Operation, TransactionID?, ResultStyle)
        /// Frames of an operation are awaited.
        case operation(OperationAnswer)
        /// The answer to BEGIN is awaited.
        case begin(TransactionID, total: UInt64)
        /// The answer to what the server asks itself is awaited.
        case inquiry(Inquiry)
        /// The tenant is being opened, then its feed is streamed.
        case stream(EventStream, after: Int64?)
        /// The administration carries something out.
        case administration
        /// A file is the answer, read a part at a time.
        case backup(BackupStream)
        /// It has been answered.
        case done
    }

    /// Names it on its connection.
    let number: UInt64
    let head: RequestHead
    let response: Response
    let face: HTTPFace
    private(set) var body: [UInt8] = []
    /// The form of the answer.
    private(set) var style = AnswerStyle.json
    private var route: Route?
    private var refusal: Refusal?
    /// The token of the request, if it has one.
    private(set) var shownToken: [UInt8] = []
    private var phase = Phase.receiving
    /// The transaction that it was sent to.
    private var transaction: TransactionID?
    /// Who asks; nil: nobody that is known, or the server has no tokens.
    private(set) var principal: Principal?
    /// Whether the token's signature is being checked: until then nothing more of the request is taken.
    private(set) var awaitsVerdict = false
    /// Where the body goes, if it is a file to restore.
    var upload: Upload?
    /// Whether the client waits for what it has sent to be written.
    var isHeldBack = false
    /// Bytes of rows that the client's socket has not taken, for which credit is due then.
    private var owedCredit = 0
    /// Bytes of a body that nobody takes.
    private var ignoredBytes = 0

    init(number: UInt64, head: RequestHead, face: HTTPFace) {
        self.number = number
        self.head = head
        self.face = face
        response = Response(to: head, face: face)
    }

    /// The tenant's name as the client gave it; nobody has looked yet whether it can be one.
    var tenant: String { route?.tenant ?? TenantSource.fallback }

    /// Whether the client named a tenant.
    var namesTenant: Bool { route?.namesTenant ?? false }

    /// Whether the request is complete and its answer is not.
    var isAnswering: Bool {
        switch phase {
        case .receiving, .done: false
        default: true
        }
    }

    /// Whether the answer has no end of its own.
    var isStream: Bool {
        if case .stream = phase { return true }
        return false
    }

    /// Bytes of the answer that are not with the face yet.
    var heldBytes: Int {
        if case .operation(let answer) = phase { return answer.heldBytes }
        return 0
    }

    /// Whether the answer to a BEGIN is awaited.
    var isBeginning: Bool {
        if case .begin = phase { return true }
        return false
    }

    // MARK: The request

    /// The head is there.
    func begin() {
        // A preflight is answered for every path and host: it allows nothing by itself.
        if head.method != "OPTIONS" || face.shard.web.cors.preflight(for: head) == nil {
            do throws(Refusal) {
                try admit()
            } catch {
                refusal = error
            }
        }
        if !awaitsVerdict { proceed() }
    }

    private func admit() throws(Refusal) {
        let note = try HeadNote.of(head, web: face.shard.web)
        let route = note.route
        // Before a body takes more room.
        if route.endpoint.isBounded, let failure = face.shard.refusal { throw Refusal(failure) }
        style = note.style
        self.route = route
        if let authority = face.shard.context.authority { try authenticate(route, authority) }
        if case .administration(let request) = route.endpoint, !awaitsVerdict { try admit(request) }
    }

    // MARK: Who asks

    /// Finds out who asks. Nothing of a body is taken before that.
    private func authenticate(_ route: Route, _ authority: TokenAuthority) throws(Refusal) {
        switch ShownToken(head, isUpgrade: route.endpoint == .connect) {
        case .none:
            guard route.endpoint.needsToken(namesTenant: route.namesTenant) else { return }
            throw refused(.missing)
        case .faulty(let sentence):
            face.shard.metrics.authenticationFailed(.malformed)
            throw Refusal(Failure(.unauthenticated, sentence))
        case .one(let token):
            shownToken = token
            if let known = face.principal(for: token) {
                principal = known
                return
            }
            try judge(authority.verdict(for: token.span, now: ServerContext.now))
        }
    }

    private func judge(_ verdict: TokenAuthority.Verdict) throws(Refusal) {
        awaitsVerdict = false
        switch verdict {
        case .granted(let access):
            let principal = Principal(access)
            self.principal = principal
            face.remember(principal, for: shownToken)
        case .refused(let error):
            throw refused(error)
        case .unverified:
            awaitsVerdict = true
            face.shard.verify(shownToken, for: .exchange(connection: face.connection, number: number))
        }
    }

    /// The signature of the token has been checked.
    func received(_ verdict: TokenAuthority.Verdict) {
        guard awaitsVerdict else { return }
        do throws(Refusal) {
            try judge(verdict == .unverified ? .refused(.badSignature) : verdict)
            if case .administration(let request)? = route?.endpoint { try admit(request) }
        } catch {
            refusal = error
        }
        proceed()
    }

    private func refused(_ error: AccessError) -> Refusal {
        let shard = face.shard
        shard.metrics.authenticationFailed(error)
        shard.context.log.debug(
            "a request was not let in",
            metadata: ["peer": "\(face.socket.peerAddress)", "reason": "\(error.message)"])
        return Refusal(error)
    }

    /// Asks for a right on the request's tenant, where no message asks for it.
    func require(_ type: MessageType) throws(Refusal) {
        guard face.shard.context.authority != nil, let name = try? TenantName(tenant) else { return }
        let nothing: [UInt8] = []
        guard let permission = principal?.permission(for: name) else { throw Refusal(.forbidden(tenant: name)) }
        if let failure = permission.refusal(of: type, nothing.span) { throw Refusal(failure) }
    }

    /// Asks for a right on every tenant there is.
    func require(everywhere right: Rights) throws(Refusal) {
        guard face.shard.context.authority != nil else { return }
        guard let principal, principal.access.holdsEverywhere(right) else { throw Refusal(.lacking(right)) }
    }

    /// The head is understood, and it is known who asks.
    private func proceed() {
        // The client is told before it has sent a body for nothing, and what it sends instead nobody can know.
        if case .length(let length) = head.framing, length > bodyRoom { return endReceiving() }
        guard head.expectsContinue else { return }
        if refusal != nil { return endReceiving() }
        response.sendContinue()
    }

    /// How many more bytes of the body may come: what the request takes, or, where nothing of it is taken, what is passed
    /// over.
    private var bodyRoom: Int {
        let limits = face.shard.web.limits
        let taken = refusal == nil ? route?.endpoint.bodyBytesMax(limits.bodyBytesMax) ?? 0 : 0
        if taken > 0 { return upload == nil ? taken - body.count : .max }
        return limits.ignoredBodyBytesMax - ignoredBytes
    }

    /// Answers before the body is there, and closes: the rest of it is read by nobody.
    private func endReceiving() {
        let refusal = refusal ?? tooLong
        face.shard.metrics.refused(refusal)
        upload?.abandon()
        upload = nil
        body = []
        response.isLast = true
        response.send(refusal, style: style)
        finish()
    }

    /// Why no more of a body is taken.
    private var tooLong: Refusal {
        let bytesMax = route?.endpoint.bodyBytesMax(face.shard.web.limits.bodyBytesMax) ?? 0
        guard bytesMax > 0 else { return .noBody(beyond: face.shard.web.limits.ignoredBodyBytesMax) }
        return Refusal(
            Failure(
                .frameTooLarge, "the body has at most \(bytesMax) bytes here",
                limit: ("administrationBodyMax", bytesMax)))
    }

    /// A part of the body is there.
    func received(_ bytes: [UInt8]) {
        let limits = face.shard.web.limits
        guard bytes.count <= bodyRoom else { return endReceiving() }
        guard refusal == nil, let route, route.endpoint.bodyBytesMax(1) > 0 else { return ignoredBytes += bytes.count }
        if let upload {
            do throws(Failure) {
                return try write(bytes, to: upload)
            } catch {
                refusal = Refusal(error)
                return endReceiving()
            }
        }
        if let failure = face.shard.refusal, body.count + bytes.count > limits.ignoredBodyBytesMax {
            // It was begun while there was room.
            refusal = Refusal(failure)
            return endReceiving()
        }
        if body.isEmpty { body = bytes } else { body += bytes }
    }

    /// The request is complete.
    func run() {
        guard case .receiving = phase else { return }
        do throws(Refusal) {
            if let refusal { throw refusal }
            if let preflight = face.shard.web.cors.preflight(for: head) { return answer(preflight) }
            guard let route else { throw .notFound }
            try run(route.endpoint)
        } catch {
            face.shard.metrics.refused(error)
            refuse(error)
        }
    }

    // MARK: Endpoints

    private func run(_ endpoint: Endpoint) throws(Refusal) {
        switch endpoint {
        case .operation(let operation): try run(operation, in: nil)
        case .inTransaction(let id, let operation):
            guard let id = TransactionID(id) else { throw .unknownTransaction }
            try run(operation, in: id)
        case .beginTransaction: try beginTransaction()
        case .live: answer(.live)
        case .ready: answer(.readiness(isDraining: face.shard.isDraining))
        case .health: begin(namesTenant ? .health(of: tenant, on: face) : .health(on: face, caller))
        case .metrics:
            try require(everywhere: .admin)
            begin(.metrics(on: face, caller))
        case .openAPI: answer(.openAPI)
        case .connect: try connect()
        case .eventStream: try streamEvents()
        case .channelStream(let channel): try stream(channel: channel)
        case .emit: try emit()
        case .publish(let channel): try publish(to: channel)
        case .administration(let request): try run(request)
        }
    }

    /// From now on the administration's replies are the answer.
    func expectAdministration() {
        body = []
        phase = .administration
    }

    /// From now on frames answer an operation, of a transaction's stream if one is named.
    func expect(
        _ operation: Operation, kinds: [Execute.Kind], rows: ResultStyle = ResultStyle(),
        in transaction: TransactionID? = nil
    ) {
        body = []
        self.transaction = transaction
        phase = .operation(OperationAnswer(operation, style: style, rows: rows, kinds: kinds, exchange: self))
    }

    /// From now on a thread's translation of the body is awaited.
    func expectTranslation(_ operation: Operation, rows: ResultStyle, in transaction: TransactionID?) {
        body = []
        phase = .translating(operation, transaction, rows)
    }

    /// A thread has translated the body.
    func received(_ translation: Translation) {
        guard case .translating(let operation, let transaction, let rows) = phase else { return }
        do throws(Refusal) {
            switch translation.result {
            case .success(let message): try submit(message, of: operation, rows: rows, in: transaction)
            case .failure(let fault): throw Refusal(fault)
            }
        } catch {
            face.shard.metrics.refused(error)
            refuse(error)
        }
    }

    /// From now on a frame answers BEGIN. `total`: milliseconds that the transaction may last.
    func expectBegin(of id: TransactionID, total: UInt64) { phase = .begin(id, total: total) }

    /// From now on the rows of a feed are the answer.
    func stream(_ filter: FeedFilter, after: Int64?) {
        phase = .stream(EventStream(filter, exchange: self), after: after)
        face.tenants.open(tenant)
    }

    // MARK: The answer

    /// A frame of what it waits for.
    func received(_ header: FrameHeader, _ body: Span<UInt8>) {
        switch phase {
        case .operation(let answer): proceed(answer.received(header, body))
        case .begin(let id, let total):
            phase = .done
            guard header.type == MessageType.ok.rawValue else {
                let error = (try? ErrorMessage(body)) ?? ErrorMessage(.internal, "BEGIN was answered strangely")
                return refuse(Refusal(error))
            }
            var answer = ByteWriter()
            JSONAnswer.append(
                transaction: id.description, expiresAt: WallClock.milliseconds() + Int64(clamping: total), to: &answer)
            face.untold = id
            response.add("Location", "/transactions/\(id)")
            send(201, type: AnswerStyle.jsonType, answer.bytes)
        case .inquiry(let inquiry):
            if let report = inquiry.received(header, body) { received(report) }
        case .stream:
            // The tenant could not be opened.
            refuse(Refusal((try? ErrorMessage(body)) ?? ErrorMessage(.internal, "OPEN was answered strangely")))
        case .receiving, .translating, .administration, .backup, .done:
            break
        }
    }

    private func proceed(_ progress: OperationAnswer.Progress) {
        switch progress {
        case .goesOn(let taken): credit(taken)
        case .finished: finish()
        case .givenUp:
            if let transaction { try? call(transaction, .cancel) }
            finish()
        case .broken: breakOff()
        }
    }

    /// Lets a thread translate a long frame of the answer.
    func translate(
        _ header: FrameHeader, _ body: Span<UInt8>, with translator: AnswerTranslator, behind held: [UInt8]
    ) {
        let name = try? TenantName(tenant)
        TranslatedFrame.begin(
            header, body, with: translator, behind: held, for: caller,
            owner: name.map { face.shard.tenant($0).tenant } ?? face.shard, on: face.shard)
    }

    /// A thread has translated a frame of the answer.
    func received(_ frame: TranslatedFrame) {
        guard case .operation(let answer) = phase else { return }
        proceed(answer.received(frame))
    }

    /// A reply of the administration's.
    func received(_ reply: AdministrationReply) {
        switch (phase, reply) {
        case (.receiving, .written):
            isHeldBack = false
            face.bodyProceeds()
        case (.administration, .answer(let status, let body)):
            send(status, type: AnswerStyle.jsonType, body)
        case (.administration, .failure(let failure)):
            let refusal = Refusal(failure)
            face.shard.metrics.refused(refusal)
            refuse(refusal)
        case (.administration, .backup(let file)):
            let stream = BackupStream(file, exchange: self)
            phase = .backup(stream)
            stream.begin()
        case (.backup(let stream), .part(let bytes)):
            if stream.received(bytes) { finish() }
        case (.backup, _):
            // Its length was told: the client sees that it is not complete.
            breakOff()
        default: break
        }
    }

    /// The server is asked something that takes a while.
    private func begin(_ inquiry: Inquiry) {
        phase = .inquiry(inquiry)
        inquiry.begin()
    }

    /// What the server was asked has been found out.
    func received(_ report: OperatingReport) {
        guard case .inquiry(let inquiry) = phase else { return }
        answer(inquiry.concluded(report, isDraining: face.shard.isDraining))
    }

    private func answer(_ report: OperatingReport) { send(report.status, type: report.type, report.body) }

    /// The tenant is open.
    func opened() {
        guard case .stream(let stream, let after) = phase, let name = try? TenantName(tenant) else { return }
        stream.begin(on: face.shard, tenant: name, after: after)
    }

    /// A stream has ended by itself.
    func ended(_ failure: Failure) {
        let error = failure.message(transaction: .none)
        guard response.hasBegun else { return refuse(Refusal(error)) }
        var json = ByteWriter()
        JSONAnswer.append(error, to: &json)
        var text = Array("event: error\n".utf8)
        EventStream.append(data: json.bytes, to: &text)
        text.append(0x0A)
        response.write(text)
        response.end()
        finish()
    }

    /// Rows were taken: more may come as soon as the client has read enough of them.
    private func credit(_ taken: Int) {
        owedCredit += taken
        if face.queuedBytes <= face.socket.lowWaterMark { payCredit() }
    }

    private func payCredit() {
        guard owedCredit > 0 else { return }
        let bytes = owedCredit
        owedCredit = 0
        if let transaction { try? call(transaction, .credit(bytes)) } else { face.tenants.giveCredit(bytes) }
    }

    /// The client has read what was sent.
    func drained() {
        payCredit()
        switch phase {
        case .stream(let stream, _): stream.drained()
        case .backup(let stream): stream.drained()
        default: break
        }
    }

    private func refuse(_ refusal: Refusal) {
        response.send(refusal, style: style)
        finish()
    }

    private func answer(_ preflight: HeaderBlock) {
        response.add(preflight)
        response.send(204)
        finish()
    }

    func send(_ status: Int, type: String, _ body: [UInt8]) {
        response.send(status, type: type, body)
        finish()
    }

    private func finish() {
        phase = .done
        face.finished()
    }

    /// What was sent is not the whole answer, and the client must see that.
    private func breakOff() {
        phase = .done
        if let transaction { try? call(transaction, .cancel) }
        // Where chunks say what is complete, what was sent before is still read: it may end in why there is no more.
        if response.isChunked { face.closeAfterOutput() } else { face.close() }
    }

    // MARK: Time and the end

    func tick(_ now: UInt64) {
        switch phase {
        case .stream(let stream, _):
            if let principal, let error = face.shard.context.fault(of: principal) { return accessEnded(stream, error) }
            stream.tick(now)
        case .inquiry(let inquiry):
            guard let report = inquiry.timeout(now) else { return }
            // What comes late after all must not be taken for the answer to what is asked next.
            response.isLast = true
            received(report)
        default: break
        }
    }

    /// The token for which a stream was begun is good no longer.
    private func accessEnded(_ stream: EventStream, _ error: AccessError) {
        face.shard.metrics.authenticationFailed(error)
        stream.cancel()
        response.isLast = true
        ended(.unauthenticated(error))
    }

    /// The server stops.
    func drain() {
        response.isLast = true
        switch phase {
        case .receiving: face.closeAfterOutput()
        case .stream(let stream, _):
            stream.cancel()
            if response.hasBegun { response.end() }
            finish()
        default: break
        }
    }

    /// The connection is gone.
    func abandon() {
        upload?.abandon()
        upload = nil
        guard isAnswering else { return }
        let phase = phase
        self.phase = .done
        switch phase {
        case .stream(let stream, _): stream.cancel()
        case .begin(let id, _): face.shard.transactions.abandon(id)
        default: if let transaction { try? call(transaction, .cancel) }
        }
    }
}
