import DoSQLAccess
import DoSQLEngine
import DoSQLProtocol
import Synchronization

/// Publishes to the feeds of one open file: makes a table that is not there, looks at one that is, and inserts.
///
/// What was found holds as long as the schema does, so that publishing costs one INSERT. It is used by whoever has the
/// tenant's turn only.
final class FeedPublisher: Sendable {
    private struct Known {
        var table: FeedTable
        var schema: Int64
    }

    private struct State {
        var known: [Feed: Known] = [:]
        /// Whether the open transaction has made a table or noted its origin: it may be taken back.
        var isUncertain = false
    }

    private let state = Mutex(State())

    /// Another transaction: what the last one made is there, or was taken back with it.
    func transactionBegins() {
        state.withLock { state in
            guard state.isUncertain else { return }
            state = State()
        }
    }

    /// Inserts a row, inside a transaction that is open already.
    /// - Parameter permission: of whoever publishes; nil: everything is allowed.
    func publish(
        _ publish: borrowing Publish, permission: Permission?, on connection: borrowing Connection,
        interruption: () -> Failure
    ) throws(Failure) -> Effects {
        // Before the table is made for it.
        if let permission, !permission.has(.publish) { throw .lacking(.publish) }
        guard Feed.isValid(name: publish.name) else { throw .feedNameInvalid(publish.feed) }
        let feed = publish.feed
        let (table, hasChanged): (FeedTable, Bool)
        do throws(Failure) {
            (table, hasChanged) = try prepareTable(of: feed, on: connection)
        } catch {
            throw error.sqlite == ResultCode.interrupt.rawValue ? interruption() : error
        }
        connection.permission = permission?.publishing(to: feed)
        defer { connection.permission = permission }
        let statement = try Self.insertion(feed, table, on: connection)
        do throws(BindError) {
            try statement.bind(text: publish.name, at: 1)
            try statement.bind(text: publish.data, at: 2)
        } catch {
            throw Failure(error)
        }
        var unused = ByteWriter()
        var effects = try StatementRunner.carryOut(
            statement, want: .none, on: connection, into: &unused, bytesMax: .max, interruption: interruption
        ).effects
        effects.changed = effects.changed || hasChanged
        return effects
    }

    /// The insertion is the client's, with the client's rights: a trigger of the table's runs within it, and what it
    /// touches elsewhere needs the rights it would need as a statement.
    private static func insertion(_ feed: Feed, _ table: FeedTable, on connection: borrowing Connection)
        throws(Failure) -> Statement
    {
        let dates = table.datesItself
        let sql =
            switch feed {
            case .messages: dates ? insertMessage : insertMessageWithDate
            case .events: dates ? insertEvent : insertEventWithDate
            }
        do throws(PrepareError) { return try connection.cached(sql) } catch { throw Failure(error) }
    }

    private static let insertMessage = SQLText("INSERT INTO main.messages(channel, data) VALUES(?1, ?2)")
    private static let insertMessageWithDate = SQLText(
        "INSERT INTO main.messages(channel, data, created_at) VALUES(?1, ?2, CURRENT_TIMESTAMP)")
    private static let insertEvent = SQLText("INSERT INTO main.events(type, data) VALUES(?1, ?2)")
    private static let insertEventWithDate = SQLText(
        "INSERT INTO main.events(type, data, created_at) VALUES(?1, ?2, CURRENT_TIMESTAMP)")

    /// Makes sure that the table is there and in shape.
    private func prepareTable(of feed: Feed, on connection: borrowing Connection) throws(Failure) -> (
        table: FeedTable, hasChanged: Bool
    ) {
        let schema = try connection.schemaNumber()
        if let known = state.withLock({ $0.known[feed] }), known.schema == schema { return (known.table, false) }
        var origin: FeedOrigin?
        try connection.trusted("SELECT value FROM main.__dosql_meta WHERE key = '\(feed.originKey)'") {
            origin = FeedOrigin(rawValue: $0.string(at: 0))
        }
        let table: FeedTable
        let isNews: Bool
        if let found = try FeedTable(feed, on: connection) {
            table = found
            isNews = origin == nil
            if isNews { try Self.note(.found, feed, on: connection) }
        } else {
            try connection.carryOut(trusted: feed.tableSQL)
            // Of a table that an application has dropped, or that a migration has renamed, the index may be left.
            try connection.carryOut(
                trusted: """
                    DROP INDEX IF EXISTS main.\(feed.indexName);
                    CREATE INDEX main.\(feed.indexName) ON \(feed.table)(\(feed.nameColumn))
                    """)
            try Self.note(.made, feed, on: connection)
            guard let made = try FeedTable(feed, on: connection) else {
                throw Failure(.internal, "the table \(feed.table) was made and is not there")
            }
            table = made
            isNews = true
        }
        let now = try connection.schemaNumber()
        state.withLock { state in
            state.isUncertain = state.isUncertain || isNews
            state.known[feed] = Known(table: table, schema: now)
        }
        return (table, isNews)
    }

    private static func note(_ origin: FeedOrigin, _ feed: Feed, on connection: borrowing Connection) throws(Failure) {
        try connection.carryOut(
            trusted:
                "INSERT OR REPLACE INTO main.__dosql_meta(key, value) VALUES('\(feed.originKey)', '\(origin.rawValue)')"
        )
    }
}

/// Where the table of a feed comes from, as `__dosql_meta` remembers it.
enum FeedOrigin: String {
    /// Publishing has made it, and a migration that makes the same table may have it.
    case made
    /// It was there when it was first published to.
    case found
}

extension Failure {
    static func feedNameInvalid(_ feed: Feed) -> Failure {
        Failure(
            .feedNameInvalid, "the name of a \(feed.nameColumn) has 1 to \(Limits.channelNameMax) bytes",
            limit: ("channelNameMax", Limits.channelNameMax))
    }
}
