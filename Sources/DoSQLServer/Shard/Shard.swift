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

    /// Its place among the server's shards.
    let index: Int
    let loop: EventLoop
    let context: ServerContext
    /// What the web faces share.
    let web: WebContext
    /// What it has counted.
    var metrics = ShardMetrics()
    /// Transactions that belong to no connection.
    private(set) var transactions: TransactionTable!
    private(set) var mailbox: Mailbox<ShardMessage>!
    /// Who owns each socket.
    private var faces = ShardFaces()
    /// Connections beyond what the server takes, until they have been told.
    private var surplus: Set<UInt64> = []
    /// Where answers of other threads go.
    private var sessions: [UInt64: Session] = [:]
    private var lastID: UInt64 = 0
    private var tenants: [TenantName: ShardTenant] = [:]
    private var dirtySessions: [Session] = []
    private var dirtyFaces: [any Face] = []
    private var formerFaces: [any Face] = []
    private var inTurn: [ShardTenant] = []
    private(set) var feeds: ShardFeeds!
    /// Whether the turn's work is over: what becomes due now needs another one.
    private(set) var isEndingTurn = false
    private var ticker: Timer!
    private var drainDeadline: UInt64?
    private var isStopped = false

    init(index: Int, on loop: EventLoop, context: ServerContext) throws(LoopError) {
        self.index = index
        self.loop = loop
        self.context = context
        web = WebContext(context, shard: index)
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
        repeat {
            endReads()
            flush()
        } while !inTurn.isEmpty || !dirtySessions.isEmpty || !dirtyFaces.isEmpty
        if !formerFaces.isEmpty { formerFaces.removeAll() }
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

    // MARK: Messages

    private func received(_ message: ShardMessage) {
        switch message {
        case .accepted(let parcel, let isSurplus):
            if let descriptor = parcel.take() { accept(descriptor, isSurplus: isSurplus) }
        case .reply(let reply):
            sessions[reply.connection]?.deliver(reply)
        case .reader(let tenant, let result):
            readerArrived(for: tenant, result)
        case .release(let tenant):
            guard let shardTenant = tenants[tenant.name], shardTenant.tenant === tenant else { return }
            close(shardTenant)
        case .tenantEnded(let tenant, let failure):
            ended(tenant, failure)
        case .expired(let connection, let stream):
            sessions[connection]?.transactionExpired(onStream: stream)
        case .transactionCall(let call):
            transactions.received(call)
        case .transactionProceeds(let id):
            transactions.proceed(id)
        case .transactionFrames(let frames, let caller):
            (faces[caller.connection] as? HTTPFace)?.received(frames, exchange: caller.exchange)
        case .measure(let measurement):
            measurement.add(reading)
        case .report(let report, let caller):
            (faces[caller.connection] as? HTTPFace)?.received(report, exchange: caller.exchange)
        case .administration(let reply, let caller):
            (faces[caller.connection] as? HTTPFace)?.received(reply, exchange: caller.exchange)
        case .committed(let tenant):
            feeds.committed(tenant)
        case .feedRead(let errand, let result):
            feeds.arrived(errand, result)
        case .drain:
            drain()
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
            shardTenant.readerArrived(.success(LoopReader(connection, tenant: tenant)))
        case .failure(let failure):
            shardTenant.readerArrived(.failure(failure))
        }
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

    private func accept(_ descriptor: consuming Descriptor, isSurplus: Bool) {
        guard drainDeadline == nil else { return }
        // More than can be told so politely are not told at all.
        if isSurplus && surplus.count >= Self.surplusMax { return }
        let id = nextID()
        do throws(LoopError) {
            let socket = try SocketStream(adopting: descriptor, on: loop)
            let newcomer = Newcomer(connection: id, socket: socket, shard: self, isSurplus: isSurplus)
            _ = faces.add(newcomer)
            if isSurplus {
                surplus.insert(id)
                metrics.connectionRefused()
            }
            socket.start(newcomer)
        } catch {
            if !isSurplus { context.connectionEnded() }
            context.log.debug("a connection could not be adopted", metadata: ["error": "\(error)"])
        }
    }

    /// A number for a connection or a session of this shard, never given again.
    func nextID() -> UInt64 {
        lastID += 1
        return lastID
    }

    /// Somebody else speaks on the connection from now on.
    func faceChanged(_ face: any Face) {
        // It is the former one that calls: it stays until the turn ends.
        if let former = faces.add(face) { formerFaces.append(former) }
        metrics.connectionBegan(face.kind)
    }

    /// A face that was quiet has something under way.
    func wake(_ face: any Face) { faces.wake(face.connection) }

    /// A connection's last call: it is closed.
    func closed(_ connection: UInt64) {
        guard let face = faces.remove(connection) else { return }
        metrics.moved(received: face.socket.bytesReceived, sent: face.socket.bytesSent)
        if surplus.remove(connection) == nil { context.connectionEnded() }
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
            reading.isOpen(face.kind)
            reading.moved(received: face.socket.bytesReceived, sent: face.socket.bytesSent)
        }
        for session in sessions.values { reading.isInFlight(session.machine.inFlightCount) }
        return reading
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
        if let drainDeadline, drainDeadline <= now {
            for face in faces.all { face.closeNow() }
        }
        stopIfDrained()
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
