/// What a setting counts, and how its numbers are written: plain, in that unit, or with one that says its own: `100ms`,
/// `7d`, `64MiB`.
struct SettingUnit: Hashable, Sendable {
    /// As it is printed behind a range.
    let name: String
    /// How many of the smallest unit of its kind it is.
    private let size: Int
    /// What may stand behind a number, with how many of the smallest unit that is.
    private let suffixes: [String: Int]

    /// Things: threads, rows.
    static func count(of name: String) -> SettingUnit { SettingUnit(name: name, size: 1, suffixes: [:]) }
    static let milliseconds = SettingUnit(name: "ms", size: 1, suffixes: durations)
    static let seconds = SettingUnit(name: "seconds", size: 1000, suffixes: durations)
    static let bytes = SettingUnit(name: "bytes", size: 1, suffixes: sizes)
    static let kibibytes = SettingUnit(name: "KiB", size: 1024, suffixes: sizes)

    /// The unit of one of a tenant's limits.
    init(tenantLimit name: String) {
        switch name {
        case "bytes": self = .bytes
        case "ms": self = .milliseconds
        default: self = .count(of: name)
        }
    }

    private init(name: String, size: Int, suffixes: [String: Int]) {
        self.name = name
        self.size = size
        self.suffixes = suffixes
    }

    private static let durations = ["ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
    private static let sizes = ["B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40]

    /// How its numbers may be written, as a fault says it.
    var forms: String {
        suffixes.isEmpty
            ? "a whole number"
            : "a whole number (of \(name)), alone or with "
                + suffixes.sorted { $0.value < $1.value }.map(\.key).joined(separator: ", ")
    }

    /// The number that a text says, in this unit; nil if it says none, or no whole one.
    func number(_ text: String) -> Int? {
        if let number = Int(text), !text.hasPrefix("+") { return number }
        let suffix = String(text.drop { $0.isASCII && $0.isNumber })
        guard let factor = suffixes[suffix], let number = Int(text.dropLast(suffix.count)) else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow || product % size != 0 ? nil : product / size
    }
}
