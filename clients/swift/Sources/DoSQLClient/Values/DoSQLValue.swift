/// One of the five kinds of value SQLite knows, as a parameter or as a decoded cell.
///
/// Integers are exact to 64 bits, and a real keeps every bit. Text that is not UTF-8, which SQLite allows, is its own
/// case, so that no byte is ever replaced. See `protocol/values.md`, *SQLite values*.
public enum DoSQLValue: Hashable, Sendable {
    /// SQL's NULL.
    case null
    /// A signed 64-bit integer.
    case integer(Int64)
    /// An IEEE 754 double. NaN is refused by the server: SQLite would store NULL in its place.
    case real(Double)
    /// Text that is UTF-8.
    case text(String)
    /// Text whose bytes are not UTF-8, as they are. As a parameter: any bytes that SQLite is to hold as text.
    case textBytes([UInt8])
    /// Bytes.
    case blob([UInt8])
}

extension DoSQLValue: ExpressibleByNilLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByStringLiteral, ExpressibleByBooleanLiteral
{
    /// NULL.
    public init(nilLiteral: ()) { self = .null }

    /// An integer.
    public init(integerLiteral value: Int64) { self = .integer(value) }

    /// A real.
    public init(floatLiteral value: Double) { self = .real(value) }

    /// A text.
    public init(stringLiteral value: String) { self = .text(value) }

    /// 1 for true, 0 for false: SQLite has no separate boolean.
    public init(booleanLiteral value: Bool) { self = .integer(value ? 1 : 0) }
}

extension DoSQLValue: CustomStringConvertible {
    /// The value as an SQL literal, for people and logs.
    public var description: String {
        switch self {
        case .null: "NULL"
        case .integer(let integer): "\(integer)"
        case .real(let real): "\(real)"
        case .text(let text):
            "'\(text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''"))'"
        case .textBytes(let bytes): "CAST(x'\(hexadecimal(bytes))' AS TEXT)"
        case .blob(let bytes): "x'\(hexadecimal(bytes))'"
        }
    }
}

/// Lower-case hexadecimal digits, two a byte.
func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    var digits: [UInt8] = []
    for byte in bytes {
        for nibble in [byte >> 4, byte & 0x0F] { digits.append(nibble < 10 ? 0x30 + nibble : 0x57 + nibble) }
    }
    return String(decoding: digits, as: UTF8.self)
}
