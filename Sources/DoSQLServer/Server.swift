import DoSQLAccess
import DoSQLEngine
import DoSQLLoop
import DoSQLProtocol
import DoSQLTLS
import FoundationEssentials
public import Logging
import Synchronization

/// One running server: its loops, its threads, its tenants.
///
///     let server = try Server(configuration, log: log)
///     server.addresses          // where it listens
///     server.waitForSignal()    // until Ctrl-C or SIGTERM
///     server.stop()
///
/// Everything that can be wrong at start is thrown by `init`; afterwards errors are answers to requests.
public final class Server: Sendable {
    /// The version of this server, as HELLO_OK tells it.
    public static let version = "0.1.0"

    /// Threads that open and list files: short work, that long reads must not keep waiting.
    private static let openerThreads = 2

    /// Long reads give way to the loops, which have the short ones: as much as threads of this niceness do.
    private static let readerNiceness: Int32 = 15

    /// Why a server did not start.
    public struct StartError: Error, CustomStringConvertible {
        /// Sentences, each a reason.
        public let description: String
    }

    private let context: ServerContext
    private let tokens: TokenWatch?
    private let shards: [LoopThread<ShardHolder>]
    private let writers: WorkerPool
    private let readers: WorkerPool
    private let openers: WorkerPool
    private let watchdog: Watchdog
    private let directory: ShardDirectory
    private let front: LoopThread<Front>
    private let signals = WorkQueue<Void>()
    private let isStopped = Atomic<Bool>(false)
    /// Where it listens, with the ports the system chose: `127.0.0.1:3775`.
    public let addresses: [String]

    /// The data folder as it was configured.
    public var dataFolder: String { context.folder.path }

    /// Every tenant it has met.
    var tenants: TenantStore { context.tenants }

    /// Opens the data folder, starts all threads and listens.
    public init(_ configuration: Configuration, log: Logger) throws {
        let faults = configuration.faults
        guard faults.isEmpty else { throw StartError(description: faults.joined(separator: "; ")) }
        if SQLiteLibrary.hasWALResetBug {
            log.notice(
                "this SQLite has the WAL-reset bug; one connection a tenant does all commits and checkpoints, which keeps clear of it",
                metadata: ["sqlite": "\(SQLiteLibrary.version)"])
        }
        let folder: DataFolder
        let migrations: MigrationFolder?
        do throws(Failure) {
            migrations = if let path = configuration.migrationsFolder { try MigrationFolder(path: path) } else { nil }
            folder = try DataFolder(path: configuration.dataFolder)
        } catch {
            throw StartError(description: error.message)
        }
        let tokens: TokenWatch?
        do throws(TokenFileError) {
            tokens = configuration.tokens.isEmpty ? nil : try TokenWatch(configuration.tokens, log: log)
        } catch {
            throw StartError(description: "\(error)")
        }
        self.tokens = tokens
        let tls: TLSServerContext?
        do throws(TLSFileError) {
            tls = if let files = configuration.tls { try TLSServerContext(files) } else { nil }
        } catch {
            throw StartError(description: error.description)
        }
        DescriptorLimit.raise()
        SQLiteLibrary.setHeapBytesMax(configuration.heapBytesMax)
        watchdog = try Watchdog()
        writers = try WorkerPool(name: "write", threads: configuration.writerThreads, watchdog: watchdog)
        readers = try WorkerPool(
            name: "read", threads: configuration.readerThreads, niceness: Self.readerNiceness, watchdog: watchdog)
        openers = try WorkerPool(name: "open", threads: Self.openerThreads, watchdog: watchdog)
        directory = ShardDirectory()
        let tenantContext = TenantContext(
            configuration: configuration, folder: folder, migrations: migrations, writers: writers, readers: readers,
            openers: openers,
            watchdog: watchdog, shards: directory, writeQueueMax: Limits.writeQueueMax,
            slow: SlowStatementLog(from: configuration.slowStatement, log: log))
        let tenants = try TenantStore(
            context: tenantContext, openMax: configuration.openTenantsMax, idleSeconds: configuration.tenantIdleSeconds
        ) { now in tokens?.reloadIfChanged(now) }
        let administration: Administration
        do {
            administration = try Administration(
                configuration.administration, tenants: tenants, trash: Trash(folder), log: log)
        } catch {
            throw StartError(description: (error as? Failure)?.message ?? "\(error)")
        }
        let count = configuration.loops > 0 ? configuration.loops : ProcessInfo.processInfo.activeProcessorCount
        let context = ServerContext(
            configuration: configuration, folder: folder, tenants: tenants, administration: administration,
            authority: tokens?.authority,
            checker: tokens == nil ? nil : try WorkerExecutor(name: "dosql-token"), tls: tls, shards: count, log: log)
        self.context = context
        context.checkCertificate()
        let directory = directory
        shards = try (0..<count).map { index in
            try LoopThread(name: "dosql-loop-\(index)") { loop in
                let shard = try Shard(index: index, on: loop, context: context)
                directory.add(shard.mailbox)
                return ShardHolder(shard)
            }
        }
        let signals = signals
        let bound = Mutex<[String]>([])
        // The front has a loop of its own: accepting never waits for a request, nor a request for it.
        front = try LoopThread(name: "dosql-front") { loop in
            let front = try Front(on: loop, context: context, shards: directory, signals: signals) {
                // Reading files is not for the loop that accepts.
                tenantContext.openers.post(for: folder) { _ in
                    configuration.onReload?()
                    tokens?.reload()
                    context.reload()
                }
            }
            bound.withLock { $0 = front.addresses }
            return front
        }
        addresses = bound.withLock { $0 }
    }

    /// Sleeps until SIGINT or SIGTERM; a second one while stopping ends the process at once.
    public func waitForSignal() {
        _ = signals.take()
    }

    /// Reads again, as SIGHUP makes it do, what a running server takes up: the files of tokens, and certificates, for
    /// connections to come. What cannot be used leaves everything as it was, and is logged.
    public func reload() {
        context.configuration.onReload?()
        tokens?.reload()
        context.reload()
    }

    /// Stops: no new connections, GOAWAY to the others, what was accepted is finished, open transactions are rolled
    /// back when the grace time is over, every file is checkpointed and closed.
    public func stop() {
        guard !isStopped.exchange(true, ordering: .acquiringAndReleasing) else { return }
        front.submit { loop, front in front.stopListening() }
        directory.broadcast(.drain)
        for shard in shards { shard.join() }
        readers.stop()
        openers.stop()
        context.administration.stop()
        context.checker?.stop()
        context.tenants.closeAll()
        writers.stop()
        watchdog.stop()
        front.submit { loop, front in front.close() }
        front.stop()
        front.join()
    }
}

/// Keeps a shard on its loop's thread.
private final class ShardHolder {
    private let shard: Shard

    init(_ shard: Shard) {
        self.shard = shard
    }
}
