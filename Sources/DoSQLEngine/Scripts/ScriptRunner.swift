/// Runs a text of many statements on a writer connection, such as a dump or what somebody typed into a file.
///
/// The text is one transaction, unless it brings its own: at its first BEGIN what has run is taken back, and the text
/// runs again from its beginning, each statement as it stands. Only SQLite reads SQL here, so a trigger's inner
/// statements and a BEGIN inside a text are no trouble. Results are dropped. Afterwards no transaction is open and
/// foreign keys are checked, as before.
public struct ScriptRunner {
    /// Called inside each transaction right before its COMMIT, if it changed something; an error rolls it back.
    public typealias CommitHook = (borrowing Connection) throws(SQLiteError) -> Void
    /// The same, with what the script will have done once that transaction is committed.
    public typealias ResultHook = (borrowing Connection, ScriptResult) throws(SQLiteError) -> Void

    private let beforeCommit: ResultHook

    /// Takes what else belongs into the script's transactions, such as the number of the change.
    public init(
        beforeCommit: @escaping ResultHook = { (_: borrowing Connection, _: ScriptResult) throws(SQLiteError) in }
    ) {
        self.beforeCommit = beforeCommit
    }

    /// Runs the text. The connection must have no transaction open.
    public func run(_ text: Span<UInt8>, on connection: borrowing Connection) throws(ScriptError) -> ScriptResult {
        // One copy with a NUL behind it, or SQLite would make one of all that is left for every statement.
        var terminated: [UInt8] = []
        terminated.reserveCapacity(text.count + 1)
        for index in text.indices { terminated.append(text[index]) }
        terminated.append(0)
        return try run(terminated: terminated.span.extracting(0..<text.count), on: connection)
    }

    private func run(
        terminated text: Span<UInt8>, on connection: borrowing Connection
    ) throws(ScriptError) -> ScriptResult {
        precondition(connection.isAutocommit, "a script begins outside a transaction")
        let sandbox = connection.sandbox
        connection.sandbox = .script
        defer { connection.sandbox = sandbox }

        var run = Run()
        do throws(Failure) {
            if try !runAsOne(text, on: connection, &run) {
                try restore(connection)
                run = Run()
                run.result.ownsItsTransactions = true
                try runAsItStands(text, on: connection, &run)
            }
            try restore(connection)
        } catch {
            var failure = ScriptError(
                reason: error.reason, statementIndex: max(0, run.cursor.index), statementOffset: run.cursor.offset,
                excerpt: run.cursor.excerpt(of: text), committedBefore: run.result.changedAnything)
            // Of two errors the first one is the news.
            try? restore(connection)
            failure.leftTemporaryObjects = (try? connection.hasTemporaryObjects()) ?? true
            throw failure
        }
        run.result.leftTemporaryObjects = (try? connection.hasTemporaryObjects()) ?? true
        return run.result
    }

    private struct Run {
        var cursor = StatementCursor(isTerminated: true)
        var result = ScriptResult()
        /// Whether the open transaction changed something other than rows.
        var changedOtherwise = false
        /// `totalChanges` when the open transaction began.
        var changesBefore: Int64 = 0
    }

    /// Typed errors need one type a `do`.
    private struct Failure: Error {
        let reason: ScriptError.Reason
        init(_ reason: ScriptError.Reason) { self.reason = reason }
    }

    /// Everything in one transaction of ours; false if the text has a BEGIN.
    private func runAsOne(
        _ text: Span<UInt8>, on connection: borrowing Connection, _ run: inout Run
    ) throws(Failure) -> Bool {
        while let statement = try next(text, on: connection, &run) {
            let access = statement.access
            switch access.transactionControl {
            case .begin: return false
            case .commit, .rollback:
                throw Failure(.transactionControl(keyword: access.transactionControl?.keyword ?? ""))
            case .savepoint, .release, .rollbackTo, nil: break
            }
            if let areChecked = access.foreignKeysSetting {
                // Before the transaction it has acted, as it was prepared; ON is what we restore in the end.
                guard connection.isAutocommit || areChecked else { throw Failure(.foreignKeysInsideTransaction) }
            } else {
                if connection.isAutocommit { try begin(connection, &run) }
                try finish(statement, &run)
            }
            run.result.statements += 1
        }
        if !connection.isAutocommit { try commit(connection, &run) }
        return true
    }

