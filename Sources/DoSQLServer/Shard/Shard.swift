import DoSQLAccess
import DoSQLEngine
import DoSQLLoop
import DoSQLProtocol
import DoSQLSession
import Logging
import Synchronization

/// One event loop with its connections and its readers: everything in it is confined to the loop's thread.
final class Shard {
    /// How often deadlines are looked at.
    private static let tickPeriod: Duration = .milliseconds(50)
    /// Connections beyond the server's bound that are told so at a time, each in its own tongue; others are just closed.
    private static let surplusMax = 64

    /// Bytes of a connection below which cutting it off would help nobody: with ten thousand, they are a third of what the
    /// server may have.
    private static let cutBytesMin = 32 * 1024
    /// How often, in nanoseconds, somebody is looked for who makes room.
    private static let cutPeriod: UInt64 = 5_000_000
    /// How often, in nanoseconds, it is looked who takes nothing while the server is short of room; and in how many of
    /// these periods a client should take what waits for it.
    private static let slownessPeriod: UInt64 = 1_000_000_000
    private static let slownessPeriods = 16

    /// Its place among the server's shards.
    let index: Int
    let loop: EventLoop
    let context: ServerContext
    /// What the web faces share.
    let web: WebContext
    /// What it has counted.
    var metrics = ShardMetrics()
    /// Where it has counted what tenants do.
    private var tallies = TenantTallies()
    /// Who of its tenants is next.
    let turns: LoopTurns
    /// The bytes that wait on it.
    let inFlight: BytesInFlight
    /// Connections that have shown nothing yet.
    private var unproven: Unproven
    /// Where each connection comes from.
    private var peers: [UInt64: PeerAddress] = [:]
    /// Transactions that belong to no connection.
    private(set) var transactions: TransactionTable!
    private(set) var mailbox: Mailbox<ShardMessage>!
    /// Who owns each socket.
    private var faces = ShardFaces()
    /// Connections whose TLS handshake is under way.
    private var handshakes = HandshakeLine()
    /// Connections beyond what the server takes, until they have been told.
    private var surplus: Set<UInt64> = []
    /// Where answers of other threads go.
    private var sessions: [UInt64: Session] = [:]
    private var lastID: UInt64 = 0
    private var tenants: [TenantName: ShardTenant] = [:]
    /// What its clients have prepared.
    var texts = PreparedTexts()
    private var dirtySessions: [Session] = []
    private var dirtyFaces: [any Face] = []
    private var formerFaces: [any Face] = []
    private var inTurn: [ShardTenant] = []
    private(set) var feeds: ShardFeeds!
    /// Whether the turn's work is over: what becomes due now needs another one.
    private(set) var isEndingTurn = false
    private var ticker: Timer!
    private var drainDeadline: UInt64?
    private var nextCut: UInt64 = 0
    /// What connections held, and how many bytes they had moved either way, when that was last looked at, while the server was short of room.
    private var holders: [UInt64: (held: Int, moved: UInt64)] = [:]
    private var holdersSeen: UInt64?
    private var isStopped = false

    init(index: Int, on loop: EventLoop, context: ServerContext) throws(LoopError) {
        self.index = index
        self.loop = loop
        self.context = context
        web = WebContext(context, shard: index)
        turns = LoopTurns(loop)
        inFlight = BytesInFlight(serverMax: context.configuration.bytesInFlightMax, shards: context.shardCount)
        unproven = Unproven(most: max(1, context.configuration.handshakesMax / context.shardCount))
        transactions = TransactionTable(of: self)
        feeds = ShardFeeds(self)
        mailbox = try Mailbox(on: loop) { [unowned self] messages in
            for message in messages { received(message) }
        }
        ticker = Timer(on: loop) { [unowned self] in tick() }
        ticker.start(every: Self.tickPeriod)
        loop.onTurnEnd = { [unowned self] in endTurn() }
    }

    // MARK: Turns

    /// The session has output to flush when the turn ends.
    func willFlush(_ session: Session) { dirtySessions.append(session) }

