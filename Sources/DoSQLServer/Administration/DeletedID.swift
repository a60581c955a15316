/// Names what was deleted or replaced: the moment, so that ids sort by time, and random bits (`protocol/administration.md`,
/// deleted). `20261126T041539123-4f1c09ab5d2e7788`.
///
/// Only a value of this type becomes part of a path, and every value of it is 35 bytes of `0-9 a-f T -`.
struct DeletedID: Hashable, Sendable, CustomStringConvertible {
    private static let dayLength = 18
    private static let length = 35

    let description: String

    /// A new one, for a moment in milliseconds since 1970.
    init(at milliseconds: Int64) {
        let time = Timestamp(milliseconds: milliseconds).description.filter { $0.isNumber || $0 == "T" }
        let bits = String(UInt64.random(in: .min ... .max), radix: 16)
        description = "\(time)-" + String(repeating: "0", count: 16 - bits.utf8.count) + bits
    }

    /// One that a client or a folder names; nil if it is none.
    init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == Self.length else { return nil }
        for (index, byte) in bytes.enumerated() {
            let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            let isLetter = (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
            switch index {
            case 8: guard byte == UInt8(ascii: "T") else { return nil }
            case Self.dayLength: guard byte == UInt8(ascii: "-") else { return nil }
            case ..<Self.dayLength: guard isDigit else { return nil }
            default: guard isDigit || isLetter else { return nil }
            }
        }
        description = text
    }
}