    /// Each statement as it stands; one outside a transaction has its own.
    private func runAsItStands(
        _ text: Span<UInt8>, on connection: borrowing Connection, _ run: inout Run
    ) throws(Failure) {
        while let statement = try next(text, on: connection, &run) {
            let access = statement.access
            let isOutside = connection.isAutocommit
            switch access.transactionControl {
            case .begin:
                try finish(statement, &run)
                // BEGIN inside a transaction has failed already.
                mark(connection, &run)
            case .commit:
                guard !isOutside else { throw Failure(.transactionControl(keyword: "COMMIT")) }
                try commit(connection, &run)
            case .rollback:
                guard !isOutside else { throw Failure(.transactionControl(keyword: "ROLLBACK")) }
                try finish(statement, &run)
            case .savepoint, .release, .rollbackTo:
                guard !isOutside else {
                    throw Failure(.transactionControl(keyword: access.transactionControl?.keyword ?? ""))
                }
                try finish(statement, &run)
            case nil:
                if access.foreignKeysSetting == false, !isOutside { throw Failure(.foreignKeysInsideTransaction) }
                let needsTransaction = isOutside && !access.isRead && access.foreignKeysSetting == nil
                if needsTransaction { try begin(connection, &run) }
                try finish(statement, &run)
                if needsTransaction { try commit(connection, &run) }
            }
            run.result.statements += 1
        }
        guard connection.isAutocommit else { throw Failure(.transactionLeftOpen) }
    }

    private func next(
        _ text: Span<UInt8>, on connection: borrowing Connection, _ run: inout Run
    ) throws(Failure) -> Statement? {
        // Statements that take no time are not interrupted, but there may be a million of them.
        let budget = connection.budget
        if budget.cancellation?.isCancelled == true || budget.deadline <= Budget.now() {
            throw Failure(.statement(.sqlite(SQLiteError(code: .interrupt, message: "interrupted"))))
        }
        do throws(PrepareError) {
            return try run.cursor.next(in: text, on: connection)
        } catch {
            throw Failure(.statement(error))
        }
    }

    private func finish(_ statement: Statement, _ run: inout Run) throws(Failure) {
        do throws(PrepareError) {
            try statement.finish()
        } catch {
            throw Failure(.statement(error))
        }
        let access = statement.access
        if access.changesSchema || (access.pragma != nil && !access.isRead) { run.changedOtherwise = true }
    }

    private func mark(_ connection: borrowing Connection, _ run: inout Run) {
        run.changedOtherwise = false
        run.changesBefore = connection.totalChanges
    }

    private func begin(_ connection: borrowing Connection, _ run: inout Run) throws(Failure) {
        do throws(SQLiteError) {
            try connection.beginImmediate()
        } catch {
            throw Failure(.statement(.sqlite(error)))
        }
        mark(connection, &run)
    }

    private func commit(_ connection: borrowing Connection, _ run: inout Run) throws(Failure) {
        // The hook's own rows are not the script's.
        let changes = connection.totalChanges - run.changesBefore
        let hasChanged = changes > 0 || run.changedOtherwise
        var result = run.result
        result.changes += changes
        result.changedAnything = result.changedAnything || hasChanged
        do throws(SQLiteError) {
            if hasChanged {
                let sandbox = connection.sandbox
                connection.sandbox = .trusted
                defer { connection.sandbox = sandbox }
                try beforeCommit(connection, result)
            }
            try connection.commit()
        } catch {
            throw Failure(.statement(.sqlite(error)))
        }
        run.result = result
    }

    private func restore(_ connection: borrowing Connection) throws(Failure) {
        do throws(SQLiteError) {
            try connection.rollback()
            try connection.setForeignKeys(true)
        } catch {
            throw Failure(.statement(.sqlite(error)))
        }
    }
}
