public import FoundationEssentials

/// The limits that a tenant has of its own, by their names: what lies in `limits.json` beside its database.
///
///     {"databaseBytesMax": 104857600, "tenantRateMax": 50}
public struct TenantLimitOverrides: Sendable, Hashable {
    /// A name that is none of ``TenantLimits/fields``, or a value out of its range.
    public struct Fault: Error, Sendable, Hashable, CustomStringConvertible {
        /// The sentence.
        public let description: String
    }

    /// The values by name.
    public private(set) var values: [String: Int] = [:]

    /// None.
    public init() {}

    /// Whether everything is as for the others.
    public var isEmpty: Bool { values.isEmpty }

    /// Sets a limit, or with nil takes it back.
    public mutating func set(_ name: String, to value: Int?) throws(Fault) {
        guard let field = TenantLimits.field(name) else {
            let names = TenantLimits.fields.map(\.name).joined(separator: ", ")
            throw Fault(description: "a tenant has no limit '\(name)' of its own, but: \(names)")
        }
        if let value, !field.range.contains(value) { throw Fault(description: TenantLimits.fault(field, value)) }
        values[name] = value
    }

    /// What holds for the tenant, where `limits` holds for all others.
    public func applied(to limits: TenantLimits) -> TenantLimits {
        var limits = limits
        for field in TenantLimits.fields {
            if let value = values[field.name] { limits[keyPath: field.path] = value }
        }
        return limits
    }

    // MARK: limits.json

    /// Reads the object of names and numbers.
    public init(json: Data) throws(Fault) {
        let read: [String: Int]
        do {
            read = try JSONDecoder().decode([String: Int].self, from: json)
        } catch {
            throw Fault(description: "limits are an object of names and whole numbers")
        }
        for (name, value) in read { try set(name, to: value) }
    }

    /// The same as text, its names in order.
    public var json: Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        // Names and numbers can be encoded.
        return (try? encoder.encode(values)) ?? Data("{}".utf8)
    }
}
