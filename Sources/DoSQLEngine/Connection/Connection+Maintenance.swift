internal import CSQLite

/// The state of the file, and what keeps it in order.
extension Connection {
    /// A number that changes with each change of the schema: <https://www.sqlite.org/pragma.html#pragma_schema_version>.
    public func schemaVersion() throws(SQLiteError) -> Int64 { try state.run(.schemaVersion) ?? 0 }

    /// Reads the schema anew if another connection has changed it, and gives its number.
    ///
    /// SQLite does so when a statement that reads is stepped, or when a name is not found while one is compiled; not when
    /// a name is found that is gone by now.
    public func learnSchema() throws(SQLiteError) -> Int64 {
        try state.run(.schemaRead)
        return try schemaVersion()
    }

    /// A number that changes when another connection has committed: <https://www.sqlite.org/pragma.html#pragma_data_version>.
    public func dataVersion() throws(SQLiteError) -> Int64 { try state.run(.dataVersion) ?? 0 }

    /// Bounds the file of the writer, in bytes; a file that is larger already does not grow. Beyond it a statement fails
    /// with `SQLITE_FULL` and ``SQLiteError/bound``. <https://www.sqlite.org/pragma.html#pragma_max_page_count>
    public func setDatabaseBytesMax(_ bytes: Int) throws(SQLiteError) {
        let size = try Int(state.text("PRAGMA page_size")) ?? 4096
        try state.execute("PRAGMA max_page_count=\(max(1, bytes / size))")
        state.databaseBytesMax = bytes
    }

    /// The size of the database in bytes, as this connection sees it; without its write-ahead log.
    public func databaseBytes() throws(SQLiteError) -> Int {
        let pages = try Int(state.text("PRAGMA page_count")) ?? 0
        return try pages * (Int(state.text("PRAGMA page_size")) ?? 4096)
    }

    /// Whether TEMP objects exist on this connection: then it is of no use for the next client.
    public func hasTemporaryObjects() throws(SQLiteError) -> Bool { try state.run(.temporaryObjects) == 1 }

    /// Pages in the WAL, as of this connection's last commit or complete checkpoint:
    /// <https://www.sqlite.org/c3ref/wal_hook.html>.
    public var walFrameCount: Int { state.walFrameCount }

    /// How far a checkpoint goes: <https://www.sqlite.org/c3ref/c_checkpoint_full.html>.
    public enum CheckpointMode: Int32, Sendable, Hashable {
        /// As far as readers allow, waiting for nobody.
        case passive = 0
        /// All of it.
        case full = 1
        /// All of it, and the next commit starts the WAL from its beginning.
        case restart = 2
        /// All of it, and the file of the WAL becomes empty.
        case truncate = 3
    }

    /// What a checkpoint did.
    public struct Checkpoint: Sendable, Hashable {
        /// Pages in the WAL.
        public let log: Int
        /// Pages of it that are in the database file by now.
        public let checkpointed: Int
        /// Whether readers stood in the way of what was asked for.
        public let wasBlocked: Bool
        /// Whether nothing is left to do.
        public var isComplete: Bool { !wasBlocked && log == checkpointed }
    }

    /// Copies the WAL's pages into the database file. The writer only: another connection's checkpoint may corrupt the
    /// file (``SQLiteLibrary/hasWALResetBug``). Readers in the way are not an error.
    /// <https://www.sqlite.org/c3ref/wal_checkpoint_v2.html>
    public func checkpoint(_ mode: CheckpointMode) throws(SQLiteError) -> Checkpoint {
        var log: Int32 = 0
        var checkpointed: Int32 = 0
        let code = unsafe sqlite3_wal_checkpoint_v2(state.database, nil, mode.rawValue, &log, &checkpointed)
        guard code == SQLITE_OK || code == SQLITE_BUSY else { throw unsafe SQLiteError(code: code, on: state.database) }
        let result = Checkpoint(
            log: max(0, Int(log)), checkpointed: max(0, Int(checkpointed)), wasBlocked: code == SQLITE_BUSY)
        // After a complete one, the next commit begins the WAL anew.
        state.walFrameCount = result.isComplete ? 0 : result.log
        return result
    }

    /// Whether closing the last connection copies the WAL into the database file and deletes it. Off after a failure of the
    /// disk: the file must not run ahead of a WAL that may have a hole.
    /// <https://www.sqlite.org/c3ref/c_dbconfig_defensive.html>
    public func setCheckpointsOnClose(_ checkpoints: Bool) throws(SQLiteError) {
        try state.set(SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !checkpoints)
    }

