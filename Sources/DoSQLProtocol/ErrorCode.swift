/// The codes of errors, all that have been given out (`protocol/errors.md`, registry).
public enum ErrorCode: UInt16, CaseIterable, Hashable, Sendable {
    /// PROTOCOL_VIOLATION: reserved bits, wrong order, id in flight twice; closes.
    case protocolViolation = 1001
    /// MALFORMED: a body that cannot be decoded.
    case malformed = 1002
    /// UNSUPPORTED: an unknown message type, or an unknown option from 0x80 up.
    case unsupported = 1003
    /// VERSION_UNSUPPORTED: no version in common; closes.
    case versionUnsupported = 1004
    /// FRAME_TOO_LARGE: longer than frameMax; option limit.
    case frameTooLarge = 1005
    /// HANDSHAKE_TIMEOUT: closes.
    case handshakeTimeout = 1006
    /// FLOW_CONTROL: LOAD_ROWS beyond the credit.
    case flowControl = 1007
    /// UNAUTHENTICATED: the token is not accepted; closes.
    case unauthenticated = 2001
    /// FORBIDDEN: the token has not this right.
    case forbidden = 2002
    /// OVERLOADED: a queue is full; option limit, retryAfter.
    case overloaded = 2003
    /// SHUTTING_DOWN: after GOAWAY.
    case shuttingDown = 2004
    /// IDLE_TIMEOUT: only in GOAWAY.
    case idleTimeout = 2005
    /// TOO_MANY_CONNECTIONS: closes.
    case tooManyConnections = 2006
    /// TLS_REQUIRED: the server does not talk to this client without TLS; closes.
    case tlsRequired = 2007
    /// STREAM_NOT_OPEN: no OPEN on this stream, or it failed.
    case streamNotOpen = 3001
    /// STREAM_IN_USE: OPEN on an open stream.
    case streamInUse = 3002
    /// STREAM_LIMIT: too many streams on the connection.
    case streamLimit = 3003
    /// TENANT_NAME_INVALID: see messages.md, OPEN.
    case tenantNameInvalid = 3004
    /// TENANT_NOT_FOUND: and the server or the request does not create it.
    case tenantNotFound = 3005
    /// TENANT_UNAVAILABLE: the file cannot be opened or is being recovered.
    case tenantUnavailable = 3006
    /// TENANT_CORRUPT: the file is not a database, or is damaged.
    case tenantCorrupt = 3007
    /// TENANT_LIMIT: no more tenants may be created.
    case tenantLimit = 3008
    /// TENANT_EXISTS: the name is taken (`protocol/administration.md`).
    case tenantExists = 3009
    /// TENANT_BUSY: another change of the tenant's place is under way.
    case tenantBusy = 3010
    /// RESTORE_REFUSED: a file that cannot become a tenant.
    case restoreRefused = 3011
    /// MIGRATION_FAILED: the tenant stands at the last good migration; options migration, statement, offset.
    case migrationFailed = 3101
    /// MIGRATION_CONFLICT: changed checksum or wrong order.
    case migrationConflict = 3102
    /// FEED_NAME_INVALID: a channel or an event type of no bytes, or of too many.
    case feedNameInvalid = 3201
    /// FEED_SHAPE: the table of the feed is there and is not what a feed's table is.
    case feedShape = 3202
    /// FEED_TRUNCATED: rows that the subscription had not come to yet were removed for their age; option oldest.
    case feedTruncated = 3203
    /// SUBSCRIPTION_LIMIT: too many subscriptions on the connection; option limit.
    case subscriptionLimit = 3204
    /// SQL_ERROR: syntax, no such table or column, …; option offset.
    case sqlError = 4001
    /// SEVERAL_STATEMENTS: use SCRIPT or BATCH.
    case severalStatements = 4002
    /// EMPTY_STATEMENT: nothing but space and comments.
    case emptyStatement = 4003
    /// NOT_ALLOWED: a statement the sandbox refuses: ATTACH, a pragma that is not listed, TEMP outside a transaction, a reserved name…
    case notAllowed = 4004
    /// TRANSACTION_CONTROL: BEGIN and its kin as SQL outside a transaction.
    case transactionControl = 4005
    /// STATEMENT_UNKNOWN: a number nobody prepared.
    case statementUnknown = 4006
    /// STATEMENT_LIMIT: too many numbers, or too much text.
    case statementLimit = 4007
    /// READ_ONLY: a write on a read-only stream or in a read transaction.
    case readOnly = 4008
    /// PARAMETER_COUNT.
    case parameterCount = 4101
    /// PARAMETER_UNKNOWN: the statement has no parameter of this name.
    case parameterUnknown = 4102
    /// PARAMETER_MISSING.
    case parameterMissing = 4103
    /// NAN_NOT_STORABLE.
    case nanNotStorable = 4104
    /// CONSTRAINT_UNIQUE: UNIQUE and PRIMARY KEY.
    case constraintUnique = 4201
    /// CONSTRAINT_FOREIGN_KEY.
    case constraintForeignKey = 4202
    /// CONSTRAINT_NOT_NULL.
    case constraintNotNull = 4203
    /// CONSTRAINT_CHECK.
    case constraintCheck = 4204
    /// CONSTRAINT_OTHER: triggers' RAISE, datatype and every other constraint.
    case constraintOther = 4205
    /// TYPE_MISMATCH: SQLITE_MISMATCH.
    case typeMismatch = 4301
    /// VALUE_TOO_LARGE: SQLITE_TOOBIG.
    case valueTooLarge = 4302
    /// NO_TRANSACTION.
    case noTransaction = 5001
    /// TRANSACTION_OPEN.
    case transactionOpen = 5002
    /// TRANSACTION_ABORTED: SQLite rolled it back; retryable as a whole.
    case transactionAborted = 5003
    /// TRANSACTION_EXPIRED: idle or total time; rolled back.
    case transactionExpired = 5004
    /// LOCK_TIMEOUT: the tenant's turn to write did not come in time.
    case lockTimeout = 5005
    /// NO_SAVEPOINT.
    case noSavepoint = 5006
    /// SKIPPED: DEPENDS on a request that failed.
    case skipped = 5007
    /// ASSERTION_FAILED: message is the step's own; option step.
    case assertionFailed = 5101
    /// BATCH_REFERENCE: option step.
    case batchReference = 5102
    /// IDEMPOTENCY_MISMATCH: the key belongs to another request.
    case idempotencyMismatch = 5201
    /// IDEMPOTENCY_ANSWER_LOST: executed; the stored answer was too long to keep.
    case idempotencyAnswerLost = 5202
    /// DEADLINE_EXCEEDED.
    case deadlineExceeded = 6001
    /// CANCELLED: by CANCEL.
    case cancelled = 6002
    /// CURSOR_STALLED: no credit or no reading for too long.
    case cursorStalled = 6003
    /// SNAPSHOT_TOO_OLD: stood in the way of a checkpoint.
    case snapshotTooOld = 6004
    /// RESULT_TOO_LARGE: rowsMax, or an answer that must fit one frame and does not; option limit.
    case resultTooLarge = 6005
    /// MEMORY_EXCEEDED: the statement takes more memory than it may; option limit.
    case memoryExceeded = 6006
    /// STORAGE_FULL: SQLITE_FULL.
    case storageFull = 7001
    /// STORAGE_FAILED: I/O error; execution may be unknown.
    case storageFailed = 7002
    /// DATABASE_FAILED: any other SQLite result.
    case databaseFailed = 7003
    /// INTERNAL: a bug; please report the trace.
    case `internal` = 9001
}

