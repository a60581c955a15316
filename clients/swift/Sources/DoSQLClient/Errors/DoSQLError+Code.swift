import DoSQLProtocol

extension DoSQLError {
    /// An error's number. Positive: the server's, from the registry of `protocol/errors.md`. Negative: this library's.
    ///
    /// The type is open: a server that is younger than this library sends codes that have no name here.
    public struct Code: RawRepresentable, Hashable, Sendable {
        /// The number.
        public let rawValue: Int

        /// A code by number, known or not.
        public init(rawValue: Int) { self.rawValue = rawValue }

        init(_ code: ErrorCode) { self.rawValue = Int(code.rawValue) }
    }
}

// MARK: - This library's own

extension DoSQLError.Code {
    /// The connection ended, or none could be made.
    public static let connectionClosed = Self(rawValue: -1)
    /// No connection, or no answer, came within the time this side allows.
    public static let timeout = Self(rawValue: -2)
    /// A cell is not what the Swift type asks for.
    public static let decoding = Self(rawValue: -3)
    /// A value that SQLite cannot hold exactly, or a statement that cannot be sent as it is.
    public static let encoding = Self(rawValue: -4)
    /// A URL or a configuration that cannot be used.
    public static let configuration = Self(rawValue: -5)
    /// The client has been shut down.
    public static let clientShutDown = Self(rawValue: -6)
    /// A transaction was used after its closure had ended.
    public static let transactionEnded = Self(rawValue: -7)
    /// The connection was lost while a transaction was open, or its COMMIT is known not to have happened.
    public static let transactionLost = Self(rawValue: -8)
    /// The server answered something that the protocol does not allow there.
    public static let unexpectedAnswer = Self(rawValue: -9)
    /// The server's certificate comes from nobody this side trusts, is not good today, or is another host's.
    public static let certificateUntrusted = Self(rawValue: -10)
    /// No TLS came about for any other reason: the server speaks none, or does not take this side's certificate.
    public static let tlsFailed = Self(rawValue: -11)
}

// MARK: - The server's

