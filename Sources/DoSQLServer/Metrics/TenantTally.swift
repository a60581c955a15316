import DoSQLSession

/// What one shard has counted of a tenant since somebody last asked. It is the shard's own, so a count is a plain
/// addition.
final class TenantTally {
    let tenant: TenantName
    var figures = TenantFigures()
    /// Whether it is in its shard's list of those that have counted something.
    var isListed = false

    init(of tenant: TenantName) {
        self.tenant = tenant
    }
}
