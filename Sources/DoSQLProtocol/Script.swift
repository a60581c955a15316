/// SCRIPT as it lies in the bytes (`protocol/messages.md`, statements).
public struct Script: ~Escapable {
    /// Any number of statements.
    public let sql: Span<UInt8>
    /// Milliseconds from receipt after which it is given up.
    public let deadline: UInt64?
    /// The write's name.
    public let idempotencyKey: Span<UInt8>?

    /// Reads a body.
    @_lifetime(copy body)
    public init(_ body: Span<UInt8>) throws(DecodeError) {
        var reader = ByteReader(body)
        sql = try reader.readText()
        var deadline: UInt64?
        var idempotencyKey: Span<UInt8>?
        var options = OptionReader(reader)
        while let option = try options.next() {
            switch option.tag {
            case 0x01: deadline = try option.varint()
            case 0x84: idempotencyKey = try option.idempotencyKey()
            default: try option.ignore()
            }
        }
        self.deadline = deadline
        self.idempotencyKey = idempotencyKey
    }

    /// Writes a frame.
    public static func encode(
        into writer: inout ByteWriter, stream: UInt16, request: UInt32, flags: FrameFlags = [], sql: String,
        deadline: UInt64? = nil, idempotencyKey: [UInt8]? = nil
    ) {
        let frame = writer.beginFrame(.script, flags: flags, stream: stream, request: request)
        writer.writeText(sql)
        if let deadline { writer.writeOption(0x01, varint: deadline) }
        if let idempotencyKey { writer.writeOption(0x84, bytes: idempotencyKey) }
        writer.endFrame(at: frame)
    }
}
