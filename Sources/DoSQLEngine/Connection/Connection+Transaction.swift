internal import CSQLite

/// Transactions, which the server owns: none of this passes the sandbox.
///
/// <https://www.sqlite.org/lang_transaction.html>
extension Connection {
    /// Whether no transaction is open. SQLite itself may have rolled one back: `INSERT OR ROLLBACK`,
    /// `RAISE(ROLLBACK)` and an interrupted write do. <https://www.sqlite.org/c3ref/get_autocommit.html>
    public var isAutocommit: Bool { unsafe sqlite3_get_autocommit(state.database) != 0 }

    /// Begins a read transaction; its snapshot is the one of the first read in it.
    public func beginRead() throws(SQLiteError) { try state.run(.begin) }

    /// Ends a read transaction; without one, nothing happens.
    public func endRead() throws(SQLiteError) {
        if !isAutocommit { try state.run(.commit) }
    }

    /// Begins a write transaction, taking the right to write at once.
    public func beginImmediate() throws(SQLiteError) {
        try state.run(.beginImmediate)
        state.forgetSpills()
    }

    /// Makes the transaction durable.
    ///
    /// After a failed write or fsync whether it is durable is unknown: close the database and recover it.
    public func commit() throws(SQLiteError) {
        try state.run(.commit)
        state.deferredForeignKeysWereSet = false
    }

    /// Takes the transaction back; if SQLite already did, nothing happens.
    public func rollback() throws(SQLiteError) {
        state.deferredForeignKeysWereSet = false
        if !isAutocommit { try state.run(.rollback) }
    }

    /// Marks a point to come back to. Depths are the server's own numbering, from 0.
    public func savepoint(_ depth: Int) throws(SQLiteError) { try state.run(.savepoint(depth)) }

    /// Forgets the point, keeping what came after. Deferred foreign keys pass it: see
    /// ``hasDeferredForeignKeyViolations``.
    public func release(_ depth: Int) throws(SQLiteError) { try state.run(.release(depth)) }

    /// Takes back what came after the point; the point stays.
    public func rollbackTo(_ depth: Int) throws(SQLiteError) { try state.run(.rollbackTo(depth)) }

    /// Marks a point under a client's own name, whatever characters it has.
    public func savepoint(named name: String) throws(SQLiteError) {
        try state.execute("SAVEPOINT \(Self.quoted(name))")
    }

    /// Forgets a client's point.
    public func release(named name: String) throws(SQLiteError) {
        try state.execute("RELEASE \(Self.quoted(name))")
    }

    /// Takes back what came after a client's point; the point stays.
    public func rollbackTo(named name: String) throws(SQLiteError) {
        try state.execute("ROLLBACK TO \(Self.quoted(name))")
    }

    /// A name as SQL writes any name: <https://www.sqlite.org/lang_keywords.html>.
    static func quoted(_ name: String) -> String {
        var quoted = "\""
        for scalar in name.unicodeScalars where scalar != "\0" {
            if scalar == "\"" { quoted.unicodeScalars.append(scalar) }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted + "\""
    }
}

// MARK: - What a statement did

extension Connection {
    /// Rows changed by the last INSERT, UPDATE or DELETE: not touched by other statements, so it counts only if
    /// ``totalChanges`` has moved. <https://www.sqlite.org/c3ref/changes.html>
    public var changes: Int64 { unsafe sqlite3_changes64(state.database) }

    /// Rows changed since the connection was opened, by triggers as well: <https://www.sqlite.org/c3ref/total_changes.html>.
    public var totalChanges: Int64 { unsafe sqlite3_total_changes64(state.database) }

    /// The row id of the last INSERT; whoever asked before leaves his, so set it to 0 first.
    /// <https://www.sqlite.org/c3ref/set_last_insert_rowid.html>
    public var lastInsertRowID: Int64 {
        get { unsafe sqlite3_last_insert_rowid(state.database) }
        nonmutating set { unsafe sqlite3_set_last_insert_rowid(state.database, newValue) }
    }

    /// Whether a deferred foreign key is violated right now: RELEASE lets it pass, and the COMMIT will fail.
    /// <https://www.sqlite.org/c3ref/c_dbstatus_options.html>
    public var hasDeferredForeignKeyViolations: Bool {
        var current: Int32 = 0
        var highest: Int32 = 0
        _ = unsafe sqlite3_db_status(state.database, SQLITE_DBSTATUS_DEFERRED_FKS, &current, &highest, 0)
        return current != 0
    }

    /// Turns `defer_foreign_keys` off, if a client turned it on; costs nothing if none did.
    /// <https://www.sqlite.org/pragma.html#pragma_defer_foreign_keys>
    public func resetDeferForeignKeys() throws(SQLiteError) {
        guard state.deferredForeignKeysWereSet else { return }
        try state.execute("PRAGMA defer_foreign_keys=OFF")
        state.deferredForeignKeysWereSet = false
    }

    /// Turns the checking of foreign keys on or off, outside a transaction: inside one SQLite ignores it silently.
    /// <https://www.sqlite.org/pragma.html#pragma_foreign_keys>
    public func setForeignKeys(_ areChecked: Bool) throws(SQLiteError) {
        precondition(isAutocommit, "foreign_keys has no effect inside a transaction")
        try state.execute("PRAGMA foreign_keys=\(areChecked ? "ON" : "OFF")")
    }
}
