#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// A type whose values can be bound to a statement's parameters.
///
/// Conform your own types by saying which ``DoSQLValue`` they are. Enums and wrappers with a raw value conform by
/// writing `: DoSQLEncodable` alone.
public protocol DoSQLEncodable: Sendable {
    /// The value to bind.
    ///
    /// - Throws: ``DoSQLError`` with the code ``DoSQLError/Code/encoding`` where SQLite cannot hold the value exactly;
    ///   it is rethrown by the call that would have sent the statement.
    var dosqlValue: DoSQLValue { get throws(DoSQLError) }
}

extension DoSQLValue: DoSQLEncodable {
    /// Itself.
    public var dosqlValue: DoSQLValue { self }
}

extension DoSQLEncodable where Self: FixedWidthInteger {
    /// The integer. An unsigned or wider one beyond 64 signed bits is an ``DoSQLError/Code/encoding`` error.
    public var dosqlValue: DoSQLValue {
        get throws(DoSQLError) {
            guard let integer = Int64(exactly: self) else {
                throw DoSQLError(.encoding, "\(self) does not fit SQLite's 64 signed bits")
            }
            return .integer(integer)
        }
    }
}

extension Int: DoSQLEncodable {}
extension Int8: DoSQLEncodable {}
extension Int16: DoSQLEncodable {}
extension Int32: DoSQLEncodable {}
extension Int64: DoSQLEncodable {}
extension Int128: DoSQLEncodable {}
extension UInt: DoSQLEncodable {}
extension UInt8: DoSQLEncodable {}
extension UInt16: DoSQLEncodable {}
extension UInt32: DoSQLEncodable {}
extension UInt64: DoSQLEncodable {}
extension UInt128: DoSQLEncodable {}

extension Double: DoSQLEncodable {
    /// A real with every bit kept. NaN is refused by the server (`NAN_NOT_STORABLE`).
    public var dosqlValue: DoSQLValue { .real(self) }
}

extension Float: DoSQLEncodable {
    /// A real; every `Float` is exact as one.
    public var dosqlValue: DoSQLValue { .real(Double(self)) }
}

extension Bool: DoSQLEncodable {
    /// 1 for true, 0 for false.
    public var dosqlValue: DoSQLValue { .integer(self ? 1 : 0) }
}

extension String: DoSQLEncodable {
    /// Its UTF-8, NULs included.
    public var dosqlValue: DoSQLValue { .text(self) }
}

extension Substring: DoSQLEncodable {
    /// Its UTF-8, NULs included.
    public var dosqlValue: DoSQLValue { .text(String(self)) }
}

extension [UInt8]: DoSQLEncodable {
    /// A blob.
    public var dosqlValue: DoSQLValue { .blob(self) }
}

extension Optional: DoSQLEncodable where Wrapped: DoSQLEncodable {
    /// NULL for `nil`, else the wrapped value.
    public var dosqlValue: DoSQLValue {
        get throws(DoSQLError) {
            switch self {
            case .none: .null
            case .some(let wrapped): try wrapped.dosqlValue
            }
        }
    }
}

extension DoSQLEncodable where Self: RawRepresentable, RawValue: DoSQLEncodable {
    /// The raw value.
    public var dosqlValue: DoSQLValue { get throws(DoSQLError) { try rawValue.dosqlValue } }
}

extension Data: DoSQLEncodable {
    /// A blob.
    public var dosqlValue: DoSQLValue { .blob([UInt8](self)) }
}

extension UUID: DoSQLEncodable {
    /// Text: 36 characters, lower case.
    public var dosqlValue: DoSQLValue { .text(uuidString.lowercased()) }
}

extension Date: DoSQLEncodable {
    /// Text in UTC as SQLite's `datetime()` writes it, `YYYY-MM-DD HH:MM:SS`, with `.SSS` only where there are
    /// milliseconds, so that texts sort as times do. Finer parts are rounded to milliseconds: bind
    /// `timeIntervalSince1970` to keep them.
    public var dosqlValue: DoSQLValue {
        get throws(DoSQLError) { .text(try Timestamp.text(of: self)) }
    }
}
