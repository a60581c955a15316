import FoundationEssentials

/// Numbers in as few characters as tell them apart.
enum TopFigure {
    /// A count or a rate: `0`, `0.25`, `7.5`, `120`, `12.3k`, `4.5M`.
    static func count(_ value: Double) -> String {
        guard value.isFinite else { return "-" }
        for (unit, name) in [(1e9, "G"), (1e6, "M"), (1e3, "k")] where value >= 0.99995 * unit {
            return digits(value / unit) + name
        }
        return value == 0 ? "0" : digits(value)
    }

    /// Bytes: `0 B`, `512 B`, `1.50 KiB`, `12.0 GiB`.
    static func bytes(_ value: Double) -> String {
        guard value.isFinite else { return "-" }
        for (shift, name) in [(4, "TiB"), (3, "GiB"), (2, "MiB"), (1, "KiB")] {
            let unit = Double(sign: .plus, exponent: 10 * shift, significand: 1)
            if value >= 0.99995 * unit { return "\(digits(value / unit)) \(name)" }
        }
        return "\(Int(value.rounded())) B"
    }

    /// A time: `4.2 µs`, `1.25 ms`, `30.0 s`; `-` for none, `>30 s` beyond the last bound.
    static func time(_ nanoseconds: Double?, beyond bound: UInt64? = nil) -> String {
        guard let nanoseconds else { return "-" }
        guard nanoseconds.isFinite else { return bound.map { ">\(Int($0 / 1_000_000_000)) s" } ?? "-" }
        for (unit, name) in [(1e9, "s"), (1e6, "ms"), (1e3, "µs")] where nanoseconds >= 0.99995 * unit {
            return "\(digits(nanoseconds / unit)) \(name)"
        }
        return "\(Int(nanoseconds.rounded())) ns"
    }

    /// How long a server has run: `12 s`, `3 min 20 s`, `5 h 10 min`, `3 d 4 h`.
    static func age(milliseconds: Double) -> String {
        let seconds = Int((milliseconds / 1000).rounded(.down))
        if seconds < 60 { return "\(seconds) s" }
        if seconds < 3600 { return "\(seconds / 60) min \(seconds % 60) s" }
        if seconds < 86_400 { return "\(seconds / 3600) h \(seconds / 60 % 60) min" }
        return "\(seconds / 86_400) d \(seconds / 3600 % 24) h"
    }

    /// Three digits that count, no more than two of them behind the point.
    private static func digits(_ value: Double) -> String {
        let places = value < 9.995 ? 2 : value < 99.95 ? 1 : 0
        let factor = [1.0, 10, 100][places]
        let scaled = Int((value * factor).rounded())
        guard places > 0 else { return "\(scaled)" }
        let fraction = String(scaled % Int(factor))
        return "\(scaled / Int(factor)).\(String(repeating: "0", count: places - fraction.utf8.count))\(fraction)"
    }
}
