extension DoSQLDatabase {
    /// Carries out one statement and collects all its rows.
    ///
    /// - Parameters:
    ///   - sql: the statement; what is interpolated is bound.
    ///   - deadline: after so long it is given up.
    ///   - rowsMax: more rows than this are ``DoSQLError/Code/resultTooLarge``.
    ///   - idempotencyKey: of a statement that writes and gives rows; see ``IdempotencyKey``.
    /// - Returns: the rows, as a collection.
    /// - Throws: ``DoSQLError``; `CancellationError` where the task was cancelled.
    public func query(
        _ sql: SQL, deadline: Duration? = nil, rowsMax: Int? = nil, idempotencyKey: IdempotencyKey? = nil
    ) async throws -> QueryResult {
        try await query(
            sql, options: StatementOptions(deadline: deadline, rowsMax: rowsMax, idempotencyKey: idempotencyKey))
    }

    /// Carries out one statement with values for the `?` that its text spells out; otherwise as
    /// ``query(_:deadline:rowsMax:idempotencyKey:)``.
    public func query(
        _ sql: SQL, _ parameters: [any DoSQLEncodable], deadline: Duration? = nil, rowsMax: Int? = nil
    ) async throws -> QueryResult {
        try await query(sql.binding(parameters), deadline: deadline, rowsMax: rowsMax)
    }

    /// Carries out one statement and reads each row as a `Decodable` type, its properties found by column name.
    ///
    /// - Throws: ``DoSQLError``, with the code ``DoSQLError/Code/decoding`` where a row is not one of the type.
    public func query<T: Decodable>(
        _ sql: SQL, as type: T.Type, naming: Row.Naming = .exact, deadline: Duration? = nil, rowsMax: Int? = nil
    ) async throws -> [T] {
        try await query(sql, deadline: deadline, rowsMax: rowsMax).decode(type, naming: naming)
    }

    /// Carries out one statement and reads each row as a tuple: `for (id, name) in try await tenant.query("…", as: (Int,
    /// String).self)`.
    ///
    /// - Throws: ``DoSQLError``, with the code ``DoSQLError/Code/decoding`` where a row is not one of the types.
    public func query<First: DoSQLDecodable, Second: DoSQLDecodable, each Column: DoSQLDecodable>(
        _ sql: SQL, as type: (First, Second, repeat each Column).Type, deadline: Duration? = nil, rowsMax: Int? = nil
    ) async throws -> [(First, Second, repeat each Column)] {
        try await query(sql, deadline: deadline, rowsMax: rowsMax).decode(type)
    }

    /// Carries out one statement and gives its first row; nil if there is none.
    ///
    /// - Parameters:
    ///   - sql: the statement; one that writes is carried out to its end.
    ///   - deadline: after so long it is given up.
    ///   - idempotencyKey: of a statement that writes; see ``IdempotencyKey``.
    /// - Throws: ``DoSQLError``; `CancellationError` where the task was cancelled.
    public func queryOne(
        _ sql: SQL, deadline: Duration? = nil, idempotencyKey: IdempotencyKey? = nil
    ) async throws -> Row? {
        try await queryOne(sql, options: StatementOptions(deadline: deadline, idempotencyKey: idempotencyKey))
    }

    /// The first row of a statement with values for the `?` that its text spells out.
    public func queryOne(
        _ sql: SQL, _ parameters: [any DoSQLEncodable], deadline: Duration? = nil
    ) async throws -> Row? {
        try await queryOne(sql.binding(parameters), deadline: deadline)
    }

    /// The first row as a `Decodable` type; nil if there is none.
    public func queryOne<T: Decodable>(
        _ sql: SQL, as type: T.Type, naming: Row.Naming = .exact, deadline: Duration? = nil
    ) async throws -> T? {
        try await queryOne(sql, deadline: deadline)?.decode(type, naming: naming)
    }

    /// The first row as a tuple; nil if there is none.
    public func queryOne<First: DoSQLDecodable, Second: DoSQLDecodable, each Column: DoSQLDecodable>(
        _ sql: SQL, as type: (First, Second, repeat each Column).Type, deadline: Duration? = nil
    ) async throws -> (First, Second, repeat each Column)? {
        guard let row = try await queryOne(sql, deadline: deadline) else { return nil }
        return try row.decode(type)
    }

    /// Carries out one statement for its effects.
    ///
    /// - Parameters:
    ///   - sql: the statement; rows it gives are dropped.
    ///   - deadline: after so long it is given up.
    ///   - idempotencyKey: its name, under which it is carried out once; see ``IdempotencyKey``.
    /// - Returns: how many rows changed, the last rowid, and the LSN.
    /// - Throws: ``DoSQLError``; `CancellationError` where the task was cancelled.
    @discardableResult
    public func run(
        _ sql: SQL, deadline: Duration? = nil, idempotencyKey: IdempotencyKey? = nil
    ) async throws -> RunResult {
        try await run(sql, options: StatementOptions(deadline: deadline, idempotencyKey: idempotencyKey))
    }

