/// GOAWAY (`protocol/handshake.md`).
public struct GoAway: Hashable, Sendable {
    /// The number of an error's code.
    public var rawReason: UInt16
    /// For people.
    public var message: String
    /// Milliseconds after which a new connection may be tried.
    public var retryAfter: UInt64?

    /// The reason, if this version knows it.
    public var reason: ErrorCode? { ErrorCode(rawValue: rawReason) }

    /// A farewell of these fields.
    public init(_ reason: ErrorCode, _ message: String, retryAfter: UInt64? = nil) {
        rawReason = reason.rawValue
        self.message = message
        self.retryAfter = retryAfter
    }

    /// Reads a body.
    public init(_ body: Span<UInt8>) throws(DecodeError) {
        var reader = ByteReader(body)
        rawReason = try reader.readU16()
        message = try reader.readString()
        var options = OptionReader(reader)
        while let option = try options.next() {
            switch option.tag {
            case 0x01: retryAfter = try option.varint()
            default: try option.ignore()
            }
        }
    }

    /// Writes a frame.
    public func encode(into writer: inout ByteWriter) {
        let frame = writer.beginFrame(.goAway, request: 0)
        writer.writeU16(rawReason)
        writer.writeText(message)
        if let retryAfter { writer.writeOption(0x01, varint: retryAfter) }
        writer.endFrame(at: frame)
    }
}
