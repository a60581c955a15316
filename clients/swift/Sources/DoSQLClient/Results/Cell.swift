import DoSQLProtocol

/// One value of a row, still as the bytes that came.
public struct Cell: Sendable {
    let block: RowBlock
    let row: Int
    /// The column's place, from 0.
    public let column: Int

    /// What SQLite stored.
    public enum Kind: String, Sendable {
        /// NULL.
        case null
        /// A 64-bit integer.
        case integer
        /// A double.
        case real
        /// Text, nearly always UTF-8.
        case text
        /// Bytes.
        case blob
    }

    /// The column's name.
    public var name: String { block.columns.names[column] }

    /// What SQLite stored.
    public var kind: Kind {
        read { view in
            switch view {
            case .null, .reference: .null
            case .integer: .integer
            case .real: .real
            case .text: .text
            case .blob: .blob
            }
        }
    }

    /// Whether it is NULL.
    public var isNull: Bool { kind == .null }

    /// The bytes of a text or a blob exactly as SQLite holds them, also where a text is not UTF-8; nil of other kinds.
    public var bytes: [UInt8]? {
        read { view in
            switch view {
            case .text(let bytes), .blob(let bytes): [UInt8](copying: bytes)
            case .null, .integer, .real, .reference: nil
            }
        }
    }

    /// The value, owned.
    public var value: DoSQLValue {
        read { view in
            switch view {
            case .null, .reference: .null
            case .integer(let integer): .integer(integer)
            case .real(let real): .real(real)
            case .text(let bytes): String(validating: bytes).map { .text($0) } ?? .textBytes([UInt8](copying: bytes))
            case .blob(let bytes): .blob([UInt8](copying: bytes))
            }
        }
    }

    /// The value as a Swift type.
    ///
    /// - Throws: ``DoSQLError`` with the code ``DoSQLError/Code/decoding`` where the value is not one of the type, or
    ///   would lose something by becoming one.
    public func decode<T: DoSQLDecodable>(_ type: T.Type = T.self) throws(DoSQLError) -> T { try T(dosqlCell: self) }

    func withView<Result>(
        _ body: (borrowing ValueView) throws(DoSQLError) -> Result
    ) throws(DoSQLError) -> Result {
        try block.withValue(row: row, column: column, body)
    }

    private func read<Result>(_ body: (borrowing ValueView) -> Result) -> Result {
        let result: Result? = try? withView { view throws(DoSQLError) in body(view) }
        guard let result else { preconditionFailure("reading a value does not throw") }
        return result
    }

    /// The error of a value that is not one of `type`.
    func mismatch(_ type: Any.Type, _ reason: String? = nil) -> DoSQLError {
        let found = reason ?? "it is \(isNull ? "NULL" : "of kind \(kind.rawValue)")"
        return DoSQLError(
            .decoding, "column \(column) (\"\(name)\") cannot be read as \(type): \(found)", execution: .executed)
    }
}
