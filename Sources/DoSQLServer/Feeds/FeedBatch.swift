import DoSQLProtocol

/// Rows of one read for all subscriptions that want the same of a feed.
///
/// A face encodes it once, and all its subscribers on the shard share the bytes: one publisher may have thousands of
/// them. Confined to the shard's loop.
final class FeedBatch {
    /// How many rows a read gives at most: a turn is bounded.
    static let rowsMax = 256
    /// Bytes of names and data from which a read ends; a single longer row is a batch by itself.
    static let bytesMax = 48 << 10

    /// A way to encode it, one for each face.
    struct Encoding: Equatable {
        private let number: UInt8

        init(_ number: UInt8) { self.number = number }

        /// The body of a ROWS frame.
        static let rows = Encoding(0)
    }

    let feed: Feed
    /// At least one, in the order of ids.
    let rows: [FeedRow]
    private var encodings: [(encoding: Encoding, bytes: [UInt8])] = []

    init(_ feed: Feed, _ rows: [FeedRow]) {
        precondition(!rows.isEmpty, "a batch has a row")
        self.feed = feed
        self.rows = rows
    }

    var firstID: Int64 { rows[0].id }
    var lastID: Int64 { rows[rows.count - 1].id }

    /// The bytes of an encoding, made at its first use.
    func encoded(as encoding: Encoding, _ make: (FeedBatch) -> [UInt8]) -> [UInt8] {
        for known in encodings where known.encoding == encoding { return known.bytes }
        let bytes = make(self)
        encodings.append((encoding, bytes))
        return bytes
    }

    /// Its rows behind an id, for a subscription that begins in the middle; nil if there are none.
    func rows(after id: Int64) -> FeedBatch? {
        if id < firstID { return self }
        let rest = rows.drop { $0.id <= id }
        return rest.isEmpty ? nil : FeedBatch(feed, Array(rest))
    }
}
