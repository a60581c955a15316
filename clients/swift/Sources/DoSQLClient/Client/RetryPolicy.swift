/// When a call is attempted again without being asked, and after how long.
///
/// Only what cannot happen twice is attempted again: a request that is known not to have run and may succeed later, a
/// read whose answer was lost, and a write that carries an idempotency key (`protocol/transactions.md`).
public struct RetryPolicy: Sendable {
    /// Attempts in all, the first included. 1: never again.
    public var attemptsMax: Int
    /// The pause before the second attempt.
    public var backoffMin: Duration
    /// The longest pause.
    public var backoffMax: Duration
    /// By what the pause grows from attempt to attempt.
    public var backoffFactor: Double
    /// Whether a transaction's closure is run again where the server says that the transaction as a whole may succeed
    /// another time: it was aborted, did not get its turn, or is known to have been lost before its commit. Off by
    /// default, since the closure must then be written to run more than once.
    public var retriesTransactions: Bool

    /// Three attempts, 50 ms apart at first.
    public static let standard = RetryPolicy()
    /// One attempt.
    public static let never = RetryPolicy(attemptsMax: 1)

    /// A policy.
    public init(
        attemptsMax: Int = 3, backoffMin: Duration = .milliseconds(50), backoffMax: Duration = .seconds(5),
        backoffFactor: Double = 2, retriesTransactions: Bool = false
    ) {
        self.attemptsMax = attemptsMax
        self.backoffMin = backoffMin
        self.backoffMax = backoffMax
        self.backoffFactor = backoffFactor
        self.retriesTransactions = retriesTransactions
    }

    /// The longest pause after `attempt` failed attempts: ``backoffMin`` · ``backoffFactor`` ^ (attempt − 1), at most
    /// ``backoffMax``. What is slept is a random time from half of it up, so that clients do not come back in step.
    public func backoff(after attempt: Int) -> Duration {
        var pause = backoffMin
        for _ in 1..<max(attempt, 1) {
            pause = pause * backoffFactor
            if pause >= backoffMax { return backoffMax }
        }
        return min(pause, backoffMax)
    }

    func jittered(after attempt: Int) -> Duration { backoff(after: attempt) * Double.random(in: 0.5...1) }
}

/// What may be done again when its answer is lost.
enum Repeatability: Sendable {
    /// It only reads.
    case read
    /// It writes under an idempotency key.
    case keyed
    /// It writes.
    case write
}

extension RetryPolicy {
    /// How long to wait before the next attempt; nil if there must be none.
    func pause(after error: DoSQLError, attempt: Int, of repeatability: Repeatability) -> Duration? {
        guard attempt < attemptsMax, mayRepeat(error, repeatability) else { return nil }
        let pause = jittered(after: attempt)
        return error.retryAfter.map { max($0, pause) } ?? pause
    }

    private func mayRepeat(_ error: DoSQLError, _ repeatability: Repeatability) -> Bool {
        // Time bounds are the caller's: whoever set a deadline does not want another one behind it.
        guard error.isRetryable, error.category == .connection else { return false }
        switch error.execution {
        case .notExecuted: return true
        case .unknown: return repeatability != .write
        case .executed: return false
        }
    }
}
