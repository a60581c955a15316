/// What runs of one statement have taken together.
public struct StatementRuns: Sendable, Hashable {
    /// How many there were.
    public var count: UInt64 = 0
    /// The time they took of their thread.
    public var nanoseconds: UInt64 = 0
    /// What the longest of them took of it.
    public var longest: UInt64 = 0
    /// How many rows they gave.
    public var rows: UInt64 = 0

    /// None yet.
    @inlinable
    public init() {}

    /// One run.
    @inlinable
    public init(nanoseconds: UInt64, rows: Int) {
        add(nanoseconds: nanoseconds, rows: rows)
    }

    /// Counts one more.
    @inlinable
    public mutating func add(nanoseconds: UInt64, rows: Int) {
        count &+= 1
        self.nanoseconds &+= nanoseconds
        longest = max(longest, nanoseconds)
        self.rows &+= UInt64(clamping: rows)
    }

    /// Counts others.
    public mutating func add(_ others: StatementRuns) {
        count &+= others.count
        nanoseconds &+= others.nanoseconds
        longest = max(longest, others.longest)
        rows &+= others.rows
    }
}

/// Who is told of the statements that have run on a connection, from whichever thread it is used by.
public protocol StatementObserver: AnyObject, Sendable {
    /// A statement was run, once or some times.
    /// - Parameters:
    ///   - text: its text, which has no values of parameters.
    ///   - runs: what that took.
    ///   - errand: what it was run for: ``Connection/errand``.
    func ran(_ text: SQLText, _ runs: StatementRuns, for errand: (any AnyObject & Sendable)?)
}

extension Connection {
    /// Who is told of the statements that run here; nil: nobody.
    public var observer: (any StatementObserver)? {
        get { state.observer }
        nonmutating set { state.observer = newValue }
    }

    /// Tells the observer of several runs of a text at once.
    public func hasRun(_ text: SQLText, _ runs: StatementRuns) { state.observer?.ran(text, runs, for: state.errand) }

    /// What the statements that run now are run for; nil: nothing that matters. The engine only keeps it, for the observer.
    public var errand: (any AnyObject & Sendable)? {
        get { state.errand }
        nonmutating set { state.errand = newValue }
    }
}

extension Statement {
    /// Tells its connection's observer that it has run from `start` (``Budget/now()``) until now.
    @inlinable
    public func hasRun(since start: UInt64, rows: Int) {
        guard let observer = connection.observer else { return }
        observer.ran(text, StatementRuns(nanoseconds: Budget.now() &- start, rows: rows), for: connection.errand)
    }

    /// The same for one that ran in stretches.
    public func hasRun(nanoseconds: UInt64, rows: Int) {
        connection.observer?.ran(text, StatementRuns(nanoseconds: nanoseconds, rows: rows), for: connection.errand)
    }

    /// Its text, which it keeps: that of the cache it comes from, else ``sql``.
    @inlinable
    public var text: SQLText { knownText ?? learnText() }

    @usableFromInline
    func learnText() -> SQLText {
        let text = SQLText(sql)
        knownText = text
        return text
    }
}
