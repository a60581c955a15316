import DoSQLEngine
import DoSQLLoop
import DoSQLProtocol

/// The requests of one interactive transaction, long read or load, carried out one after another on the connection that
/// is its own for that time.
///
/// It never commits: that belongs to whoever owns the connection, and it says so with ``Next/commit(_:)``.
struct TransactionRunner: Sendable {
    /// What its owner has to do.
    enum Next {
        /// Wait for the next item.
        case wait
        /// Come back to it after others had the thread.
        case again
        /// Commit, and answer this job: a COMMIT, or a LOAD that is complete.
        case commit(Job)
        /// It is over: roll back.
        case rollBack
    }

    /// A bulk load in progress.
    private struct ActiveLoad: Sendable {
        let job: Job
        let statement: Statement
        let columns: Int
        var rows = 0
        var effects = Effects()
        var granted: Int
    }

    /// Where notices go that answer no request.
    private let address: RequestAddress
    let mode: TransactionState
    /// Whether it is one request's own, and ends with it.
    private let isSingle: Bool
    /// What PUBLISH needs; nil where nothing is written.
    private let feeds: FeedPublisher?
    /// SQLite rolled it back: every statement is refused.
    private(set) var isAborted = false
    /// Whether it has changed anything.
    private(set) var hasChanged = false
    private var result: StreamedResult?
    private var load: ActiveLoad?

    /// Savepoint of one request, below those of a batch's steps.
    private static let savepointDepth = 4

    init(address: RequestAddress, mode: TransactionState, isSingle: Bool, feeds: FeedPublisher? = nil) {
        self.feeds = feeds
        self.address = address
        self.mode = mode
        self.isSingle = isSingle
    }

    /// The state that answers tell.
    var state: TransactionState { isSingle ? .none : isAborted ? .aborted : mode }

    /// Carries out an item.
    /// - Parameter lsn: the newest change its snapshot has.
    mutating func carryOut(
        _ item: Tenant.SessionItem, on connection: borrowing Connection, lsn: UInt64, watch: Watchdog.Post,
        outbox: inout Outbox
    ) -> Next {
        switch item {
        case .request(let job):
            guard job.begin() else { return isSingle ? .rollBack : .wait }
            watch.arm(connection.interrupter, deadline: job.stretchEnd)
            defer { watch.disarm() }
            connection.serve(job)
            return carryOut(job, on: connection, lsn: lsn, outbox: &outbox)
        case .resume:
            guard let job = result?.job else { return .wait }
            if job.cancellation.isCancelled {
                drop()
                return failed(job, job.interruption, on: connection, outbox: &outbox)
            }
            watch.arm(connection.interrupter, deadline: job.stretchEnd)
            defer { watch.disarm() }
            connection.serve(job)
            return advance(on: connection, lsn: lsn, outbox: &outbox)
        case .rows(let request, let body, let isLast):
            guard let load, load.job.address.request == request else { return .wait }
            if load.job.cancellation.isCancelled {
                return failLoad(load, load.job.interruption, on: connection, outbox: &outbox)
            }
            watch.arm(connection.interrupter, deadline: load.job.stretchEnd)
            defer { watch.disarm() }
            connection.serve(load.job)
            return carryOutRows(body, isLast: isLast, on: connection, outbox: &outbox)
        case .abandon:
            drop()
            return .rollBack
        case .expire:
            let pending = result?.job ?? load?.job
            drop()
            pending?.refuse(
                Failure(.transactionExpired, "the transaction's time is over: it was rolled back"), transaction: .none,
                outbox: &outbox)
            // Told once: by the answer above, or to the next request.
            if pending == nil && !isSingle {
                outbox.add(.expired(connection: address.connection, stream: address.stream), to: address.shard)
            }
            return .rollBack
        }
    }

    /// Carries out the load that the transaction was begun for.
    mutating func begin(load job: Job, on connection: borrowing Connection, outbox: inout Outbox) -> Next {
        do throws(Failure) {
            try beginLoad(job, on: connection, outbox: &outbox)
            return .wait
        } catch {
            return failed(job, error, on: connection, outbox: &outbox)
        }
    }

    // MARK: Requests

