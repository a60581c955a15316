import DoSQLAccess
import DoSQLLoop
import DoSQLProtocol
import DoSQLSession
import DoSQLTLS
import Logging

/// What every shard needs of its server.
final class ServerContext: Sendable {
    /// How the server calls itself in HELLO_OK.
    static let name = "DoSQL/\(Server.version)"

    let configuration: Configuration
    let folder: DataFolder
    let tenants: TenantStore
    /// What TLS sessions share; nil where TLS is not configured.
    let tls: TLSServerContext?
    let administration: Administration
    let log: Logger
    /// A line for each request, where the operator wants one.
    let requestLog: RequestLog
    /// What says which tokens are good; nil: nobody needs one.
    let authority: TokenAuthority?
    /// Where it checks signatures.
    let checker: WorkerExecutor?
    /// New at every start.
    let serverID = Identity.random()
    /// The bounds HELLO_OK tells, as this server has them.
    let limits: [Limit]
    /// Who is connected.
    let census: ConnectionCensus
    /// How many shards there are.
    let shardCount: Int

    init(
        configuration: Configuration, folder: DataFolder, tenants: TenantStore, administration: Administration,
        authority: TokenAuthority?, checker: WorkerExecutor?, tls: TLSServerContext?, shards: Int, log: Logger
    ) {
        self.authority = authority
        self.checker = checker
        self.configuration = configuration
        self.folder = folder
        self.tenants = tenants
        self.administration = administration
        self.tls = tls
        self.log = log
        requestLog = RequestLog(log)
        shardCount = shards
        census = ConnectionCensus(
            connectionsMax: configuration.connectionsMax, addressMax: configuration.addressConnectionsMax)
        let session = configuration.session
        var changed: [String: UInt64] = [
            "transactionWaitMax": session.transactionWaitMax / 1_000_000,
            "cursorStallMax": session.cursorStallMax / 1_000_000,
            "snapshotAgeMax": session.snapshotAgeMax / 1_000_000,
        ]
        let tenant = configuration.tenant
        for field in TenantLimits.fields { changed[field.name] = UInt64(tenant[keyPath: field.path]) }
        limits = Limits.told.map { limit in
            var limit = limit
            limit.value = changed[limit.name] ?? limit.value
            return limit
        }
    }

    /// Why whoever is served may be served no longer; nil while he may.
    func fault(of principal: Principal?) -> AccessError? {
        guard let authority else { return nil }
        guard let principal else { return .missing }
        return principal.fault(under: authority, now: Self.now)
    }

    /// Reads again what may change while the server runs: certificates. What cannot be used leaves what was there.
    func reload() {
        requestLog.levelMayHaveChanged()
        guard let tls else { return }
        do throws(TLSFileError) {
            try tls.reload()
            log.notice("certificates read again", metadata: ["certificate": "\(tls.files.certificate)"])
            checkCertificate()
        } catch {
            log.error(
                "certificates could not be read again: those from before stay",
                metadata: ["file": "\(error.file)", "reason": "\(error.reason)"])
        }
    }

    /// Says so where clients will refuse the certificate for its time.
    func checkCertificate() {
        guard let tls, let fault = tls.validity.fault(at: Int(WallClock.milliseconds() / 1000)) else { return }
        log.warning(
            "clients will refuse the certificate",
            metadata: ["file": "\(tls.files.certificate)", "reason": "\(fault)"])
    }

    /// Milliseconds since 1970, as tokens count.
    static var now: UInt64 { UInt64(clamping: WallClock.milliseconds()) }
}