    /// Carries out one statement with values for the `?` that its text spells out.
    @discardableResult
    public func run(
        _ sql: SQL, _ parameters: [any DoSQLEncodable], deadline: Duration? = nil, idempotencyKey: IdempotencyKey? = nil
    ) async throws -> RunResult {
        try await run(sql.binding(parameters), deadline: deadline, idempotencyKey: idempotencyKey)
    }

    /// Carries out several statements in one round trip and one transaction.
    ///
    /// - Parameters:
    ///   - batch: the steps.
    ///   - deadline: after so long the whole is given up.
    ///   - idempotencyKey: the batch's name, under which it is carried out once.
    /// - Throws: ``DoSQLError`` with ``DoSQLError/step`` where a step undid the batch.
    @discardableResult
    public func batch(
        _ batch: Batch, deadline: Duration? = nil, idempotencyKey: IdempotencyKey? = nil
    ) async throws -> BatchResult {
        try await self.batch(batch, options: StatementOptions(deadline: deadline, idempotencyKey: idempotencyKey))
    }

    /// Builds a batch in place and carries it out; otherwise as ``batch(_:deadline:idempotencyKey:)``.
    @discardableResult
    public func batch(
        onError: Batch.FailureRule = .rollback, deadline: Duration? = nil, idempotencyKey: IdempotencyKey? = nil,
        _ build: (inout Batch) throws -> Void
    ) async throws -> BatchResult {
        var batch = Batch(onError: onError)
        try build(&batch)
        return try await self.batch(batch, deadline: deadline, idempotencyKey: idempotencyKey)
    }

    /// Carries out one statement and gives its rows as they come, all from one snapshot. Returns when the first part of
    /// the answer is there.
    ///
    /// - Parameters:
    ///   - sql: the statement.
    ///   - deadline: after so long it is given up, also in the middle.
    ///   - credit: bytes of rows the server may send ahead of the consumer.
    /// - Throws: ``DoSQLError``; `CancellationError` where the task was cancelled.
    public func stream(_ sql: SQL, deadline: Duration? = nil, credit: Int? = nil) async throws -> RowSequence {
        try await stream(sql, options: StatementOptions(deadline: deadline, credit: credit))
    }

    /// Compiles a statement without carrying it out.
    ///
    /// - Throws: ``DoSQLError``, for instance with the code ``DoSQLError/Code/sqlError`` and an offset.
    public func describe(_ sql: SQL) async throws -> StatementDescription { try await describe(sql, plan: false) }

    /// Carries out one statement for each row of a sequence that comes over time, in one transaction. The server says how
    /// far ahead rows may be sent.
    ///
    /// - Parameters:
    ///   - sql: the statement, without values of its own.
    ///   - rows: as many values in each as the statement has parameters.
    /// - Returns: how many rows were carried out.
    /// - Throws: ``DoSQLError`` with ``DoSQLError/row`` where one failed; whatever `rows` throws. Nothing is kept then.
    @discardableResult
    public func load<Rows: AsyncSequence>(
        _ sql: SQL, rows: Rows
    ) async throws -> LoadResult where Rows.Element == [any DoSQLEncodable] {
        try await load(sql, rows: rows, deadline: nil)
    }

    /// Carries out one statement for each row of a sequence, in one transaction.
    @discardableResult
    public func load<Rows: Sequence>(
        _ sql: SQL, rows: Rows, deadline: Duration? = nil
    ) async throws -> LoadResult where Rows.Element == [any DoSQLEncodable] {
        try await load(sql, rows: SequenceOverTime(base: rows), deadline: deadline)
    }

    /// Runs a closure in a write transaction: commits when it returns, rolls back when it throws and rethrows the same
    /// error.
    ///
    /// - Parameters:
    ///   - options: how long it may wait, idle and last.
    ///   - body: its statements go through the transaction it is given.
    /// - Returns: what the closure returned, after the commit is durable.
    /// - Throws: the closure's error; ``DoSQLError`` where BEGIN or COMMIT failed.
    public func transaction<Result>(
        options: TransactionOptions = TransactionOptions(), _ body: (Transaction) async throws -> Result
    ) async throws -> Result {
        try await transaction(mode: .write, options: options, body)
    }

    /// Runs a closure in a read transaction: all its statements see one snapshot.
    public func snapshot<Result>(
        options: TransactionOptions = TransactionOptions(), _ body: (Transaction) async throws -> Result
    ) async throws -> Result {
        try await transaction(mode: .read, options: options, body)
    }
}

/// A sequence as one that comes over time.
private struct SequenceOverTime<Base: Sequence>: AsyncSequence {
    let base: Base

    struct AsyncIterator: AsyncIteratorProtocol {
        var base: Base.Iterator
        mutating func next() async -> Base.Element? { base.next() }

        /// Stays where the caller is: the rows may come from a closure that belongs to an actor.
        mutating func next(isolation actor: isolated (any Actor)?) async -> Base.Element? { base.next() }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(base: base.makeIterator()) }
}
