public import DoSQLAccess
public import DoSQLEngine
public import DoSQLLoop
internal import DoSQLProtocol
public import DoSQLSession
public import DoSQLTLS

/// Everything an operator decides about one server. Validated as a whole by ``faults``.
public struct Configuration: Sendable {
    /// Where to listen; several addresses may be given.
    public var listen: [ListenAddress] = [.tcp(host: "127.0.0.1", port: 3775)]
    /// Whether whoever can reach the server may do everything: without tokens it otherwise listens where only this
    /// machine reaches it.
    public var letsAnybodyIn = false
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
    /// Connections of one address (IPv6: of one /64); nil: `addressConnectionsMax` of `protocol/limits.md`, and as many as
    /// come from the server's own machine, where proxies are.
    public var addressConnectionsMax: Int?
    /// Connections that have neither said HELLO nor sent a request's head; one more, and the oldest of them is closed.
    public var handshakesMax = Limits.handshakesMax
    /// KiB of page cache for each connection to a database.
    public var cacheKiB = 2048
    /// Bytes of waiting bodies and of answers not taken, over all connections.
    public var bytesInFlightMax = Limits.bytesInFlightMax
    /// Bytes of SQLite's memory in the whole process; 0: as many as the system has.
    public var heapBytesMax = Limits.heapBytesMax
    /// Tenants that may be there, open or not.
    public var tenantsMax = Limits.tenantsMax
    /// Bytes of the data folder from which no database grows and no tenant is made; 0: any number.
    public var diskBytesMax = 0
    /// Bytes left on the data folder's disk below which the same holds; 0: all of it may be used.
    public var diskFreeMin = Limits.diskFreeMin
    private var otherTenantLimits = TenantLimits()
    /// Frames (pages) in the write-ahead log from which it is checkpointed.
    public var checkpointPages = 4000
    /// How much of a tenant's messages is kept.
    public var messagesKept = FeedRetention()
    /// How much of a tenant's events is kept.
    public var eventsKept = FeedRetention()
    /// The VFS databases are opened with; tests inject faults by naming their own.
    public var vfsName = "unix-excl"
    /// The certificate and key of TLS; nil: no TLS.
    public var tls: TLSFiles?
    /// Who may talk to the server without TLS although ``tls`` is there.
    public var plaintext = PlaintextPolicy.loopback
    /// Whether SIGINT and SIGTERM end ``Server/waitForSignal()`` and SIGHUP is ``Server/reload()``; a server inside another
    /// program leaves them alone.
    public var handlesSignals = true
    /// Where the keys are that tokens are checked by. None: nobody needs a token, and everybody may do everything.
    public var tokens = TokenConfiguration()
    /// The time bounds of sessions.
    public var session = SessionLimits()
    /// HTTP, WebSocket and event streams.
    public var http = HTTPConfiguration()
    /// What is done with tenants as a whole.
    public var administration = AdministrationConfiguration()
    /// What is measured.
    public var metrics = MetricsConfiguration()

    /// The defaults.
    public init() {}

    /// What a tenant may use that has no limits of its own. Its times and its page cache are those of ``session`` and
    /// ``cacheKiB``: whichever was set last holds.
    public var tenant: TenantLimits {
        get {
            var limits = otherTenantLimits
            limits.statementTimeMax = Int(clamping: session.statementTimeMax / 1_000_000)
            limits.transactionIdleMax = Int(clamping: session.transactionIdleMax / 1_000_000)
            limits.transactionTotalMax = Int(clamping: session.transactionTotalMax / 1_000_000)
            limits.pageCacheMax = cacheKiB.multipliedReportingOverflow(by: 1024).partialValue
            return limits
        }
        set {
            otherTenantLimits = newValue
            session.statementTimeMax = newValue.statementTime
            session.transactionIdleMax = newValue.transactionIdleTime
            session.transactionTotalMax = newValue.transactionTotalTime
            cacheKiB = newValue.pageCacheMax / 1024
        }
    }

    /// Every rule this configuration breaks, each as a sentence; empty if it can be used.
    public var faults: [String] {
        var faults: [String] = []
        if listen.isEmpty { faults.append("there is no address to listen on") }
        for address in listen where tokens.isEmpty && !letsAnybodyIn && !address.isLocal {
            faults.append(
                """
                other machines can reach \(address), and there are no tokens: make one with `dosql token create` and name \
                its file with --tokens (or --jwt-key, --jwks), or say --insecure-no-tokens, which lets whoever can reach \
                the server do everything
                """)
        }
        if letsAnybodyIn && !tokens.isEmpty {
            faults.append("with tokens not everybody is let in: leave --insecure-no-tokens out, or the tokens")
        }
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
        if let addressConnectionsMax, addressConnectionsMax < 1 {
            faults.append("at least 1 connection of an address must be allowed, not \(addressConnectionsMax)")
        }
        if handshakesMax < 1 { faults.append("at least 1 handshake must be allowed, not \(handshakesMax)") }
        if bytesInFlightMax < 32 << 20 {
            faults.append(
                "at least 33554432 bytes in flight must be allowed, a frame each way, not \(bytesInFlightMax)")
        }
        if heapBytesMax != 0 && heapBytesMax < 16 << 20 {
            faults.append("SQLite's memory is 0 (all there is) or at least 16777216 bytes, not \(heapBytesMax)")
        }
        if tenantsMax < 1 { faults.append("at least 1 tenant must be allowed, not \(tenantsMax)") }
        if diskBytesMax < 0 { faults.append("the data folder's bytes are 0 (any number) or more, not \(diskBytesMax)") }
        if diskFreeMin < 0 { faults.append("the bytes left on the disk are 0 or more, not \(diskFreeMin)") }
        faults += tenant.faults
        for (feed, kept) in [("messages", messagesKept), ("events", eventsKept)] {
            if let rows = kept.rowsMax, rows < 1 { faults.append("at least 1 row of \(feed) is kept, not \(rows)") }
            if let seconds = kept.secondsMax, seconds < 1 {
                faults.append("rows of \(feed) are kept for at least 1 second, not \(seconds)")
            }
        }
        if let tls {
            do throws(TLSFileError) { _ = try TLSServerContext(tls) } catch { faults.append("\(error)") }
        }
        return faults + tokens.faults + http.faults + administration.faults + metrics.faults
    }
}
