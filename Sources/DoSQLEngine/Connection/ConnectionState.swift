internal import CSQLite
internal import Synchronization

/// What a connection's callbacks and statements share: the handle and the plain values SQLite's callbacks look at.
///
/// It is confined to the thread its ``Connection`` is on; SQLite calls back on that thread only, from within a call.
/// Statements keep it alive, because a closed connection lives on inside SQLite until its last statement is finalized.
@safe
@usableFromInline
final class ConnectionState {
    let database: OpaquePointer
    let interrupter: Interrupter

    var mode = SandboxMode.trusted
    var recorder = AccessRecorder()
    var isRecording = false
    /// Who is served; nil: whoever it is may do what the mode allows.
    var permission: (any StatementPermission)?
    /// Why the authorizer last said no, for whoever asks what "not authorized" means.
    var denial: Denial?
    /// Whether `count_changes` is on: while a record is made, or if it could not be switched off.
    private var countsChanges = false
    /// Whether a statement was prepared that sets `defer_foreign_keys`, which stays until the transaction ends.
    var deferredForeignKeysWereSet = false

    /// Whether a statement was compiled since somebody asked.
    var hasCompiled = false

    /// Who is told of the statements that have run.
    @usableFromInline var observer: (any StatementObserver)?
    /// What is run, for the observer.
    @usableFromInline var errand: (any AnyObject & Sendable)?

    var budget = Budget.unlimited
    var exhaustion: Budget.Exhaustion?
    var walFrameCount = 0
    /// Bytes the file may have; nil: what SQLite allows.
    var databaseBytesMax: Int?
    private let path: String

    var cache: StatementCache
    let cachedSQLLength: Int
    /// Statements of the engine itself, prepared on first use.
    private var control: [OpaquePointer?] = unsafe []
    private var isClosed = false

    /// Opens, configures and closes the sandbox. <https://www.sqlite.org/c3ref/open.html>
    init(_ options: OpenOptions) throws(SQLiteError) {
        var flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        if options.role == .writer { flags |= SQLITE_OPEN_CREATE }
        var handle: OpaquePointer?
        // A path that begins with `file:` would be read as a URI by a library built with SQLITE_USE_URI.
        path = options.path.hasPrefix("file:") ? "./" + options.path : options.path
        let code = unsafe sqlite3_open_v2(path, &handle, flags, options.vfsName)
        guard let handle = unsafe handle else {
            throw SQLiteError(code: .noMemory, message: "out of memory")
        }
        unsafe database = unsafe handle
        unsafe interrupter = Interrupter(handle)
        cache = StatementCache(capacity: options.limits.cachedStatements)
        cachedSQLLength = options.limits.cachedSQLLength
        do throws(SQLiteError) {
            if code != SQLITE_OK { throw unsafe SQLiteError(code: code, on: handle) }
            try configure(options)
        } catch {
            close()
            throw error
        }
    }

    deinit {
        close()
    }

    /// Lets go of everything. `close_v2` forgives statements that are still held: the file closes with the last of them.
    /// <https://www.sqlite.org/c3ref/close.html>
    func close() {
        guard !isClosed else { return }
        isClosed = true
        interrupter.invalidate()
        cache.removeAll()
        while let statement = unsafe control.popLast() { unsafe sqlite3_finalize(statement) }
        // Both roles have no transaction to keep: SQLite rolls back what is open.
        unsafe sqlite3_close_v2(database)
    }

    /// Pages that were written before their transaction's end, so that the disk may have refused one, are counted anew.
    func forgetSpills() { _ = spills(andForgets: true) }

    private func spills(andForgets: Bool = false) -> Int {
        var current: Int32 = 0
        var highest: Int32 = 0
        _ = unsafe sqlite3_db_status(database, SQLITE_DBSTATUS_CACHE_SPILL, &current, &highest, andForgets ? 1 : 0)
        return Int(current)
    }

    /// The bound that made a statement fail with `SQLITE_FULL`; nil: it was the disk.
    ///
    /// A statement touches the disk only if its transaction does not fit into the page cache.
    var fullBound: SQLiteError.Bound? {
        guard let databaseBytesMax else { return nil }
        if spills() > 0, FileSystem.space(at: path).map({ $0.free < Self.plenty }) ?? true { return nil }
        return .database(bytes: databaseBytesMax)
    }

