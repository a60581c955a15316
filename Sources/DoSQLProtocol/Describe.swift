/// DESCRIBE as it lies in the bytes (`protocol/messages.md`, statements).
public struct Describe: ~Escapable {
    /// Whether the plan is wanted too.
    public let withPlan: Bool
    /// What to compile.
    public let statement: StatementReference

    /// Reads a body.
    @_lifetime(copy body)
    public init(_ body: Span<UInt8>) throws(DecodeError) {
        var reader = ByteReader(body)
        let flags = try reader.readU8()
        guard flags & ~1 == 0 else { throw .reservedBits }
        withPlan = flags & 1 != 0
        statement = try reader.readStatement()
        try reader.ignoreOptions()
    }

    /// Writes a frame.
    public static func encode(
        into writer: inout ByteWriter, stream: UInt16, request: UInt32, flags: FrameFlags = [],
        statement: StatementSource, withPlan: Bool = false
    ) {
        let frame = writer.beginFrame(.describe, flags: flags, stream: stream, request: request)
        writer.writeU8(withPlan ? 1 : 0)
        statement.encode(into: &writer)
        writer.endFrame(at: frame)
    }
}
