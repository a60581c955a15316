/// RESULT as it lies in the bytes: a whole result in one frame (`protocol/messages.md`, statements).
///
/// A server writes it piecewise: `beginFrame(.result, …)`, columns, `beginRows`, values, `endRows`, the outcome, `endFrame`.
public struct ResultMessage: ~Escapable {
    /// The columns' names.
    public let columns: ColumnsView
    /// The rows.
    public let rows: RowsView
    /// What became of the request.
    public let outcome: Outcome

    /// Reads a body.
    @_lifetime(copy body)
    public init(_ body: Span<UInt8>) throws(DecodeError) {
        var reader = ByteReader(body)
        columns = try reader.readColumns()
        rows = try reader.readRows(columns: columns.count)
        outcome = try reader.readOutcome()
        try reader.ignoreOptions()
    }

    /// Writes a frame.
    public static func encode(
        into writer: inout ByteWriter, stream: UInt16, request: UInt32, columns: [String], rows: [[Value]],
        outcome: Outcome
    ) {
        let frame = writer.beginFrame(.result, stream: stream, request: request)
        writer.writeColumns(columns)
        writer.writeRows(rows)
        outcome.encode(into: &writer)
        writer.endFrame(at: frame)
    }
}

/// HEAD as it lies in the bytes: the first part of a streamed result (`protocol/messages.md`, statements).
public struct HeadMessage: ~Escapable {
    /// The columns' names.
    public let columns: ColumnsView
    /// Of a subscription: the id after which rows come (`protocol/feeds.md`, SUBSCRIBE).
    public let position: Int64?
    /// Of a subscription: the least id in the feed's table; nil if it is empty.
    public let oldest: Int64?

    /// Reads a body.
    @_lifetime(copy body)
    public init(_ body: Span<UInt8>) throws(DecodeError) {
        var reader = ByteReader(body)
        columns = try reader.readColumns()
        var position: Int64?
        var oldest: Int64?
        var options = OptionReader(reader)
        while let option = try options.next() {
            switch option.tag {
            case 0x01: position = try option.rowID()
            case 0x02: oldest = try option.rowID()
            default: try option.ignore()
            }
        }
        self.position = position
        self.oldest = oldest
    }

    /// Writes a frame. The ids are not negative.
    public static func encode(
        into writer: inout ByteWriter, stream: UInt16, request: UInt32, columns: [String], position: Int64? = nil,
        oldest: Int64? = nil
    ) {
        let frame = writer.beginFrame(.head, stream: stream, request: request)
        writer.writeColumns(columns)
        if let position { writer.writeOption(0x01, varint: UInt64(position)) }
        if let oldest { writer.writeOption(0x02, varint: UInt64(oldest)) }
        writer.endFrame(at: frame)
    }
}

/// ROWS as it lies in the bytes: a further part of a streamed result (`protocol/messages.md`, statements).
public struct RowsMessage: ~Escapable {
    /// The rows.
    public let rows: RowsView

    /// Reads a body; `columns` is what HEAD said.
    @_lifetime(copy body)
    public init(_ body: Span<UInt8>, columns: Int) throws(DecodeError) {
        var reader = ByteReader(body)
        rows = try reader.readRows(columns: columns)
        try reader.expectEnd()
    }

    /// Writes a frame.
    public static func encode(into writer: inout ByteWriter, stream: UInt16, request: UInt32, rows: [[Value]]) {
        let frame = writer.beginFrame(.rows, stream: stream, request: request)
        writer.writeRows(rows)
        writer.endFrame(at: frame)
    }
}
