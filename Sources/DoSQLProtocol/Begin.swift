/// BEGIN (`protocol/transactions.md`, interactive transactions).
public struct Begin: Hashable, Sendable {
    /// What a transaction may do.
    public enum Mode: UInt8, Hashable, Sendable {
        /// One snapshot, no writes.
        case read = 0
        /// The tenant's turn to write.
        case write = 1
    }

    /// What the transaction may do.
    public var mode: Mode
    /// Milliseconds for getting the turn.
    public var deadline: UInt64?
    /// Milliseconds between statements after which it is rolled back.
    public var idle: UInt64?
    /// Milliseconds in all after which it is rolled back.
    public var total: UInt64?

    /// Reads a body.
    public init(_ body: Span<UInt8>) throws(DecodeError) {
        var reader = ByteReader(body)
        let mode = try reader.readU8()
        guard let mode = Mode(rawValue: mode) else { throw .badTag(mode) }
        self.mode = mode
        var options = OptionReader(reader)
        while let option = try options.next() {
            switch option.tag {
            case 0x01: deadline = try option.varint()
            case 0x02: idle = try option.varint()
            case 0x03: total = try option.varint()
            default: try option.ignore()
            }
        }
    }

    /// Writes a frame.
    public static func encode(
        into writer: inout ByteWriter, stream: UInt16, request: UInt32, flags: FrameFlags = [], mode: Mode,
        deadline: UInt64? = nil, idle: UInt64? = nil, total: UInt64? = nil
    ) {
        let frame = writer.beginFrame(.begin, flags: flags, stream: stream, request: request)
        writer.writeU8(mode.rawValue)
        if let deadline { writer.writeOption(0x01, varint: deadline) }
        if let idle { writer.writeOption(0x02, varint: idle) }
        if let total { writer.writeOption(0x03, varint: total) }
        writer.endFrame(at: frame)
    }
}
