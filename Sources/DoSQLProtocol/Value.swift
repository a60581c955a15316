/// One of SQLite's five values, owned (`protocol/values.md`, SQLite values).
///
/// Two values are equal when they are the same bytes: −0.0 is not 0.0, and a NaN is itself.
public enum Value: Sendable {
    /// NULL.
    case null
    /// A 64-bit integer.
    case integer(Int64)
    /// A double, every bit kept.
    case real(Double)
    /// A text, every byte kept.
    case text(Text)
    /// A blob.
    case blob([UInt8])

    /// The text of a string.
    public static func text(_ string: String) -> Value { .text(Text(string)) }
}

extension Value: Hashable {
    /// Whether both are the same bytes.
    public static func == (left: Value, right: Value) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.integer(let left), .integer(let right)): left == right
        case (.real(let left), .real(let right)): left.bitPattern == right.bitPattern
        case (.text(let left), .text(let right)): left == right
        case (.blob(let left), .blob(let right)): left == right
        case (.null, _), (.integer, _), (.real, _), (.text, _), (.blob, _): false
        }
    }

    /// Hashes what equality compares.
    public func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0 as UInt8)
        case .integer(let value): hasher.combine(1 as UInt8); hasher.combine(value)
        case .real(let value): hasher.combine(2 as UInt8); hasher.combine(value.bitPattern)
        case .text(let value): hasher.combine(3 as UInt8); hasher.combine(value)
        case .blob(let value): hasher.combine(4 as UInt8); hasher.combine(value)
        }
    }
}

extension Value {
    /// Copies what a view shows; nil for a reference.
    public init?(_ view: borrowing ValueView) {
        switch view {
        case .null: self = .null
        case .integer(let value): self = .integer(value)
        case .real(let value): self = .real(value)
        case .text(let bytes): self = .text(Text(bytes))
        case .blob(let bytes): self = .blob([UInt8](copying: bytes))
        case .reference: return nil
        }
    }

    /// Writes the value in its shortest form.
    public func encode(into writer: inout ByteWriter) {
        switch self {
        case .null: writer.writeNull()
        case .integer(let value): writer.writeInteger(value)
        case .real(let value): writer.writeReal(value)
        case .text(let text):
            switch text.storage {
            case .string(let string): writer.writeText(value: string)
            case .bytes(let bytes): writer.writeTextValue(bytes.span)
            }
        case .blob(let bytes): writer.writeBlobValue(bytes.span)
        }
    }
}
