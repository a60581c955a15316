import DoSQLProtocol
import Synchronization

/// An open transaction: what a closure of ``DoSQLDatabase/transaction(options:_:)`` works with
/// (`protocol/transactions.md`).
///
/// It sees what it has written; others do not, until it commits. A statement that fails undoes itself only: catch its error
/// and go on, or let it end the transaction. After the closure has ended, and after the server has ended it (by its time,
/// or because SQLite rolled it back), its calls throw, and nothing is committed by accident.
public final class Transaction: DoSQLDatabase {
    private let tenant: Tenant
    private let connection: Connection
    private let lease: Lease
    private let state = Mutex(State())

    private struct State {
        /// Why no further statement may be sent.
        var ending: Ending?
        var streams: [RowStreamSink] = []
        var savepoints = 0
    }

    enum Ending {
        /// The closure has ended.
        case closed
        /// A COMMIT or ROLLBACK as SQL has ended it.
        case endedBySQL
        /// The server, or the connection, has.
        case lost(DoSQLError)
    }

    init(tenant: Tenant, connection: Connection, lease: Lease) {
        self.tenant = tenant
        self.connection = connection
        self.lease = lease
    }

    // MARK: Statements

    /// Carries out one statement and collects all its rows, up to ``DoSQLClient/Configuration/resultBytesMax``.
    public func query(_ sql: SQL, options: StatementOptions) async throws -> QueryResult {
        let body = try RequestBody.execute(.query, sql, options, key: nil)
        return try await call(body, options.deadline) { answer throws(DoSQLError) in try answer.queryResult() }
    }

    /// Carries out one statement and gives its first row, if there is one.
    public func queryOne(_ sql: SQL, options: StatementOptions) async throws -> Row? {
        let body = try RequestBody.execute(.queryOne, sql, options, key: nil)
        return try await call(body, options.deadline) { answer throws(DoSQLError) in try answer.queryResult().first }
    }

    /// Carries out one statement for its effects.
    public func run(_ sql: SQL, options: StatementOptions) async throws -> RunResult {
        let body = try RequestBody.execute(.run, sql, options, key: nil)
        return try await call(body, options.deadline) { answer throws(DoSQLError) in try answer.queryResult().outcome }
    }

    /// Carries out several statements in one round trip, as part of this transaction.
    public func batch(_ batch: Batch, options: StatementOptions) async throws -> BatchResult {
        let body = try RequestBody(batch, deadline: nil, key: nil)
        return try await call(body, options.deadline) { answer throws(DoSQLError) in try answer.batchResult() }
    }

    /// Publishes a message or an event, which subscribers get when this transaction commits, or never.
    public func publish(_ publication: Publication, options: StatementOptions) async throws -> RunResult {
        let body = RequestBody.publish(publication, key: nil)
        return try await call(body, options.deadline) { answer throws(DoSQLError) in try answer.queryResult().outcome }
    }

    /// Compiles a statement without carrying it out, with its plan where that is asked for.
    public func describe(_ sql: SQL, plan: Bool) async throws -> StatementDescription {
        try await call(.describe(sql.text, withPlan: plan), nil) { answer throws(DoSQLError) in try answer.description()
        }
    }

    /// Rows as they come. Other statements of the transaction wait until all rows have been consumed or the loop was left;
    /// when the closure ends, what is left is cancelled.
    public func stream(_ sql: SQL, options: StatementOptions) async throws -> RowSequence {
        try checkOpen()
        let deadline = options.deadline ?? tenant.configuration.deadline
        let body = try RequestBody.stream(sql, options).given(deadline: deadline?.deadlineMilliseconds)
        return try await tenant.observed("stream", text: sql.text) {
            let sink = RowStreamSink(connection: connection, creditStep: options.creditStep, onEnd: {})
            state.withLock { $0.streams.append(sink) }
            return try await noting { RowSequence(columns: try await sink.start(body, on: .lease(lease)), sink: sink) }
        }
    }