extension ErrorCode {
    /// Its name in the registry, such as `CONSTRAINT_UNIQUE`.
    public var name: String {
        switch self {
        case .protocolViolation: "PROTOCOL_VIOLATION"
        case .malformed: "MALFORMED"
        case .unsupported: "UNSUPPORTED"
        case .versionUnsupported: "VERSION_UNSUPPORTED"
        case .frameTooLarge: "FRAME_TOO_LARGE"
        case .handshakeTimeout: "HANDSHAKE_TIMEOUT"
        case .flowControl: "FLOW_CONTROL"
        case .unauthenticated: "UNAUTHENTICATED"
        case .forbidden: "FORBIDDEN"
        case .overloaded: "OVERLOADED"
        case .shuttingDown: "SHUTTING_DOWN"
        case .idleTimeout: "IDLE_TIMEOUT"
        case .tooManyConnections: "TOO_MANY_CONNECTIONS"
        case .tlsRequired: "TLS_REQUIRED"
        case .streamNotOpen: "STREAM_NOT_OPEN"
        case .streamInUse: "STREAM_IN_USE"
        case .streamLimit: "STREAM_LIMIT"
        case .tenantNameInvalid: "TENANT_NAME_INVALID"
        case .tenantNotFound: "TENANT_NOT_FOUND"
        case .tenantUnavailable: "TENANT_UNAVAILABLE"
        case .tenantCorrupt: "TENANT_CORRUPT"
        case .tenantLimit: "TENANT_LIMIT"
        case .tenantExists: "TENANT_EXISTS"
        case .tenantBusy: "TENANT_BUSY"
        case .restoreRefused: "RESTORE_REFUSED"
        case .migrationFailed: "MIGRATION_FAILED"
        case .migrationConflict: "MIGRATION_CONFLICT"
        case .feedNameInvalid: "FEED_NAME_INVALID"
        case .feedShape: "FEED_SHAPE"
        case .feedTruncated: "FEED_TRUNCATED"
        case .subscriptionLimit: "SUBSCRIPTION_LIMIT"
        case .sqlError: "SQL_ERROR"
        case .severalStatements: "SEVERAL_STATEMENTS"
        case .emptyStatement: "EMPTY_STATEMENT"
        case .notAllowed: "NOT_ALLOWED"
        case .transactionControl: "TRANSACTION_CONTROL"
        case .statementUnknown: "STATEMENT_UNKNOWN"
        case .statementLimit: "STATEMENT_LIMIT"
        case .readOnly: "READ_ONLY"
        case .parameterCount: "PARAMETER_COUNT"
        case .parameterUnknown: "PARAMETER_UNKNOWN"
        case .parameterMissing: "PARAMETER_MISSING"
        case .nanNotStorable: "NAN_NOT_STORABLE"
        case .constraintUnique: "CONSTRAINT_UNIQUE"
        case .constraintForeignKey: "CONSTRAINT_FOREIGN_KEY"
        case .constraintNotNull: "CONSTRAINT_NOT_NULL"
        case .constraintCheck: "CONSTRAINT_CHECK"
        case .constraintOther: "CONSTRAINT_OTHER"
        case .typeMismatch: "TYPE_MISMATCH"
        case .valueTooLarge: "VALUE_TOO_LARGE"
        case .noTransaction: "NO_TRANSACTION"
        case .transactionOpen: "TRANSACTION_OPEN"
        case .transactionAborted: "TRANSACTION_ABORTED"
        case .transactionExpired: "TRANSACTION_EXPIRED"
        case .lockTimeout: "LOCK_TIMEOUT"
        case .noSavepoint: "NO_SAVEPOINT"
        case .skipped: "SKIPPED"
        case .assertionFailed: "ASSERTION_FAILED"
        case .batchReference: "BATCH_REFERENCE"
        case .idempotencyMismatch: "IDEMPOTENCY_MISMATCH"
        case .idempotencyAnswerLost: "IDEMPOTENCY_ANSWER_LOST"
        case .deadlineExceeded: "DEADLINE_EXCEEDED"
        case .cancelled: "CANCELLED"
        case .cursorStalled: "CURSOR_STALLED"
        case .snapshotTooOld: "SNAPSHOT_TOO_OLD"
        case .resultTooLarge: "RESULT_TOO_LARGE"
        case .memoryExceeded: "MEMORY_EXCEEDED"
        case .storageFull: "STORAGE_FULL"
        case .storageFailed: "STORAGE_FAILED"
        case .databaseFailed: "DATABASE_FAILED"
        case .internal: "INTERNAL"
        }
    }

