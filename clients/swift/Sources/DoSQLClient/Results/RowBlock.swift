import DoSQLProtocol

/// The rows of one frame, as bytes: a value is decoded when somebody asks for it.
///
/// Invariant: `offsets` has one entry for each cell and one behind the last, ascending, within `bytes`.
final class RowBlock: Sendable {
    let columns: ColumnNames
    let count: Int
    private let bytes: [UInt8]
    private let offsets: [UInt32]

    /// Copies rows out of a frame that lives no longer than the call.
    init(_ rows: borrowing RowsView, columns: ColumnNames) throws(DecodeError) {
        let bytes = [UInt8](copying: rows.bytes)
        self.columns = columns
        self.count = rows.count
        self.offsets = try Self.offsets(ofCells: rows.count * rows.columns, in: bytes.span)
        self.bytes = bytes
    }

    private static func offsets(ofCells count: Int, in bytes: Span<UInt8>) throws(DecodeError) -> [UInt32] {
        var offsets: [UInt32] = []
        offsets.reserveCapacity(count + 1)
        var reader = ByteReader(bytes)
        for _ in 0..<count {
            offsets.append(UInt32(reader.offset))
            try reader.skipValue()
        }
        offsets.append(UInt32(reader.offset))
        return offsets
    }

    /// Shows one value where it lies.
    func withValue<Result>(
        row: Int, column: Int, _ body: (borrowing ValueView) throws(DoSQLError) -> Result
    ) throws(DoSQLError) -> Result {
        let cell = row * columns.names.count + column
        let place = Int(offsets[cell])..<Int(offsets[cell + 1])
        let bytes = bytes
        return try Self.withValue(at: place, in: bytes.span, body)
    }

    private static func withValue<Result>(
        at place: Range<Int>, in bytes: Span<UInt8>, _ body: (borrowing ValueView) throws(DoSQLError) -> Result
    ) throws(DoSQLError) -> Result {
        var reader = ByteReader(bytes.extracting(place))
        guard let view = try? reader.readValue() else {
            preconditionFailure("the rows were checked when they arrived")
        }
        return try body(view)
    }
}
