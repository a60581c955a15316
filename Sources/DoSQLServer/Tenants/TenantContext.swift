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
    /// Groups or items of one turn, before the other tenants have theirs.
    static let turnLength = 16
    /// Idle connections for long reads that a tenant keeps.
    static let spareCursorsMax = 2

    let folder: DataFolder
    let migrations: MigrationFolder?
    let writers: WriterPool
    let readers: ReaderPool
    let openers: ReaderPool
    let watchdog: Watchdog
    let shards: ShardDirectory
    let createsTenants: Bool
    /// Who is served on a connection to a database between two requests: nobody, where there are tokens.
    let unserved: NobodysPermission?
    let writeQueueMax: Int
    let metrics = WriteMetrics()
    let checkpointPages: Int
    let session: SessionLimits
    /// How much is kept of each feed.
    let kept: [Feed: FeedRetention]
    private let synchronous: OpenOptions.Synchronous
    private let cacheKiB: Int
    private let vfsName: String

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
        unserved = configuration.tokens.isEmpty ? nil : .shared
        checkpointPages = configuration.checkpointPages
        session = configuration.session
        kept = [.messages: configuration.messagesKept, .events: configuration.eventsKept].filter { $0.value.isBounded }
        synchronous = configuration.synchronous
        cacheKiB = configuration.cacheKiB
        vfsName = configuration.vfsName
    }

    func openOptions(for tenant: TenantName, role: OpenOptions.Role) -> OpenOptions {
        var options = OpenOptions(path: folder.database(of: tenant), role: role)
        options.synchronous = synchronous
        options.cacheKiB = cacheKiB
        options.vfsName = vfsName
        return options
    }
}
