import DoSQLProtocol
import NIOCore

/// A tenant's database. A value to make wherever it is needed; see ``DoSQLClient/tenant(_:access:creation:)``.
///
/// Each call outside ``transaction(mode:options:_:)`` is a transaction of its own: durable before it is answered. A read
/// that is made after a write was answered sees it; calls that run at the same time have no order.
public struct Tenant: DoSQLDatabase {
    let runner: CallRunner
    let key: StreamKey

    /// What may be done with a tenant.
    public enum Access: Sendable {
        /// Everything.
        case readWrite
        /// A write is ``DoSQLError/Code/readOnly``.
        case readOnly
    }

    /// What happens to a tenant that is not there.
    public enum Creation: Sendable {
        /// As the server is configured: usually it is made, and its migrations run.
        case asConfigured
        /// Never made: ``DoSQLError/Code/tenantNotFound``.
        case never
    }

    /// The tenant's name.
    public var name: String { key.tenant }

    var configuration: DoSQLClient.Configuration { runner.configuration }

    // MARK: Statements

    /// Carries out one statement and collects all its rows, up to ``DoSQLClient/Configuration/resultBytesMax``.
    public func query(_ sql: SQL, options: StatementOptions) async throws -> QueryResult {
        let body = try executeBody(.query, sql, options)
        return try await observed(body) { try await call(body, options).queryResult() }
    }

    /// Carries out one statement and gives its first row, if there is one.
    public func queryOne(_ sql: SQL, options: StatementOptions) async throws -> Row? {
        let body = try executeBody(.queryOne, sql, options)
        return try await observed(body) { try await call(body, options).queryResult().first }
    }

    /// Carries out one statement for its effects.
    public func run(_ sql: SQL, options: StatementOptions) async throws -> RunResult {
        let body = try executeBody(.run, sql, options)
        return try await observed(body) { try await call(body, options).queryResult().outcome }
    }

    /// Carries out several statements in one round trip and one transaction.
    public func batch(_ batch: Batch, options: StatementOptions) async throws -> BatchResult {
        let body = try RequestBody(batch, deadline: nil, key: options.idempotencyKey ?? ownKey)
        return try await observed(body) { try await call(body, options).batchResult() }
    }

    /// Publishes a message or an event: durable when this returns, and on its way to all subscribers.
    public func publish(_ publication: Publication, options: StatementOptions) async throws -> RunResult {
        let body = RequestBody.publish(publication, key: options.idempotencyKey ?? ownKey)
        return try await observed(body) { try await call(body, options).queryResult().outcome }
    }

    /// Compiles a statement without carrying it out, with its plan where that is asked for.
    public func describe(_ sql: SQL, plan: Bool) async throws -> StatementDescription {
        let body = RequestBody.describe(sql.text, withPlan: plan)
        return try await observed(body) { try await call(body, StatementOptions()).description() }
    }

    /// Rows as they come. The statement has a stream of its own, so that a slow consumer holds up nobody.
    public func stream(_ sql: SQL, options: StatementOptions) async throws -> RowSequence {
        let body = try RequestBody.stream(sql, options)
        return try await observed("stream", text: sql.text) {
            try await runner.repeating(body.repeatability, deadline: options.deadline) { pooled, remaining in
                let lease = pooled.connection.lease(key)
                let sink = RowStreamSink(connection: pooled.connection, creditStep: options.creditStep) {
                    pooled.connection.post(.returnLease(lease))
                    pooled.release()
                }
                let columns = try await sink.start(
                    body.given(deadline: remaining?.deadlineMilliseconds), on: .lease(lease))
                return RowSequence(columns: columns, sink: sink)
            }
        }
    }

    /// Carries out one statement for each of many rows of parameters, in one transaction. It is not repeated when the
    /// connection is lost: the rows may be gone.
    public func load<Rows: AsyncSequence>(
        _ sql: SQL, rows: Rows, deadline: Duration?
    ) async throws -> LoadResult where Rows.Element == [any DoSQLEncodable] {
        try await observed("load", text: sql.text) {
            let pooled = try await runner.pool.acquire(limit: deadline)
            let lease = pooled.connection.lease(key)
            defer {
                pooled.connection.post(.returnLease(lease))
                pooled.release()
            }
            return try await BulkLoad(connection: pooled.connection, route: .lease(lease)).run(
                sql, rows, deadline: deadline)
        }
    }

    // MARK: What only a tenant has

    /// Carries out a text of any number of statements, as one transaction unless it holds its own BEGIN
    /// (`protocol/messages.md`, SCRIPT). Rows are dropped.
    ///
    /// - Throws: ``DoSQLError`` with ``DoSQLError/statement`` where a statement failed.
    @discardableResult
    public func script(
        _ sql: String, deadline: Duration? = nil, idempotencyKey: IdempotencyKey? = nil
    ) async throws -> ScriptResult {
        let body = RequestBody.script(sql, deadline: nil, key: idempotencyKey)
        return try await observed(body) {
            let answer = try await call(body, StatementOptions(deadline: deadline)).answer
            guard case .done(let done) = answer else { throw DoSQLError.unexpected("another kind of answer") }
            return ScriptResult(statements: Int(clamping: done.statements ?? 0), outcome: RunResult(done.outcome))
        }
    }

