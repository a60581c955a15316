import DoSQLEngine
import DoSQLSession
import Synchronization

/// What is measured of one tenant that has series of its own: what was counted, and how it stands.
struct TenantSeries: Sendable {
    let name: TenantName
    let figures: TenantFigures
    let statements: StatementTotals
    /// Requests that wait or run on a thread.
    let inFlight: Int
    /// What waits in its line.
    let waiting: Int
    /// Bytes of its file and of its log.
    let databaseBytes: Int64
    let walBytes: Int64

    /// Reads it now. Looks at the disk: not for an event loop.
    init(_ name: TenantName, _ figures: TenantFigures, of tenants: TenantStore) {
        self.name = name
        self.figures = figures
        let tenant = tenants.known(name)
        statements = tenant?.statements.totals ?? StatementTotals()
        inFlight = tenant?.requests.load(ordering: .relaxed) ?? 0
        waiting = tenant?.queueCount ?? 0
        let file = tenants.context.folder.database(of: name)
        databaseBytes = FileSystem.facts(of: file)?.size ?? 0
        walBytes = FileSystem.facts(of: file + "-wal")?.size ?? 0
    }
}
