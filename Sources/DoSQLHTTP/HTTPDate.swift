/// A moment as HTTP writes it: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 section 5.6.7).
///
/// It is the same for a whole second; who answers often keeps it that long.
public struct HTTPDate: Sendable, Equatable {
    /// The seconds since 1970 that this is the date of.
    public let unixSeconds: Int64
    /// The 29 octets of the date.
    public let bytes: [UInt8]

    /// The date of a moment.
    /// - Parameter unixSeconds: seconds since 1970, of a year from 0 to 9999; a moment outside is brought to the
    ///   nearest end.
    public init(unixSeconds: Int64) {
        let seconds = min(max(unixSeconds, Self.earliest), Self.latest)
        self.unixSeconds = seconds
        let dayLength: Int64 = 86_400
        let (quotient, remainder) = seconds.quotientAndRemainder(dividingBy: dayLength)
        let day = Int(remainder < 0 ? quotient - 1 : quotient)
        let second = Int(remainder < 0 ? remainder + dayLength : remainder)

        // The civil calendar, counted in eras of 400 years that begin on 1 March of the year 0.
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let dayOfMonth = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 2 : monthFromMarch - 10
        let year = yearOfEra + era * 400 + (month < 2 ? 1 : 0)

        // 1 January 1970 was a Thursday.
        let weekday = ((day + 4) % 7 + 7) % 7
        var text: [UInt8] = []
        text.reserveCapacity(29)
        text.append(contentsOf: Self.weekdays[weekday].utf8)
        text.append(contentsOf: ", ".utf8)
        Decimal.encode(dayOfMonth, digits: 2, into: &text)
        text.append(Octet.space)
        text.append(contentsOf: Self.months[month].utf8)
        text.append(Octet.space)
        Decimal.encode(year, digits: 4, into: &text)
        text.append(Octet.space)
        Decimal.encode(second / 3_600, digits: 2, into: &text)
        text.append(0x3A)
        Decimal.encode(second / 60 % 60, digits: 2, into: &text)
        text.append(0x3A)
        Decimal.encode(second % 60, digits: 2, into: &text)
        text.append(contentsOf: " GMT".utf8)
        bytes = text
    }

    /// 1 January of the year 0, and the last second of the year 9999.
    private static let earliest: Int64 = -62_167_219_200
    private static let latest: Int64 = 253_402_300_799
    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
