import Testing

@testable import DoSQLClient

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

struct TimestampTests {
    @Test(arguments: [
        (0.0, "1970-01-01 00:00:00"), (951_782_400, "2000-02-29 00:00:00"), (-1, "1969-12-31 23:59:59"),
        (1_700_000_000.25, "2023-11-14 22:13:20.250"), (-62_167_219_200, "0000-01-01 00:00:00"),
        (253_402_300_799, "9999-12-31 23:59:59"),
    ])
    func `a moment is written as SQLite writes it, and read back`(seconds: Double, text: String) throws {
        let date = Date(timeIntervalSince1970: seconds)
        #expect(try Timestamp.text(of: date) == text)
        #expect(Timestamp.date(of: text) == date)
    }

    @Test(arguments: [
        ("2023-11-14", 1_699_920_000.0), ("2023-11-14T22:13:20Z", 1_700_000_000), ("2023-11-14 22:13", 1_699_999_980),
        ("2023-11-15T00:13:20+02:00", 1_700_000_000),
    ])
    func `other forms that SQLite knows are read`(text: String, seconds: Double) {
        #expect(Timestamp.date(of: text) == Date(timeIntervalSince1970: seconds))
    }

    @Test(arguments: [
        "", "2023", "2023-13-01", "2023-02-29", "2023-11-14 24:00:00", "2023-11-14 22:13:20.", "now", "2023-11-14x",
    ])
    func `anything else is not a date`(text: String) { #expect(Timestamp.date(of: text) == nil) }

    @Test func `a year that has no four digits is refused`() {
        #expect(throws: DoSQLError.self) { try Timestamp.text(of: Date(timeIntervalSince1970: 253_402_300_800)) }
        #expect(throws: DoSQLError.self) { try Timestamp.text(of: Date(timeIntervalSince1970: .nan)) }
    }
}
