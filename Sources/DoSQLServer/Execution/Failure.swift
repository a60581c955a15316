public import DoSQLEngine
public import DoSQLProtocol

/// Why a request was not carried out: the one place where every error becomes what `protocol/errors.md` calls it.
public struct Failure: Error, Sendable {
    /// The code and with it the category.
    public var code: ErrorCode
    /// For people; SQLite's own words where it is SQLite's error.
    public var message: String
    /// SQLite's extended result code, 0 if it is not SQLite's.
    public var sqlite: Int32 = 0
    /// Whether anything of the request remains.
    public var execution: Execution = .notExecuted
    /// Byte in the SQL text.
    public var offset: Int?
    /// Step of a batch.
    public var step: Int?
    /// Row of a load.
    public var row: Int?
    /// Statement of a script or migration, and its byte in the text.
    public var statement: (index: Int, offset: Int)?
    /// The migration that failed.
    public var migration: String?
    /// The bound that was met.
    public var limit: (name: String, value: Int)?
    /// The least id of a feed's rows that are still there.
    public var oldest: Int64?
    /// When to try again, in milliseconds.
    public var retryAfter: Int?

    /// A failure that is not SQLite's.
    public init(_ code: ErrorCode, _ message: String, limit: (name: String, value: Int)? = nil) {
        self.code = code
        self.message = message
        self.limit = limit
    }

    /// SQLite's error, its message unchanged.
    public init(_ error: SQLiteError) {
        code = Self.code(for: error.code)
        message = error.message
        sqlite = error.code.rawValue
        offset = error.offset
        // After a failed sync nobody knows what the disk has.
        if error.code == .ioErrorSync || error.code == .ioErrorDirectorySync { execution = .unknown }
        if let refusal = error.refusal { tell(refusal) }
        switch error.bound {
        case .database(let bytes): limit = ("databaseBytesMax", bytes)
        case .statement(let bytes):
            code = .memoryExceeded
            message = "the statement takes more memory than a statement may"
            limit = ("statementMemoryMax", bytes)
        case .heap(let bytes):
            // Of the server, and of this moment: the tenant is as it was.
            code = .overloaded
            message = "the server has no memory left for this statement"
            if bytes > 0 { limit = ("heapBytesMax", bytes) }
            retryAfter = 1000
        case nil: break
        }
    }

    /// Says why the system took nothing of a write. What was committed before stays.
    mutating func tell(_ refusal: WriteRefusal) {
        switch refusal {
        case .readOnly:
            code = .storageFailed
            message = "the disk is read-only"
        case .quota:
            code = .storageFull
            message = "the disk quota is used up"
        }
    }

    /// Whether a bound on a file's size was met, and not the end of a disk.
    var metGrowthBound: Bool { code == .storageFull && limit?.name == "databaseBytesMax" }

    /// Whether a change of the schema made a statement touch something else: it can be prepared anew and run, once what
    /// it did is undone.
    var isOutdatedStatement: Bool { sqlite == ResultCode.schema.rawValue }

    /// Whether SQLite gave up because it was told to: why, the request knows that it was meant for.
    var wasInterrupted: Bool { sqlite == ResultCode.interrupt.rawValue }

    /// A text that did not become a statement.
    public init(_ error: PrepareError) {
        switch error {
        case .sqlite(let error):
            self.init(error)
        case .denied(let denial):
            switch denial {
            case .transactionControl, .savepoint: self.init(.transactionControl, "\(denial)")
            default: self.init(.notAllowed, "\(denial)")
            }
        case .forbidden(let sentence):
            self.init(.forbidden, sentence)
        case .severalStatements(let offset):
            self.init(.severalStatements, "\(error)")
            self.offset = offset
        case .empty:
            self.init(.emptyStatement, "\(error)")
        }
    }

    /// A value that could not be bound.
    public init(_ error: BindError) {
        switch error {
        case .sqlite(let error): self.init(error)
        case .notANumber: self.init(.nanNotStorable, "\(error)")
        }
    }

    /// A body that cannot be decoded.
    public init(_ error: DecodeError) {
        self.init(error.errorCode, "\(error)")
    }

    /// The operating system's refusal.
    public init(_ error: FileSystem.Failure) {
        self.init(.storageFailed, "\(error)")
    }

    private static func code(for result: ResultCode) -> ErrorCode {
        switch result {
        case .constraintUnique, .constraintPrimaryKey, .constraintRowID: return .constraintUnique
        case .constraintForeignKey: return .constraintForeignKey
        case .constraintNotNull: return .constraintNotNull
        case .constraintCheck: return .constraintCheck
        default: break
        }
        switch result.primary {
        case .error, .schema, .range: return .sqlError
        case .constraint: return .constraintOther
        case .mismatch: return .typeMismatch
        case .tooBig: return .valueTooLarge
        case .readOnly: return .readOnly
        case .interrupt: return .cancelled
        case .abort: return .transactionAborted
        case .authorization, .permission: return .notAllowed
        case .full: return .storageFull
        case .ioError, .cannotOpen: return .storageFailed
        case .corrupt, .notADatabase: return .tenantCorrupt
        // One writer a tenant: nobody else can hold the lock, unless the file is being recovered.
        case .busy, .locked: return .tenantUnavailable
        default: return .databaseFailed
        }
    }

