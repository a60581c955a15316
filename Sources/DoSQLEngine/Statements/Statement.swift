public import CSQLite

/// One prepared statement.
///
/// It belongs to the connection that prepared it and travels with it: connection and statements are used by one thread
/// at a time, and move to another one together, between two calls. It may outlive its connection, which then stays open
/// inside SQLite until the statement is gone. Whoever steps a statement to less than its end calls ``reset()``: until
/// then its transaction stays open.
/// <https://www.sqlite.org/c3ref/stmt.html>
@safe
public final class Statement: @unchecked Sendable {
    @usableFromInline let handle: OpaquePointer
    @usableFromInline let connection: ConnectionState
    /// What it touches.
    public let access: StatementAccess
    /// Who was found to be permitted to run it last, so that the next time one look is enough.
    var permittedBy: (any StatementPermission)?
    /// Whether a step was taken since the last reset or end.
    @usableFromInline var isUnderWay = false
    /// Whether nothing was stepped since the last reset: then there is nothing to reset.
    @usableFromInline var isReset = true
    /// What the caller has encoded of the columns, to be used again until ``step()`` finds that the statement was
    /// prepared anew, as the columns may be others then.
    public var encodedColumns: [UInt8]?
    @usableFromInline var preparations: Int32 = 0
    /// Whether it touches what ``access`` does not name, after a change of the schema: only a new one is of use.
    public private(set) var isOutdated = false
    /// ``text``, if it comes out of a connection's cache or somebody has asked for it.
    @usableFromInline var knownText: SQLText?

    init(_ handle: OpaquePointer, access: StatementAccess, connection: ConnectionState) {
        unsafe self.handle = unsafe handle
        self.access = access
        self.connection = connection
    }

    deinit {
        unsafe sqlite3_finalize(handle)
    }

    /// Runs to the next row: whether there is one. Values of the row before are gone.
    ///
    /// If the schema has changed, SQLite prepares the statement again; should it then touch what ``access`` does not
    /// name, the step fails with `SQLITE_SCHEMA` (and a write is to be rolled back by whoever began the transaction).
    /// <https://www.sqlite.org/c3ref/step.html>
    @inlinable
    public func step() throws(SQLiteError) -> Bool {
        let isFirst = !isUnderWay
        isUnderWay = true
        isReset = false
        let code = unsafe sqlite3_step(handle)
        // Only the first step can prepare again.
        if isFirst, unsafe sqlite3_stmt_status(handle, SQLITE_STMTSTATUS_REPREPARE, 0) != preparations {
            try checkPreparation(code)
        }
        if code == SQLITE_ROW { return true }
        isUnderWay = false
        if code == SQLITE_DONE { return false }
        throw failure(code)
    }

    @usableFromInline
    func checkPreparation(_ code: Int32) throws(SQLiteError) {
        // Of a step that failed, the failure is the news; the next one looks again.
        guard code == SQLITE_ROW || code == SQLITE_DONE else { return }
        encodedColumns = nil
        preparations = unsafe sqlite3_stmt_status(handle, SQLITE_STMTSTATUS_REPREPARE, 0)
        do throws(SQLiteError) {
            try connection.recheck(self)
        } catch {
            // So that the next first step fails as well.
            preparations = -1
            isOutdated = true
            reset()
            throw error
        }
    }

    /// The error of a step; the statement is reset, so that it holds no transaction open.
    @usableFromInline
    func failure(_ code: Int32) -> SQLiteError {
        var error = unsafe SQLiteError(code: code, on: connection.database)
        if error.code.primary == .authorization, let denial = connection.denial {
            error = SQLiteError(code: error.code, message: denial.description, offset: error.offset)
        }
        if error.code.primary == .full { error.bound = connection.fullBound }
        error.refusal = connection.refusal(of: error.code, in: .log)
        reset()
        return error
    }

    /// Goes back to before the first row and lets go of the transaction. Bound values stay.
    ///
    /// Its own result only repeats the last step's error: <https://www.sqlite.org/c3ref/reset.html>.
    @inlinable
    public func reset() {
        guard !isReset else { return }
        isUnderWay = false
        isReset = true
        _ = unsafe sqlite3_reset(handle)
    }

    /// Whether it has begun and neither ended nor been reset: <https://www.sqlite.org/c3ref/stmt_busy.html>.
    public var isBusy: Bool { unsafe sqlite3_stmt_busy(handle) != 0 }

    /// How often SQLite prepared it again by itself, after changes of the schema: columns may differ afterwards.
    public var reprepareCount: Int { unsafe Int(sqlite3_stmt_status(handle, SQLITE_STMTSTATUS_REPREPARE, 0)) }

    /// Counts its opcodes from nothing again. The ``Budget`` is looked at every so many opcodes over all runs of a statement:
    /// without this, a short one would be looked at now and then, and stopped where its thread was held up and not it.
    /// <https://www.sqlite.org/c3ref/stmt_status.html>
    public func forgetSteps() { _ = unsafe sqlite3_stmt_status(handle, SQLITE_STMTSTATUS_VM_STEP, 1) }

    /// Bytes of memory it takes.
    public var memoryUsed: Int { unsafe Int(sqlite3_stmt_status(handle, SQLITE_STMTSTATUS_MEMUSED, 0)) }

    /// Its text, without what stood behind it.
    public var sql: String { unsafe sqlite3_sql(handle).map { unsafe String(cString: $0) } ?? "" }
}
