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

    let loop: EventLoop
    let context: ServerContext
    private(set) var mailbox: Mailbox<ShardMessage>!
    private var connections: [UInt64: ClientConnection] = [:]
    private var nextConnection: UInt64 = 1
    private var tenants: [TenantName: ShardTenant] = [:]
    private var dirty: [ClientConnection] = []
    private var inTurn: [ShardTenant] = []
    private(set) var feeds: ShardFeeds!
    /// Whether the turn's work is over: what becomes due now needs another one.
    private(set) var isEndingTurn = false
    private var ticker: Timer!
    private var drainDeadline: UInt64?
    private var isStopped = false

    init(on loop: EventLoop, context: ServerContext) throws(LoopError) {
        self.loop = loop
        self.context = context
        feeds = ShardFeeds(self)
        mailbox = try Mailbox(on: loop) { [unowned self] messages in
            for message in messages { received(message) }
        }
        ticker = Timer(on: loop) { [unowned self] in tick() }
        ticker.start(every: Self.tickPeriod)
        loop.onTurnEnd = { [unowned self] in endTurn() }
    }

    // MARK: Turns

    /// The connection has output to flush when the turn ends.
    func willFlush(_ connection: ClientConnection) { dirty.append(connection) }

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
        let now = inTurn.isEmpty ? 0 : loop.now
        for tenant in inTurn {
            tenant.isInTurn = false
            tenant.reader?.endTurn()
            tenant.tenant.touch(now)
        }
        inTurn.removeAll(keepingCapacity: true)
        var index = 0
        // A flush may close a connection, and that may make others dirty.
        while index < dirty.count {
            dirty[index].flush()
            index += 1
        }
        dirty.removeAll(keepingCapacity: true)
    }

    // MARK: Tenants

    func tenant(_ name: TenantName) -> ShardTenant {
        if let known = tenants[name] { return known }
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
            connections[reply.connection]?.deliver(reply)
        case .reader(let tenant, let result):
            readerArrived(for: tenant, result)
        case .release(let tenant):
            guard let shardTenant = tenants[tenant.name], shardTenant.tenant === tenant else { return }
            close(shardTenant)
        case .expired(let connection, let stream):
            connections[connection]?.transactionExpired(onStream: stream)
        case .committed(let tenant):
            feeds.committed(tenant)
        case .feedRead(let errand, let result):
            feeds.arrived(errand, result)
        case .drain:
            drain()
        }
    }

    private func readerArrived(for tenant: Tenant, _ result: Result<ConnectionParcel, Failure>) {
        guard let shardTenant = tenants[tenant.name] else { return }
        switch result {
        case .success(let parcel):
            guard let connection = parcel.take() else { return }
            shardTenant.readerArrived(.success(LoopReader(connection, tenant: tenant)))
        case .failure(let failure):
            shardTenant.readerArrived(.failure(failure))
        }
    }

    private func close(_ tenant: ShardTenant) {
        guard let reader = tenant.release() else { return }
        reader.endTurn()
        tenant.tenant.readerWasClosed(reader)
    }

    // MARK: Connections

    private func accept(_ descriptor: consuming Descriptor, isSurplus: Bool) {
        guard drainDeadline == nil else { return }
        let id = nextConnection
        nextConnection += 1
        do throws(LoopError) {
            let socket = try SocketStream(adopting: descriptor, on: loop)
            let connection = ClientConnection(id: id, socket: socket, shard: self, isSurplus: isSurplus)
            connections[id] = connection
            socket.start(connection)
            if isSurplus { connection.turnAway() }
        } catch {
            if !isSurplus { context.connectionEnded() }
            context.log.debug("a connection could not be adopted", metadata: ["error": "\(error)"])
        }
    }

    /// The connection's last call: it is closed.
    func closed(_ connection: ClientConnection) {
        connections[connection.id] = nil
        if !connection.isSurplus { context.connectionEnded() }
        stopIfDrained()
    }

    // MARK: Time

    private func tick() {
        let now = loop.now
        for connection in connections.values { connection.tick(now) }
        if let drainDeadline, drainDeadline <= now {
            for connection in connections.values { connection.closeNow() }
        }
        stopIfDrained()
    }

    // MARK: The end

    private func drain() {
        guard drainDeadline == nil else { return }
        drainDeadline = loop.now &+ context.configuration.session.shutdownGrace
        for connection in connections.values { connection.drain() }
        stopIfDrained()
    }

    private func stopIfDrained() {
        guard drainDeadline != nil, connections.isEmpty, !isStopped else { return }
        isStopped = true
        for tenant in tenants.values { close(tenant) }
        ticker.cancel()
        ticker = nil
        mailbox.close()
        loop.onTurnEnd = nil
        loop.stop()
    }
}
