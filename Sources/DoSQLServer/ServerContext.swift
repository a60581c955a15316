import DoSQLLoop
import DoSQLProtocol
import DoSQLSession
import Logging
import Synchronization

/// What every shard needs of its server.
final class ServerContext: Sendable {
    /// How the server calls itself in HELLO_OK.
    static let name = "DoSQL/\(Server.version)"

    let configuration: Configuration
    let folder: DataFolder
    let tenants: TenantStore
    let administration: Administration
    let log: Logger
    /// New at every start.
    let serverID = Identity.random()
    /// The bounds HELLO_OK tells, as this server has them.
    let limits: [Limit]
    private let connections = Atomic<Int>(0)

    init(
        configuration: Configuration, folder: DataFolder, tenants: TenantStore, administration: Administration,
        log: Logger
    ) {
        self.configuration = configuration
        self.folder = folder
        self.tenants = tenants
        self.administration = administration
        self.log = log
        let session = configuration.session
        let changed: [String: UInt64] = [
            "transactionWaitMax": session.transactionWaitMax / 1_000_000,
            "transactionIdleMax": session.transactionIdleMax / 1_000_000,
            "transactionTotalMax": session.transactionTotalMax / 1_000_000,
            "cursorStallMax": session.cursorStallMax / 1_000_000,
            "statementTimeMax": session.statementTimeMax / 1_000_000,
            "snapshotAgeMax": session.snapshotAgeMax / 1_000_000,
        ]
        limits = Limits.told.map { limit in
            var limit = limit
            limit.value = changed[limit.name] ?? limit.value
            return limit
        }
    }

    /// Counts a connection in; false if there are too many.
    func connectionBegins() -> Bool {
        if connections.add(1, ordering: .relaxed).newValue <= configuration.connectionsMax { return true }
        connections.subtract(1, ordering: .relaxed)
        return false
    }

    /// Counts a connection out.
    func connectionEnded() { connections.subtract(1, ordering: .relaxed) }
}
