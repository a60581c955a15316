import DoSQLEngine
import DoSQLProtocol

/// What a statement did to the database, read before anything else runs on its connection.
struct Effects: Sendable {
    /// Whether anything changed, the schema included.
    var changed = false
    /// Rows the statement itself changed.
    var changes: UInt64 = 0
    /// The last row it inserted, 0 if none.
    var lastInsertRowid: Int64 = 0

    /// Adds what the next statement of the same request did.
    mutating func add(_ next: Effects) {
        changed = changed || next.changed
        changes += next.changes
        if next.lastInsertRowid != 0 { lastInsertRowid = next.lastInsertRowid }
    }

    /// As an outcome. `lsn`: the change's own, or the newest one seen.
    func outcome(transaction: TransactionState, lsn: UInt64) -> Outcome {
        Outcome(
            replayed: false, changed: changed, transaction: transaction, changes: changes,
            lastInsertRowid: lastInsertRowid, lsn: lsn)
    }
}

/// A measure of one statement's effects: made before it, read after it.
///
/// After DDL `sqlite3_changes` and the row id are those of whoever ran before, hence the two precautions: the row id is
/// set to 0 first, and changes count only if the total has moved (<https://www.sqlite.org/c3ref/changes.html>). `CREATE
/// TABLE IF NOT EXISTS` compiles to a change of the schema whether it is one or not, so the schema's own number is
/// asked.
struct EffectsMeter {
    private let totalBefore: Int64
    private let mayChangeSchema: Bool
    private let schemaBefore: Int64?

    init(_ connection: borrowing Connection, before statement: Statement) {
        connection.lastInsertRowID = 0
        totalBefore = connection.totalChanges
        // What had nothing to do when it was prepared, such as `DROP TABLE IF EXISTS`, may find something by now.
        mayChangeSchema =
            statement.access.changesSchema || (statement.access.tablesWritten.isEmpty && !statement.isSurelyRead)
        schemaBefore = mayChangeSchema ? try? connection.schemaVersion() : nil
    }

    func read(_ connection: borrowing Connection, after statement: Statement) -> Effects {
        let moved = connection.totalChanges != totalBefore
        let access = statement.access
        let schemaMoved =
            mayChangeSchema && (schemaBefore == nil || (try? connection.schemaVersion()) != schemaBefore)
        return Effects(
            changed: moved || schemaMoved || (access.pragma != nil && !access.isRead),
            changes: moved ? UInt64(connection.changes) : 0,
            lastInsertRowid: connection.lastInsertRowID)
    }
}
