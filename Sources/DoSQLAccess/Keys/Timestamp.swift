import FoundationEssentials

/// A moment as the files of keys have it: `2026-11-26T07:29:44Z` (RFC 3339, in UTC, whole seconds).
public enum Timestamp {
    /// The text of a moment, in milliseconds since 1970; parts of a second are dropped.
    public static func text(_ milliseconds: UInt64) -> String {
        Date(timeIntervalSince1970: Double(milliseconds / 1000)).formatted(.iso8601)
    }

    /// The moment of a text, in milliseconds since 1970; nil if it is none, or lies before 1970.
    public static func milliseconds(_ text: String) -> UInt64? {
        guard let date = try? Date(text, strategy: .iso8601), date.timeIntervalSince1970 >= 0 else { return nil }
        return UInt64(date.timeIntervalSince1970) * 1000
    }
}