    /// Bytes left on a disk with which nobody calls it full.
    private static let plenty = 64 << 20

    private func configure(_ options: OpenOptions) throws(SQLiteError) {
        let limits = options.limits
        for (limit, value) in [
            (SQLITE_LIMIT_LENGTH, limits.length), (SQLITE_LIMIT_SQL_LENGTH, limits.sqlLength),
            (SQLITE_LIMIT_COLUMN, limits.columns), (SQLITE_LIMIT_EXPR_DEPTH, limits.expressionDepth),
            (SQLITE_LIMIT_COMPOUND_SELECT, limits.compoundSelect), (SQLITE_LIMIT_VDBE_OP, limits.programOperations),
            (SQLITE_LIMIT_FUNCTION_ARG, limits.functionArguments),
            (SQLITE_LIMIT_LIKE_PATTERN_LENGTH, limits.likePatternLength),
            (SQLITE_LIMIT_VARIABLE_NUMBER, limits.variableNumber), (SQLITE_LIMIT_TRIGGER_DEPTH, limits.triggerDepth),
            (SQLITE_LIMIT_ATTACHED, limits.attached), (SQLITE_LIMIT_WORKER_THREADS, limits.workerThreads),
        ] {
            _ = unsafe sqlite3_limit(database, limit, value)
        }
        // https://www.sqlite.org/c3ref/c_dbconfig_defensive.html
        // Defensive: no statement can corrupt the file, neither by writing to the schema nor to a shadow table.
        try set(SQLITE_DBCONFIG_DEFENSIVE, true)
        try set(SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, false)
        try set(SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, false)
        try set(SQLITE_DBCONFIG_DQS_DML, options.acceptsDoubleQuotedStrings)
        try set(SQLITE_DBCONFIG_DQS_DDL, options.acceptsDoubleQuotedStrings)
        // A reader that closes last would checkpoint, and may overlap a commit: see SQLiteLibrary.hasWALResetBug.
        try set(SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, options.role == .reader)
        // No busy timeout: it sleeps, and connections are on loops.
        for pragma in options.pragmas {
            try execute(pragma)
        }
        if options.role == .writer {
            let journal = try text("PRAGMA journal_mode")
            guard journal == "wal" else {
                throw SQLiteError(
                    code: .cannotOpen, message: "the journal mode is \(journal), and the file refuses WAL")
            }
        }
        installCallbacks(budgetInterval: options.limits.budgetInterval)
    }

    private func installCallbacks(budgetInterval: Int32) {
        let context = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe sqlite3_set_authorizer(
            database,
            { context, code, first, second, database, inside in
                guard let context = unsafe context else { return SQLITE_DENY }
                let state = unsafe Unmanaged<ConnectionState>.fromOpaque(context).takeUnretainedValue()
                return unsafe state.authorize(code, first, second, database, inside)
            }, context)
        unsafe sqlite3_progress_handler(
            database, budgetInterval,
            { context in
                guard let context = unsafe context else { return 0 }
                return unsafe Unmanaged<ConnectionState>.fromOpaque(context)._withUnsafeGuaranteedRef {
                    $0.exceedsBudget
                }
                    ? 1 : 0
            }, context)
        // Setting wal_autocheckpoint takes this hook away, so it comes after the pragmas.
        _ = unsafe sqlite3_wal_hook(
            database,
            { context, _, _, frames in
                guard let context = unsafe context else { return SQLITE_OK }
                unsafe Unmanaged<ConnectionState>.fromOpaque(context).takeUnretainedValue().walFrameCount = Int(frames)
                return SQLITE_OK
            }, context)
    }

    /// Whether the running statement must stop now.
    private var exceedsBudget: Bool {
        // The bound is a client's. SQLite counts opcodes over all runs of a statement, so even a COMMIT is asked now and then.
        if mode == .trusted { return false }
        if let flag = budget.cancellation, flag.isCancelled {
            exhaustion = .cancelled
            return true
        }
        if budget.deadline != .max, Budget.now() >= budget.deadline {
            exhaustion = .deadline
            return true
        }
        return false
    }

