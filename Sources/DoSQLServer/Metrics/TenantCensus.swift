import Synchronization

/// How all tenants stand that the server knows.
struct TenantCensus: Sendable {
    /// Names that were asked for and are remembered.
    let known: Int
    /// Those whose file is open.
    let open: Int
    /// Pages in their logs, and in the longest.
    let walFrames: Int
    let walFramesMax: Int
    /// What waits in their lines, and in the longest.
    let waiting: Int
    let waitingMax: Int
    /// What their statements have cost, those of tenants that are not known any more with them.
    let statements: StatementTotals

    /// - Parameter forgotten: what the statements of those have cost that are not known any more.
    init(of tenants: [Tenant], forgotten: StatementTotals) {
        known = tenants.count
        let open = tenants.filter(\.isOpen)
        self.open = open.count
        let frames = open.map { $0.walFrames.load(ordering: .relaxed) }
        walFrames = frames.reduce(0, +)
        walFramesMax = frames.max() ?? 0
        let lines = tenants.map(\.queueCount)
        waiting = lines.reduce(0, +)
        waitingMax = lines.max() ?? 0
        var statements = forgotten
        for tenant in tenants { statements.add(tenant.statements.totals) }
        self.statements = statements
    }
}
