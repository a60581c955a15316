import DoSQLProtocol

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// A type that one cell can be read as.
///
/// Nothing is lost silently: a value that does not fit is an error. Enums and wrappers with a raw value conform by
/// writing `: DoSQLDecodable` alone.
public protocol DoSQLDecodable: Sendable {
    /// Reads a cell.
    ///
    /// - Throws: ``DoSQLError`` with the code ``DoSQLError/Code/decoding``.
    init(dosqlCell cell: Cell) throws(DoSQLError)
}

extension DoSQLValue: DoSQLDecodable {
    /// Whatever the cell holds.
    public init(dosqlCell cell: Cell) { self = cell.value }
}

extension DoSQLDecodable where Self: FixedWidthInteger {
    /// An integer that fits the type, or a real without a fraction that does.
    public init(dosqlCell cell: Cell) throws(DoSQLError) {
        self = try cell.withView { view throws(DoSQLError) in
            switch view {
            case .integer(let integer):
                guard let number = Self(exactly: integer) else {
                    throw cell.mismatch(Self.self, "\(integer) does not fit")
                }
                return number
            case .real(let real):
                guard let number = Self(exactly: real) else { throw cell.mismatch(Self.self, "\(real) does not fit") }
                return number
            case .null, .text, .blob, .reference: throw cell.mismatch(Self.self)
            }
        }
    }
}

extension Int: DoSQLDecodable {}
extension Int8: DoSQLDecodable {}
extension Int16: DoSQLDecodable {}
extension Int32: DoSQLDecodable {}
extension Int64: DoSQLDecodable {}
extension Int128: DoSQLDecodable {}
extension UInt: DoSQLDecodable {}
extension UInt8: DoSQLDecodable {}
extension UInt16: DoSQLDecodable {}
extension UInt32: DoSQLDecodable {}
extension UInt64: DoSQLDecodable {}
extension UInt128: DoSQLDecodable {}

extension Double: DoSQLDecodable {
    /// A real, or an integer that a `Double` holds exactly.
    public init(dosqlCell cell: Cell) throws(DoSQLError) {
        self = try cell.withView { view throws(DoSQLError) in
            switch view {
            case .real(let real): return real
            case .integer(let integer):
                guard let real = Double(exactly: integer) else {
                    throw cell.mismatch(Double.self, "\(integer) is not exact as one")
                }
                return real
            case .null, .text, .blob, .reference: throw cell.mismatch(Double.self)
            }
        }
    }
}

extension Float: DoSQLDecodable {
    /// The nearest `Float`: to ask for one is to accept its precision. A finite real that becomes infinite is an error.
    public init(dosqlCell cell: Cell) throws(DoSQLError) {
        let real = try Double(dosqlCell: cell)
        self = Float(real)
        if isInfinite, !real.isInfinite { throw cell.mismatch(Float.self, "\(real) does not fit") }
    }
}

extension Bool: DoSQLDecodable {
    /// The integer 1 or 0, and nothing else.
    public init(dosqlCell cell: Cell) throws(DoSQLError) {
        switch try Int64(dosqlCell: cell) {
        case 0: self = false
        case 1: self = true
        case let other: throw cell.mismatch(Bool.self, "\(other) is neither 0 nor 1")
        }
    }
}

extension String: DoSQLDecodable {
    /// A text that is UTF-8; ``Cell/bytes`` has the bytes of one that is not.
    public init(dosqlCell cell: Cell) throws(DoSQLError) {
        self = try cell.withView { view throws(DoSQLError) in
            switch view {
            case .text(let bytes):
                guard let string = String(validating: bytes) else {
                    throw cell.mismatch(String.self, "it is text that is not UTF-8; its bytes can be read")
                }
                return string
            case .null, .integer, .real, .blob, .reference: throw cell.mismatch(String.self)
            }
        }
    }
}

extension [UInt8]: DoSQLDecodable {
    /// A blob, or a text's bytes.
    public init(dosqlCell cell: Cell) throws(DoSQLError) {
        guard let bytes = cell.bytes else { throw cell.mismatch([UInt8].self) }
        self = bytes
    }
}

extension Optional: DoSQLDecodable where Wrapped: DoSQLDecodable {
    /// `nil` for NULL, else the wrapped type.
    public init(dosqlCell cell: Cell) throws(DoSQLError) {
        self = cell.isNull ? .none : .some(try Wrapped(dosqlCell: cell))
    }
}

extension DoSQLDecodable where Self: RawRepresentable, RawValue: DoSQLDecodable {
    /// The case or wrapper of a raw value; one that has none is an error.
    public init(dosqlCell cell: Cell) throws(DoSQLError) {
        let raw = try RawValue(dosqlCell: cell)
        guard let value = Self(rawValue: raw) else { throw cell.mismatch(Self.self, "no case has this raw value") }
        self = value
    }
}

extension Data: DoSQLDecodable {
    /// A blob, or a text's bytes.
    public init(dosqlCell cell: Cell) throws(DoSQLError) { self.init(try [UInt8](dosqlCell: cell)) }
}

extension UUID: DoSQLDecodable {
    /// A text of 36 characters, or a blob of 16 bytes.
    public init(dosqlCell cell: Cell) throws(DoSQLError) {
        let bytes = try [UInt8](dosqlCell: cell)
        if bytes.count == 16, cell.kind == .blob {
            self.init(uuidString: UUID.text(of: bytes))!
        } else if let uuid = UUID(uuidString: String(decoding: bytes, as: UTF8.self)) {
            self = uuid
        } else {
            throw cell.mismatch(UUID.self, "it is neither a UUID's text nor its 16 bytes")
        }
    }

    private static func text(of bytes: [UInt8]) -> String {
        var text = hexadecimal(bytes)
        for place in [20, 16, 12, 8] { text.insert("-", at: text.index(text.startIndex, offsetBy: place)) }
        return text
    }
}

extension Date: DoSQLDecodable {
    /// A text as SQLite's date functions write it (`YYYY-MM-DD`, `YYYY-MM-DD HH:MM:SS[.SSS]`, with `T`, `Z` or an offset
    /// if need be; UTC without one), or an integer: seconds since 1970, as `unixepoch()` gives. A real is refused, since
    /// nobody can know whether it is a Julian day or seconds.
    public init(dosqlCell cell: Cell) throws(DoSQLError) {
        switch cell.value {
        case .integer(let seconds): self.init(timeIntervalSince1970: Double(seconds))
        case .text(let text):
            guard let date = Timestamp.date(of: text) else { throw cell.mismatch(Date.self, "its text is not a date") }
            self = date
        case .real: throw cell.mismatch(Date.self, "a real may be a Julian day or seconds; read it as a Double")
        case .null, .textBytes, .blob: throw cell.mismatch(Date.self)
        }
    }
}
