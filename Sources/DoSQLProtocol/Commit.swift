/// COMMIT as it lies in the bytes (`protocol/transactions.md`).
public struct Commit: ~Escapable {
    /// The transaction's name.
    public let idempotencyKey: Span<UInt8>?

    /// Reads a body.
    @_lifetime(copy body)
    public init(_ body: Span<UInt8>) throws(DecodeError) {
        var idempotencyKey: Span<UInt8>?
        var options = OptionReader(ByteReader(body))
        while let option = try options.next() {
            switch option.tag {
            case 0x84: idempotencyKey = try option.idempotencyKey()
            default: try option.ignore()
            }
        }
        self.idempotencyKey = idempotencyKey
    }

    /// Writes a frame.
    public static func encode(
        into writer: inout ByteWriter, stream: UInt16, request: UInt32, flags: FrameFlags = [],
        idempotencyKey: [UInt8]? = nil
    ) {
        let frame = writer.beginFrame(.commit, flags: flags, stream: stream, request: request)
        if let idempotencyKey { writer.writeOption(0x84, bytes: idempotencyKey) }
        writer.endFrame(at: frame)
    }
}

/// ROLLBACK, whose body is options only, of which there are none yet (`protocol/transactions.md`).
public enum Rollback {
    /// Reads a body.
    public static func decode(_ body: Span<UInt8>) throws(DecodeError) {
        var reader = ByteReader(body)
        try reader.ignoreOptions()
    }

    /// Writes a frame.
    public static func encode(
        into writer: inout ByteWriter, stream: UInt16, request: UInt32, flags: FrameFlags = []
    ) {
        writer.endFrame(at: writer.beginFrame(.rollback, flags: flags, stream: stream, request: request))
    }
}
