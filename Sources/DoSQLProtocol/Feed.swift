/// A table of a tenant that can be subscribed to (`protocol/feeds.md`).
public enum Feed: UInt8, CaseIterable, Hashable, Sendable {
    /// Messages, each in a channel.
    case messages = 0
    /// Events, each of a type.
    case events = 1

    /// The table's name.
    public var table: String {
        switch self {
        case .messages: "messages"
        case .events: "events"
        }
    }

    /// The column by which rows are chosen.
    public var nameColumn: String {
        switch self {
        case .messages: "channel"
        case .events: "type"
        }
    }

    /// The columns of a subscription's rows, in their order.
    public var columns: [String] { ["id", nameColumn, "data", "created_at"] }

    /// Whether `name` can be a channel or an event's type: 1 to 256 bytes. That it is UTF-8 without NUL, the decoders
    /// have checked.
    public static func isValid(name: Span<UInt8>) -> Bool { (1...Limits.channelNameMax).contains(name.count) }
}

extension ByteReader {
    /// The number of a feed.
    @_lifetime(self: copy self)
    mutating func readFeed() throws(DecodeError) -> Feed {
        let number = try readU8()
        guard let feed = Feed(rawValue: number) else { throw .badTag(number) }
        return feed
    }
}

extension OptionView {
    /// What it says as a row's id: at least 0, at most 2^63−1 (`protocol/feeds.md`).
    func rowID() throws(DecodeError) -> Int64 {
        guard let id = Int64(exactly: try varint()) else { throw .outOfRange }
        return id
    }
}