    private mutating func carryOut(_ job: Job, on connection: borrowing Connection, lsn: UInt64, outbox: inout Outbox)
        -> Next
    {
        do throws(Failure) {
            if job.type == .commit { _ = try job.idempotencyKey() }
            if job.type == .rollback {
                let body = job.body
                do throws(DecodeError) { try Rollback.decode(body.span) } catch { throw Failure(error) }
            }
            if isAborted {
                switch job.type {
                case .rollback:
                    break
                case .commit:
                    job.refuse(.transactionAborted, transaction: .none, outbox: &outbox)
                    return .rollBack
                case .query, .queryOne, .run:
                    return try carryOutAborted(job, on: connection, lsn: lsn, outbox: &outbox)
                default:
                    throw .transactionAborted
                }
            }
            switch job.type {
            case .query, .queryOne, .run:
                return try carryOutStatement(job, on: connection, lsn: lsn, outbox: &outbox)
            case .batch, .publish:
                try answerWhole(job, on: connection, lsn: lsn, outbox: &outbox)
                return isSingle ? .rollBack : .wait
            case .describe:
                let frame = try Description.frame(for: job, on: connection)
                outbox.add(.terminal(succeeded: true, transaction: state), frame, to: job.address)
                return .wait
            case .savepoint, .release, .rollbackTo:
                try carryOutSavepoint(job, on: connection, outbox: &outbox)
                return .wait
            case .load:
                try beginLoad(job, on: connection, outbox: &outbox)
                return .wait
            case .commit:
                return .commit(job)
            case .rollback:
                return rollBack(job, lsn: lsn, outbox: &outbox)
            default:
                throw Failure(.internal, "\(job.type.name) does not belong to a transaction")
            }
        } catch {
            return failed(job, error, on: connection, outbox: &outbox)
        }
    }

    /// A statement in an aborted transaction: refused, unless it is one of the words that end it.
    private mutating func carryOutAborted(
        _ job: Job, on connection: borrowing Connection, lsn: UInt64, outbox: inout Outbox
    ) throws(Failure) -> Next {
        let body = job.body
        let execute = try Execute(body.span, of: job)
        let statement = try? StatementRunner.prepare(execute.statement, statements: job.statements, on: connection)
        switch statement?.access.transactionControl {
        case .rollback:
            return rollBack(job, lsn: lsn, outbox: &outbox)
        case .commit:
            job.refuse(.transactionAborted, transaction: .none, outbox: &outbox)
            return .rollBack
        default:
            throw .transactionAborted
        }
    }

    private mutating func carryOutStatement(
        _ job: Job, on connection: borrowing Connection, lsn: UInt64, outbox: inout Outbox, isRepeated: Bool = false
    ) throws(Failure) -> Next {
        let body = job.body
        let execute = try Execute(body.span, of: job)
        let statement = try StatementRunner.prepare(execute.statement, statements: job.statements, on: connection)
        if let control = statement.access.transactionControl {
            return try carryOut(control, job, on: connection, lsn: lsn, outbox: &outbox)
        }
        guard statement.access.isRead && execute.kind == .query else {
            try answerWhole(job, on: connection, lsn: lsn, outbox: &outbox)
            return isSingle ? .rollBack : .wait
        }
        try ParameterBinder.bind(execute.parameters, to: statement)
        result = StreamedResult(job: job, statement: statement, rowsMax: execute.rowsMax ?? .max)
        return advance(on: connection, lsn: lsn, outbox: &outbox, isRepeated: isRepeated)
    }

    /// The words of SQL for what has messages of its own.
    private mutating func carryOut(
        _ control: TransactionControl, _ job: Job, on connection: borrowing Connection, lsn: UInt64,
        outbox: inout Outbox
    ) throws(Failure) -> Next {
        switch control {
        case .begin: throw Failure(.transactionOpen, "a transaction is open already")
        case .commit: return .commit(job)
        case .rollback: return rollBack(job, lsn: lsn, outbox: &outbox)
        case .savepoint(let name): try savepoint(.set, name, on: connection)
        case .release(let name): try savepoint(.release, name, on: connection)
        case .rollbackTo(let name): try savepoint(.rollbackTo, name, on: connection)
        }
        job.acknowledge(Outcome(transaction: state, lsn: lsn), outbox: &outbox)
        return .wait
    }

    private mutating func carryOutSavepoint(_ job: Job, on connection: borrowing Connection, outbox: inout Outbox)
        throws(Failure)
    {
        let kind: Savepoint.Kind = job.type == .savepoint ? .set : job.type == .release ? .release : .rollbackTo
        let body = job.body
        let name: String
        do throws(DecodeError) {
            name = Text(try Savepoint(body.span, kind: kind).name).repaired
        } catch {
            throw Failure(error)
        }
        try savepoint(kind, name, on: connection)
        job.acknowledge(Outcome(transaction: state), outbox: &outbox)
    }

