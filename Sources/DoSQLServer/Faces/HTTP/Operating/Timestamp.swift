/// A moment as JavaScript's `toISOString` writes it: `2026-11-26T04:15:39.123Z` (ECMA-262, Date Time String Format).
struct Timestamp: CustomStringConvertible {
    /// Since 1970-01-01 00:00 UTC, in the Gregorian calendar.
    let milliseconds: Int64

    var description: String {
        let (second, millisecond) = Self.divide(milliseconds, 1000)
        let (day, time) = Self.divide(second, 86_400)
        // Days in a calendar whose years begin in March, so that the leap day is a year's last; 400 years repeat.
        let (era, dayOfEra) = Self.divide(day + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let dayOfMonth = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
        return """
            \(Self.digits(year, 4))-\(Self.digits(month, 2))-\(Self.digits(dayOfMonth, 2))T\
            \(Self.digits(time / 3600, 2)):\(Self.digits(time / 60 % 60, 2)):\(Self.digits(time % 60, 2)).\
            \(Self.digits(millisecond, 3))Z
            """
    }

    /// Quotient and remainder, the remainder not negative.
    private static func divide(_ value: Int64, _ divisor: Int64) -> (Int64, Int64) {
        let remainder = (value % divisor + divisor) % divisor
        return ((value - remainder) / divisor, remainder)
    }

    private static func digits(_ value: Int64, _ count: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
    }
}
