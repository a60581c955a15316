import DoSQLProtocol

/// What an operator wants of the limits that are a tenant's own: numbers, and null for those that it takes back
/// (`protocol/administration.md`, limits of a tenant).
struct LimitsChange: Decodable, Sendable {
    private enum Value: Decodable {
        case number(Int)
        /// Null.
        case back
        /// Neither a whole number nor null.
        case other

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                self = .back
            } else {
                self = (try? container.decode(Int.self)).map { .number($0) } ?? .other
            }
        }
    }

    private let values: [String: Value]

    init(from decoder: any Decoder) throws {
        values = try decoder.singleValueContainer().decode([String: Value].self)
    }

    /// The limits of a tenant that has had `own` before.
    /// - Throws: `MALFORMED`, with all that is wrong.
    func applied(to own: TenantLimitOverrides) throws(Failure) -> TenantLimitOverrides {
        var own = own
        var faults: [String] = []
        let unknown = values.keys.filter { TenantLimits.field($0) == nil }.sorted()
        if !unknown.isEmpty {
            let names = TenantLimits.fields.map(\.name).joined(separator: ", ")
            let quoted = unknown.map { "'\($0)'" }.joined(separator: ", ")
            faults.append("a tenant has no limit \(quoted) of its own, but: \(names)")
        }
        for field in TenantLimits.fields {
            do throws(TenantLimitOverrides.Fault) {
                switch values[field.name] {
                case .number(let value): try own.set(field.name, to: value)
                case .back: try own.set(field.name, to: nil)
                case .other: faults.append("\(field.name) is a whole number (\(field.unit)), or null")
                case nil: break
                }
            } catch {
                faults.append(error.description)
            }
        }
        guard faults.isEmpty else { throw Failure(.malformed, faults.joined(separator: "; ")) }
        return own
    }
}
