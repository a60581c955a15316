internal import CSQLite

/// A copy of the whole file, of one moment, while others write.
extension Connection {
    /// Pages that are copied between two looks at whether to go on: some milliseconds.
    private static let backupStep: Int32 = 1024

    /// Copies the file, as the open read transaction sees it, into a new one that any SQLite opens: not in WAL mode, so
    /// that it needs nothing beside it. Not durable before it is synced.
    ///
    /// The read transaction is what makes it one moment: without one, every write would make it begin anew.
    /// <https://www.sqlite.org/backup.html>
    /// - Parameters:
    ///   - path: where no file is yet.
    ///   - vfsName: the VFS that writes it.
    ///   - proceed: asked between steps; false ends it with `SQLITE_INTERRUPT`.
    /// - Throws: SQLite's error. What was written then is the caller's to remove.
    public func copy(to path: String, vfsName: String, proceed: () -> Bool) throws(SQLiteError) {
        precondition(!isAutocommit, "a backup is of one moment, which a read transaction holds")
        let target = unsafe try Self.openTarget(path, vfsName)
        do throws(SQLiteError) {
            unsafe try copyPages(to: target, proceed: proceed)
        } catch {
            unsafe sqlite3_close_v2(target)
            throw error
        }
        unsafe sqlite3_close_v2(target)
        // The copy says that it is in WAL mode, as its source is. Its connection was opened before it said so.
        let copied = unsafe try Self.openTarget(path, vfsName)
        defer { unsafe sqlite3_close_v2(copied) }
        let code = unsafe sqlite3_exec(copied, "PRAGMA journal_mode=DELETE", nil, nil, nil)
        if code != SQLITE_OK { throw unsafe SQLiteError(code: code, on: copied) }
    }

    private func copyPages(to target: OpaquePointer, proceed: () -> Bool) throws(SQLiteError) {
        guard let backup = unsafe sqlite3_backup_init(target, "main", state.database, "main") else {
            throw unsafe SQLiteError(code: sqlite3_errcode(target), on: target)
        }
        var code = SQLITE_OK
        repeat {
            code = proceed() ? unsafe sqlite3_backup_step(backup, Self.backupStep) : SQLITE_INTERRUPT
        } while code == SQLITE_OK
        let finished = unsafe sqlite3_backup_finish(backup)
        guard code == SQLITE_DONE else {
            if code == SQLITE_INTERRUPT { throw SQLiteError(code: .interrupt, message: "interrupted") }
            throw unsafe SQLiteError(code: finished == SQLITE_OK ? code : finished, on: target)
        }
    }

    private static func openTarget(_ path: String, _ vfsName: String) throws(SQLiteError) -> OpaquePointer {
        var handle: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        let code = unsafe sqlite3_open_v2(path.hasPrefix("file:") ? "./" + path : path, &handle, flags, vfsName)
        guard let handle = unsafe handle else { throw SQLiteError(code: .noMemory, message: "out of memory") }
        guard code == SQLITE_OK else {
            let error = unsafe SQLiteError(code: code, on: handle)
            unsafe sqlite3_close_v2(handle)
            throw error
        }
        // It is synced once, whole, by who wants it durable; and what is half written is removed.
        _ = unsafe sqlite3_exec(handle, "PRAGMA synchronous=OFF; PRAGMA journal_mode=OFF", nil, nil, nil)
        return unsafe handle
    }
}