    /// Carries out one statement for each of many rows of parameters, as part of this transaction.
    public func load<Rows: AsyncSequence>(
        _ sql: SQL, rows: Rows, deadline: Duration?
    ) async throws -> LoadResult where Rows.Element == [any DoSQLEncodable] {
        try checkOpen()
        return try await tenant.observed("load", text: sql.text) {
            try await noting {
                try await BulkLoad(connection: connection, route: .lease(lease)).run(sql, rows, deadline: deadline)
            }
        }
    }

    // MARK: Inside

    /// Joins this transaction: the closure's statements are part of it, and it commits or rolls back with it. Mode and
    /// options are the outer one's.
    public func transaction<Result>(
        mode: TransactionMode, options: TransactionOptions, _ body: (Transaction) async throws -> Result
    ) async throws -> Result {
        try await body(self)
    }

    /// Runs a closure that can be undone by itself: when it throws, what it did is rolled back and the same error rethrown;
    /// the transaction goes on.
    ///
    /// - Parameter body: gets this transaction.
    /// - Returns: what the closure returned.
    public func savepoint<Result>(_ body: (Transaction) async throws -> Result) async throws -> Result {
        let name = state.withLock { state in
            state.savepoints += 1
            return "dosql_\(state.savepoints)"
        }
        try await mark(.set, name)
        let result: Result
        do {
            result = try await body(self)
        } catch {
            cancelStreams()
            try? await mark(.rollbackTo, name)
            try? await mark(.release, name)
            throw error
        }
        try await mark(.release, name)
        return result
    }

    private func mark(_ kind: Savepoint.Kind, _ name: String) async throws {
        try checkOpen()
        // What undoes must not be cancelled with the task that failed.
        let body = RequestBody.savepoint(kind, name: name)
        _ = try await noting { try await connection.call(body, on: .lease(lease), isShielded: kind != .set) }
    }

    // MARK: Calls

    private func call<Result>(
        _ body: RequestBody, _ deadline: Duration?,
        _ read: (CollectedAnswer) throws(DoSQLError) -> Result
    ) async throws -> Result {
        try checkOpen()
        let deadline = deadline ?? tenant.configuration.deadline
        return try await tenant.runner.observed(body.name, tenant: tenant.name, text: body.tracedText) {
            let answer = try await noting {
                try await connection.call(
                    body.given(deadline: deadline?.deadlineMilliseconds), on: .lease(lease),
                    bytesMax: tenant.configuration.resultBytesMax, guardTime: tenant.runner.guardTime(deadline))
            }
            if answer.answer.transaction == TransactionState.none { end(.endedBySQL) }
            return try read(answer)
        }
    }

    /// Notes errors after which there is no transaction: a further statement would be committed by itself.
    private func noting<Result>(_ work: () async throws -> Result) async throws -> Result {
        do {
            return try await work()
        } catch var error as DoSQLError {
            if error.code == .connectionClosed, error.execution == .notExecuted {
                // Whether the connection's end was seen before the statement or behind it is all the same to the caller.
                error = .lostTransaction(error)
            }
            switch error.code {
            case .transactionExpired, .transactionLost, .noTransaction, .connectionClosed, .skipped: end(.lost(error))
            default: break
            }
            throw error
        }
    }

    private func checkOpen() throws(DoSQLError) {
        switch state.withLock({ $0.ending }) {
        case nil: return
        case .closed: throw DoSQLError(.transactionEnded, "the transaction was used after its closure had ended")
        case .endedBySQL: throw DoSQLError(.transactionEnded, "COMMIT or ROLLBACK as SQL has ended the transaction")
        case .lost(let error): throw error
        }
    }

    private func end(_ ending: Ending) { state.withLock { $0.ending = $0.ending ?? ending } }

    private func cancelStreams() {
        let streams = state.withLock { state in
            defer { state.streams = [] }
            return state.streams
        }
        for stream in streams { stream.cancel() }
    }

    /// The closure has ended: no further statement is sent. How the transaction has ended before, if it has.
    func close() -> Ending? {
        cancelStreams()
        return state.withLock { state in
            defer { state.ending = state.ending ?? .closed }
            return state.ending
        }
    }
}
