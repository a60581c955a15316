/// PUBLISH as it lies in the bytes (`protocol/feeds.md`, PUBLISH).
public struct Publish: ~Escapable {
    /// Where the row goes.
    public let feed: Feed
    /// The channel, or the event's type. Whether it can be one is told by ``Feed/isValid(name:)``, since that has a
    /// code of its own.
    public let name: Span<UInt8>
    /// What is published. Nobody has looked whether it is JSON.
    public let data: Span<UInt8>
    /// Milliseconds from receipt after which it is given up.
    public let deadline: UInt64?
    /// The write's name.
    public let idempotencyKey: Span<UInt8>?

    /// Reads a body.
    @_lifetime(copy body)
    public init(_ body: Span<UInt8>) throws(DecodeError) {
        var reader = ByteReader(body)
        feed = try reader.readFeed()
        name = try reader.readText()
        data = try reader.readText()
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
        into writer: inout ByteWriter, stream: UInt16, request: UInt32, flags: FrameFlags = [], feed: Feed,
        name: String, data: String, deadline: UInt64? = nil, idempotencyKey: [UInt8]? = nil
    ) {
        let frame = writer.beginFrame(.publish, flags: flags, stream: stream, request: request)
        encodeBody(
            into: &writer, feed: feed, name: name, data: Array(data.utf8), deadline: deadline,
            idempotencyKey: idempotencyKey)
        writer.endFrame(at: frame)
    }

    /// Writes the body alone. `data` is UTF-8 without NUL.
    public static func encodeBody(
        into writer: inout ByteWriter, feed: Feed, name: String, data: [UInt8], deadline: UInt64? = nil,
        idempotencyKey: [UInt8]? = nil
    ) {
        writer.writeU8(feed.rawValue)
        writer.writeText(name)
        writer.writeBytes(data)
        if let deadline { writer.writeOption(0x01, varint: deadline) }
        if let idempotencyKey { writer.writeOption(0x84, bytes: idempotencyKey) }
    }
}
