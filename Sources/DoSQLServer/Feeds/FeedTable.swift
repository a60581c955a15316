import DoSQLEngine
import DoSQLProtocol

/// The table of a feed in a tenant's file: how it is made, and how it must be (`protocol/feeds.md`).
struct FeedTable: Sendable, Equatable {
    /// Whether an INSERT may leave `created_at` out.
    let datesItself: Bool

    /// The table as it is now, on the snapshot of a connection; nil if there is none.
    /// - Throws: `FEED_SHAPE`, with what is expected and what was found.
    init?(_ feed: Feed, on connection: borrowing Connection) throws(Failure) {
        var found: (type: String, isVirtual: Bool, numbersRows: Bool)?
        try connection.trusted(
            """
            SELECT type, sql LIKE 'CREATE VIRTUAL%', sql LIKE '%AUTOINCREMENT%' FROM main.sqlite_schema
            WHERE name = '\(feed.table)' COLLATE NOCASE AND type IN ('table', 'view')
            """
        ) { row in
            found = (row.string(at: 0), row.int64(at: 1) != 0, row.int64(at: 2) != 0)
        }
        guard let found else { return nil }
        guard found.type == "table", !found.isVirtual else {
            throw Self.failure(feed, found.isVirtual ? "it is a virtual table" : "it is a view")
        }
        var columns: [String: (type: String, isKey: Bool, hasDefault: Bool, isGenerated: Bool)] = [:]
        var keys = 0
        var mandatory: [String] = []
        try connection.trusted(
            "SELECT lower(name), upper(type), pk, \"notnull\", dflt_value IS NOT NULL, hidden FROM pragma_table_xinfo('\(feed.table)')"
        ) { row in
            let name = row.string(at: 0)
            let isKey = row.int64(at: 2) != 0
            let hasDefault = row.int64(at: 4) != 0
            let isGenerated = row.int64(at: 5) != 0
            columns[name] = (row.string(at: 1), isKey, hasDefault, isGenerated)
            if isKey { keys += 1 }
            if row.int64(at: 3) != 0, !hasDefault, !isGenerated { mandatory.append(name) }
        }
        for name in feed.columns {
            guard let column = columns[name] else { throw Self.failure(feed, "it has no column \(name)") }
            if column.isGenerated { throw Self.failure(feed, "its column \(name) is generated") }
        }
        guard let id = columns["id"], id.isKey, keys == 1, id.type == "INTEGER", found.numbersRows else {
            throw Self.failure(feed, "its id is not INTEGER PRIMARY KEY AUTOINCREMENT")
        }
        if let extra = mandatory.first(where: { !feed.columns.contains($0) }) {
            throw Self.failure(feed, "its column \(extra) is NOT NULL and has no default")
        }
        datesItself = columns["created_at"]?.hasDefault ?? false
    }

    private static func failure(_ feed: Feed, _ found: String) -> Failure {
        Failure(
            .feedShape,
            """
            the table \(feed.table) is not one that can be published to and subscribed to: \(found). \
            Expected: id INTEGER PRIMARY KEY AUTOINCREMENT, \(feed.nameColumn) TEXT, data TEXT, created_at TEXT, \
            and nothing else that an INSERT must give
            """)
    }
}

// MARK: - Making it

extension Feed {
    /// The statement that makes the table; SQLite keeps it word by word, so a table nobody has altered is known by it.
    var tableSQL: String {
        let data = self == .messages ? "data TEXT NOT NULL" : "data TEXT"
        return """
            CREATE TABLE \(table)(id INTEGER PRIMARY KEY AUTOINCREMENT, \(nameColumn) TEXT NOT NULL, \(data), \
            created_at TEXT DEFAULT CURRENT_TIMESTAMP)
            """
    }

    /// The index subscriptions that lag read by. Its name is reserved, so that it takes none that a migration may want.
    var indexName: String { "\(Denial.reservedPrefix)_\(table)_\(nameColumn)" }

    /// The row of `__dosql_meta` that says who made the table: it is there once the table has been published to.
    var originKey: String { "feed.\(table)" }

    /// The row of `__dosql_meta` with the greatest id that retention has removed.
    var purgedKey: String { "feed.\(table).purged" }
}

extension Connection {
    /// Runs a query of the server's own, whatever the sandbox is.
    /// - Parameter prepared: it, if it was run before.
    func trusted(_ sql: String, prepared: Statement? = nil, _ row: (Statement) -> Void) throws(Failure) {
        let mode = sandbox
        sandbox = .trusted
        defer { sandbox = mode }
        do throws(PrepareError) {
            let statement: Statement = if let prepared { prepared } else { try prepare(sql) }
            defer { statement.reset() }
            do throws(SQLiteError) {
                while try statement.step() { row(statement) }
            } catch {
                throw .sqlite(error)
            }
        } catch {
            throw Failure(error)
        }
    }

    /// Runs statements of the server's own.
    func carryOut(trusted sql: String) throws(Failure) {
        do throws(SQLiteError) { try execute(trusted: sql) } catch { throw Failure(error) }
    }

    /// The schema's number.
    func schemaNumber() throws(Failure) -> Int64 {
        do throws(SQLiteError) { return try schemaVersion() } catch { throw Failure(error) }
    }
}
