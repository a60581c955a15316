/// DONE (`protocol/messages.md`, statements).
public struct Done: Hashable, Sendable {
    /// What became of the request.
    public var outcome: Outcome
    /// For LOAD: how many rows were loaded.
    public var rowsLoaded: UInt64?
    /// For SCRIPT: how many statements were carried out.
    public var statements: UInt64?
    /// After HEAD: how many rows were sent in all.
    public var rowsSent: UInt64?

    /// An answer of these fields.
    public init(
        _ outcome: Outcome, rowsLoaded: UInt64? = nil, statements: UInt64? = nil, rowsSent: UInt64? = nil
    ) {
        self.outcome = outcome
        self.rowsLoaded = rowsLoaded
        self.statements = statements
        self.rowsSent = rowsSent
    }

    /// Reads a body.
    public init(_ body: Span<UInt8>) throws(DecodeError) {
        var reader = ByteReader(body)
        outcome = try reader.readOutcome()
        var options = OptionReader(reader)
        while let option = try options.next() {
            switch option.tag {
            case 0x01: rowsLoaded = try option.varint()
            case 0x02: statements = try option.varint()
            case 0x03: rowsSent = try option.varint()
            default: try option.ignore()
            }
        }
    }

    /// Writes a frame.
    public func encode(into writer: inout ByteWriter, stream: UInt16, request: UInt32) {
        let frame = writer.beginFrame(.done, stream: stream, request: request)
        outcome.encode(into: &writer)
        if let rowsLoaded { writer.writeOption(0x01, varint: rowsLoaded) }
        if let statements { writer.writeOption(0x02, varint: statements) }
        if let rowsSent { writer.writeOption(0x03, varint: rowsSent) }
        writer.endFrame(at: frame)
    }
}
