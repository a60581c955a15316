public import ArgumentParser
import DoSQLEngine
import DoSQLLoop
import DoSQLProtocol
import DoSQLServer
import DoSQLSession
public import DoSQLTLS
public import Logging

/// `dosql serve`: runs the server until Ctrl-C or SIGTERM.
struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the server.",
        discussion: """
            Without flags it listens on 127.0.0.1:3775 and keeps its data in ./dosql-data. It stops on Ctrl-C or SIGTERM: open transactions are rolled \
            back, accepted writes finished, every database checkpointed. A second Ctrl-C ends it at once, which loses nothing that was answered.

            On this machine's own addresses it lets everybody do everything. On any other it starts only with tokens: --tokens FILE, which `dosql token \
            create` makes, or keys for JWTs. The same goes for a container, whose port is published from 0.0.0.0.
            """)

    @Option(
        help:
            "Where to listen: HOST:PORT, [IPv6]:PORT or unix:PATH; may be given several times. Port 0 lets the system choose."
    )
    var listen: [String] = ["127.0.0.1:3775"]

    @OptionGroup var tokens: TokenOptions

    @Flag(help: "Let whoever can reach the server do everything, wherever it listens.")
    var insecureNoTokens = false

    @Option(help: "The folder that holds the tenants.")
    var data = "./dosql-data"

    @Option(help: "A folder of NNN_name.sql files that every tenant is brought to before its first request.")
    var migrations: String?

    @Flag(inversion: .prefixedNo, help: "Create a tenant on its first use.")
    var createTenants = true

    @Option(
        help:
            "When a commit waits for the disk: 'full' (what is answered survives a power cut) or 'normal' (the last commits may not)."
    )
    var synchronous = "full"

    @Option(help: "Event loops; 0: one for each core.")
    var loops = 0

    @Option(help: "Threads that carry out writes.")
    var writerThreads = 8

    @Option(help: "Threads that carry out long reads.")
    var readerThreads = 4

    @Option(help: "Tenants kept open; beyond it the one unused for longest is closed.")
    var maxOpenTenants = 512

    @Option(help: "Seconds without use after which a tenant is closed.")
    var tenantIdle = 300

    @Option(help: "Connections taken at a time.")
    var maxConnections = 10_000

    @Option(
        help: ArgumentHelp(
            "Connections taken of one address; without it 1024, and any number from this machine.",
            valueName: "connections"))
    var maxConnectionsPerAddress: Int?

    @Option(help: "Bytes of waiting requests and answers, over all connections.")
    var maxBytesInFlight = Limits.bytesInFlightMax

    @Option(help: "Bytes of SQLite's memory; 0: as many as the system has.")
    var maxMemory = Limits.heapBytesMax

    @Option(help: "Tenants there may be.")
    var maxTenants = Limits.tenantsMax

    @Option(help: "Bytes of the data folder from which nothing grows; 0: any number.")
    var maxDisk = 0

    @Option(help: "Bytes left on the disk below which nothing grows; 0: all may be used.")
    var minDiskFree = Limits.diskFreeMin

    @Option(
        help: ArgumentHelp(
            "A limit of every tenant that has none of its own, such as databaseBytesMax=104857600; may be given several times.",
            valueName: "name=value"))
    var tenantLimit: [String] = []

    @Option(help: "Page cache of each connection to a database, in KiB.")
    var cache = 2048

    @Option(help: "Pages in the write-ahead log from which it is checkpointed.")
    var checkpointPages = 4000

    @Option(help: "Milliseconds between the statements of a transaction before it is rolled back.")
    var transactionIdle: UInt64 = 10_000

    @Option(help: "Milliseconds a transaction may last.")
    var transactionTotal: UInt64 = 60_000

    @Option(help: "Milliseconds a write waits for its turn.")
    var transactionWait: UInt64 = 30_000

    @Option(help: "Milliseconds a result may wait for its client.")
    var cursorStall: UInt64 = 60_000

    @Option(help: "Milliseconds a statement may run at a stretch.")
    var statementTime: UInt64 = 30_000

    @Option(help: "Age in milliseconds from which a snapshot gives way to a checkpoint that is due.")
    var snapshotAge: UInt64 = 60_000

    @Option(help: "Milliseconds those who are connected get to finish when the server stops.")
    var shutdownGrace: UInt64 = 5_000

    @Option(
        help: ArgumentHelp(
            "A domain under which the first label of a request's Host names the tenant; may be given several times.",
            valueName: "domain"))
    var baseDomain: [String] = []

    @Option(
        help: ArgumentHelp(
            "An origin that browsers may call from (https://app.example.com), or '*'; may be given several times.",
            valueName: "origin"))
    var corsOrigin: [String] = []

    @Flag(help: "Browsers may send credentials from these origins.")
    var corsCredentials = false

    @Option(help: "Transactions that may be open over HTTP at a time, for each event loop.")
    var maxHTTPTransactions = 512

    @Option(help: ArgumentHelp("Rows that a tenant's messages keep; without it all.", valueName: "rows"))
    var keepMessages: Int?

    @Option(
        help: ArgumentHelp("Seconds for which a tenant's messages are kept; without it for ever.", valueName: "seconds")
    )
    var keepMessagesFor: Int?

    @Option(help: ArgumentHelp("Rows that a tenant's events keep; without it all.", valueName: "rows"))
    var keepEvents: Int?

    @Option(
        help: ArgumentHelp("Seconds for which a tenant's events are kept; without it for ever.", valueName: "seconds"))
    var keepEventsFor: Int?

    @Option(help: ArgumentHelp("Seconds for which deleted tenants can be brought back.", valueName: "seconds"))
    var keepDeletedFor = 7 * 24 * 3600

    @Option(
        help: ArgumentHelp(
            "The server's certificate and those between it and a root (PEM): clients may speak TLS. Read again on SIGHUP.",
            valueName: "file"))
    var tlsCertificate: String?

    @Option(help: ArgumentHelp("The private key that belongs to it (PEM).", valueName: "file"))
    var tlsKey: String?

    @Option(
        help: ArgumentHelp("The certificates that those of clients must come from (PEM).", valueName: "file"))
    var tlsClientCA: String?

    @Option(help: "Whether clients must show a certificate: 'required' or 'optional'.")
    var tlsClientCertificates = TLSFiles.ClientCertificates.required

    @Option(
        help:
            "Who may do without TLS where the server has a certificate: 'never', 'loopback' (this machine) or 'always'."
    )
    var plaintext = PlaintextPolicy.loopback

    @Option(help: "How much to log: trace, debug, info, notice, warning, error.")
    var logLevel = Logger.Level.notice

    /// The configuration these flags describe.
    func makeConfiguration() throws -> Configuration {
        var configuration = Configuration()
        configuration.listen = try listen.map { text in
            do {
                return try ListenAddress(parsing: text)
            } catch {
                throw ValidationError("--listen \(text): \(error)")
            }
        }
        configuration.tokens = try tokens.configuration()
        configuration.letsAnybodyIn = insecureNoTokens
        configuration.dataFolder = data
        configuration.migrationsFolder = migrations
        configuration.createsTenants = createTenants
        switch synchronous {
        case "full": configuration.synchronous = .full
        case "normal": configuration.synchronous = .normal
        default: throw ValidationError("--synchronous is 'full' or 'normal', not '\(synchronous)'")
        }
        configuration.loops = loops
        configuration.writerThreads = writerThreads
        configuration.readerThreads = readerThreads
        configuration.openTenantsMax = maxOpenTenants
        configuration.tenantIdleSeconds = tenantIdle
        configuration.connectionsMax = maxConnections
        configuration.addressConnectionsMax = maxConnectionsPerAddress
        configuration.bytesInFlightMax = maxBytesInFlight
        configuration.heapBytesMax = maxMemory
        configuration.tenantsMax = maxTenants
        configuration.diskBytesMax = maxDisk
        configuration.diskFreeMin = minDiskFree
        configuration.cacheKiB = cache
        configuration.checkpointPages = checkpointPages
        configuration.session.transactionIdleMax = transactionIdle * 1_000_000
        configuration.session.transactionTotalMax = transactionTotal * 1_000_000
        configuration.session.transactionWaitMax = transactionWait * 1_000_000
        configuration.session.cursorStallMax = cursorStall * 1_000_000
        configuration.session.statementTimeMax = statementTime * 1_000_000
        configuration.session.snapshotAgeMax = snapshotAge * 1_000_000
        configuration.session.shutdownGrace = shutdownGrace * 1_000_000
        configuration.http.baseDomains = baseDomain
        configuration.http.allowedOrigins = corsOrigin
        configuration.http.allowsCredentials = corsCredentials
        configuration.http.transactionsMax = maxHTTPTransactions
        configuration.messagesKept = FeedRetention(rowsMax: keepMessages, secondsMax: keepMessagesFor)
        configuration.eventsKept = FeedRetention(rowsMax: keepEvents, secondsMax: keepEventsFor)
        var overrides = TenantLimitOverrides()
        for text in tenantLimit {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, let value = Int(parts[1]) else {
                throw ValidationError("--tenant-limit is NAME=VALUE, a whole number, not '\(text)'")
            }
            do {
                try overrides.set(parts[0], to: value)
            } catch {
                throw ValidationError("--tenant-limit: \(error)")
            }
        }
        configuration.tenant = overrides.applied(to: configuration.tenant)
        configuration.tls = try makeTLS()
        configuration.plaintext = plaintext
        configuration.administration.deletedKept = keepDeletedFor
        guard configuration.faults.isEmpty else { throw ValidationError(configuration.faults.joined(separator: "\n")) }
        return configuration
    }

    private func makeTLS() throws -> TLSFiles? {
        switch (tlsCertificate, tlsKey) {
        case (let certificate?, let key?):
            return TLSFiles(
                certificate: certificate, key: key, clientCA: tlsClientCA, clientCertificates: tlsClientCertificates)
        case (nil, nil):
            if tlsClientCA != nil { throw ValidationError("--tls-client-ca needs --tls-certificate and --tls-key") }
            return nil
        default: throw ValidationError("--tls-certificate and --tls-key come together")
        }
    }

    func run() throws {
        let configuration = try makeConfiguration()
        var log = Logger(label: "dosql") { StreamLogHandler.standardError(label: $0) }
        log.logLevel = logLevel
        let server: Server
        do {
            server = try Server(configuration, log: log)
        } catch {
            throw CommandError("cannot start: \(error)")
        }
        for address in server.addresses { Output.line("listening on \(address)") }
        Output.line("data in \(server.dataFolder)")
        Output.line("SQLite \(SQLiteLibrary.version)")
        server.waitForSignal()
        Output.line("stopping")
        server.stop()
        Output.line("stopped")
    }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
extension TLSFiles.ClientCertificates: ExpressibleByArgument {}
extension PlaintextPolicy: ExpressibleByArgument {}
