import DoSQLProtocol

/// One row of a feed, out of SQLite's hands (`protocol/feeds.md`).
struct FeedRow: Sendable {
    let id: Int64
    /// The channel or the event's type: its bytes, as names are compared.
    let name: [UInt8]
    /// A text, unless an application has stored something else; NULL where an event has no data.
    let data: Value
    let createdAt: Value
}

/// What a read of a feed came to.
struct FeedRows: Sendable {
    /// Those that were wanted, in the order of ids.
    var rows: [FeedRow] = []
    /// Every row up to this id has been seen, wanted or not.
    var reached: Int64
    /// Whether there is nothing more to read.
    var isComplete = false
}
