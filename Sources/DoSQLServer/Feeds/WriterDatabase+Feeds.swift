import DoSQLEngine
import DoSQLLoop
import DoSQLProtocol
import Synchronization

/// Feeds as the writer keeps them in bounds.
extension WriterDatabase {
    /// Rows that one step removes: writes wait for it.
    private static let trimStep = 256
    /// How long a step may take, and a trigger of the table's in it.
    private static let trimTime: UInt64 = 1_000_000_000

    /// Removes some of what is not kept any more.
    /// - Returns: whether there is more.
    mutating func trimFeeds(watch: Watchdog.Post) -> Bool {
        guard transaction == nil else { return false }
        var hasMore = false
        for (feed, kept) in tenant.retention {
            connection.budget = Budget(deadline: Budget.now() &+ Self.trimTime)
            watch.arm(connection.interrupter, deadline: Budget.now() &+ Self.trimTime)
            do throws(Failure) {
                hasMore = try trim(feed, kept) || hasMore
            } catch {
                // Whatever a table's triggers and foreign keys say against it: the rows stay, and are tried again.
                noteStorage(ResultCode(rawValue: error.sqlite))
                rollBack()
            }
            watch.disarm()
            connection.budget = .unlimited
        }
        if !hasMore {
            tenant.trimmedLSN.store(lsn, ordering: .relaxed)
            tenant.trimmedAt.store(MonotonicClock.nanoseconds(), ordering: .relaxed)
        }
        return hasMore
    }

    /// One step, in a transaction of its own.
    private mutating func trim(_ feed: Feed, _ kept: FeedRetention) throws(Failure) -> Bool {
        guard try isPublishedTo(feed), try FeedTable(feed, on: connection) != nil else { return false }
        let last = try Self.lastToRemove(feed, kept, on: connection)
        guard let last else { return false }
        do throws(SQLiteError) { try connection.beginImmediate() } catch { throw Failure(error) }
        // As a client would, since triggers of the table's run with it.
        let effects = try Self.remove(feed, through: last, on: connection)
        try connection.carryOut(
            trusted: """
                INSERT INTO main.__dosql_meta(key, value) VALUES('\(feed.purgedKey)', \(last))
                ON CONFLICT(key) DO UPDATE SET value = max(value, excluded.value)
                """)
        guard !connection.hasDeferredForeignKeyViolations else { throw .foreignKeyViolated }
        if let failure = commit(lsn: lsn + 1) { throw failure }
        return effects.changes > 0
    }

    private func isPublishedTo(_ feed: Feed) throws(Failure) -> Bool {
        var isKnown = false
        try connection.trusted("SELECT 1 FROM main.__dosql_meta WHERE key = '\(feed.originKey)'") { _ in
            isKnown = true
        }
        return isKnown
    }

    private static func remove(_ feed: Feed, through last: Int64, on connection: borrowing Connection) throws(Failure)
        -> Effects
    {
        let served = connection.permission
        connection.permission = nil
        defer { connection.permission = served }
        let statement: Statement
        do throws(PrepareError) {
            statement = try connection.prepare("DELETE FROM main.\(feed.table) WHERE id <= ?1")
        } catch {
            throw Failure(error)
        }
        do throws(BindError) { try statement.bind(last, at: 1) } catch { throw Failure(error) }
        var unused = ByteWriter()
        return try StatementRunner.carryOut(
            statement, want: .none, on: connection, into: &unused, bytesMax: .max,
            interruption: { Failure(.deadlineExceeded, "removing old rows takes too long") }
        ).effects
    }

    /// The id up to which the next step removes, or nil if everything is to stay.
    ///
    /// By age, only rows in front of the first young one go: a row without a date that SQLite can read is young.
    private static func lastToRemove(_ feed: Feed, _ kept: FeedRetention, on connection: borrowing Connection)
        throws(Failure) -> Int64?
    {
        var last: Int64?
        func raise(_ row: Statement) {
            if row.columnType(0) != .null { last = max(last ?? .min, row.int64(at: 0)) }
        }
        if let rows = kept.rowsMax {
            try connection.trusted(
                """
                SELECT min(surplus, step) FROM (
                    SELECT (SELECT id FROM main.\(feed.table) ORDER BY id DESC LIMIT 1 OFFSET \(rows)) AS surplus,
                           (SELECT max(id) FROM (SELECT id FROM main.\(feed.table) ORDER BY id LIMIT \(trimStep))) AS step
                    FROM (SELECT min(id) AS low FROM main.\(feed.table)), (SELECT max(id) AS high FROM main.\(feed.table))
                    WHERE high - low >= \(rows))
                """, raise)
        }
        if let seconds = kept.secondsMax {
            try connection.trusted(
                """
                WITH step AS (SELECT id, created_at FROM main.\(feed.table) ORDER BY id LIMIT \(trimStep)),
                     young AS (SELECT min(id) AS id FROM step WHERE typeof(created_at) <> 'text'
                        OR ifnull(unixepoch(created_at) > unixepoch('now') - \(seconds), 1))
                SELECT max(step.id) FROM step, young WHERE young.id IS NULL OR step.id < young.id
                """, raise)
        }
        return last
    }
}

// MARK: - Migrations

extension WriterDatabase {
    /// The tables that publishing has made and nobody has altered since: a migration may make its own instead.
    static func madeTables(on connection: borrowing Connection) throws(Failure) -> [ProvisionalTable] {
        var made: [ProvisionalTable] = []
        for feed in Feed.allCases {
            try connection.trusted(
                """
                SELECT sql FROM main.sqlite_schema WHERE type = 'table' AND name = '\(feed.table)' 
                AND '\(FeedOrigin.made.rawValue)' = (SELECT value FROM main.__dosql_meta WHERE key = '\(feed.originKey)')
                """
            ) { row in
                guard row.string(at: 0) == feed.tableSQL else { return }
                made.append(ProvisionalTable(name: feed.table, columns: feed.columns, index: feed.indexName))
            }
        }
        return made
    }
}

extension Tenant {
    /// Rows grow old without a commit: how often they are looked at then.
    private static let trimPeriod: UInt64 = 10_000_000_000

    /// Whether its feeds may hold more than is kept.
    func isTrimDue(_ now: UInt64) -> Bool {
        if publishedLSN.load(ordering: .relaxed) != trimmedLSN.load(ordering: .relaxed) { return true }
        return retention.values.contains { $0.secondsMax != nil }
            && trimmedAt.load(ordering: .relaxed) &+ Self.trimPeriod < now
    }
}