    private func savepoint(_ kind: Savepoint.Kind, _ name: String, on connection: borrowing Connection) throws(Failure)
    {
        guard !name.lowercased().hasPrefix(Denial.reservedPrefix) else {
            throw Failure(.notAllowed, "\(Denial.reservedName(name))")
        }
        do throws(SQLiteError) {
            switch kind {
            case .set: try connection.savepoint(named: name)
            case .release: try connection.release(named: name)
            case .rollbackTo: try connection.rollbackTo(named: name)
            }
        } catch {
            var failure = Failure(error)
            if error.message.hasPrefix("no such savepoint") { failure.code = .noSavepoint }
            throw failure
        }
    }

    private mutating func rollBack(_ job: Job, lsn: UInt64, outbox: inout Outbox) -> Next {
        job.acknowledge(Outcome(transaction: .none, lsn: lsn), outbox: &outbox)
        return .rollBack
    }

    /// A request answered in one frame. If it fails it undoes itself, and the transaction goes on.
    private mutating func answerWhole(
        _ job: Job, on connection: borrowing Connection, lsn: UInt64, outbox: inout Outbox, isRepeated: Bool = false
    ) throws(Failure) {
        let ownSavepoint = mode == .write
        // A read has waited for room before it came here.
        if ownSavepoint, let failure = job.address.answers.refusal { throw failure }
        let isAutocommit = connection.isAutocommit
        do throws(SQLiteError) { if ownSavepoint { try connection.savepoint(Self.savepointDepth) } } catch {
            throw Failure(error)
        }
        do throws(Failure) {
            let answer = try WholeRequest.run(
                job, on: connection, isReadOnly: mode == .read, transaction: state,
                numbers: .init(current: lsn, own: 0), feeds: feeds)
            if ownSavepoint {
                do throws(SQLiteError) { try connection.release(Self.savepointDepth) } catch { throw Failure(error) }
            }
            hasChanged = hasChanged || answer.effects.changed
            outbox.add(.terminal(succeeded: true, transaction: state), answer.frame, to: job.address)
        } catch {
            if ownSavepoint && !connection.isAutocommit {
                do throws(SQLiteError) {
                    try connection.rollbackTo(Self.savepointDepth)
                    try connection.release(Self.savepointDepth)
                } catch {
                    throw Failure(error)
                }
            }
            if error.isOutdatedStatement && !isRepeated && connection.isAutocommit == isAutocommit {
                return try answerWhole(job, on: connection, lsn: lsn, outbox: &outbox, isRepeated: true)
            }
            throw error
        }
    }

    /// A statement failed. If SQLite rolled everything back, the transaction is aborted.
    private mutating func failed(
        _ job: Job, _ failure: Failure, on connection: borrowing Connection, outbox: inout Outbox
    ) -> Next {
        let failure = job.worded(failure)
        if failure.code == .transactionExpired {
            job.refuse(failure, transaction: .none, outbox: &outbox)
            return .rollBack
        }
        if connection.isAutocommit { isAborted = true }
        job.refuse(failure, transaction: state, outbox: &outbox)
        return isSingle ? .rollBack : .wait
    }

    // MARK: Streamed results

    private mutating func advance(
        on connection: borrowing Connection, lsn: UInt64, outbox: inout Outbox, isRepeated: Bool = false
    ) -> Next {
        guard var result else { return .wait }
        do throws(Failure) {
            switch try result.advance(transaction: state, lsn: lsn, outbox: &outbox) {
            case .finished:
                self.result = nil
                return isSingle ? .rollBack : .wait
            case .parked:
                self.result = result
                return .wait
            case .yielded:
                self.result = result
                return .again
            }
        } catch {
            self.result = nil
            guard error.isOutdatedStatement && !isRepeated else {
                return failed(result.job, error, on: connection, outbox: &outbox)
            }
            // Only a first step finds that out, so nothing has been sent.
            do throws(Failure) {
                return try carryOutStatement(result.job, on: connection, lsn: lsn, outbox: &outbox, isRepeated: true)
            } catch {
                return failed(result.job, error, on: connection, outbox: &outbox)
            }
        }
    }

    /// Whether a result waits for its client: it must be finished or dropped before the connection does anything else.
    private mutating func drop() {
        result?.reset()
        result = nil
        load?.statement.reset()
        load = nil
    }

    // MARK: Loads