    /// Its category in the registry.
    public var category: ErrorCategory {
        switch self {
        case .protocolViolation, .malformed, .unsupported, .versionUnsupported, .flowControl:
            .protocol
        case .frameTooLarge, .streamLimit, .tenantLimit, .subscriptionLimit, .statementLimit, .valueTooLarge,
            .resultTooLarge, .memoryExceeded, .storageFull:
            .resource
        case .handshakeTimeout, .transactionExpired, .lockTimeout, .deadlineExceeded, .cancelled,
            .cursorStalled, .snapshotTooOld:
            .timeout
        case .unauthenticated, .forbidden, .tlsRequired, .notAllowed:
            .authorization
        case .overloaded, .shuttingDown, .idleTimeout, .tooManyConnections, .tenantUnavailable:
            .connection
        case .streamNotOpen, .streamInUse, .tenantNameInvalid, .restoreRefused, .feedNameInvalid, .sqlError,
            .severalStatements, .emptyStatement, .transactionControl, .statementUnknown, .readOnly, .parameterCount,
            .parameterUnknown, .parameterMissing, .nanNotStorable, .constraintForeignKey,
            .constraintNotNull, .constraintCheck, .constraintOther, .typeMismatch, .noTransaction,
            .transactionOpen, .noSavepoint, .batchReference:
            .validation
        case .tenantNotFound:
            .notFound
        case .tenantCorrupt, .migrationFailed, .storageFailed, .databaseFailed:
            .execution
        case .tenantExists, .tenantBusy, .migrationConflict, .feedShape, .feedTruncated, .constraintUnique,
            .transactionAborted, .skipped,
            .assertionFailed,
            .idempotencyMismatch, .idempotencyAnswerLost:
            .conflict
        case .internal:
            .internal
        }
    }

    /// Whether the same request may succeed later, unless an answer says otherwise.
    public var isRetryable: Bool {
        switch self {
        case .overloaded, .shuttingDown, .idleTimeout, .tooManyConnections, .tenantUnavailable, .tenantBusy,
            .migrationFailed, .feedTruncated, .transactionAborted, .transactionExpired, .lockTimeout,
            .deadlineExceeded, .cancelled, .cursorStalled, .snapshotTooOld, .storageFull, .storageFailed:
            true
        default:
            false
        }
    }
}
