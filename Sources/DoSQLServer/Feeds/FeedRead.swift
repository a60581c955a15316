import DoSQLEngine
import DoSQLProtocol

/// One read of a feed: some rows behind an id, in the order of ids. It stands for itself, so a loop that finds it too
/// long can hand it to a thread.
struct FeedRead: Sendable {
    /// Rows that are looked at: they may all be unwanted.
    private static let seenMax = 4096

    let feed: Feed
    /// Rows with a greater id,
    let after: Int64
    /// up to this one;
    var through = Int64.max
    /// and only those with one of these names; nil: any.
    let names: Set<[UInt8]>?

    /// Reads until enough rows are there.
    ///
    /// What the connection's bounds on time and length do not let through ends the read before it; it is thrown only if
    /// nothing has been seen yet.
    func carryOut(on connection: borrowing Connection) throws(Failure) -> FeedRows {
        // Who hears what was asked when he subscribed; the reading is the server's own.
        let served = connection.permission
        connection.permission = nil
        defer { connection.permission = served }
        do throws(PrepareError) {
            let statement = try connection.cached(names?.count == 1 ? Self.byName(feed) : Self.inOrder(feed))
            defer { statement.reset() }
            return try carryOut(statement)
        } catch {
            throw Failure(error)
        }
    }

    private func carryOut(_ statement: Statement) throws(PrepareError) -> FeedRows {
        var result = FeedRows(reached: after)
        do throws(BindError) {
            try statement.bind(after, at: 1)
            try statement.bind(through, at: 2)
            if let names, names.count == 1, let name = names.first { try statement.bind(text: name.span, at: 3) }
        } catch {
            preconditionFailure("ids and names can be bound: \(error)")
        }
        var bytes = 0
        var seen = 0
        do throws(SQLiteError) {
            while try statement.step() {
                seen += 1
                let id = statement.int64(at: 0)
                let name = [UInt8](copying: statement.text(at: 1))
                if names?.contains(name) ?? true {
                    let row = FeedRow(
                        id: id, name: name, data: Self.value(statement, 2), createdAt: Self.value(statement, 3))
                    bytes += row.size
                    // One more than fits is read again: its place is the next batch.
                    if bytes > FeedBatch.bytesMax && !result.rows.isEmpty { return result }
                    result.rows.append(row)
                }
                result.reached = id
                if result.rows.count >= FeedBatch.rowsMax || seen >= Self.seenMax { return result }
            }
        } catch {
            let isBound = error.code == .interrupt || error.code == .tooBig
            guard isBound, result.reached > after else { throw .sqlite(error) }
            return result
        }
        result.isComplete = true
        if through != .max { result.reached = through }
        return result
    }

    private static func value(_ statement: Statement, _ column: Int) -> Value {
        switch statement.columnType(column) {
        case .integer: .integer(statement.int64(at: column))
        case .real: .real(statement.double(at: column))
        case .text: .text(Text(statement.text(at: column)))
        case .blob: .blob([UInt8](copying: statement.blob(at: column)))
        case .null: .null
        }
    }

    private static func inOrder(_ feed: Feed) -> SQLText {
        switch feed {
        case .messages: messagesInOrder
        case .events: eventsInOrder
        }
    }

    private static func byName(_ feed: Feed) -> SQLText {
        switch feed {
        case .messages: messagesByName
        case .events: eventsByName
        }
    }

    private static let messagesInOrder = text(of: .messages, "")
    private static let eventsInOrder = text(of: .events, "")
    private static let messagesByName = text(of: .messages, "AND channel = ?3 COLLATE BINARY ")
    private static let eventsByName = text(of: .events, "AND type = ?3 COLLATE BINARY ")

    private static func text(of feed: Feed, _ condition: String) -> SQLText {
        SQLText(
            """
            SELECT \(feed.columns.joined(separator: ", ")) FROM main.\(feed.table) \
            WHERE id > ?1 AND id <= ?2 \(condition)ORDER BY id
            """)
    }
}
