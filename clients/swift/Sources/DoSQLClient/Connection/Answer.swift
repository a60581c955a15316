import DoSQLProtocol

/// A terminal answer that is not ERROR, free of the frame it came in (`protocol/messages.md`).
enum Answer: Sendable {
    case ok(OK)
    case result(RowBlock, Outcome)
    case done(Done)
    case batch(BatchResult)
    case description(Description)
    case migrations(Migrations)
    case tenants(TenantList)
    case pong

    /// The stream's transaction after it; nil of answers that do not say.
    var transaction: TransactionState? {
        switch self {
        case .ok(let ok): ok.outcome.transaction
        case .result(_, let outcome): outcome.transaction
        case .done(let done): done.outcome.transaction
        case .migrations(let migrations): migrations.outcome.transaction
        case .batch(let result): result.transaction
        case .description, .tenants, .pong: nil
        }
    }
}

/// An answer's part before the terminal one.
enum AnswerPart: Sendable {
    /// The columns, and of a subscription where it begins.
    case head(ColumnNames, FeedPosition?)
    /// Rows, and how much credit they spent.
    case rows(RowBlock, bytes: Int)
    case grant(bytes: Int)
}

/// Where a subscription begins (`protocol/feeds.md`, SUBSCRIBE).
struct FeedPosition: Hashable, Sendable {
    /// The id after which rows come.
    var id: Int64
    /// The least id that is there; nil if the feed is empty.
    var oldest: Int64?
}

/// Where the answers of a request go. Called on the connection's event loop, terminal ones once.
protocol AnswerSink: AnyObject, Sendable {
    func received(_ part: AnswerPart)
    func finished(_ answer: Answer)
    func failed(_ error: DoSQLError)
}

extension BatchResult {
    /// Reads BATCH_RESULT.
    init(decoding body: Span<UInt8>) throws(DecodeError) {
        let message = try DoSQLProtocol.BatchResult(body)
        var steps: [StepResult] = []
        steps.reserveCapacity(message.count)
        var reader = message.makeReader()
        while let step = try reader.next() {
            switch step {
            case .done(let columns, let rows, let changes, let lastInsertRowid):
                let names = ColumnNames(try columns.copy())
                let outcome = Outcome(changes: changes, lastInsertRowid: lastInsertRowid, lsn: message.outcome.lsn)
                steps.append(
                    .done(
                        QueryResult(
                            columns: names.names, blocks: [try RowBlock(rows, columns: names)],
                            outcome: RunResult(outcome))))
            case .failed(let error): steps.append(.failed(DoSQLError(error)))
            case .skipped: steps.append(.skipped)
            }
        }
        self.init(steps: steps, outcome: RunResult(message.outcome), transaction: message.outcome.transaction)
    }
}

extension DoSQLError {
    /// The server's ERROR.
    init(_ error: ErrorMessage) {
        self.init(Code(rawValue: Int(error.rawCode)), error.message, isRetryable: error.isRetryable)
        category = Category(rawValue: error.rawCategory) ?? code.category
        execution = Execution(rawValue: error.execution.rawValue) ?? .unknown
        sqliteCode = error.sqlite
        offset = error.offset.map { Int(clamping: $0) }
        step = error.step.map { Int(clamping: $0) }
        row = error.row.map { Int(clamping: $0) }
        statement = error.statement.map { Int(clamping: $0.index) }
        migration = error.migration
        retryAfter = error.retryAfter.map { .milliseconds(Int64(clamping: $0)) }
        limit = error.limit.map { Limit(name: $0.name, value: $0.value) }
        trace = error.trace
        oldest = error.oldest
    }
}
