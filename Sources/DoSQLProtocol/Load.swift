/// LOAD as it lies in the bytes (`protocol/flow-control.md`, bulk loads).
public struct Load: ~Escapable {
    /// What to carry out for every row.
    public let statement: StatementReference
    /// Values in each row, at least one.
    public let columns: Int
    /// Milliseconds from receipt after which the whole is given up.
    public let deadline: UInt64?

    /// Reads a body.
    @_lifetime(copy body)
    public init(_ body: Span<UInt8>) throws(DecodeError) {
        var reader = ByteReader(body)
        statement = try reader.readStatement()
        columns = Int(try reader.readVarint32())
        guard columns >= 1 else { throw .outOfRange }
        var deadline: UInt64?
        var options = OptionReader(reader)
        while let option = try options.next() {
            switch option.tag {
            case 0x01: deadline = try option.varint()
            default: try option.ignore()
            }
        }
        self.deadline = deadline
    }

    /// Writes a frame.
    public static func encode(
        into writer: inout ByteWriter, stream: UInt16, request: UInt32, flags: FrameFlags = [],
        statement: StatementSource, columns: Int, deadline: UInt64? = nil
    ) {
        let frame = writer.beginFrame(.load, flags: flags, stream: stream, request: request)
        statement.encode(into: &writer)
        writer.writeVarint(columns)
        if let deadline { writer.writeOption(0x01, varint: deadline) }
        writer.endFrame(at: frame)
    }
}

/// LOAD_ROWS as it lies in the bytes (`protocol/flow-control.md`, bulk loads).
public struct LoadRows: ~Escapable {
    /// The rows, checked; the values may be NaN, which is told of its row.
    public let rows: RowsView

    /// Reads a body; `columns` is what LOAD said.
    @_lifetime(copy body)
    public init(_ body: Span<UInt8>, columns: Int) throws(DecodeError) {
        var reader = ByteReader(body)
        rows = try reader.readRows(columns: columns)
        try reader.expectEnd()
    }

    /// Writes a frame of rows that all have as many values as LOAD said.
    public static func encode(
        into writer: inout ByteWriter, stream: UInt16, request: UInt32, rows: [[Value]], isLast: Bool
    ) {
        let frame = begin(into: &writer, stream: stream, request: request, isLast: isLast)
        let position = writer.beginRows()
        for row in rows { for value in row { value.encode(into: &writer) } }
        writer.endRows(at: position, count: rows.count)
        writer.endFrame(at: frame)
    }

    /// Begins a frame that the caller fills with `beginRows`, values, `endRows` and `endFrame`.
    @inlinable
    public static func begin(
        into writer: inout ByteWriter, stream: UInt16, request: UInt32, isLast: Bool
    ) -> Int {
        writer.beginFrame(.loadRows, flags: isLast ? .end : [], stream: stream, request: request)
    }
}
