public import DoSQLEngine
public import DoSQLLoop
public import DoSQLSession

/// Everything an operator decides about one server. Validated as a whole by ``faults``.
public struct Configuration: Sendable {
    /// Where to listen; several addresses may be given.
    public var listen: [ListenAddress] = [.tcp(host: "127.0.0.1", port: 3775)]
    /// The folder that holds the tenants. Created if it is not there.
    public var dataFolder = "./dosql-data"
    /// A folder of `NNN_name.sql` files that every tenant is brought to before its first request.
    public var migrationsFolder: String?
    /// Whether OPEN of an unknown tenant creates it.
    public var createsTenants = true
    /// When a commit waits for the disk. `.full`: before it is answered. `.normal`: a power cut may take the last
    /// commits away, consistently.
    public var synchronous = OpenOptions.Synchronous.full
    /// Event loops; 0: one for each core.
    public var loops = 0
    /// Threads that carry out writes. More than cores, since they sleep in fsync.
    public var writerThreads = 8
    /// Threads that carry out long reads.
    public var readerThreads = 4
    /// Tenants kept open. Beyond it, the one unused for longest is closed.
    public var openTenantsMax = 512
    /// Seconds without a request after which a tenant is closed.
    public var tenantIdleSeconds = 300
    /// Connections a server takes.
    public var connectionsMax = 10_000
    /// KiB of page cache for each connection to a database.
    public var cacheKiB = 2048
    /// Frames (pages) in the write-ahead log from which it is checkpointed.
    public var checkpointPages = 4000
    /// How much of a tenant's messages is kept.
    public var messagesKept = FeedRetention()
    /// How much of a tenant's events is kept.
    public var eventsKept = FeedRetention()
    /// The VFS databases are opened with; tests inject faults by naming their own.
    public var vfsName = "unix-excl"
    /// Whether SIGINT and SIGTERM end ``Server/waitForSignal()``; a server inside another program leaves them alone.
    public var handlesSignals = true
    /// The time bounds of sessions.
    public var session = SessionLimits()
    /// HTTP, WebSocket and event streams.
    public var http = HTTPConfiguration()
    /// What is done with tenants as a whole.
    public var administration = AdministrationConfiguration()

    /// The defaults.
    public init() {}

    /// Every rule this configuration breaks, each as a sentence; empty if it can be used.
    public var faults: [String] {
        var faults: [String] = []
        if listen.isEmpty { faults.append("there is no address to listen on") }
        if dataFolder.isEmpty { faults.append("the data folder has no name") }
        if loops < 0 || loops > 256 { faults.append("loops is 0 (one for each core) to 256, not \(loops)") }
        if writerThreads < 1 || writerThreads > 1024 {
            faults.append("writer threads are 1 to 1024, not \(writerThreads)")
        }
        if readerThreads < 1 || readerThreads > 1024 {
            faults.append("reader threads are 1 to 1024, not \(readerThreads)")
        }
        if openTenantsMax < 1 { faults.append("at least 1 tenant must be allowed to be open, not \(openTenantsMax)") }
        if tenantIdleSeconds < 1 { faults.append("a tenant is idle after at least 1 second, not \(tenantIdleSeconds)") }
        if connectionsMax < 1 { faults.append("at least 1 connection must be allowed, not \(connectionsMax)") }
        if checkpointPages < 1 { faults.append("a checkpoint is due after at least 1 page, not \(checkpointPages)") }
        for (feed, kept) in [("messages", messagesKept), ("events", eventsKept)] {
            if let rows = kept.rowsMax, rows < 1 { faults.append("at least 1 row of \(feed) is kept, not \(rows)") }
            if let seconds = kept.secondsMax, seconds < 1 {
                faults.append("rows of \(feed) are kept for at least 1 second, not \(seconds)")
            }
        }
        return faults + http.faults + administration.faults
    }
}
