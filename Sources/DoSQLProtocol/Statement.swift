/// A statement as a request names it: by number or by its text (`protocol/values.md`, statement).
public enum StatementReference: ~Escapable {
    /// A number that PREPARE gave.
    case prepared(UInt32)
    /// The text itself.
    case sql(Span<UInt8>)
}

/// The same, owned: what a client sends (`protocol/values.md`, statement).
public enum StatementSource: Hashable, Sendable {
    /// A number that PREPARE gave.
    case prepared(UInt32)
    /// The text itself.
    case sql(String)

    /// Copies what a view shows.
    public init(_ view: borrowing StatementReference) {
        switch view {
        case .prepared(let id): self = .prepared(id)
        case .sql(let text): self = .sql(String(unchecked: text))
        }
    }

    /// Writes the statement.
    public func encode(into writer: inout ByteWriter) {
        switch self {
        case .prepared(let id):
            precondition(id != 0, "Statements are numbered from 1: 0 says that the text follows.")
            writer.writeVarint(UInt64(id))
        case .sql(let text):
            writer.writeU8(0)
            writer.writeText(text)
        }
    }
}

extension ByteReader {
    /// Reads a statement.
    @inlinable
    @_lifetime(copy self)
    @_lifetime(self: copy self)
    public mutating func readStatement() throws(DecodeError) -> StatementReference {
        let id = try readVarint32()
        if id != 0 { return .prepared(id) }
        return .sql(try readText())
    }
}
