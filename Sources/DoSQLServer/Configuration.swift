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
    /// What whoever runs the server reads again itself when ``Server/reload()`` is called, first of all: how much is logged.
    /// Called on a thread that may read files.
    public var onReload: (@Sendable () -> Void)?
    /// Nanoseconds of SQLite's time from which a statement is logged, with its plan; 0: none is.
    public var slowStatement: UInt64 = 0
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

    /// A rule that it breaks.
    public struct Fault: Sendable, Hashable, CustomStringConvertible {
        /// What it is about, by the key that `dosql serve` reads it from: `tls.certificate`.
        public let setting: String
        /// The sentence.
        public let description: String
    }

    /// Every rule this configuration breaks, each as a sentence; empty if it can be used.
    public var faults: [String] { settingFaults.map(\.description) }

    /// The same, each with what it is about.
    public var settingFaults: [Fault] {
        var faults: [Fault] = []
        func add(_ setting: String, _ text: String) { faults.append(Fault(setting: setting, description: text)) }
        if listen.isEmpty { add("listen", "there is no address to listen on") }
        for address in listen where tokens.isEmpty && !letsAnybodyIn && !address.isLocal {
            add(
                "listen",
                """
                other machines can reach \(address), and there are no tokens: make one with `dosql token create` and name \
                its file with --tokens (or --jwt-key, --jwks), or say --insecure-no-tokens, which lets whoever can reach \
                the server do everything
                """)
        }
        if letsAnybodyIn && !tokens.isEmpty {
            add(
                "insecureNoTokens", "with tokens not everybody is let in: leave --insecure-no-tokens out, or the tokens"
            )
        }
        if dataFolder.isEmpty { add("data", "the data folder has no name") }
        if loops < 0 || loops > 256 { add("loops", "loops is 0 (one for each core) to 256, not \(loops)") }
        if writerThreads < 1 || writerThreads > 1024 {
            add("writerThreads", "writer threads are 1 to 1024, not \(writerThreads)")
        }
        if readerThreads < 1 || readerThreads > 1024 {
            add("readerThreads", "reader threads are 1 to 1024, not \(readerThreads)")
        }
        if openTenantsMax < 1 {
            add("maxOpenTenants", "at least 1 tenant must be allowed to be open, not \(openTenantsMax)")
        }
        if tenantIdleSeconds < 1 {
            add("tenantIdle", "a tenant is idle after at least 1 second, not \(tenantIdleSeconds)")
        }
        if connectionsMax < 1 { add("maxConnections", "at least 1 connection must be allowed, not \(connectionsMax)") }
        if checkpointPages < 1 {
            add("checkpointPages", "a checkpoint is due after at least 1 page, not \(checkpointPages)")
        }
        if let addressConnectionsMax, addressConnectionsMax < 1 {
            add(
                "maxConnectionsPerAddress",
                "at least 1 connection of an address must be allowed, not \(addressConnectionsMax)")
        }
        if handshakesMax < 1 { add("maxConnections", "at least 1 handshake must be allowed, not \(handshakesMax)") }
        if bytesInFlightMax < 32 << 20 {
            add(
                "maxBytesInFlight",
                "at least 33554432 bytes in flight must be allowed, a frame each way, not \(bytesInFlightMax)")
        }
        if heapBytesMax != 0 && heapBytesMax < 16 << 20 {
            add("maxMemory", "SQLite's memory is 0 (all there is) or at least 16777216 bytes, not \(heapBytesMax)")
        }
        if tenantsMax < 1 { add("maxTenants", "at least 1 tenant must be allowed, not \(tenantsMax)") }
        if diskBytesMax < 0 {
            add("maxDisk", "the data folder's bytes are 0 (any number) or more, not \(diskBytesMax)")
        }
        if diskFreeMin < 0 { add("minDiskFree", "the bytes left on the disk are 0 or more, not \(diskFreeMin)") }
        let limits = tenant
        for field in TenantLimits.fields where !field.range.contains(limits[keyPath: field.path]) {
            add("tenantLimit.\(field.name)", TenantLimits.fault(field, limits[keyPath: field.path]))
        }
        for (feed, kept) in [("messages", messagesKept), ("events", eventsKept)] {
            if let rows = kept.rowsMax, rows < 1 {
                add("keep.\(feed)", "at least 1 row of \(feed) is kept, not \(rows)")
            }
            if let seconds = kept.secondsMax, seconds < 1 {
                add("keep.\(feed)For", "rows of \(feed) are kept for at least 1 second, not \(seconds)")
            }
        }
        if let tls {
            do throws(TLSFileError) {
                _ = try TLSServerContext(tls)
            } catch {
                let setting =
                    switch error.file {
                    case tls.key: "tls.key"
                    case tls.clientCA: "tls.clientCA"
                    default: "tls.certificate"
                    }
                add(setting, "\(error)")
            }
        }
        for fault in tokens.faults { add(tokens.isEmpty ? "revoked" : "jwt.lifetimeMax", fault) }
        for fault in administration.faults { add("keep.deletedFor", fault) }
        for fault in metrics.faults { add("maxTenantSeries", fault) }
        return faults + http.settingFaults
    }

    /// What is wrong with the files that are read at start, besides those of TLS: keys, lists of tokens, migrations. Reads
    /// all of them.
    public var fileFaults: [Fault] {
        var faults: [Fault] = []
        if !tokens.isEmpty {
            do throws(TokenFileError) {
                _ = try TokenAuthority(tokens)
            } catch {
                let setting =
                    if error.path == tokens.keyFile {
                        "tokens"
                    } else if error.path == tokens.revocationFile {
                        "revoked"
                    } else {
                        tokens.keySets.contains { $0.path == error.path } ? "jwks" : "jwt.key"
                    }
                faults.append(Fault(setting: setting, description: "\(error)"))
            }
        }
        if let migrationsFolder {
            do throws(Failure) {
                _ = try MigrationFolder(path: migrationsFolder)
            } catch {
                faults.append(Fault(setting: "migrations", description: error.message))
            }
        }
        return faults
    }
}