extension DoSQLError.Code {
    /// Reserved bits, wrong order, an id in flight twice.
    public static let protocolViolation = Self(rawValue: 1001)
    /// A body that cannot be decoded.
    public static let malformed = Self(rawValue: 1002)
    /// A message or an option that the server does not know.
    public static let unsupported = Self(rawValue: 1003)
    /// No version in common.
    public static let versionUnsupported = Self(rawValue: 1004)
    /// A request longer than the server's `frameMax`.
    public static let frameTooLarge = Self(rawValue: 1005)
    /// No HELLO in time.
    public static let handshakeTimeout = Self(rawValue: 1006)
    /// Rows beyond the credit of a load.
    public static let flowControl = Self(rawValue: 1007)
    /// The token is not accepted.
    public static let unauthenticated = Self(rawValue: 2001)
    /// The token has not this right.
    public static let forbidden = Self(rawValue: 2002)
    /// A queue of the server is full.
    public static let overloaded = Self(rawValue: 2003)
    /// The server is going away.
    public static let shuttingDown = Self(rawValue: 2004)
    /// The connection was idle for too long.
    public static let idleTimeout = Self(rawValue: 2005)
    /// The server has as many connections as it takes.
    public static let tooManyConnections = Self(rawValue: 2006)
    /// The server does not talk to this client without TLS: `dosqls://`.
    public static let tlsRequired = Self(rawValue: 2007)
    /// The stream is bound to no tenant.
    public static let streamNotOpen = Self(rawValue: 3001)
    /// The stream is bound already.
    public static let streamInUse = Self(rawValue: 3002)
    /// Too many streams on one connection.
    public static let streamLimit = Self(rawValue: 3003)
    /// Not a name a tenant may have.
    public static let tenantNameInvalid = Self(rawValue: 3004)
    /// There is no such tenant.
    public static let tenantNotFound = Self(rawValue: 3005)
    /// The tenant's file cannot be opened now.
    public static let tenantUnavailable = Self(rawValue: 3006)
    /// The tenant's file is damaged.
    public static let tenantCorrupt = Self(rawValue: 3007)
    /// No more tenants may be created.
    public static let tenantLimit = Self(rawValue: 3008)
    /// The name is taken.
    public static let tenantExists = Self(rawValue: 3009)
    /// Another change of the tenant's place is under way.
    public static let tenantBusy = Self(rawValue: 3010)
    /// The file cannot become a tenant.
    public static let restoreRefused = Self(rawValue: 3011)
    /// A migration failed; the tenant stands at the one before it.
    public static let migrationFailed = Self(rawValue: 3101)
    /// A migration was changed after it had been applied, or comes too late.
    public static let migrationConflict = Self(rawValue: 3102)
    /// Not a name a channel or a type of event may have: 1 to 256 bytes.
    public static let feedNameInvalid = Self(rawValue: 3201)
    /// The table `messages` or `events` of this tenant is not one that can be subscribed to.
    public static let feedShape = Self(rawValue: 3202)
    /// Rows were removed for their age before they could be delivered.
    public static let feedTruncated = Self(rawValue: 3203)
    /// Too many subscriptions on one connection.
    public static let subscriptionLimit = Self(rawValue: 3204)
    /// Syntax, no such table or column, and the like.
    public static let sqlError = Self(rawValue: 4001)
    /// More than one statement where one is expected.
    public static let severalStatements = Self(rawValue: 4002)
    /// No statement at all.
    public static let emptyStatement = Self(rawValue: 4003)
    /// A statement that the sandbox refuses.
    public static let notAllowed = Self(rawValue: 4004)
    /// BEGIN and its kin as SQL outside a transaction.
    public static let transactionControl = Self(rawValue: 4005)
    /// A prepared number that the server does not know.
    public static let statementUnknown = Self(rawValue: 4006)
    /// Too many prepared statements.
    public static let statementLimit = Self(rawValue: 4007)
    /// A write where only reads are allowed.
    public static let readOnly = Self(rawValue: 4008)
    /// Not as many parameters as the statement has.
    public static let parameterCount = Self(rawValue: 4101)
    /// The statement has no parameter of this name.
    public static let parameterUnknown = Self(rawValue: 4102)
    /// A named parameter was not given.
    public static let parameterMissing = Self(rawValue: 4103)
    /// NaN as a parameter.
    public static let nanNotStorable = Self(rawValue: 4104)
    /// UNIQUE or PRIMARY KEY.
    public static let constraintUnique = Self(rawValue: 4201)
    /// FOREIGN KEY.
    public static let constraintForeignKey = Self(rawValue: 4202)
    /// NOT NULL.
    public static let constraintNotNull = Self(rawValue: 4203)
    /// CHECK.
    public static let constraintCheck = Self(rawValue: 4204)
    /// Every other constraint.
    public static let constraintOther = Self(rawValue: 4205)
    /// A value of a type that SQLite refuses there.
    public static let typeMismatch = Self(rawValue: 4301)
    /// A text or blob that is too long for SQLite.
    public static let valueTooLarge = Self(rawValue: 4302)
    /// There is no transaction to end.
    public static let noTransaction = Self(rawValue: 5001)
    /// There is a transaction already.
    public static let transactionOpen = Self(rawValue: 5002)
    /// SQLite rolled the transaction back; it may succeed as a whole another time.
    public static let transactionAborted = Self(rawValue: 5003)
    /// The transaction ran out of time and was rolled back.
    public static let transactionExpired = Self(rawValue: 5004)
    /// The tenant's turn to write did not come in time.
    public static let lockTimeout = Self(rawValue: 5005)
    /// There is no savepoint of this name.
    public static let noSavepoint = Self(rawValue: 5006)
    /// The request before it failed.
    public static let skipped = Self(rawValue: 5007)
    /// A batch's assertion was false.
    public static let assertionFailed = Self(rawValue: 5101)
    /// A batch refers to a step or column that is not there.
    public static let batchReference = Self(rawValue: 5102)
    /// The idempotency key belongs to another request.
    public static let idempotencyMismatch = Self(rawValue: 5201)
    /// Executed before, but the answer was too long to keep.
    public static let idempotencyAnswerLost = Self(rawValue: 5202)
    /// The deadline came first.
    public static let deadlineExceeded = Self(rawValue: 6001)
    /// Cancelled.
    public static let cancelled = Self(rawValue: 6002)
    /// Nobody read the rows for too long.
    public static let cursorStalled = Self(rawValue: 6003)
    /// The snapshot stood in the way of a checkpoint.
    public static let snapshotTooOld = Self(rawValue: 6004)
    /// More rows or bytes than were asked for or fit.
    public static let resultTooLarge = Self(rawValue: 6005)
    /// No space left.
    public static let storageFull = Self(rawValue: 7001)
    /// Reading or writing the file failed.
    public static let storageFailed = Self(rawValue: 7002)
    /// Any other SQLite result.
    public static let databaseFailed = Self(rawValue: 7003)
    /// A bug in the server.
    public static let internalError = Self(rawValue: 9001)
}

extension DoSQLError.Code: CustomStringConvertible {
    /// The name of the registry, such as `CONSTRAINT_UNIQUE`; for this library's own codes one in the same form.
    public var name: String {
        switch self {
        case .connectionClosed: "CONNECTION_CLOSED"
        case .timeout: "TIMEOUT"
        case .decoding: "DECODING"
        case .encoding: "ENCODING"
        case .configuration: "CONFIGURATION"
        case .clientShutDown: "CLIENT_SHUT_DOWN"
        case .transactionEnded: "TRANSACTION_ENDED"
        case .transactionLost: "TRANSACTION_LOST"
        case .unexpectedAnswer: "UNEXPECTED_ANSWER"
        case .certificateUntrusted: "CERTIFICATE_UNTRUSTED"
        case .tlsFailed: "TLS_FAILED"
        default: registered?.name ?? "CODE_\(rawValue)"
        }
    }

    /// The name.
    public var description: String { name }

    /// The category that the registry gives; of a code without an entry there, *internal*.
    public var category: DoSQLError.Category {
        switch self {
        case .connectionClosed, .clientShutDown, .certificateUntrusted, .tlsFailed: .connection
        case .timeout: .timeout
        case .decoding, .encoding, .configuration, .transactionEnded: .validation
        case .transactionLost: .conflict
        case .unexpectedAnswer: .protocol
        default: registered.flatMap { DoSQLError.Category(rawValue: $0.category.rawValue) } ?? .internal
        }
    }

    private var registered: ErrorCode? { UInt16(exactly: rawValue).flatMap(ErrorCode.init(rawValue:)) }
}
