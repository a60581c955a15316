/// SUBSCRIBE (`protocol/feeds.md`, SUBSCRIBE).
public struct Subscribe: Hashable, Sendable {
    /// Which rows are wanted. Whether its names can be names is told by ``FeedFilter/isValid``, since that has a code
    /// of its own.
    public let filter: FeedFilter
    /// Only rows with a greater id; nil: only rows committed from now on.
    public let after: Int64?
    /// Bytes of ROWS bodies that may be sent before the first CREDIT.
    public let credit: UInt64?

    /// Reads a body.
    public init(_ body: Span<UInt8>) throws(DecodeError) {
        var reader = ByteReader(body)
        filter = try reader.readFeedFilter()
        var after: Int64?
        var credit: UInt64?
        var options = OptionReader(reader)
        while let option = try options.next() {
            switch option.tag {
            case 0x01: after = try option.rowID()
            case 0x02: credit = try option.varint()
            default: try option.ignore()
            }
        }
        self.after = after
        self.credit = credit
    }

    /// Writes a frame. `after` is not negative.
    public static func encode(
        into writer: inout ByteWriter, stream: UInt16, request: UInt32, flags: FrameFlags = [], filter: FeedFilter,
        after: Int64? = nil, credit: UInt64? = nil
    ) {
        let frame = writer.beginFrame(.subscribe, flags: flags, stream: stream, request: request)
        filter.encode(into: &writer)
        if let after { writer.writeOption(0x01, varint: UInt64(after)) }
        if let credit { writer.writeOption(0x02, varint: credit) }
        writer.endFrame(at: frame)
    }
}
