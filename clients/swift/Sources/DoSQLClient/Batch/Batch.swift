import DoSQLProtocol

/// Several statements in one request and one SQLite transaction: one round trip, one commit.
///
/// A step may use what an earlier one gave, and may assert:
///
/// ```swift
/// var batch = Batch()
/// let stock = batch.run("UPDATE products SET stock = stock - \(count) WHERE id = \(id) AND stock >= \(count)")
/// batch.assert(stock.changes == 1, "Out of stock")
/// let order = batch.run("INSERT INTO orders (user_id) VALUES (\(userID))")
/// batch.run("INSERT INTO items (order_id, product_id) VALUES (\(order.lastInsertRowid), \(id))")
/// let result = try await tenant.batch(batch)
/// let orderID = result.lastInsertRowid(of: order)
/// ```
///
/// See `protocol/batches.md`.
public struct Batch: Sendable {
    /// What a failing step does to the others.
    public enum FailureRule: UInt8, Sendable {
        /// The first failing step undoes the whole batch, and the call throws its error.
        case rollback = 0
        /// The steps before it stay, those behind are skipped.
        case stop = 1
        /// Each failing step undoes itself only.
        case `continue` = 2
    }

    /// What a failing step does to the others.
    public var onError: FailureRule
    var steps: [Content] = []

    struct Content: Sendable {
        var sql: SQL
        var want: Want
        var tolerates: Bool
        var condition: Expression?
        var assertion: Expression?
        var message = ""
    }

    enum Want: UInt8, Sendable {
        case noRows = 0
        case firstRow = 1
        case allRows = 2
    }

    /// An empty batch.
    public init(onError: FailureRule = .rollback) { self.onError = onError }

    /// How many steps there are.
    public var count: Int { steps.count }

    /// Whether there is no step.
    public var isEmpty: Bool { steps.isEmpty }

    /// Adds a statement whose rows are of no interest.
    ///
    /// - Parameters:
    ///   - sql: the statement; its values may be references to earlier steps.
    ///   - condition: the step is skipped where this is false.
    ///   - tolerate: a failure undoes this step only, and is reported in the result.
    /// - Returns: the step, to refer to.
    @discardableResult
    public mutating func run(_ sql: SQL, if condition: Expression? = nil, tolerate: Bool = false) -> Step {
        add(sql, .noRows, condition, tolerate)
    }

    /// Adds a statement whose first row is wanted; otherwise as ``run(_:if:tolerate:)``.
    @discardableResult
    public mutating func queryOne(_ sql: SQL, if condition: Expression? = nil, tolerate: Bool = false) -> Step {
        add(sql, .firstRow, condition, tolerate)
    }

    /// Adds a statement whose rows are wanted; otherwise as ``run(_:if:tolerate:)``.
    @discardableResult
    public mutating func query(_ sql: SQL, if condition: Expression? = nil, tolerate: Bool = false) -> Step {
        add(sql, .allRows, condition, tolerate)
    }

    /// Makes the newest step fail with `ASSERTION_FAILED` where `expression`, judged after it has run, is false.
    /// Several assertions of one step must all hold; the message is then the last one's.
    ///
    /// - Parameters:
    ///   - expression: may refer to this step and earlier ones.
    ///   - message: of the error, at most 1 KiB; it is what ``DoSQLError/userMessage`` shows. Empty: the server words one.
    /// - Precondition: there is a step.
    public mutating func assert(_ expression: Expression, _ message: String = "") {
        precondition(!steps.isEmpty, "an assertion belongs to the step before it, and there is none")
        let last = steps.count - 1
        steps[last].assertion = steps[last].assertion.map { $0 && expression } ?? expression
        steps[last].message = message
    }

    /// The rowid of the last row that `step` inserted, for a later step: the same as ``Step/lastInsertRowid``.
    public func lastInsertRowid(of step: Step) -> Reference { step.lastInsertRowid }