    private func authorize(
        _ code: Int32, _ first: UnsafePointer<CChar>?, _ second: UnsafePointer<CChar>?,
        _ database: UnsafePointer<CChar>?, _ inside: UnsafePointer<CChar>?
    ) -> Int32 {
        let action = AccessRecorder.Action(
            code: code,
            first: unsafe first.map { unsafe String(cString: $0) },
            // A wide row asks once a column, and the column does not matter.
            second: code == SQLITE_READ ? nil : unsafe second.map { unsafe String(cString: $0) },
            database: unsafe database.map { unsafe String(cString: $0) },
            inside: unsafe inside.map { unsafe String(cString: $0) })
        let demand: Requirement?
        if isRecording {
            demand = recorder.note(action)
        } else {
            // Either SQLite prepares a statement again after a change of the schema, or a virtual table uses SQL itself.
            // FTS3 wraps its merges into a savepoint, which a client cannot reach.
            if code == SQLITE_SAVEPOINT, action.second == "fts3" { return SQLITE_OK }
            var scratch = AccessRecorder()
            demand = scratch.note(action)
        }
        guard let demand, demand.mode > mode else { return SQLITE_OK }
        denial = demand.denial
        return SQLITE_DENY
    }

    func set(_ option: Int32, _ value: Bool) throws(SQLiteError) {
        let code = unsafe dosql_sqlite3_db_config(database, option, value ? 1 : 0)
        if code != SQLITE_OK { throw unsafe SQLiteError(code: code, on: database) }
    }
}

// MARK: - Preparing

extension ConnectionState {
    /// Compiles the first statement of `sql`: <https://www.sqlite.org/c3ref/prepare.html>.
    func prepare(
        _ sql: Span<UInt8>, from start: Int = 0, persistent: Bool, isTerminated: Bool = false
    ) throws(PrepareError) -> (statement: Statement?, tail: Int) {
        guard sql.count < Int(Int32.max) else {
            throw .sqlite(SQLiteError(code: .tooBig, message: "the statement is too long"))
        }
        var handle: OpaquePointer?
        var tail: Int32 = 0
        denial = nil
        // Out of memory it may have stayed on.
        var code = setCountsChanges(false)
        if code == SQLITE_OK {
            code = unsafe compile(sql, from: start, persistent: persistent, isTerminated: isTerminated, &handle, &tail)
        }
        if code == SQLITE_INTERRUPT {
            // Meant for the statement before it, and late. It has done nothing yet, and an interrupt counts once.
            code = unsafe compile(sql, from: start, persistent: persistent, isTerminated: isTerminated, &handle, &tail)
        }
        if code == SQLITE_OK, recorder.hasMadeTable {
            unsafe sqlite3_finalize(handle)
            code = unsafe compile(sql, from: start, persistent: persistent, isTerminated: isTerminated, &handle, &tail)
        }
        let end = start + Int(tail)
        guard code == SQLITE_OK else {
            if let denial { throw .denied(denial) }
            throw told(unsafe SQLiteError(code: code, on: database), of: sql, from: start)
        }
        guard let handle = unsafe handle else {
            let next = SQLScanner.skipSeparators(sql, from: start)
            // SQLite stops at a NUL and says nothing: neither is the rest executed, nor is it an error.
            if next < end || (next < sql.count && sql[next] == 0) {
                throw .sqlite(SQLiteError(code: .error, message: "unrecognized token: NUL", offset: next - start))
            }
            return (nil, end)
        }
        do throws(PrepareError) {
            try recordTransfers(sql, from: start, to: end)
        } catch {
            unsafe sqlite3_finalize(handle)
            throw error
        }
        inspect(sql, from: start, to: end)
        locateTables()
        if let required = recorder.required, required.mode > mode {
            unsafe sqlite3_finalize(handle)
            throw .denied(required.denial)
        }
        if recorder.pragma == "defer_foreign_keys", recorder.pragmaArgument != nil { deferredForeignKeysWereSet = true }
        let access = unsafe StatementAccess(
            recorder, isReadOnly: sqlite3_stmt_readonly(handle) != 0, isExplain: sqlite3_stmt_isexplain(handle) != 0)
        return (unsafe Statement(handle, access: access, connection: self), end)
    }

