/// Who is told of the statements that have run on a connection, from whichever thread it is used by.
public protocol StatementObserver: AnyObject, Sendable {
    /// A statement was run.
    /// - Parameters:
    ///   - statement: it; its text has no values of parameters.
    ///   - nanoseconds: the time it took of its thread.
    ///   - rows: how many it gave.
    func ran(_ statement: Statement, nanoseconds: UInt64, rows: Int)
}

extension Connection {
    /// Who is told of the statements that run here; nil: nobody.
    public var observer: (any StatementObserver)? {
        get { state.observer }
        nonmutating set { state.observer = newValue }
    }

    /// What the statements that run now are run for; nil: nothing that matters. The engine only keeps it, for the observer.
    public var errand: (any AnyObject & Sendable)? {
        get { state.errand }
        nonmutating set { state.errand = newValue }
    }
}

extension Statement {
    /// Tells its connection's observer that it has run from `start` (``Budget/now()``) until now.
    /// - Returns: how many nanoseconds that were; 0 if there is no observer.
    @inlinable @discardableResult
    public func hasRun(since start: UInt64, rows: Int) -> UInt64 {
        guard let observer = connection.observer else { return 0 }
        let nanoseconds = Budget.now() &- start
        observer.ran(self, nanoseconds: nanoseconds, rows: rows)
        return nanoseconds
    }

    /// What it is run for: ``Connection/errand``.
    public var errand: (any AnyObject & Sendable)? { connection.errand }

    /// The same for one that ran in stretches.
    public func hasRun(nanoseconds: UInt64, rows: Int) {
        connection.observer?.ran(self, nanoseconds: nanoseconds, rows: rows)
    }

    /// A hash of its text, which it keeps: ``SQLText/hash(_:)``.
    public var textHash: UInt64 {
        if let known = knownTextHash { return known }
        let bytes = Array(sql.utf8)
        let hash = SQLText.hash(bytes.span)
        knownTextHash = hash
        return hash
    }
}