    /// The face has output to flush when the turn ends, after the sessions' (which may make it so).
    func willFlush(_ face: any Face) { dirtyFaces.append(face) }

    /// The tenant's reader was used and ends its transaction when the turn ends.
    func willEndRead(_ tenant: ShardTenant) {
        guard !tenant.isInTurn else { return }
        tenant.isInTurn = true
        inTurn.append(tenant)
    }

    private func endTurn() {
        isEndingTurn = true
        defer { isEndingTurn = false }
        feeds.work()
        // A flush lets waiting requests begin, which may read, and may close a connection, which may make others dirty.
        settle()
        turns.next()
        settle()
        if inFlight.isFull { cutLargest() }
        if !formerFaces.isEmpty { formerFaces.removeAll() }
    }

    private func settle() {
        while !inTurn.isEmpty || !dirtySessions.isEmpty || !dirtyFaces.isEmpty {
            endReads()
            flush()
        }
    }

    private func endReads() {
        guard !inTurn.isEmpty else { return }
        let now = loop.now
        for tenant in inTurn {
            tenant.isInTurn = false
            tenant.reader?.endTurn()
            tenant.tenant.touch(now)
        }
        inTurn.removeAll(keepingCapacity: true)
    }

    private func flush() {
        var index = 0
        while index < dirtySessions.count {
            dirtySessions[index].flush()
            index += 1
        }
        dirtySessions.removeAll(keepingCapacity: true)
        index = 0
        while index < dirtyFaces.count {
            dirtyFaces[index].flush()
            index += 1
        }
        dirtyFaces.removeAll(keepingCapacity: true)
    }

    // MARK: Tenants

    func tenant(_ name: TenantName) -> ShardTenant {
        if let known = tenants[name], !known.tenant.isEnded { return known }
        let made = ShardTenant(context.tenants.tenant(name))
        tenants[name] = made
        return made
    }

    /// Why nothing more is taken, whoever asks; nil if there is room.
    var refusal: Failure? {
        inFlight.isFull ? inFlight.refusal : nil
    }

    /// Milliseconds that a transaction of a tenant may last; of a name that can be none, what holds for most.
    func transactionTotalMax(of name: String) -> UInt64 {
        let limits = (try? TenantName(name)).map { tenant($0).limits } ?? context.tenants.context.tenantLimits
        return UInt64(limits.transactionTotalMax)
    }

    // MARK: Messages

    private func received(_ message: ShardMessage) {
        switch message {
        case .accepted(let parcel, let peer, let surplus):
            if let descriptor = parcel.take() { accept(descriptor, from: peer, surplus: surplus) }
        case .reply(let reply):
            guard let session = sessions[reply.connection] else {
                reply.answers?.dropped(reply.frame.count)
                break
            }
            reply.answers?.delivered(reply.frame.count)
            session.deliver(reply)
        case .reader(let tenant, let result):
            readerArrived(for: tenant, result)
        case .release(let tenant):
            release(tenant)
        case .tenantEnded(let tenant, let failure):
            ended(tenant, failure)
        case .expired(let connection, let stream):
            sessions[connection]?.transactionExpired(onStream: stream)
        case .transactionCall(let call):
            transactions.received(call)
        case .transactionProceeds(let id):
            transactions.proceed(id)
        case .transactionFrames(let frames, _, let caller):
            (faces[caller.connection] as? HTTPFace)?.received(frames, exchange: caller.exchange)
        case .translated(let translation, let caller):
            (faces[caller.connection] as? HTTPFace)?.received(translation, exchange: caller.exchange)
        case .answerTranslated(let frame, let caller):
            (faces[caller.connection] as? HTTPFace)?.received(frame, exchange: caller.exchange)
        case .measure(let measurement):
            var reading = reading
            reading.counted(tallies.take())
            measurement.add(reading)
        case .report(let report, let caller):
            (faces[caller.connection] as? HTTPFace)?.received(report, exchange: caller.exchange)
        case .verified(let verdict, let inquirer):
            verified(verdict, for: inquirer)
        case .administration(let reply, let caller):
            (faces[caller.connection] as? HTTPFace)?.received(reply, exchange: caller.exchange)
        case .committed(let tenant):
            feeds.committed(tenant)
        case .slow(let statement):
            ranSlowly(statement)
        case .feedRead(let errand, let result):
            feeds.arrived(errand, result)
        case .drain:
            drain()
        }
    }

