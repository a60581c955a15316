/// What an earlier step of a batch gave (`protocol/batches.md`, references).
public enum Reference: Hashable, Sendable {
    /// The step's lastInsertRowid.
    case lastInsertRowid(step: Int)
    /// The step's changes.
    case changes(step: Int)
    /// A column, from 0, of the step's first row.
    case column(step: Int, column: Int)
    /// How many rows the step gave.
    case rowCount(step: Int)

    /// The step it refers to, from 0.
    public var step: Int {
        switch self {
        case .lastInsertRowid(let step), .changes(let step), .column(let step, _), .rowCount(let step): step
        }
    }

    /// Writes the reference as a value, with its tag.
    public func encode(into writer: inout ByteWriter) {
        writer.writeU8(ValueTag.reference)
        switch self {
        case .lastInsertRowid(let step): writer.writeU8(0); writer.writeVarint(step)
        case .changes(let step): writer.writeU8(1); writer.writeVarint(step)
        case .column(let step, let column): writer.writeU8(2); writer.writeVarint(step); writer.writeVarint(column)
        case .rowCount(let step): writer.writeU8(3); writer.writeVarint(step)
        }
    }
}

extension ByteReader {
    /// Reads a reference behind its tag. Whether the step comes before is not its business.
    @usableFromInline
    @_lifetime(self: copy self)
    mutating func readReference() throws(DecodeError) -> Reference {
        let kind = try readU8()
        guard kind <= 3 else { throw .badTag(kind) }
        let step = Int(try readVarint32())
        switch kind {
        case 0: return .lastInsertRowid(step: step)
        case 1: return .changes(step: step)
        case 2: return .column(step: step, column: Int(try readVarint32()))
        default: return .rowCount(step: step)
        }
    }
}
