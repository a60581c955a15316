/// Something that carries out SQL: a ``Tenant``, where each call stands for itself, or a ``Transaction``.
///
/// Write what works in both as a function of `some DoSQLDatabase`.
///
/// Every call throws ``DoSQLError``, or `CancellationError` where the task was cancelled: the server is then asked to give
/// the request up, and the call ends when it has answered. The requirements take ``StatementOptions``; the calls that you
/// will write take the same as arguments.
public protocol DoSQLDatabase: Sendable {
    /// Carries out one statement and collects all its rows (`protocol/messages.md`, QUERY).
    func query(_ sql: SQL, options: StatementOptions) async throws -> QueryResult
    /// Carries out one statement and gives its first row, if there is one (`protocol/messages.md`, QUERY_ONE).
    func queryOne(_ sql: SQL, options: StatementOptions) async throws -> Row?
    /// Carries out one statement for its effects (`protocol/messages.md`, RUN).
    func run(_ sql: SQL, options: StatementOptions) async throws -> RunResult
    /// Carries out several statements in one round trip and one transaction (`protocol/batches.md`).
    func batch(_ batch: Batch, options: StatementOptions) async throws -> BatchResult
    /// Carries out one statement and gives its rows as they come (`protocol/flow-control.md`).
    func stream(_ sql: SQL, options: StatementOptions) async throws -> RowSequence
    /// Publishes a message or an event (`protocol/feeds.md`, PUBLISH).
    func publish(_ publication: Publication, options: StatementOptions) async throws -> RunResult
    /// Compiles a statement without carrying it out (`protocol/messages.md`, DESCRIBE).
    func describe(_ sql: SQL, plan: Bool) async throws -> StatementDescription
    /// Carries out one statement for each of many rows of parameters, in one transaction (`protocol/flow-control.md`).
    func load<Rows: AsyncSequence>(
        _ sql: SQL, rows: Rows, deadline: Duration?
    ) async throws -> LoadResult where Rows.Element == [any DoSQLEncodable]
    /// Runs a closure in a transaction: commits when it returns, rolls back when it throws.
    func transaction<Result>(
        mode: TransactionMode, options: TransactionOptions, _ body: (Transaction) async throws -> Result
    ) async throws -> Result
}

/// What a statement may be told beside its SQL.
public struct StatementOptions: Sendable {
    /// After so long the server gives the request up: ``DoSQLError/Code/deadlineExceeded``. Waiting for a connection and
    /// repeated attempts count. Nil: the client's ``DoSQLClient/Configuration/deadline``.
    public var deadline: Duration?
    /// More rows than this are ``DoSQLError/Code/resultTooLarge``.
    public var rowsMax: Int?
    /// The write's name; see ``IdempotencyKey``. Not inside a transaction.
    public var idempotencyKey: IdempotencyKey?
    /// Of a stream: bytes of rows the server may send ahead of the consumer. Nil: as the server tells (256 KiB).
    public var credit: Int?

    /// Options.
    public init(
        deadline: Duration? = nil, rowsMax: Int? = nil, idempotencyKey: IdempotencyKey? = nil, credit: Int? = nil
    ) {
        self.deadline = deadline
        self.rowsMax = rowsMax
        self.idempotencyKey = idempotencyKey
        self.credit = credit
    }
}

/// What a transaction may do (`protocol/transactions.md`, BEGIN).
public enum TransactionMode: Sendable {
    /// One snapshot for all its statements; never waits, never blocks anyone.
    case read
    /// The tenant's turn to write; others' reads go on and see the last commit.
    case write
}

/// The bounds of a transaction (`protocol/transactions.md`, BEGIN).
public struct TransactionOptions: Sendable {
    /// How long to wait for the tenant's turn: ``DoSQLError/Code/lockTimeout`` beyond it. Nil: as the server tells.
    public var waitMax: Duration?
    /// The time between statements after which the server rolls back. Nil: as the server tells.
    public var idleMax: Duration?
    /// The time in all after which the server rolls back. Nil: as the server tells.
    public var totalMax: Duration?
    /// The name of the commit; see ``IdempotencyKey``. Nil: a random one for each attempt.
    public var idempotencyKey: IdempotencyKey?

    /// Options.
    public init(
        waitMax: Duration? = nil, idleMax: Duration? = nil, totalMax: Duration? = nil,
        idempotencyKey: IdempotencyKey? = nil
    ) {
        self.waitMax = waitMax
        self.idleMax = idleMax
        self.totalMax = totalMax
        self.idempotencyKey = idempotencyKey
    }
}

/// What became of a bulk load.
public struct LoadResult: Hashable, Sendable {
    /// Rows of parameters that were carried out.
    public var rows: Int
    /// Changes in all, the last rowid, and the LSN.
    public var outcome: RunResult
}

/// What became of a script.
public struct ScriptResult: Hashable, Sendable {
    /// Statements that were carried out.
    public var statements: Int
    /// Changes in all, the last rowid, and the LSN.
    public var outcome: RunResult
}