    /// What whoever is served is told of a text that does not compile: SQLite's words, unless it names a table that is
    /// none of his. Names are no secrets; columns are, and the words are about them.
    private func told(_ error: SQLiteError, of sql: Span<UInt8>, from start: Int) -> PrepareError {
        guard let permission, mode != .trusted, permission.hidesTables, error.code.primary == .error else {
            return .sqlite(error)
        }
        var sentence: String?
        do throws(SQLiteError) {
            try query("SELECT name FROM main.sqlite_schema WHERE type IN ('table', 'view')") { row in
                let name = row.string(at: 0)
                guard sentence == nil, let refusal = permission.refusal(ofTable: name) else { return }
                if SQLScanner.contains(name: Array(name.utf8), in: sql, from: start) { sentence = refusal }
            }
        } catch {
            // What cannot be looked up may be anybody's.
            return .forbidden("the statement does not compile")
        }
        return sentence.map { .forbidden($0) } ?? .sqlite(error)
    }

    /// Completes the record of `INSERT INTO t SELECT * FROM s`, in a trigger too: where the two tables are alike SQLite
    /// copies the records as they are, and asks the authorizer about the INSERT only
    /// (<https://www.sqlite.org/src/file/src/insert.c>, `xferOptimization`). It does not where changes are counted, so the
    /// same text is compiled once more for its record, with `count_changes`.
    private func recordTransfers(_ sql: Span<UInt8>, from start: Int, to end: Int) throws(PrepareError) {
        // The server's own statements are judged by nobody.
        guard recorder.inserts, mode != .trusted else { return }
        guard recorder.firesTriggers || SQLScanner.containsSelect(sql.extracting(start..<end)) else { return }
        var handle: OpaquePointer?
        var tail: Int32 = 0
        // A record that is not complete is none: where it cannot be switched the statement is not prepared.
        var code = setCountsChanges(true)
        defer { _ = setCountsChanges(false) }
        if code == SQLITE_OK {
            code = unsafe compile(sql, from: start, persistent: false, isTerminated: false, &handle, &tail)
        }
        unsafe sqlite3_finalize(handle)
        guard code == SQLITE_OK else {
            if let denial { throw .denied(denial) }
            throw .sqlite(unsafe SQLiteError(code: code, on: database))
        }
    }

    /// Switches `count_changes` for what is compiled next. The pragma acts when it is compiled; it is not run, since that
    /// would have all other statements compiled anew (<https://www.sqlite.org/pragma.html#pragma_count_changes>).
    /// - Returns: SQLite's code; unless it is OK, it is as it was.
    private func setCountsChanges(_ counts: Bool) -> Int32 {
        guard counts != countsChanges else { return SQLITE_OK }
        let previous = mode
        mode = .trusted
        defer { mode = previous }
        var code = SQLITE_OK
        // An interrupt that is meant for the statement before, and late, counts once.
        for _ in 0..<2 {
            var handle: OpaquePointer?
            code = unsafe sqlite3_prepare_v3(
                database, "PRAGMA count_changes=\(counts ? 1 : 0)", -1, 0, &handle, nil)
            unsafe sqlite3_finalize(handle)
            if code != SQLITE_INTERRUPT { break }
        }
        if code == SQLITE_OK { countsChanges = counts }
        return code
    }

    /// The call itself, with a record of what the authorizer is asked.
    private func compile(
        _ sql: Span<UInt8>, from start: Int, persistent: Bool, isTerminated: Bool, _ handle: inout OpaquePointer?,
        _ tail: inout Int32
    ) -> Int32 {
        recorder = AccessRecorder()
        denial = nil
        isRecording = true
        defer { isRecording = false }
        return unsafe sql.withUnsafeBufferPointer { buffer in
            let count = buffer.count - start + (isTerminated ? 1 : 0)
            return unsafe dosql_sqlite3_prepare(
                database, buffer.baseAddress.map { unsafe $0 + start }, Int32(count),
                persistent ? UInt32(SQLITE_PREPARE_PERSISTENT) : 0, &handle, &tail)
        }
    }

