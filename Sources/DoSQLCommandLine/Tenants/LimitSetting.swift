import DoSQLServer

/// `name=value` as an operator writes it: a limit and a whole number of its unit, or of a larger one.
struct LimitSetting: Equatable {
    /// Why a text is no setting.
    struct Fault: Error, Equatable, CustomStringConvertible {
        let description: String
    }

    let name: String
    let value: Int

    private static let factors: [String: (unit: String, factor: Int)] = [
        "B": ("bytes", 1), "KiB": ("bytes", 1 << 10), "MiB": ("bytes", 1 << 20), "GiB": ("bytes", 1 << 30),
        "TiB": ("bytes", 1 << 40), "ms": ("ms", 1), "s": ("ms", 1000), "min": ("ms", 60_000), "h": ("ms", 3_600_000),
    ]

    /// Reads it. Whether there is such a limit, and which values it may have, the server knows.
    init(_ text: String) throws(Fault) {
        guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
            throw Fault(description: "'\(text)' is not NAME=VALUE")
        }
        name = String(text[..<equals])
        let written = text[text.index(after: equals)...]
        let digits = written.prefix { $0.isASCII && $0.isNumber }
        let suffix = String(written.dropFirst(digits.count))
        guard let number = Int(digits) else {
            throw Fault(description: "\(name): '\(written)' is no whole number, nor one with a unit behind it")
        }
        guard !suffix.isEmpty else {
            value = number
            return
        }
        guard let (unit, factor) = Self.factors[suffix] else {
            throw Fault(
                description: "\(name): the unit '\(suffix)' is none of B, KiB, MiB, GiB, TiB, ms, s, min, h")
        }
        if let field = TenantLimits.field(name), field.unit != unit {
            throw Fault(description: "\(name) counts \(field.unit), not \(suffix)")
        }
        let (product, overflows) = number.multipliedReportingOverflow(by: factor)
        guard !overflows else { throw Fault(description: "\(name): \(written) is too large") }
        value = product
    }
}
