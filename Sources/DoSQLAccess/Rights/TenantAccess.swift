/// What one token may do on one tenant: the union of the grants that name the tenant.
public struct TenantAccess: Sendable, Hashable {
    /// The rights. `read` and `write` may hold for some tables only: see ``isLimitedToTables``.
    public let rights: Rights
    /// `read` and `write` where they hold for every table.
    private let everywhere: Rights
    private let tables: [TableGrant]

    /// Every right on every table.
    public static let everything = TenantAccess(of: [Grant(tenants: [.every], rights: .all)])

    init(of grants: [Grant]) {
        var rights: Rights = []
        var everywhere: Rights = []
        var tables: [TableGrant] = []
        for grant in grants {
            guard let listed = grant.tables else {
                rights.formUnion(grant.rights)
                everywhere.formUnion(grant.rights.intersection(.ofTables))
                continue
            }
            rights.formUnion(grant.rights.subtracting(.ofTables))
            for table in listed where !table.rights.isDisjoint(with: grant.rights) {
                rights.formUnion(table.rights.intersection(grant.rights))
                if let narrowed = TableGrant(table: table.table, rights: table.rights.intersection(grant.rights)) {
                    tables.append(narrowed)
                }
            }
        }
        self.rights = rights
        self.everywhere = everywhere
        self.tables = tables
    }

    /// Whether `read` or `write` holds for some tables only, so that what a statement touches has to be looked at.
    public var isLimitedToTables: Bool {
        !rights.intersection(.ofTables).subtracting(everywhere).isEmpty
    }

    /// Whether rows of this table may be read. Names are compared as SQLite does, without the case of ASCII letters.
    public func mayRead(_ table: String) -> Bool { may(.read, table) }

    /// Whether rows of this table may be inserted, updated and deleted.
    public func mayWrite(_ table: String) -> Bool { may(.write, table) }

    private func may(_ right: Rights, _ table: String) -> Bool {
        everywhere.contains(right) || tables.contains { $0.rights.contains(right) && $0.matches(table) }
    }
}
