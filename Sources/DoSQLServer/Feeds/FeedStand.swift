import DoSQLEngine
import DoSQLProtocol

/// How far a feed is in one snapshot.
struct FeedStand {
    /// The greatest id that was ever given out; 0 without a table.
    var newest: Int64 = 0
    /// The least id that is there.
    var oldest: Int64?
    /// The greatest id that retention has removed.
    var purged: Int64 = 0

    /// What reads it, where the table is there and in shape.
    static func sql(of feed: Feed) -> String {
        """
        SELECT max(ifnull((SELECT max(seq) FROM main.sqlite_sequence WHERE name = '\(feed.table)' COLLATE NOCASE), 0),
                   ifnull((SELECT max(id) FROM main.\(feed.table)), 0)),
               (SELECT min(id) FROM main.\(feed.table) WHERE id > 0),
               (SELECT value FROM main.__dosql_meta WHERE key = '\(feed.purgedKey)')
        """
    }

    /// No table.
    init() {}

    /// The row of ``sql(of:)``.
    init(_ row: Statement) {
        newest = max(0, row.int64(at: 0))
        if row.columnType(1) != .null { oldest = row.int64(at: 1) }
        purged = row.int64(at: 2)
    }
}

/// What a loop's connection knows of a feed, as of the schema and the snapshot it was read from.
struct KnownFeed {
    private var schema: Int64?
    private var table: FeedTable?
    private var snapshot: UInt64?
    private var stand = FeedStand()
    private var statement: Statement?

    /// Whether the table is there. Reads it anew if the schema has changed.
    /// - Throws: `FEED_SHAPE` if it is another one than a feed's.
    mutating func exists(_ feed: Feed, on connection: borrowing Connection) throws(Failure) -> Bool {
        let now = try connection.schemaNumber()
        if schema != now {
            schema = nil
            snapshot = nil
            statement = nil
            table = try FeedTable(feed, on: connection)
            schema = now
        }
        return table != nil
    }

    /// How far it is in the connection's snapshot of this number.
    mutating func stand(_ feed: Feed, snapshot now: UInt64, on connection: borrowing Connection) throws(Failure)
        -> FeedStand
    {
        guard try exists(feed, on: connection) else { return FeedStand() }
        if snapshot == now { return stand }
        snapshot = nil
        try connection.trusted(FeedStand.sql(of: feed), prepared: statement) { used in
            stand = FeedStand(used)
            statement = used
        }
        snapshot = now
        return stand
    }
}
