import DoSQLProtocol

/// Whatever goes wrong between a call and its answer: the server's ERROR, or what this side found.
///
/// Switch over ``code`` where you must know, over ``category`` where the kind is enough (it is also the way to treat a
/// code that is younger than this library), and ask ``isRetryable`` and ``execution`` before you do something again.
/// See `protocol/errors.md`.
public struct DoSQLError: Error, Sendable {
    /// What happened, by number. Codes are only ever added.
    public var code: Code
    /// The kind of thing that happened.
    public var category: Category
    /// The server's words, unchanged: SQLite's own where the error is SQLite's, such as
    /// `UNIQUE constraint failed: users.email`.
    public var message: String
    /// Whether the same call may succeed later.
    public var isRetryable: Bool
    /// Whether the request took effect.
    public var execution: Execution
    /// SQLite's extended result code; 0 if the error is not SQLite's.
    public var sqliteCode: Int32 = 0
    /// The byte of the SQL text where it went wrong.
    public var offset: Int?
    /// The failing step of a batch, from 0.
    public var step: Int?
    /// The failing row of a load, from 0.
    public var row: Int?
    /// The failing statement of a script or migration, from 0.
    public var statement: Int?
    /// The id of the failing migration.
    public var migration: String?
    /// How long the server asks to wait before another attempt.
    public var retryAfter: Duration?
    /// The bound that was met.
    public var limit: Limit?
    /// The server's name for this request in its log.
    public var trace: String?
    /// Where rows of a feed were removed before they could be delivered: the least id that is still there.
    public var oldest: Int64?
    /// The error below this one, such as a socket's.
    public var underlying: (any Error)?
    /// How often the call was attempted before it was given up.
    public var attempts = 1

    /// The bound that was met, by its name in `protocol/limits.md`.
    public struct Limit: Hashable, Sendable {
        /// The bound's name.
        public var name: String
        /// Its value, in the unit of the page.
        public var value: UInt64

        /// A bound.
        public init(name: String, value: UInt64) {
            self.name = name
            self.value = value
        }
    }

    /// Whether a request took effect. See `protocol/transactions.md`, *What a lost answer means*.
    public enum Execution: UInt8, Sendable {
        /// Nothing of it remains.
        case notExecuted = 0
        /// It was carried out.
        case executed = 1
        /// Nobody can say: the answer was lost.
        case unknown = 2
    }

    /// The kind of an error. The raw value is the number of `protocol/errors.md`.
    public enum Category: UInt8, Sendable, CaseIterable {
        /// The request is wrong and stays wrong.
        case validation = 1
        /// It collides with what is there.
        case conflict
        /// A time bound was met.
        case timeout
        /// The server cannot be reached, or cannot take it now.
        case connection
        /// Carrying it out went wrong.
        case execution
        /// A bound on size or space was met.
        case resource
        /// Not allowed.
        case authorization
        /// A bug.
        case `internal`
        /// The bytes are not this protocol.
        case `protocol`
        /// What it names is not there.
        case notFound

        /// The category's name as the pages write it, such as `NOT_FOUND`.
        public var name: String { registered.name }

        /// The HTTP status that an application would answer with.
        public var httpStatus: Int { registered.httpStatus }

        /// The same category in the registry, whose numbers are the raw values here.
        private var registered: ErrorCategory { ErrorCategory(rawValue: rawValue)! }
    }

    /// An error of this side's own making.
    ///
    /// - Parameters:
    ///   - code: which one; its category comes with it.
    ///   - message: what happened, for developers.
    ///   - isRetryable: whether the same call may succeed later.
    ///   - execution: whether the request took effect.
    ///   - underlying: the error below.
    public init(
        _ code: Code, _ message: String, isRetryable: Bool = false, execution: Execution = .notExecuted,
        underlying: (any Error)? = nil
    ) {
        self.code = code
        self.category = code.category
        self.message = message
        self.isRetryable = isRetryable
        self.execution = execution
        self.underlying = underlying
    }
}

extension DoSQLError: CustomStringConvertible {
    /// Code and message, then whatever else is known. Holds no parameter values.
    public var description: String {
        var text = "\(code.name): \(message)"
        if let offset { text += " (at byte \(offset))" }
        if let step { text += " (step \(step))" }
        if let row { text += " (row \(row))" }
        if let migration { text += " (migration \(migration))" }
        if let limit { text += " (\(limit.name) = \(limit.value))" }
        if execution != .notExecuted { text += execution == .executed ? " [executed]" : " [execution unknown]" }
        if let trace { text += " [trace \(trace)]" }
        if let underlying { text += ": \(underlying)" }
        return text
    }
}