    private mutating func add(_ sql: SQL, _ want: Want, _ condition: Expression?, _ tolerates: Bool) -> Step {
        steps.append(Content(sql: sql, want: want, tolerates: tolerates, condition: condition))
        return Step(index: steps.count - 1)
    }

    /// The steps as they can be sent, or the first failure to encode one.
    func validated() throws(DoSQLError) -> Batch {
        for (index, step) in steps.enumerated() {
            guard var failure = step.sql.failure else { continue }
            failure.step = index
            throw failure
        }
        if steps.isEmpty { throw DoSQLError(.encoding, "a batch needs at least one step") }
        return self
    }
}

// MARK: - Steps and what they gave

extension Batch {
    /// A step of the batch it was added to.
    public struct Step: Hashable, Sendable {
        /// Its number, from 0.
        public let index: Int

        /// The rowid of the last row it inserted.
        public var lastInsertRowid: Reference { Reference(kind: .lastInsertRowid, step: index) }
        /// How many rows it changed.
        public var changes: Reference { Reference(kind: .changes, step: index) }
        /// How many rows it gave.
        public var rowCount: Reference { Reference(kind: .rowCount, step: index) }
        /// A column, from 0, of its first row; NULL if it gave none.
        public func column(_ column: Int) -> Reference { Reference(kind: .column(column), step: index) }

        /// Whether it ran.
        public var ran: Expression { .init(.ran(index)) }
        /// Whether it failed, being tolerated.
        public var failed: Expression { .init(.failed(index)) }
        /// Whether its condition was false.
        public var skipped: Expression { .init(.skipped(index)) }
    }

    /// A value that is known only when the batch runs: what an earlier step gave. Interpolate it into the SQL of a later
    /// step, or compare it. One to a step that failed or was skipped is NULL.
    public struct Reference: Hashable, Sendable {
        enum Kind: Hashable, Sendable {
            case lastInsertRowid
            case changes
            case column(Int)
            case rowCount
        }

        let kind: Kind
        let step: Int

        /// Whether it is NULL.
        public var isNull: Expression { .init(.isNull(.reference(self))) }

        /// Equal. As with every comparison here: values compare as SQLite compares without affinity, and NULL makes it false.
        public static func == (left: Reference, right: some DoSQLEncodable) -> Expression {
            .comparing(.equal, left, right)
        }
        /// Not equal.
        public static func != (left: Reference, right: some DoSQLEncodable) -> Expression {
            .comparing(.notEqual, left, right)
        }
        /// Less.
        public static func < (left: Reference, right: some DoSQLEncodable) -> Expression {
            .comparing(.less, left, right)
        }
        /// Less or equal.
        public static func <= (left: Reference, right: some DoSQLEncodable) -> Expression {
            .comparing(.lessOrEqual, left, right)
        }
        /// Greater.
        public static func > (left: Reference, right: some DoSQLEncodable) -> Expression {
            .comparing(.greater, left, right)
        }
        /// Greater or equal.
        public static func >= (left: Reference, right: some DoSQLEncodable) -> Expression {
            .comparing(.greaterOrEqual, left, right)
        }

        /// Equal to another reference's value.
        public static func == (left: Reference, right: Reference) -> Expression { .comparing(.equal, left, right) }
        /// Less than another reference's value.
        public static func < (left: Reference, right: Reference) -> Expression { .comparing(.less, left, right) }
        /// Less than or equal to another reference's value.
        public static func <= (left: Reference, right: Reference) -> Expression {
            .comparing(.lessOrEqual, left, right)
        }
        /// Greater than another reference's value.
        public static func > (left: Reference, right: Reference) -> Expression { .comparing(.greater, left, right) }
        /// Greater than or equal to another reference's value.
        public static func >= (left: Reference, right: Reference) -> Expression {
            .comparing(.greaterOrEqual, left, right)
        }
    }
}
