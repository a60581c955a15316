import ArgumentParser
import DoSQLAccess

/// When a key ends, as it is written on the command line: `90m`, `12h`, `30d`, or a moment such as
/// `2027-01-31T12:00:00Z`.
struct Expiry {
    /// Milliseconds since 1970.
    let milliseconds: UInt64

    private static let units: [Character: UInt64] = ["m": 60_000, "h": 3_600_000, "d": 86_400_000]
    /// The last moment that RFC 3339 can write: the end of the year 9999.
    private static let latest: UInt64 = 253_402_300_799_000

    /// - Parameter now: milliseconds since 1970, from which a span counts.
    init(_ text: String, from now: UInt64) throws {
        if let unit = text.last.flatMap({ Self.units[$0] }), let count = UInt64(text.dropLast()), count > 0 {
            let (span, isTooLong) = count.multipliedReportingOverflow(by: unit)
            guard !isTooLong, span <= Self.latest - min(now, Self.latest) else {
                throw ValidationError("--expires \(text) is too far away")
            }
            milliseconds = now + span
            return
        }
        guard let moment = Timestamp.milliseconds(text), moment <= Self.latest else {
            throw ValidationError("--expires is a time such as 90m, 12h, 30d or 2027-01-31T12:00:00Z, not '\(text)'")
        }
        guard moment > now else { throw ValidationError("--expires \(text) is past") }
        milliseconds = moment
    }
}
