import DoSQLEngine
import DoSQLLoop
import DoSQLSession
import Synchronization

/// All tenants the server has met, and which of them are open.
final class TenantStore: Sendable {
    /// How often tenants are looked at for closing and checkpoints.
    static let sweepPeriod: UInt64 = 500_000_000
    /// How often while more are open than may be: whoever opens thousands must not collect half a second of them.
    private static let crowdedPeriod: UInt64 = 20_000_000
    /// A log this small is checkpointed only when its tenant is closed.
    private static let checkpointPagesMin = 1000
    /// Closed tenants that may be known before shards are asked to let go of them.
    private static let closedMax = 1024
    /// How long a tenant has no use before a log below the limit is checkpointed.
    private static let restTime: UInt64 = 2_000_000_000

    let context: TenantContext
    private let tenants = Mutex<[TenantName: Tenant]>([:])
    /// What the statements of those have cost that are not known any more.
    private let forgotten = Mutex(StatementTotals())
    private let openMax: Int
    private let idleTime: UInt64
    private let bell = WorkQueue<Void>()
    private let sweeper = Mutex<WorkerThread?>(nil)

    /// `atSweep`: what else is looked at as often, at a monotonic time.
    init(
        context: TenantContext, openMax: Int, idleSeconds: Int,
        atSweep: @escaping @Sendable (UInt64) -> Void = { _ in }
    ) throws(LoopError) {
        self.context = context
        self.openMax = openMax
        idleTime = UInt64(idleSeconds) * 1_000_000_000
        let thread = try WorkerThread(name: "dosql-sweep") { [self] in
            var period = Self.sweepPeriod
            while !bell.isFinished {
                _ = bell.take(until: MonotonicClock.nanoseconds() + period)
                atSweep(MonotonicClock.nanoseconds())
                period = sweep(MonotonicClock.nanoseconds()) ? Self.crowdedPeriod : Self.sweepPeriod
            }
        }
        sweeper.withLock { $0 = thread }
    }

    /// The tenant of a name, known or not: whether its file is there shows when it is opened.
    func tenant(_ name: TenantName) -> Tenant {
        tenants.withLock { tenants in
            if let known = tenants[name] { return known }
            let made = Tenant(name: name, context: context)
            tenants[name] = made
            return made
        }
    }

    /// The tenant of a name, if the server has met it.
    func known(_ name: TenantName) -> Tenant? { tenants.withLock { $0[name] } }

    /// A tenant that has ended leaves: its name means whatever is made under it from now on.
    func forget(_ tenant: Tenant) {
        tenants.withLock { tenants in
            guard tenants[tenant.name] === tenant else { return }
            tenants[tenant.name] = nil
            forgotten.withLock { $0.add(tenant.statements.totals) }
        }
    }

    /// How all tenants stand.
    var census: TenantCensus {
        // Under one lock: who leaves is counted in one place.
        let (all, departed) = tenants.withLock { tenants in (Array(tenants.values), forgotten.withLock { $0 }) }
        return TenantCensus(of: all, forgotten: departed)
    }

    /// Those whose statements took most time, of those that are open.
    func busiest(_ count: Int) -> [Tenant] {
        let open = tenants.withLock { Array($0.values) }.filter(\.isOpen)
        return open.map { (tenant: $0, time: $0.statements.totals.nanoseconds) }.sorted { $0.time > $1.time }
            .prefix(count).map(\.tenant)
    }

    /// Closes who is idle, and beyond the limit those unused for longest; checkpoints what has grown.
    /// - Returns: whether more are open than may be.
    private func sweep(_ now: UInt64) -> Bool {
        context.disk.look(now)
        forgetClosed()
        let open = tenants.withLock { $0.values.filter(\.isOpen) }.map {
            (tenant: $0, used: $0.lastUsed.load(ordering: .relaxed))
        }
        for (tenant, used) in open {
            let frames = tenant.walFrames.load(ordering: .relaxed)
            let rests = frames >= Self.checkpointPagesMin && used &+ Self.restTime < now
            if frames >= context.checkpointPages || rests { tenant.maintain(.checkpoint) }
            if !tenant.retention.isEmpty, tenant.isTrimDue(now) { tenant.maintain(.trim) }
        }
        let byAge = open.sorted { $0.used < $1.used }
        // With little memory left, a quarter of the tenants gives back what it keeps for later.
        let surplus = max(byAge.count - openMax, SQLiteLibrary.isShortOfMemory ? (byAge.count + 3) / 4 : 0)
        for (index, entry) in byAge.enumerated() where entry.used &+ idleTime < now || index < surplus {
            retire(entry.tenant)
        }
        return open.count > openMax
    }

    /// Lets go of tenants that are closed: names cost nothing to ask for, and must not stay for ever.
    ///
    /// The shards let go first; whoever still has one keeps it here, so that there is one of each name.
    private func forgetClosed() {
        let closed = tenants.withLock { tenants -> [Tenant] in
            for name in tenants.filter({ !$0.value.isOpen }).map(\.key) {
                if var tenant = tenants.removeValue(forKey: name) {
                    if isKnownUniquelyReferenced(&tenant) {
                        let totals = tenant.statements.totals
                        forgotten.withLock { $0.add(totals) }
                    } else {
                        tenants[name] = tenant
                    }
                }
            }
            // Those whose names streams hold are asked for in vain: they cost little, and a look at all of them much.
            guard tenants.count > openMax + Self.closedMax else { return [] }
            return tenants.values.filter { !$0.isOpen }
        }
        for tenant in closed { context.shards.broadcast(.release(tenant)) }
    }

    /// Asks every shard to let go of a tenant, then its line to close the file. If somebody uses it again meanwhile, it
    /// stays open.
    private func retire(_ tenant: Tenant) {
        context.shards.broadcast(.release(tenant))
        tenant.maintain(.close({ _ in }))
    }

    /// Closes every tenant, with a checkpoint. Shards and readers have stopped.
    func closeAll() {
        bell.close()
        sweeper.withLock { $0.take() }?.join()
        let open = tenants.withLock { Array($0.values) }.filter(\.isOpen)
        let done = WorkQueue<Void>()
        for tenant in open { _ = tenant.submit(.close({ _ in done.post(()) })) }
        for _ in open { _ = done.take() }
    }
}