    /// What the authorizer is not told, and the text says.
    private func inspect(_ sql: Span<UInt8>, from start: Int, to end: Int) {
        switch recorder.transactionControl {
        case .begin:
            let (_, after) = SQLScanner.keyword(sql, from: start)
            let kind = SQLScanner.keyword(sql, from: after, semicolons: false).word
            recorder.transactionControl = .begin(isImmediate: kind == "IMMEDIATE" || kind == "EXCLUSIVE")
        case nil:
            // VACUUM asks when it runs, and then about ATTACH.
            if recorder.read.isEmpty, recorder.written.isEmpty, SQLScanner.keyword(sql, from: start).word == "VACUUM" {
                recorder.changesConnection = true
                recorder.require(Requirement(mode: .trusted, denial: .vacuum))
            }
            // Nobody is asked where there is nothing to drop, and by the time it runs there may be.
            if recorder.read.isEmpty, recorder.written.isEmpty, SQLScanner.keyword(sql, from: start).word == "DROP" {
                recorder.definesObjects = true
            }
            // ALTER TABLE does not tell the new name, CREATE TABLE not what a foreign key refers to, which then acts when
            // the server writes there. A name has no escapes, so it stands in the text as it is.
            if recorder.altersTable || recorder.createsTable,
                SQLScanner.containsReservedPrefix(sql.extracting(start..<end))
            {
                recorder.require(Requirement(mode: .trusted, denial: .reservedName(Denial.reservedPrefix)))
            }
        default:
            break
        }
    }

    /// Finds out what the names are of which the authorizer did not say where they are.
    private func locateTables() {
        // A function of this name that shows only its arguments, unless there is a table of that name.
        for name in AccessRecorder.harmlessFunctions where recorder.read.contains(name) && !hasTable(name) {
            recorder.read.remove(name)
        }
        for name in recorder.unlocated where !recorder.read.contains(name) {
            // The schema's own table answers in both.
            if !AccessRecorder.schemaTables.contains(name), hasTable(name, in: "temp") {
                recorder.read.insert(name)
                recorder.require(recorder.noteTemporary(name))
            } else if hasTable(name, in: "main") || AccessRecorder.showsSchema(name) {
                recorder.read.insert(name)
            }
        }
    }

    private func hasTable(_ name: String) -> Bool { hasTable(name, in: "temp") || hasTable(name, in: "main") }

    /// <https://www.sqlite.org/c3ref/table_column_metadata.html>
    private func hasTable(_ name: String, in schema: String) -> Bool {
        unsafe sqlite3_table_column_metadata(database, schema, name, nil, nil, nil, nil, nil, nil) == SQLITE_OK
    }

    /// Compiles a text that is one statement.
    func prepareOne(_ sql: Span<UInt8>, persistent: Bool) throws(PrepareError) -> Statement {
        hasCompiled = true
        let (statement, tail) = try prepare(sql, persistent: persistent)
        guard let statement else { throw .empty }
        let next = SQLScanner.skipSeparators(sql, from: tail)
        guard next == sql.count else { throw .severalStatements(offset: next) }
        try permit(statement)
        return statement
    }

    /// Judges a statement for whoever is served. The one place through which all of them come that are not the server's.
    func permit(_ statement: Statement) throws(PrepareError) {
        guard let permission, mode != .trusted, statement.permittedBy !== permission else { return }
        if let sentence = permission.refusal(of: statement.access) { throw .forbidden(sentence) }
        statement.permittedBy = permission
    }

    /// Called when SQLite has prepared `statement` again by itself: does its record still tell what it touches?
    func recheck(_ statement: Statement) throws(SQLiteError) {
        let sql = Array(statement.sql.utf8)
        let fresh: Statement?
        do throws(PrepareError) {
            fresh = try prepare(sql.span, persistent: false).statement
        } catch {
            switch error {
            case .sqlite(let error): throw error
            default: throw SQLiteError(code: .authorization, message: error.description)
            }
        }
        guard let fresh, statement.access.covers(fresh.access) else {
            throw SQLiteError(
                code: .schema,
                message: "the schema has changed and the statement now touches something else: prepare it again")
        }
    }
}

// MARK: - The engine's own statements

/// Statements prepared once a connection.
enum ControlStatement {
    case begin, beginImmediate, commit, rollback
    case savepoint(Int), release(Int), rollbackTo(Int)
    case schemaVersion, dataVersion, temporaryObjects, schemaRead

