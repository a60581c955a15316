/// What one tenant may use, and where that comes from (`protocol/administration.md`, limits of a tenant).
package struct TenantLimitsReport: Codable, Equatable, Sendable {
    /// One of its limits.
    package struct Limit: Codable, Equatable, Sendable {
        package let name: String
        /// What holds.
        package let value: Int
        /// What holds for a tenant that has none of its own.
        package let `default`: Int
        /// Whether it is the tenant's own.
        package let own: Bool
        package let unit: String
        /// The least and the greatest value that it may have.
        package let min: Int
        package let max: Int
    }

    /// In the order of `protocol/limits.md`.
    package let limits: [Limit]

    init(_ own: TenantLimitOverrides, else all: TenantLimits) {
        let effective = own.applied(to: all)
        limits = TenantLimits.fields.map { field in
            Limit(
                name: field.name, value: effective[keyPath: field.path], default: all[keyPath: field.path],
                own: own.values[field.name] != nil, unit: field.unit, min: field.range.lowerBound,
                max: field.range.upperBound)
        }
    }
}