    /// Logs a slow statement, with what the shard knows of who asked for it.
    func ranSlowly(_ statement: SlowStatement) {
        context.tenants.context.slow.report(
            statement,
            sessions[statement.connection]?.caller(of: statement.request)
                ?? RequestCaller(face: .newcomer, peer: "", name: requestName(statement.connection, statement.request)))
    }

    /// How the log and clients name a request that has no name of its own: the connection's name, and the request's number
    /// (`protocol/handshake.md`, HELLO_OK).
    func requestName(_ session: UInt64, _ request: UInt32) -> String { "\(connectionName(session)).\(request)" }

    /// How they name a connection.
    func connectionName(_ session: UInt64) -> String { "\(web.namePrefix)c\(session)" }

    /// Has a token's signature checked by others: it takes longer than a read. The answer comes as a message.
    func verify(_ token: [UInt8], for inquirer: TokenInquirer) {
        guard let authority = context.authority, let mailbox else { return }
        Task.detached(executorPreference: context.checker) {
            let verdict = await authority.verify(token, now: ServerContext.now)
            mailbox.post(.verified(verdict, for: inquirer))
        }
    }

    private func verified(_ verdict: TokenAuthority.Verdict, for inquirer: TokenInquirer) {
        switch inquirer {
        case .session(let id): sessions[id]?.received(verdict)
        case .exchange(let connection, let number):
            (faces[connection] as? HTTPFace)?.received(verdict, exchange: number)
        case .hub(let connection): (faces[connection] as? WebSocketFace)?.received(verdict)
        }
    }

    private func readerArrived(for tenant: Tenant, _ result: Result<ConnectionParcel, Failure>) {
        guard let shardTenant = tenants[tenant.name], shardTenant.tenant === tenant else {
            // It has ended meanwhile, and its name may mean another one.
            if case .success(let parcel) = result, let connection = parcel.take() { tenant.closeReader(connection) }
            return
        }
        switch result {
        case .success(let parcel):
            guard let connection = parcel.take() else { return }
            shardTenant.readerArrived(.success(LoopReader(connection, tenant: tenant, turns: turns)))
        case .failure(let failure):
            shardTenant.readerArrived(.failure(failure))
        }
    }

    /// Closes the tenant's reader, and lets go of a tenant that no stream is bound to.
    private func release(_ tenant: Tenant) {
        guard var known = tenants.removeValue(forKey: tenant.name) else { return }
        guard known.tenant === tenant else { return tenants[tenant.name] = known }
        close(known)
        if known.isInUse || !isKnownUniquelyReferenced(&known) { tenants[tenant.name] = known }
    }

    private func ended(_ tenant: Tenant, _ failure: Failure) {
        // Who waits for a reader gets the failure from there.
        feeds.tenantEnded(tenant, failure)
        for session in Array(sessions.values) { session.tenantEnded(tenant) }
        for face in faces.all { (face as? WebSocketFace)?.tenantEnded(tenant) }
        guard let shardTenant = tenants[tenant.name], shardTenant.tenant === tenant else { return }
        close(shardTenant)
        tenants[tenant.name] = nil
        shardTenant.end(failure)
    }

    private func close(_ tenant: ShardTenant) {
        guard let reader = tenant.release() else { return }
        reader.endTurn()
        tenant.tenant.readerWasClosed(reader)
    }

    // MARK: Connections

