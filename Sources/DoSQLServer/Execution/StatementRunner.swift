import DoSQLEngine
import DoSQLLoop
import DoSQLProtocol

/// Carries out one statement to its end, its rows encoded as they come.
enum StatementRunner {
    /// Which rows an answer holds.
    enum Want {
        case all, first, none
    }

    /// The statement a request names, prepared or taken from the connection's cache.
    static func prepare(
        _ reference: borrowing StatementReference, statements: StatementTable, on connection: borrowing Connection
    ) throws(Failure) -> Statement {
        switch reference {
        case .sql(let text): return try prepare(text, on: connection)
        case .prepared(let id):
            guard let text = statements[id] else { throw .statementUnknown(id) }
            return try prepare(text, on: connection)
        }
    }

    /// The same for a text.
    static func prepare(_ text: Span<UInt8>, on connection: borrowing Connection) throws(Failure) -> Statement {
        do throws(PrepareError) { return try connection.cached(text) } catch { throw Failure(error) }
    }

    /// The same for one that somebody has prepared.
    static func prepare(_ text: SQLText, on connection: borrowing Connection) throws(Failure) -> Statement {
        do throws(PrepareError) { return try connection.cached(text) } catch { throw Failure(error) }
    }

    /// The same, but never one that was prepared before a change of the schema: a load can repeat nothing.
    static func prepareAnew(
        _ reference: borrowing StatementReference, statements: StatementTable, on connection: borrowing Connection
    ) throws(Failure) -> Statement {
        let sql: String
        switch reference {
        case .sql(let text): sql = String(repairing: text)
        case .prepared(let id):
            guard let text = statements[id] else { throw .statementUnknown(id) }
            sql = String(decoding: text.utf8, as: UTF8.self)
        }
        do throws(PrepareError) { return try connection.prepare(sql) } catch { throw Failure(error) }
    }

    /// Steps a bound statement to its end; a read of which only the first row is wanted stops there.
    ///
    /// Writes Columns and Rows, unless `want` is `.none`.
    /// - Parameters:
    ///   - bytesMax: beyond so many bytes in `writer` it is `RESULT_TOO_LARGE`.
    ///   - rememberFirstRow: is called on the first row, if it is wanted for references.
    static func carryOut(
        _ statement: Statement, want: Want, on connection: borrowing Connection, into writer: inout ByteWriter,
        bytesMax: Int,
        interruption: () -> Failure, rememberFirstRow: ((_ statement: Statement, _ columns: Int) -> Void)? = nil
    ) throws(Failure) -> (effects: Effects, rows: Int) {
        let meter = EffectsMeter(connection, before: statement)
        let start = Budget.now()
        let mayStop = want == .first && statement.access.isRead
        var rows = 0
        defer {
            statement.reset()
            statement.hasRun(since: start, rows: rows)
        }
        var hasRow = try step(statement, interruption)
        // Only now are the columns certain: the first step prepares anew if the schema has changed.
        let columns = statement.columnCount
        var position = 0
        if want != .none {
            RowEncoder.writeColumns(of: statement, into: &writer)
            position = writer.beginRows()
        }
        while hasRow {
            if rows == 0 { rememberFirstRow?(statement, columns) }
            rows += 1
            if want == .all || (want == .first && rows == 1) {
                RowEncoder.writeRow(of: statement, columns: columns, into: &writer)
                if writer.count > bytesMax { throw .resultTooLarge(bytesMax) }
            }
            if mayStop { break }
            hasRow = try step(statement, interruption)
        }
        if want != .none { writer.endRows(at: position, count: want == .first ? min(rows, 1) : rows) }
        return (meter.read(connection, after: statement), rows)
    }

    private static func step(_ statement: Statement, _ interruption: () -> Failure) throws(Failure) -> Bool {
        do throws(SQLiteError) {
            return try statement.step()
        } catch {
            throw error.code == .interrupt ? interruption() : Failure(error)
        }
    }
}

extension Statement {
    /// Whether it reads, whatever becomes of the schema. `CREATE TABLE IF NOT EXISTS` and its kin change nothing while
    /// there is nothing to do, and a reader may not have seen yet that there is: only the writer knows.
    var isSurelyRead: Bool { access.isRead && columnCount > 0 }
}

extension StatementReference {
    /// Bytes of the text it stands for; 0 if nobody has prepared it.
    func textCount(_ statements: StatementTable) -> Int {
        switch self {
        case .sql(let text): text.count
        case .prepared(let id): statements[id]?.utf8.count ?? 0
        }
    }
}