    /// Writes the WAL's bytes onto themselves and syncs them. The writer only, right after opening.
    ///
    /// After a failed fsync the system takes what it could not write for clean: it can be read, and recovery finds whole
    /// transactions, but no later fsync writes it. Whatever is committed behind such a hole is gone after a power cut.
    /// Neither does a process know whether the one before it died of that. <https://wiki.postgresql.org/wiki/Fsync_Errors>
    public func rewriteWAL() throws(SQLiteError) {
        // SQLite opens the WAL with the first read.
        _ = try schemaVersion()
        var file: UnsafeMutablePointer<sqlite3_file>?
        let code = unsafe sqlite3_file_control(state.database, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file)
        guard code == SQLITE_OK else { throw unsafe SQLiteError(code: code, on: state.database) }
        guard let file = unsafe file, let methods = unsafe file.pointee.pMethods else { return }
        func check(_ code: Int32?) throws(SQLiteError) {
            guard code == SQLITE_OK else {
                let code = ResultCode(rawValue: code ?? SQLITE_IOERR)
                throw SQLiteError(code: code, message: "the write-ahead log cannot be made durable")
            }
        }
        var size: Int64 = 0
        try check(unsafe methods.pointee.xFileSize?(file, &size))
        guard size > 0 else { return }
        // The unix VFS moves less than 128 KiB at a time.
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var offset: Int64 = 0
        while offset < size {
            let count = Int32(min(size - offset, Int64(buffer.count)))
            try check(unsafe methods.pointee.xRead?(file, &buffer, count, offset))
            try check(unsafe methods.pointee.xWrite?(file, buffer, count, offset))
            offset += Int64(count)
        }
        try check(unsafe methods.pointee.xSync?(file, SQLITE_SYNC_NORMAL))
    }

    /// Rewrites the file without its free pages. It needs as much disk again, and room in the WAL. Its working file lies in
    /// the system's folder of temporary files: it is as large as the database, and memory is not.
    /// <https://www.sqlite.org/lang_vacuum.html>
    public func vacuum() throws(SQLiteError) {
        // VACUUM attaches its working file.
        let attached = unsafe sqlite3_limit(state.database, SQLITE_LIMIT_ATTACHED, 1)
        defer { _ = unsafe sqlite3_limit(state.database, SQLITE_LIMIT_ATTACHED, attached) }
        // The whole database goes through that file, which must not be in memory then.
        try state.execute("PRAGMA temp_store=FILE")
        defer { try? state.execute("PRAGMA temp_store=MEMORY") }
        try state.execute("VACUUM")
    }

    /// Refreshes what the query planner knows of tables that have changed much:
    /// <https://www.sqlite.org/pragma.html#pragma_optimize>.
    public func optimize() throws(SQLiteError) { try state.execute("PRAGMA optimize") }

    /// What the file's pages are used for.
    public struct PageCounts: Sendable, Hashable {
        /// Bytes of a page.
        public let pageSize: Int
        /// All pages.
        public let pages: Int
        /// Those that hold nothing: <https://www.sqlite.org/pragma.html#pragma_freelist_count>.
        public let freePages: Int
    }

    /// The file's pages, as the connection's snapshot has them.
    public func pageCounts() throws(SQLiteError) -> PageCounts {
        func number(_ pragma: String) throws(SQLiteError) -> Int { Int(try state.text("PRAGMA \(pragma)")) ?? 0 }
        return PageCounts(
            pageSize: try number("page_size"), pages: try number("page_count"), freePages: try number("freelist_count"))
    }

    /// Looks for faults in the file's structure; the sentences SQLite finds, none if all is well.
    /// <https://www.sqlite.org/pragma.html#pragma_quick_check>
    public func quickCheck() throws(SQLiteError) -> [String] { try problems("PRAGMA quick_check") }

    /// The same, and whether the indexes agree with the tables: <https://www.sqlite.org/pragma.html#pragma_integrity_check>.
    public func integrityCheck() throws(SQLiteError) -> [String] { try problems("PRAGMA integrity_check") }

    private func problems(_ sql: String) throws(SQLiteError) -> [String] {
        var lines: [String] = []
        try state.query(sql) { (row: Statement) throws(SQLiteError) in lines.append(row.string(at: 0)) }
        return lines == ["ok"] ? [] : lines
    }

    /// A row that refers to none.
    public struct ForeignKeyViolation: Sendable, Hashable {
        /// The table of the row.
        public let table: String
        /// Its row id; nil in a table without them.
        public let rowID: Int64?
        /// The table it refers to.
        public let parent: String
        /// Which of its table's foreign keys it is, as `PRAGMA foreign_key_list` numbers them.
        public let constraint: Int
    }

    /// The rows that violate a foreign key: <https://www.sqlite.org/pragma.html#pragma_foreign_key_check>.
    /// At most `limit` of them.
    public func foreignKeyCheck(limit: Int = .max) throws(SQLiteError) -> [ForeignKeyViolation] {
        var violations: [ForeignKeyViolation] = []
        try state.query("PRAGMA foreign_key_check") { (row: Statement) throws(SQLiteError) in
            guard violations.count < limit else { return }
            violations.append(
                ForeignKeyViolation(
                    table: row.string(at: 0), rowID: row.columnType(1) == .null ? nil : row.int64(at: 1),
                    parent: row.string(at: 2), constraint: Int(row.int64(at: 3))))
        }
        return violations
    }

    /// One line of a query's plan.
    public struct PlanStep: Sendable, Hashable {
        /// Its number.
        public let id: Int
        /// The line it belongs under; 0 for none.
        public let parent: Int
        /// SQLite's words.
        public let detail: String
    }

    /// How SQLite would run a statement: <https://www.sqlite.org/eqp.html>. The sandbox applies.
    public func explainQueryPlan(_ sql: String) throws(PrepareError) -> [PlanStep] {
        let statement = try prepare("EXPLAIN QUERY PLAN " + sql)
        var steps: [PlanStep] = []
        do throws(SQLiteError) {
            while try statement.step() {
                steps.append(
                    PlanStep(
                        id: Int(statement.int64(at: 0)), parent: Int(statement.int64(at: 1)),
                        detail: statement.string(at: 3)))
            }
        } catch {
            throw .sqlite(error)
        }
        return steps
    }
}
