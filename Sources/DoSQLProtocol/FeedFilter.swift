/// Which rows of which feed a subscription wants (`protocol/feeds.md`, SUBSCRIBE).
///
/// It outlives its frame, so it is owned.
public enum FeedFilter: Hashable, Sendable {
    /// The messages of one channel.
    case channel(String)
    /// The events of these types, at most 64; of every type if there are none.
    case events(types: [String])

    /// The feed it reads.
    public var feed: Feed {
        switch self {
        case .channel: .messages
        case .events: .events
        }
    }

    /// Whether every name in it can be one. If not, the answer is FEED_NAME_INVALID.
    public var isValid: Bool {
        switch self {
        case .channel(let name): Feed.isValid(name: name.utf8Span.span)
        case .events(let types): types.allSatisfy { Feed.isValid(name: $0.utf8Span.span) }
        }
    }

    /// Writes the feed's number and what is chosen of it.
    func encode(into writer: inout ByteWriter) {
        writer.writeU8(feed.rawValue)
        switch self {
        case .channel(let name): writer.writeText(name)
        case .events(let types):
            writer.writeVarint(types.count)
            for type in types { writer.writeText(type) }
        }
    }
}

extension ByteReader {
    /// A feed's number and what is chosen of it.
    @_lifetime(self: copy self)
    mutating func readFeedFilter() throws(DecodeError) -> FeedFilter {
        switch try readFeed() {
        case .messages: return .channel(try readString())
        case .events:
            let count = try readCount()
            guard count <= Limits.eventTypesMax else { throw .tooMany }
            var types: [String] = []
            types.reserveCapacity(count)
            for _ in 0..<count { types.append(try readString()) }
            return .events(types: types)
        }
    }
}
