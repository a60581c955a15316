/// Rows as they lie in the bytes, checked (`protocol/values.md`, rows).
public struct RowsView: ~Escapable {
    /// How many rows there are.
    public let count: Int
    /// Values in each row.
    public let columns: Int
    /// The values, row by row.
    public let bytes: Span<UInt8>

    @inlinable
    @_lifetime(copy bytes)
    init(count: Int, columns: Int, bytes: Span<UInt8>) {
        self.count = count
        self.columns = columns
        self.bytes = bytes
    }

    /// Walks the values.
    @inlinable
    @_lifetime(copy self)
    public func makeReader() -> RowReader { RowReader(self) }

    /// Copies all rows.
    public func copy() throws(DecodeError) -> [[Value]] {
        var copies: [[Value]] = []
        copies.reserveCapacity(count)
        var reader = makeReader()
        while reader.nextRow() {
            var row: [Value] = []
            row.reserveCapacity(columns)
            for _ in 0..<columns {
                if let value = Value(try reader.nextValue()) { row.append(value) }
            }
            copies.append(row)
        }
        return copies
    }
}

/// Walks rows (`protocol/values.md`, rows): `nextRow`, then `nextValue` for as many columns as are wanted.
public struct RowReader: ~Escapable {
    @usableFromInline var reader: ByteReader
    @usableFromInline var rowsLeft: Int
    @usableFromInline var valuesLeft = 0
    @usableFromInline let columns: Int

    @inlinable
    @_lifetime(copy view)
    init(_ view: RowsView) {
        reader = ByteReader(view.bytes)
        rowsLeft = view.count
        columns = view.columns
    }

    /// Goes to the next row and passes over what was not read of this one; false behind the last.
    @inlinable
    @_lifetime(self: copy self)
    public mutating func nextRow() -> Bool {
        while valuesLeft > 0 {
            guard (try? reader.skipValue()) != nil else { return false }
            valuesLeft &-= 1
        }
        if rowsLeft == 0 { return false }
        rowsLeft &-= 1
        valuesLeft = columns
        return true
    }

    /// The next value of the row; `truncated` behind its last.
    @inlinable
    @_lifetime(copy self)
    @_lifetime(self: copy self)
    public mutating func nextValue() throws(DecodeError) -> ValueView {
        guard valuesLeft > 0 else { throw .truncated }
        valuesLeft &-= 1
        return try reader.readValue()
    }
}

extension ByteReader {
    /// Reads rows of `columns` values each, and checks every value.
    @inlinable
    @_lifetime(copy self)
    @_lifetime(self: copy self)
    public mutating func readRows(columns: Int) throws(DecodeError) -> RowsView {
        let count = Int(try readU32())
        if columns == 0 {
            guard count == 0 else { throw .outOfRange }
        } else {
            guard count <= remaining / columns else { throw .truncated }
        }
        let start = offset
        try skipValues(count &* columns)
        return RowsView(count: count, columns: columns, bytes: slice(start..<offset))
    }
}

extension ByteWriter {
    /// Writes a row count that is still open, and returns its position for `endRows(at:count:)`.
    @inlinable
    public mutating func beginRows() -> Int {
        let position = count
        writeU32(0)
        return position
    }

    /// Fills in the row count at `position`.
    @inlinable
    public mutating func endRows(at position: Int, count: Int) { patchU32(at: position, UInt32(count)) }

    /// Writes rows that all have as many values as there are columns.
    public mutating func writeRows(_ rows: [[Value]]) {
        writeU32(UInt32(rows.count))
        for row in rows { for value in row { value.encode(into: &self) } }
    }
}