    private func accept(_ descriptor: consuming Descriptor, from peer: PeerAddress, surplus refusal: Failure?) {
        // More than can be told so politely are not told at all.
        if let refusal { metrics.connectionRefused(refusal) }
        guard drainDeadline == nil, refusal == nil || surplus.count < Self.surplusMax else {
            if refusal == nil { context.census.ended(peer) }
            return
        }
        let id = nextID()
        do throws(LoopError) {
            let socket = try SocketStream(adopting: descriptor, on: loop)
            // What comes behind a token waits here until it is known whose it is.
            if context.authority != nil { socket.readBytesMax = Limits.frameHandshakeMax }
            let newcomer = Newcomer(connection: id, socket: socket, shard: self, surplus: refusal)
            _ = faces.add(newcomer)
            if refusal != nil {
                surplus.insert(id)
            } else {
                peers[id] = peer
            }
            socket.start(newcomer)
            // A crowd that only connects makes room for those who come after it.
            if let oldest = unproven.add(id) { faces[oldest]?.closeNow() }
            if context.requestLog.isOn { context.requestLog.began(peer: socket.peerAddress) }
        } catch {
            if refusal == nil { context.census.ended(peer) }
            context.log.debug("a connection could not be adopted", metadata: ["error": "\(error)"])
        }
    }

    /// The connection has said HELLO, or has asked something: it is no mere socket.
    func proved(_ connection: UInt64) { unproven.remove(connection) }

    /// A number for a connection or a session of this shard, never given again.
    func nextID() -> UInt64 {
        lastID += 1
        return lastID
    }

    /// Somebody else speaks on the connection from now on.
    func faceChanged(_ face: any Face) {
        // It is the former one that calls: it stays until the turn ends.
        if let former = faces.add(face) {
            formerFaces.append(former)
            // What moved before it said what it speaks belongs to what it speaks.
            if former.kind != .newcomer { count(face.bytesBefore, of: former.kind) }
        }
        metrics.connectionBegan(face.kind)
    }

    /// A connection begins a TLS handshake; where too many have, the oldest ends.
    func handshakeBegins(_ connection: UInt64) {
        guard let oldest = handshakes.begin(connection) else { return }
        metrics.handshakeEnded(.abandoned)
        faces[oldest]?.closeNow()
    }

    /// A TLS handshake is over.
    func handshakeEnded(_ connection: UInt64, _ result: HandshakeResult) {
        if handshakes.end(connection) { metrics.handshakeEnded(result) }
    }

    /// Whether a connection's TLS handshake is under way.
    func isInHandshake(_ connection: UInt64) -> Bool { handshakes.contains(connection) }

    /// A face that was quiet has something under way.
    func wake(_ face: any Face) { faces.wake(face.connection) }

    /// A connection's last call: it is closed.
    func closed(_ connection: UInt64) {
        guard let face = faces.remove(connection) else { return }
        handshakeEnded(connection, .abandoned)
        count(face.bytesMoved, of: face.kind)
        if context.requestLog.isOn { context.requestLog.ended(face) }
        unproven.remove(connection)
        surplus.remove(connection)
        if let peer = peers.removeValue(forKey: connection) { context.census.ended(peer) }
        stopIfDrained()
    }

    /// A session begins: answers reach it.
    func began(_ session: Session) { sessions[session.id] = session }

    /// A session has ended.
    func ended(_ session: Session) { sessions[session.id] = nil }

    /// Everything that it has counted, and how things stand.
    private var reading: ShardMetrics {
        var reading = metrics
        for face in faces.all {
            reading.isOpen(face.kind, isSecured: face.socket.isTransformed)
            // The bytes of who has not spoken yet will be another face's.
            let bytes = face.bytesMoved
            if face.kind != .newcomer { reading.moved(face.kind, received: bytes.received, sent: bytes.sent) }
        }
        for session in sessions.values { reading.isInFlight(session.machine.inFlightCount) }
        reading.areInFlight(inFlight)
        return reading
    }

    private func count(_ bytes: (received: UInt64, sent: UInt64), of face: FaceKind) {
        metrics.moved(face, received: bytes.received, sent: bytes.sent)
    }

