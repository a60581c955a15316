/// One step of a database's schema, as it stands in a file.
public struct Migration: Sendable, Hashable {
    /// Its name, such as `007_add_email`; migrations run in the order of their names' numbers.
    public let id: String
    /// Its statements, UTF-8.
    public let sql: [UInt8]
    /// A digest of the statements, such as SHA-256 in hexadecimal, by which a later change is noticed.
    public let checksum: String

    /// Takes the three parts; the digest is the caller's to compute.
    public init(id: String, sql: [UInt8], checksum: String) {
        self.id = id
        self.sql = sql
        self.checksum = checksum
    }

    /// Whether one id comes before another: by the number it begins with, numbered ones first, then by its bytes.
    public static func precedes(_ first: String, _ second: String) -> Bool {
        let firstNumber = number(first)
        let secondNumber = number(second)
        switch (firstNumber, secondNumber) {
        case (let one?, let other?) where one != other:
            // Without leading zeros the longer number is the greater one, however long it is.
            if one.count != other.count { return one.count < other.count }
            return one.lexicographicallyPrecedes(other)
        case (.some, nil): return true
        case (nil, .some): return false
        default: return first.utf8.lexicographicallyPrecedes(second.utf8)
        }
    }

    /// The digits an id begins with, without leading zeros; nil if it begins with something else.
    private static func number(_ id: String) -> [UInt8]? {
        let digits = id.utf8.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return digits.isEmpty ? nil : Array(digits.drop { $0 == UInt8(ascii: "0") })
    }
}