    /// The failure as an ERROR body.
    func message(transaction: TransactionState, isFatal: Bool = false) -> ErrorMessage {
        ErrorMessage(
            code, Self.clipped(message, to: Self.messageMax), execution: execution, isFatal: isFatal,
            transaction: transaction, sqlite: sqlite,
            offset: offset.map(UInt64.init), step: step.map(UInt64.init), retryAfter: retryAfter.map(UInt64.init),
            limit: limit.map { .init(name: $0.name, value: UInt64($0.value)) },
            statement: statement.map { .init(index: UInt64($0.index), offset: UInt64($0.offset)) },
            row: row.map(UInt64.init),
            migration: migration.map { Self.clipped($0, to: Self.migrationMax) }, oldest: oldest)
    }

    /// Bytes of an error's texts. SQLite and migrations quote what a client sent, and an ERROR must fit into the least
    /// frame that a client may accept.
    private static let messageMax = 32 << 10
    private static let migrationMax = 1 << 10

    private static func clipped(_ text: String, to count: Int) -> String {
        text.utf8.count <= count ? text : String(decoding: text.utf8.prefix(count), as: UTF8.self)
    }

    /// The failure as an ERROR frame.
    func frame(stream: UInt16, request: UInt32, transaction: TransactionState = .none) -> [UInt8] {
        var writer = ByteWriter(capacity: 64 + self.message.utf8.count)
        message(transaction: transaction).encode(into: &writer, stream: stream, request: request)
        return writer.take()
    }
}

// MARK: - Failures with one wording

extension Failure {
    static var readOnly: Failure {
        Failure(.readOnly, "this stream or transaction only reads, and the statement writes")
    }

    /// More rows than a result may have in bytes.
    static func resultBytesExceeded(_ bytes: Int) -> Failure {
        Failure(
            .resultTooLarge, "the result has more than \(bytes) bytes of rows", limit: ("resultBytesMax", bytes))
    }

    static func statementUnknown(_ id: UInt32) -> Failure {
        Failure(.statementUnknown, "no statement was prepared under the number \(id) on this connection")
    }

    static func resultTooLarge(_ bytes: Int) -> Failure {
        Failure(
            .resultTooLarge,
            "the answer does not fit into one frame of \(bytes) bytes, as the answer to a write or a batch must",
            limit: ("frameMax", bytes))
    }

    static var answerLost: Failure {
        var failure = Failure(
            .idempotencyAnswerLost, "the request was carried out, and its answer was too long to keep",
            limit: ("idempotencyAnswerMax", Limits.idempotencyAnswerMax))
        failure.execution = .executed
        return failure
    }

    static var foreignKeyViolated: Failure {
        var failure = Failure(.constraintForeignKey, "FOREIGN KEY constraint failed")
        failure.sqlite = ResultCode.constraintForeignKey.rawValue
        return failure
    }

    static var transactionAborted: Failure {
        Failure(
            .transactionAborted, "the transaction was rolled back by an earlier failure: ROLLBACK it and begin anew")
    }

    /// A bound on what waits, met for the moment. Nothing was carried out.
    static func overloaded(_ message: String, limit: (name: String, value: Int), retryAfter: Int) -> Failure {
        var failure = Failure(.overloaded, message, limit: limit)
        failure.retryAfter = retryAfter
        return failure
    }

    static func lockTimeout(_ milliseconds: UInt64) -> Failure {
        Failure(
            .lockTimeout,
            "the tenant's turn to write did not come within \(milliseconds) ms: another transaction holds it")
    }

    /// A migration that was refused or failed.
    init(_ error: MigrationError) {
        switch error {
        case .duplicate(let id), .changed(let id, _, _), .outOfOrder(let id, _):
            self.init(.migrationConflict, "\(error)")
            migration = id
        case .transactionControl(let id, let index, _), .foreignKeysInside(let id, let index):
            self.init(.migrationFailed, "\(error)")
            migration = id
            statement = (index, 0)
        case .foreignKeyViolations(let id, _):
            self.init(.migrationFailed, "\(error)")
            migration = id
        case .failed(let id, let index, _, let cause):
            self.init(.migrationFailed, "\(error)")
            migration = id
            statement = (index, 0)
            switch cause {
            case .sqlite(let sqliteError):
                sqlite = sqliteError.code.rawValue
                offset = sqliteError.offset
                // Not the migration is wrong, but the disk.
                if sqliteError.code.primary == .full { code = .storageFull }
            // Not the migration is wrong, but who sent it.
            case .forbidden: code = .forbidden
            default: break
            }
        case .rowsDoNotFit(let id, let index, _, let cause):
            self.init(.migrationFailed, "\(error)")
            migration = id
            statement = (index, 0)
            sqlite = cause.code.rawValue
        case .commitFailed(let id, let cause):
            self.init(cause.code.primary == .full ? .storageFull : .migrationFailed, "\(error)")
            migration = id
            sqlite = cause.code.rawValue
        case .unreadable(let cause):
            self.init(cause)
        }
    }

    /// A script that ended early.
    init(_ error: ScriptError) {
        switch error.reason {
        case .statement(let cause):
            self.init(cause)
        case .transactionControl, .transactionLeftOpen, .foreignKeysInsideTransaction:
            self.init(.transactionControl, "\(error)")
        }
        statement = (error.statementIndex, error.statementOffset)
        if error.committedBefore { execution = .executed }
    }
}