    /// Where what a tenant's requests do is counted, which is about to be.
    func tally(_ tenant: ShardTenant) -> TenantTally {
        let tally = tenant.tally
        if !tally.isListed { list(tally) }
        return tally
    }

    private func list(_ tally: TenantTally) {
        if tallies.isFull {
            let (counted, ledger) = (tallies.take(), context.tenants.context.ledger)
            context.tenants.context.openers.post(for: ledger) { _ in ledger.add(counted) }
        }
        tallies.list(tally)
    }

    /// Whether the server stops.
    var isDraining: Bool { drainDeadline != nil }

    // MARK: Time

    private func tick() {
        let now = loop.now
        for face in faces.nextDue() {
            face.tick(now)
            if face.isQuiet { faces.rest(face.connection) }
        }
        transactions.tick(now)
        context.tenants.context.relieveThreads()
        context.administration.relieveThreads()
        cutLargest()
        cutSlowest(now)
        if let drainDeadline, drainDeadline <= now {
            for face in faces.all { face.closeNow() }
        }
        stopIfDrained()
    }

    /// With too many bytes in flight, those who leave most of their answers lying make room, until there is some.
    private func cutLargest() {
        let now = loop.now
        guard inFlight.isFull, nextCut <= now else { return }
        nextCut = now &+ Self.cutPeriod
        var excess = inFlight.bytes - inFlight.bytesMax
        let holding = faces.all.filter(\.socket.isOpen).map { (face: $0, bytes: $0.untakenBytes) }
            .filter { $0.bytes > Self.cutBytesMin }
        for (face, bytes) in holding.sorted(by: { $0.bytes > $1.bytes }) {
            guard excess > 0 else { break }
            cut(face, bytes)
            excess -= bytes
        }
    }

    /// With too little room for further answers, those who take too little of theirs make some, or send too little of a
    /// request: whoever sips would keep everybody waiting.
    private func cutSlowest(_ now: UInt64) {
        guard inFlight.isShort else {
            holdersSeen = nil
            if !holders.isEmpty { holders = [:] }
            return
        }
        if let holdersSeen, now < holdersSeen &+ Self.slownessPeriod { return }
        let isFirst = holdersSeen == nil
        holdersSeen = now
        var seen: [UInt64: (held: Int, moved: UInt64)] = [:]
        var slow: [(face: any Face, bytes: Int)] = []
        for face in faces.all where face.socket.isOpen && face.heldBytes > Self.cutBytesMin {
            let (held, moved) = (face.heldBytes, face.socket.bytesSent &+ face.socket.bytesReceived)
            seen[face.connection] = (held, moved)
            guard !isFirst, let before = holders[face.connection] else { continue }
            let taken = max(before.held - held, Int(clamping: moved &- before.moved))
            if taken < before.held / Self.slownessPeriods { slow.append((face, held)) }
        }
        holders = seen
        var excess = inFlight.bytes - inFlight.bytesMax / 4 * 3
        for (face, bytes) in slow.sorted(by: { $0.bytes > $1.bytes }) {
            guard excess > 0 else { break }
            cut(face, bytes)
            excess -= bytes
        }
    }

    private func cut(_ face: any Face, _ bytes: Int) {
        context.log.notice(
            "cut off a client that does not read: too many bytes wait",
            metadata: ["peer": "\(face.socket.peerAddress)", "bytes": "\(bytes)"])
        face.closeNow()
    }

    // MARK: The end

    private func drain() {
        guard drainDeadline == nil else { return }
        drainDeadline = loop.now &+ context.configuration.session.shutdownGrace
        transactions.drain()
        for face in faces.all { face.drain() }
        stopIfDrained()
    }

    private func stopIfDrained() {
        guard drainDeadline != nil, faces.isEmpty, !isStopped else { return }
        isStopped = true
        transactions.endAll()
        for tenant in tenants.values { close(tenant) }
        ticker.cancel()
        ticker = nil
        mailbox.close()
        loop.onTurnEnd = nil
        loop.stop()
    }
}