    /// Brings the tenant to a list of migrations, each in a transaction of its own (`protocol/messages.md`, MIGRATE). It
    /// may be called at every start: what is applied is not applied again.
    ///
    /// - Parameter migrations: all there have ever been, in any order.
    /// - Throws: ``DoSQLError`` with the code ``DoSQLError/Code/migrationFailed`` and ``DoSQLError/migration``, or
    ///   ``DoSQLError/Code/migrationConflict`` before anything runs.
    @discardableResult
    public func migrate(_ migrations: [Migration]) async throws -> MigrationReport {
        try await migrate(migrations, isDryRun: false)
    }

    /// Where the tenant stands, changing nothing; throws what ``migrate(_:)`` would refuse.
    public func migrationStatus(of migrations: [Migration] = []) async throws -> MigrationReport {
        try await migrate(migrations, isDryRun: true)
    }

    private func migrate(_ migrations: [Migration], isDryRun: Bool) async throws -> MigrationReport {
        let body = RequestBody.migrate(migrations, isDryRun: isDryRun)
        return try await observed(body) {
            let answer = try await call(body, StatementOptions()).answer
            guard case .migrations(let report) = answer else { throw DoSQLError.unexpected("another kind of answer") }
            return MigrationReport(report)
        }
    }

    // MARK: Calls

    private func call(_ body: RequestBody, _ options: StatementOptions) async throws -> CollectedAnswer {
        let lane: Lane = body.repeatability == .read ? .reads : .writes
        return try await runner.call(body, on: .shared(key, lane), deadline: options.deadline)
    }

    private func executeBody(
        _ kind: Execute.Kind, _ sql: SQL, _ options: StatementOptions
    ) throws(DoSQLError) -> RequestBody {
        try RequestBody.execute(kind, sql, options, key: options.idempotencyKey ?? (sql.isCertainlyRead ? nil : ownKey))
    }

    private var ownKey: IdempotencyKey? { configuration.keysWrites ? .random() : nil }

    private func observed<Result>(_ body: RequestBody, _ work: () async throws -> Result) async throws -> Result {
        try await runner.observed(body.name, tenant: name, text: body.tracedText, work)
    }

    func observed<Result>(
        _ operation: String, text: String? = nil, _ work: () async throws -> Result
    ) async throws -> Result {
        try await runner.observed(operation, tenant: name, text: text, work)
    }
}

// MARK: - From public words to requests, and from answers to public words

extension RequestBody {
    static func execute(
        _ kind: Execute.Kind, _ sql: SQL, _ options: StatementOptions, key: IdempotencyKey?
    ) throws(DoSQLError) -> RequestBody {
        let sql = try sql.standalone()
        let isQuery = kind == .query
        return .execute(
            kind, Statement(sql),
            ExecuteOptions(
                // A result that is collected anyway comes faster with more credit than a stream starts with.
                credit: isQuery ? UInt64(1 << 20) : nil,
                rowsMax: isQuery ? options.rowsMax.map { UInt64(clamping: $0) } : nil, key: key))
    }

    static func stream(_ sql: SQL, _ options: StatementOptions) throws(DoSQLError) -> RequestBody {
        .execute(
            .query, Statement(try sql.standalone()),
            ExecuteOptions(
                credit: options.credit.map { UInt64(clamping: $0) },
                rowsMax: options.rowsMax.map { UInt64(clamping: $0) }, key: options.idempotencyKey))
    }
}

extension StatementOptions {
    /// Credit goes back when half of it has been consumed.
    var creditStep: Int { max(1, (credit ?? Limits.creditDefault) / 2) }
}

extension SQL {
    /// The statement for a place where there are no earlier steps to refer to.
    func standalone() throws(DoSQLError) -> SQL {
        if parameters.hasReferences {
            throw DoSQLError(.encoding, "a reference to a step means something in a batch only")
        }
        return try validated()
    }
}

extension CollectedAnswer {
    func batchResult() throws(DoSQLError) -> BatchResult {
        guard case .batch(let result) = answer else { throw .unexpected("another kind of answer") }
        return result
    }

    func description() throws(DoSQLError) -> StatementDescription {
        guard case .description(let description) = answer else { throw .unexpected("another kind of answer") }
        return StatementDescription(
            isReadOnly: description.isReadOnly, parameters: description.parameters,
            columns: description.columns.map {
                .init(name: $0.name, declaredType: $0.declaredType, table: $0.originTable, column: $0.originColumn)
            },
            plan: description.plan.map {
                .init(id: Int(clamping: $0.id), parent: Int(clamping: $0.parent), detail: $0.detail)
            })
    }
}

extension MigrationReport {
    init(_ report: Migrations) {
        lsn = report.outcome.lsn
        entries = report.entries.map { entry in
            Entry(
                id: entry.id, state: State(rawValue: entry.state.rawValue) ?? .pending,
                appliedAt: entry.appliedAt.isEmpty ? nil : entry.appliedAt, checksum: entry.checksum,
                duration: .milliseconds(Int64(clamping: entry.milliseconds)))
        }
    }
}