    private mutating func beginLoad(_ job: Job, on connection: borrowing Connection, outbox: inout Outbox)
        throws(Failure)
    {
        guard mode == .write else { throw .readOnly }
        let body = job.body
        let request: Load
        do throws(DecodeError) { request = try Load(body.span) } catch { throw Failure(error) }
        let statement = try StatementRunner.prepareAnew(request.statement, statements: job.statements, on: connection)
        guard statement.access.transactionControl == nil else {
            throw Failure(.transactionControl, "a load carries out one statement that takes values")
        }
        guard statement.parameterCount == request.columns else {
            throw Failure(
                .parameterCount,
                "the statement has \(statement.parameterCount) parameters, and rows of \(request.columns) were announced"
            )
        }
        do throws(SQLiteError) { try connection.savepoint(Self.savepointDepth) } catch { throw Failure(error) }
        load = ActiveLoad(job: job, statement: statement, columns: request.columns, granted: Limits.loadWindow)
        grant(Limits.loadWindow, to: job, outbox: &outbox)
    }

    private func grant(_ bytes: Int, to job: Job, outbox: inout Outbox) {
        var writer = ByteWriter(capacity: 32)
        Grant.encode(into: &writer, stream: job.address.stream, request: job.address.request, bytes: UInt64(bytes))
        outbox.add(.grant(bytes: bytes), writer.take(), to: job.address)
    }

    private mutating func carryOutRows(
        _ body: [UInt8], isLast: Bool, on connection: borrowing Connection, outbox: inout Outbox
    ) -> Next {
        guard var load else { return .wait }
        do throws(Failure) {
            load.granted -= body.count
            guard load.granted >= 0 else {
                throw Failure(
                    .flowControl, "more bytes of rows were sent than were granted",
                    limit: ("loadWindow", Limits.loadWindow))
            }
            let message: LoadRows
            do throws(DecodeError) { message = try LoadRows(body.span, columns: load.columns) } catch {
                throw Failure(error)
            }
            var rows = message.rows.makeReader()
            while rows.nextRow() {
                try carryOutRow(&rows, &load, on: connection)
            }
            if !isLast {
                load.granted += body.count
                self.load = load
                grant(body.count, to: load.job, outbox: &outbox)
                return .wait
            }
            do throws(SQLiteError) { try connection.release(Self.savepointDepth) } catch { throw Failure(error) }
            self.load = nil
            hasChanged = hasChanged || load.effects.changed
            loaded = (load.effects, load.rows)
            if isSingle { return .commit(load.job) }
            outbox.add(
                .terminal(succeeded: true, transaction: state), loadAnswer(to: load.job, lsn: 0), to: load.job.address)
            return .wait
        } catch {
            var failure = error
            if failure.row == nil && failure.code != .flowControl && failure.code != .malformed {
                failure.row = load.rows
            }
            return failLoad(load, failure, on: connection, outbox: &outbox)
        }
    }

    /// Undoes a load and says why.
    private mutating func failLoad(
        _ load: ActiveLoad, _ failure: Failure, on connection: borrowing Connection, outbox: inout Outbox
    ) -> Next {
        self.load = nil
        load.statement.reset()
        var failure = failure
        if !isSingle && !connection.isAutocommit {
            do throws(SQLiteError) {
                try connection.rollbackTo(Self.savepointDepth)
                try connection.release(Self.savepointDepth)
            } catch {
                failure = Failure(error)
            }
        }
        return failed(load.job, failure, on: connection, outbox: &outbox)
    }

    private func carryOutRow(_ rows: inout RowReader, _ load: inout ActiveLoad, on connection: borrowing Connection)
        throws(Failure)
    {
        try ParameterBinder.bindRow(&rows, to: load.statement, columns: load.columns)
        var unused = ByteWriter()
        let job = load.job
        load.effects.add(
            try StatementRunner.carryOut(
                load.statement, want: .none, on: connection, into: &unused, bytesMax: .max,
                interruption: { job.interruption }
            ).effects)
        load.rows += 1
    }

    /// What the last load did, for its answer.
    private var loaded: (effects: Effects, rows: Int) = (Effects(), 0)

    /// The answer to a load that is complete.
    func loadAnswer(to job: Job, lsn: UInt64) -> [UInt8] {
        var writer = ByteWriter(capacity: 48)
        Done(loaded.effects.outcome(transaction: state, lsn: lsn), rowsLoaded: UInt64(loaded.rows))
            .encode(into: &writer, stream: job.address.stream, request: job.address.request)
        return writer.take()
    }
}
