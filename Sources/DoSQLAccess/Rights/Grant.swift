/// A line of what a token may do: on these tenants these rights, and, where tables are listed, `read` and `write` on
/// those tables only (`protocol/authentication.md`). A token's grants add up.
public struct Grant: Sendable, Hashable {
    /// The tenants, any of which may match.
    public var tenants: [TenantPattern]
    /// What may be done on them.
    public var rights: Rights
    /// The tables that `read` and `write` are for; nil: every table.
    public var tables: [TableGrant]?

    /// A grant of these parts.
    public init(tenants: [TenantPattern], rights: Rights, tables: [TableGrant]? = nil) {
        self.tenants = tenants
        self.rights = rights
        self.tables = tables
    }
}
