import DoSQLSession
import Logging

/// What one tenant may use (`protocol/administration.md`, limits of a tenant).
extension Administration {
    func limits(of name: TenantName) throws(Failure) -> TenantLimitsReport {
        guard context.folder.exists(name) else { throw Self.notFound(name) }
        return TenantLimitsReport(try context.folder.limits(of: name), else: context.tenantLimits)
    }

    func changeLimits(of name: TenantName, _ change: LimitsChange) throws(Failure) -> TenantLimitsReport {
        try settingLimits(of: name) { () throws(Failure) in try change.applied(to: context.folder.limits(of: name)) }
    }

    func replaceLimits(of name: TenantName, _ change: LimitsChange) throws(Failure) -> TenantLimitsReport {
        try settingLimits(of: name) { () throws(Failure) in try change.applied(to: TenantLimitOverrides()) }
    }

    /// Makes limits hold, while nobody else changes them or the tenant's place.
    private func settingLimits(
        of name: TenantName, _ make: () throws(Failure) -> TenantLimitOverrides
    ) throws(Failure) -> TenantLimitsReport {
        let own = try reserving([name]) { () throws(Failure) in
            guard context.folder.exists(name) else { throw Self.notFound(name) }
            let own = try make()
            try tenants.tenant(name).setOwnLimits(own)
            return own
        }
        let told = own.values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
        log.notice("limits of a tenant set", metadata: ["tenant": "\(name)", "own": "\(told)"])
        return TenantLimitsReport(own, else: context.tenantLimits)
    }
}
