import DoSQLAccess
import DoSQLEngine
import DoSQLLoop
import DoSQLProtocol
import DoSQLSession
import Synchronization

/// What every tenant needs of its server.
final class TenantContext: Sendable {
    /// Writes that share one commit at most: bounds how long the first of them waits for the last.
    static let groupMax = 1024
    /// Bytes of answers that a group makes before it commits: they stay in memory until then.
    static let groupBytesMax = 4 << 20
    /// Nanoseconds for which a group may wait for those who wrote in the last ones: a part of what its commit takes.
    static let gatherTime: UInt64 = 100_000
    /// Nanoseconds after a group for which its writers are expected back.
    static let gatherAge: UInt64 = 2_000_000
    /// Groups or items of one turn, before the other tenants have theirs.
    static let turnLength = 16
    /// Idle connections for long reads that a tenant keeps.
    static let spareCursorsMax = 2

    let folder: DataFolder
    let catalog = TenantCatalog()
    let migrations: MigrationFolder?
    let writers: WorkerPool
    let readers: WorkerPool
    let openers: WorkerPool
    let disk: DiskWatch
    let watchdog: Watchdog
    let shards: ShardDirectory
    let createsTenants: Bool
    /// Who is served on a connection to a database between two requests: nobody, where there are tokens.
    let unserved: NobodysPermission?
    let writeQueueMax: Int
    /// Monotonic nanoseconds when the server began.
    let startedAt = MonotonicClock.nanoseconds()
    let metrics = WriteMetrics()
    /// What was counted of tenants.
    let ledger: TenantLedger
    /// Nanoseconds from which a statement counts as slow.
    let slowStatementTime: UInt64
    /// Where slow statements are logged.
    let slow: SlowStatementLog
    let checkpointPages: Int
    let session: SessionLimits
    /// What a tenant may use that has no limits of its own.
    let tenantLimits: TenantLimits
    let tenantsMax: Int
    /// How much is kept of each feed.
    let kept: [Feed: FeedRetention]
    private let synchronous: OpenOptions.Synchronous
    let vfsName: String

    init(
        configuration: Configuration, folder: DataFolder, migrations: MigrationFolder?, writers: WorkerPool,
        readers: WorkerPool, openers: WorkerPool,
        watchdog: Watchdog, shards: ShardDirectory, writeQueueMax: Int, slow: SlowStatementLog
    ) {
        self.slow = slow
        self.folder = folder
        self.migrations = migrations
        self.writers = writers
        self.readers = readers
        self.openers = openers
        self.watchdog = watchdog
        self.shards = shards
        self.writeQueueMax = writeQueueMax
        createsTenants = configuration.createsTenants
        unserved = configuration.tokens.isEmpty ? nil : .shared
        ledger = TenantLedger(seriesMax: configuration.metrics.tenantSeriesMax, folder: folder)
        slowStatementTime = slow.isOn ? slow.threshold : configuration.metrics.slowStatementTime
        checkpointPages = configuration.checkpointPages
        session = configuration.session
        kept = [.messages: configuration.messagesKept, .events: configuration.eventsKept].filter { $0.value.isBounded }
        synchronous = configuration.synchronous
        tenantLimits = configuration.tenant
        tenantsMax = configuration.tenantsMax
        disk = DiskWatch(
            folder: folder.path, freeMin: configuration.diskFreeMin, bytesMax: configuration.diskBytesMax)
        vfsName = configuration.vfsName
    }

    /// Lets nobody wait for another tenant's long statement.
    func relieveThreads() {
        writers.relieve()
        readers.relieve()
        openers.relieve()
    }

    /// Counts a new tenant in, before it is made.
    /// - Throws: `TENANT_LIMIT`, or `STORAGE_FULL` where the disk has no room for more.
    func admitNewTenant() throws(Failure) {
        if let bound = disk.met {
            throw Failure(.storageFull, "the disk has no room for another tenant", limit: bound)
        }
        guard folder.countTenants(1) <= tenantsMax else {
            folder.countTenants(-1)
            throw Failure(
                .tenantLimit, "this server has as many tenants as it may have", limit: ("tenantsMax", tenantsMax))
        }
    }

    /// Tenants behind `after` whose names begin with `prefix`, in the order of their names' bytes, at most `limit`; and
    /// whether there are more. May read the disk: not for an event loop.
    /// - Parameter isShown: which of them the caller may hear of.
    func page(
        after: String, prefix: String, limit: Int, where isShown: (TenantName) -> Bool = { _ in true }
    ) throws(Failure) -> (names: [TenantName], hasMore: Bool) {
        try catalog.page(after: after, prefix: prefix, limit: limit, where: isShown) { () throws(Failure) in
            try folder.tenants()
        }
    }

    func openOptions(for tenant: Tenant, role: OpenOptions.Role) -> OpenOptions {
        openOptions(path: folder.database(of: tenant.name), role: role, limits: tenant.limits)
    }

    /// The same for a file that is no tenant's yet.
    func openOptions(path: String, role: OpenOptions.Role) -> OpenOptions {
        openOptions(path: path, role: role, limits: tenantLimits)
    }

    private func openOptions(path: String, role: OpenOptions.Role, limits: TenantLimits) -> OpenOptions {
        var options = OpenOptions(path: path, role: role)
        options.synchronous = synchronous
        options.cacheKiB = limits.pageCacheMax >> 10
        options.limits.cachedStatements = limits.statementCacheMax
        options.vfsName = vfsName
        return options
    }
}