    /// Its place among the prepared ones: savepoints come after the others, three to a depth.
    var position: Int {
        switch self {
        case .begin: 0
        case .beginImmediate: 1
        case .commit: 2
        case .rollback: 3
        case .schemaVersion: 4
        case .dataVersion: 5
        case .temporaryObjects: 6
        case .schemaRead: 7
        case .savepoint(let depth): 8 + 3 * depth
        case .release(let depth): 9 + 3 * depth
        case .rollbackTo(let depth): 10 + 3 * depth
        }
    }

    var sql: String {
        switch self {
        case .begin: "BEGIN"
        case .beginImmediate: "BEGIN IMMEDIATE"
        case .commit: "COMMIT"
        case .rollback: "ROLLBACK"
        // The prefix is reserved, so a client's savepoint cannot hide these.
        case .savepoint(let depth): "SAVEPOINT \(Denial.reservedPrefix)_\(depth)"
        case .release(let depth): "RELEASE \(Denial.reservedPrefix)_\(depth)"
        case .rollbackTo(let depth): "ROLLBACK TO \(Denial.reservedPrefix)_\(depth)"
        case .schemaVersion: "PRAGMA schema_version"
        case .dataVersion: "PRAGMA data_version"
        case .temporaryObjects: "SELECT EXISTS (SELECT 1 FROM sqlite_temp_schema)"
        case .schemaRead: "SELECT EXISTS (SELECT 1 FROM sqlite_schema)"
        }
    }
}

extension ConnectionState {
    /// Runs one of the engine's statements, and gives the first column of its first row if there is one.
    @discardableResult
    func run(_ control: ControlStatement) throws(SQLiteError) -> Int64? {
        // SQLite may have to prepare it again, so the trust must be there while it runs.
        let previous = mode
        mode = .trusted
        defer { mode = previous }
        let handle = unsafe try self.handle(of: control)
        var code = unsafe sqlite3_step(handle)
        if code == SQLITE_INTERRUPT {
            // Meant for the client's statement before it, and late. It has done nothing yet, and an interrupt counts once.
            unsafe sqlite3_reset(handle)
            code = unsafe sqlite3_step(handle)
        }
        let value = unsafe code == SQLITE_ROW ? sqlite3_column_int64(handle, 0) : nil
        guard code == SQLITE_ROW || code == SQLITE_DONE else {
            // The error is read before the reset, which may leave another one.
            let error = unsafe SQLiteError(code: code, on: database)
            unsafe sqlite3_reset(handle)
            throw error
        }
        unsafe sqlite3_reset(handle)
        return value
    }

    private func handle(of control: ControlStatement) throws(SQLiteError) -> OpaquePointer {
        let position = control.position
        while unsafe self.control.count <= position { unsafe self.control.append(nil) }
        if let handle = unsafe self.control[position] { return unsafe handle }
        var handle: OpaquePointer?
        let code = unsafe sqlite3_prepare_v3(
            database, control.sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &handle, nil)
        guard code == SQLITE_OK, let handle = unsafe handle else { throw unsafe SQLiteError(code: code, on: database) }
        unsafe self.control[position] = unsafe handle
        return unsafe handle
    }

    /// Runs statements of the server's own, dropping what they return.
    func execute(_ sql: String) throws(SQLiteError) {
        let previous = mode
        mode = .trusted
        defer { mode = previous }
        let code = unsafe sqlite3_exec(database, sql, nil, nil, nil)
        if code != SQLITE_OK { throw unsafe SQLiteError(code: code, on: database) }
    }

    /// Runs one statement of the server's own and hands out its rows.
    func query(_ sql: String, _ row: (Statement) throws(SQLiteError) -> Void) throws(SQLiteError) {
        let previous = mode
        mode = .trusted
        defer { mode = previous }
        let bytes = Array(sql.utf8)
        do throws(PrepareError) {
            let statement = try prepareOne(bytes.span, persistent: false)
            do throws(SQLiteError) {
                while try statement.step() { try row(statement) }
            } catch {
                throw .sqlite(error)
            }
        } catch {
            switch error {
            case .sqlite(let error): throw error
            default: throw SQLiteError(code: .error, message: error.description)
            }
        }
    }

    /// The first column of the first row as text.
    func text(_ sql: String) throws(SQLiteError) -> String {
        var text = ""
        try query(sql) { (row: Statement) throws(SQLiteError) in text = row.string(at: 0) }
        return text
    }
}
