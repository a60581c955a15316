import DoSQLEngine
import DoSQLLoop
import DoSQLProtocol
import DoSQLSession
import Synchronization

/// What every tenant needs of its server.
final class TenantContext: Sendable {
    /// Writes that share one commit at most: bounds how long the first of them waits for the last.
    static let groupMax = 1024
    /// Groups or items of one turn, before the other tenants have theirs.
    static let turnLength = 16
    /// Idle connections for long reads that a tenant keeps.
    static let spareCursorsMax = 2

    let folder: DataFolder
    let catalog = TenantCatalog()
    let migrations: MigrationFolder?
    let writers: WriterPool
    let readers: ReaderPool
    let openers: ReaderPool
    let watchdog: Watchdog
    let shards: ShardDirectory
    let createsTenants: Bool
    let writeQueueMax: Int
    let metrics = WriteMetrics()
    let checkpointPages: Int
    let session: SessionLimits
    /// How much is kept of each feed.
    let kept: [Feed: FeedRetention]
    private let synchronous: OpenOptions.Synchronous
    private let cacheKiB: Int
    let vfsName: String

    init(
        configuration: Configuration, folder: DataFolder, migrations: MigrationFolder?, writers: WriterPool,
        readers: ReaderPool, openers: ReaderPool,
        watchdog: Watchdog, shards: ShardDirectory, writeQueueMax: Int
    ) {
        self.folder = folder
        self.migrations = migrations
        self.writers = writers
        self.readers = readers
        self.openers = openers
        self.watchdog = watchdog
        self.shards = shards
        self.writeQueueMax = writeQueueMax
        createsTenants = configuration.createsTenants
        checkpointPages = configuration.checkpointPages
        session = configuration.session
        kept = [.messages: configuration.messagesKept, .events: configuration.eventsKept].filter { $0.value.isBounded }
        synchronous = configuration.synchronous
        cacheKiB = configuration.cacheKiB
        vfsName = configuration.vfsName
    }

    /// Tenants behind `after` whose names begin with `prefix`, in the order of their names' bytes, at most `limit`; and
    /// whether there are more. May read the disk: not for an event loop.
    func page(after: String, prefix: String, limit: Int) throws(Failure) -> (names: [TenantName], hasMore: Bool) {
        try catalog.page(after: after, prefix: prefix, limit: limit) { () throws(Failure) in try folder.tenants() }
    }

    func openOptions(for tenant: TenantName, role: OpenOptions.Role) -> OpenOptions {
        openOptions(path: folder.database(of: tenant), role: role)
    }

    /// The same for a file that is no tenant's yet.
    func openOptions(path: String, role: OpenOptions.Role) -> OpenOptions {
        var options = OpenOptions(path: path, role: role)
        options.synchronous = synchronous
        options.cacheKiB = cacheKiB
        options.vfsName = vfsName
        return options
    }
}
