import DoSQLProtocol

/// One row of a feed, out of SQLite's hands (`protocol/feeds.md`).
struct FeedRow: Sendable {
    let id: Int64
    /// The channel or the event's type: its bytes, as names are compared.
    let name: [UInt8]
    /// A text, unless an application has stored something else; NULL where an event has no data.
    let data: Value
    let createdAt: Value
    /// Bytes of its texts, and some for the rest.
    let size: Int

    init(id: Int64, name: [UInt8], data: Value, createdAt: Value) {
        self.id = id
        self.name = name
        self.data = data
        self.createdAt = createdAt
        size = 64 + name.count + Self.size(of: data) + Self.size(of: createdAt)
    }

    private static func size(of value: Value) -> Int {
        switch value {
        case .null, .integer, .real: 0
        case .text(let text): text.string?.utf8.count ?? text.bytes.count
        case .blob(let bytes): bytes.count
        }
    }
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
