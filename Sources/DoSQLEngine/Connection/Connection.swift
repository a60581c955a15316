internal import CSQLite

/// One connection to one database file.
///
/// It has one owner, may move between threads and is used by one at a time, together with its statements. It closes
/// when its owner lets go of it. A writer does all commits and all checkpoints of its file; readers only read.
/// <https://www.sqlite.org/c3ref/sqlite3.html>
@safe
public struct Connection: ~Copyable, @unchecked Sendable {
    let state: ConnectionState

    /// Opens the file and sets everything ``OpenOptions`` names; throws SQLite's error if the file cannot be used.
    ///
    /// It reads from the disk: never call it on an event loop.
    public init(_ options: OpenOptions) throws(SQLiteError) {
        state = try ConnectionState(options)
        state.mode = .autocommit
    }

    deinit {
        state.close()
    }

    /// How much the statements prepared and run from now on may do.
    public var sandbox: SandboxMode {
        get { state.mode }
        nonmutating set { state.mode = newValue }
    }

    /// Who is served: what is prepared or taken out of the cache from now on has to be permitted, but in the mode
    /// ``SandboxMode/trusted``. nil: everything is.
    public var permission: (any StatementPermission)? {
        get { state.permission }
        nonmutating set {
            if state.permission !== newValue { state.permission = newValue }
        }
    }

    /// Stops what runs here, from any thread, even after this connection is closed.
    public var interrupter: Interrupter { state.interrupter }

    /// What the statements that run from now on may take. Setting it forgets the last ``budgetExhaustion``.
    public var budget: Budget {
        get { state.budget }
        nonmutating set {
            state.budget = newValue
            state.exhaustion = nil
            if let bytes = newValue.memoryMax { StatementHeap.bound(to: bytes) } else { StatementHeap.unbound() }
        }
    }

    /// Bounds the time and the memory of the statements that run from now on, and nothing else of them: what setting
    /// the ``budget`` does, for those who do it for every point read.
    /// - Parameters:
    ///   - deadline: as ``Budget/deadline``.
    ///   - memoryMax: as ``Budget/memoryMax``.
    public func allow(until deadline: UInt64, memoryMax: Int?) {
        state.budget.deadline = deadline
        state.exhaustion = nil
        if let memoryMax { StatementHeap.bound(to: memoryMax) } else { StatementHeap.unbound() }
    }

    /// Why the last statement was stopped by the ``budget``; nil if it was not.
    public var budgetExhaustion: Budget.Exhaustion? { state.exhaustion }
}

// MARK: - Statements

extension Connection {
    /// Compiles the first statement of a text.
    ///
    /// - Parameters:
    ///   - sql: UTF-8.
    ///   - start: Where in the text to begin.
    ///   - persistent: Whether it will be kept for long.
    /// - Returns: The statement, nil if there were only white space and comments, and the offset after it.
    /// - Throws: SQLite's error (its offset counts from `start`), or the sandbox's denial.
    ///
    /// Some pragmas act when they are prepared: <https://www.sqlite.org/pragma.html>.
    public func prepare(
        _ sql: Span<UInt8>, from start: Int = 0, persistent: Bool = false
    ) throws(PrepareError) -> (statement: Statement?, tail: Int) {
        let result = try state.prepare(sql, from: start, persistent: persistent)
        if let statement = result.statement { try state.permit(statement) }
        return result
    }

    /// The same for a text behind whose last byte a NUL stands in its memory: of a long text with many statements SQLite
    /// would otherwise copy what is left for each of them (<https://www.sqlite.org/c3ref/prepare.html>).
    func prepare(
        terminated sql: Span<UInt8>, from start: Int
    ) throws(PrepareError) -> (statement: Statement?, tail: Int) {
        let result = try state.prepare(sql, from: start, persistent: false, isTerminated: true)
        if let statement = result.statement { try state.permit(statement) }
        return result
    }

    /// Compiles a text that is one statement; white space, comments and semicolons may follow.
    public func prepare(_ sql: String) throws(PrepareError) -> Statement {
        let bytes = Array(sql.utf8)
        return try state.prepareOne(bytes.span, persistent: false)
    }

    /// The statement of a text that is one statement, prepared before if possible; reset and without bound values.
    ///
    /// It is the caller's until he lets go of the reference: the same text asked for meanwhile is prepared a second
    /// time. He resets it before that. Pragmas, which may act when they are prepared, and very long texts are prepared
    /// each time.
    public func cached(_ sql: Span<UInt8>) throws(PrepareError) -> Statement {
        if state.mode != .trusted, let statement = state.cache.find(sql, hash: SQLText.hash(sql)) {
            return try ready(statement)
        }
        let statement = try state.prepareOne(sql, persistent: sql.count <= state.cachedSQLLength)
        let text = SQLText(sql)
        statement.knownText = text
        if keeps(statement, bytes: sql.count) { state.cache.insert(statement, for: text) }
        return statement
    }

    /// The same for a text whose hash its owner kept.
    public func cached(_ sql: SQLText) throws(PrepareError) -> Statement {
        if state.mode != .trusted, let statement = state.cache.find(sql) {
            return try ready(statement)
        }
        let utf8 = sql.utf8
        let statement = try state.prepareOne(utf8.span, persistent: utf8.count <= state.cachedSQLLength)
        statement.knownText = sql
        if keeps(statement, bytes: utf8.count) { state.cache.insert(statement, for: sql) }
        return statement
    }

    /// Whether a statement was compiled since this was asked last.
    public func takeHasCompiled() -> Bool {
        defer { state.hasCompiled = false }
        return state.hasCompiled
    }

    /// The statements kept.
    public var cachedStatementCount: Int { state.cache.count }

    /// Gives back the pages that are kept for later: <https://www.sqlite.org/c3ref/db_release_memory.html>.
    public func releasePages() {
        _ = unsafe sqlite3_db_release_memory(state.database)
    }

    /// Drops the kept statements, and what memory SQLite can spare: <https://www.sqlite.org/c3ref/db_release_memory.html>.
    public func releaseMemory() {
        state.cache.removeAll()
        _ = unsafe sqlite3_db_release_memory(state.database)
    }

    private func ready(_ statement: Statement) throws(PrepareError) -> Statement {
        // It may have been prepared where more was allowed, or for somebody else.
        if statement.access.requiredMode > state.mode, let denial = statement.access.denial { throw .denied(denial) }
        try state.permit(statement)
        statement.reset()
        statement.clearBindings()
        return statement
    }

    private func keeps(_ statement: Statement, bytes: Int) -> Bool {
        state.mode != .trusted && statement.access.pragma == nil && bytes <= state.cachedSQLLength
    }

    /// Runs statements of the server's own, dropping what they return; the sandbox does not apply.
    public func execute(trusted sql: String) throws(SQLiteError) {
        try state.execute(sql)
    }
}
