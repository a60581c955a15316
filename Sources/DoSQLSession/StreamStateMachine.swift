public import DequeModule
public import DoSQLProtocol

/// The rules of one stream: order, DEPENDS, and the life of its transaction (`protocol/framing.md`,
/// `protocol/transactions.md`).
///
/// Events in, actions out; time is an argument. `Pending` is whatever the caller keeps of a request that has to wait.
///
/// Invariant: `running > 1` only while everything that runs is an autocommit write, since those are carried out in the
/// order they are handed to their tenant anyway; `held` is empty unless something runs, the stream is opening or its
/// transaction is being expired.
public struct StreamStateMachine<Pending> {
    /// What may be done with a request now.
    public enum Admission: Equatable, Sendable {
        /// Carry it out; nothing else of this stream runs.
        case start
        /// Carry it out if it turns out to be an autocommit write; otherwise it has to
        /// ``StreamStateMachine/hold(_:kind:depends:)``.
        case startIfWrite
        /// Keep it until something has finished.
        case wait
        /// Answer SKIPPED: it depends on a request that failed. If it is a COMMIT, the transaction is rolled back
        /// first.
        case skip(rollBack: Bool)
        /// Answer with this error.
        case refuse(ErrorCode)
    }

    /// A request that waits, with what its admission depends on.
    public struct Held {
        /// What the caller kept.
        public var pending: Pending
        /// Its rule.
        public var kind: RequestKind
        /// Whether it has the DEPENDS flag.
        public var depends: Bool
        /// Whether it depends on a request that was refused without standing in the line.
        var isDoomed = false
    }

    /// What has to be done when time has passed.
    public enum TimeoutAction: Equatable, Sendable {
        /// Nothing is due.
        case none
        /// Roll the transaction back: it was idle, or lasted, too long. What runs in it must be interrupted first.
        case expireTransaction(interrupt: Bool)
    }

    @usableFromInline
    enum Phase { case opening, open, closed }

    @usableFromInline var phase: Phase = .opening
    @usableFromInline var held: Deque<Held> = []
    @usableFromInline var running = 0
    @usableFromInline var runningAreWrites = false
    /// The request that was started last: what comes next depends on it, whenever those before it are answered.
    private var newest: UInt32 = 0
    @usableFromInline var previousFailed = false
    /// Whether the newest request was refused without standing in the line: what depends on it is to be skipped when
    /// its time comes.
    @usableFromInline var newestWasRefused = false
    /// The transaction of this stream, as the last answer told it.
    public internal(set) var transaction: TransactionState = .none
    @usableFromInline var expiryUntold = false
    @usableFromInline var expiring = false
    /// How long the transaction may be idle.
    public private(set) var idleMax: UInt64 = 0
    private var idleDeadline: UInt64 = .max
    private var totalDeadline: UInt64 = .max

    /// A stream whose OPEN was just received.
    public init() {}

    /// Whether requests wait in its line.
    public var hasWaiting: Bool { !held.isEmpty }

    /// Whether nothing runs and nothing waits.
    public var isQuiet: Bool { running == 0 && held.isEmpty }

    /// Whether a CLOSE waits for what was sent before it.
    public var isClosing: Bool { held.contains { $0.kind == .close } }

    /// When ``timeout(now:)`` wants to be asked, or nil if time does not matter.
    public var nextDeadline: UInt64? {
        guard transaction != .none, !expiring else { return nil }
        let deadline = running == 0 ? min(idleDeadline, totalDeadline) : totalDeadline
        return deadline == .max ? nil : deadline
    }

    // MARK: Requests

    /// A request arrived. After `.start` the caller reports ``started(_:asWrite:)``; after `.wait` it calls
    /// ``hold(_:kind:depends:)``.
    @inlinable
    @inline(__always)
    public mutating func received(_ kind: RequestKind, depends: Bool) -> Admission {
        if !held.isEmpty { return .wait }
        if newestWasRefused {
            if depends && (running > 0 || phase == .opening) { return .wait }
            if running == 0 { previousFailed = true }
        }
        let admission = admit(kind, depends: depends)
        if case .wait = admission { return admission }
        newestWasRefused = false
        return admission
    }

    /// Keeps a request that may not start yet, behind all others.
    public mutating func hold(_ pending: Pending, kind: RequestKind, depends: Bool) {
        held.append(Held(pending: pending, kind: kind, depends: depends, isDoomed: depends && newestWasRefused))
        newestWasRefused = false
    }

    /// Puts a request back in front that was tried with `.startIfWrite` and is none.
    public mutating func holdFirst(_ waiting: Held) {
        held.prepend(waiting)
    }

    /// The next request that may leave the line, with what to do; nil while the first has to go on waiting.
    public mutating func next() -> (held: Held, admission: Admission)? {
        guard let first = held.first else { return nil }
        if first.isDoomed && running == 0 { previousFailed = true }
        let admission = admit(first.kind, depends: first.depends)
        if admission == .wait { return nil }
        return (held.removeFirst(), admission)
    }

    /// Takes a request out of the line: it was cancelled. What depends on it fails.
    public mutating func removeHeld(where matches: (Pending) -> Bool) -> Pending? {
        guard let index = held.firstIndex(where: { matches($0.pending) }) else { return nil }
        let removed = held.remove(at: index)
        if index < held.count {
            held[index].isDoomed = held[index].depends
        } else {
            newestWasRefused = true
        }
        return removed.pending
    }

    /// A request whose turn it was is refused or skipped without running: what depends on it fails too.
    public mutating func refused() {
        previousFailed = true
    }

    /// A request was refused on arrival, ahead of those that run and wait: what depends on it fails too, when its turn
    /// comes.
    public mutating func refusedOnArrival() {
        newestWasRefused = true
    }

    /// A request runs now. `asWrite`: it is an autocommit write in its tenant's line, so that further ones may follow
    /// at once.
    public mutating func started(_ request: UInt32, asWrite: Bool) {
        precondition(
            running == 0 || (runningAreWrites && asWrite), "only autocommit writes run side by side on a stream")
        running += 1
        runningAreWrites = asWrite
        newest = request
    }

    /// A request that was started and finished within the same call: nothing of it can be seen from outside but its
    /// success.
    @inlinable
    @inline(__always)
    public mutating func finishedAtOnce(succeeded: Bool) {
        previousFailed = !succeeded
    }

    /// A running request was answered. `transaction` is the stream's state as the answer tells it.
    public mutating func finished(
        _ request: UInt32, succeeded: Bool, transaction newState: TransactionState, now: UInt64
    ) {
        precondition(running > 0, "an answer without a request")
        running -= 1
        // A write that is given up is answered before those in front of it.
        if request == newest { previousFailed = !succeeded }
        transaction = newState
        if newState == .none {
            idleDeadline = .max
            totalDeadline = .max
            expiring = false
        } else {
            idleDeadline = now &+ idleMax
        }
    }

    /// The OPEN was answered.
    public mutating func opened(succeeded: Bool) {
        phase = succeeded ? .open : .closed
        previousFailed = !succeeded
    }

    /// CLOSE was carried out, or the connection ended.
    /// - Returns: what was still waiting, to be refused.
    public mutating func closed() -> Deque<Held> {
        phase = .closed
        defer { held = [] }
        return held
    }

    // MARK: Transactions

    /// BEGIN succeeded; its clocks start.
    public mutating func began(idleMax: UInt64, totalMax: UInt64, now: UInt64) {
        self.idleMax = idleMax
        idleDeadline = now &+ idleMax
        totalDeadline = now &+ totalMax
    }

    /// Time has passed.
    public mutating func timeout(now: UInt64) -> TimeoutAction {
        guard let deadline = nextDeadline, deadline <= now else { return .none }
        expiring = true
        return .expireTransaction(interrupt: running > 0)
    }

    /// The transaction is to end although its time is not over: its tenant does.
    public mutating func expire() -> TimeoutAction {
        guard transaction != .none, !expiring else { return .none }
        expiring = true
        return .expireTransaction(interrupt: running > 0)
    }

    /// The transaction is rolled back without a request: a COMMIT that depends on a failed request is skipped.
    public mutating func transactionRolledBack() {
        transaction = .none
        idleDeadline = .max
        totalDeadline = .max
    }

    /// The transaction was rolled back because its time was over. The next request is told, once.
    /// - Returns: false if that is no news: an answer of the transaction's own has told it.
    public mutating func transactionExpired() -> Bool {
        guard expiring else { return false }
        transaction = .none
        idleDeadline = .max
        totalDeadline = .max
        expiring = false
        expiryUntold = true
        return true
    }

    @inlinable
    mutating func admit(_ kind: RequestKind, depends: Bool) -> Admission {
        switch phase {
        case .opening: return .wait
        case .closed: return .refuse(.streamNotOpen)
        case .open: break
        }
        if running > 0 {
            let mayJoin = kind == .statement && runningAreWrites && !depends && transaction == .none
            return mayJoin ? .startIfWrite : .wait
        }
        if expiring { return .wait }
        if depends && previousFailed {
            // Whoever has its COMMIT skipped is done with the transaction, and reads in the answer that there is none.
            if kind == .commit { expiryUntold = false }
            return .skip(rollBack: kind == .commit && transaction != .none)
        }
        if expiryUntold && kind != .close {
            expiryUntold = false
            // A new BEGIN does not care how the last transaction ended.
            return kind == .begin ? .start : .refuse(.transactionExpired)
        }
        switch (kind, transaction) {
        case (.close, _), (.describe, _):
            return .start
        case (.begin, .none):
            return .start
        case (.begin, _):
            return .refuse(.transactionOpen)
        case (.commit, .none), (.rollback, .none), (.savepoint, .none):
            return .refuse(.noTransaction)
        case (.commit, _), (.rollback, _):
            return .start
        // ROLLBACK and COMMIT may come as SQL, which only the engine can read: a statement is looked at, and refused
        // there.
        case (.savepoint, .aborted), (.batch, .aborted), (.load, .aborted):
            return .refuse(.transactionAborted)
        case (.savepoint, _):
            return .start
        case (.script, .none), (.subscribe, .none):
            return .start
        case (.script, _), (.subscribe, _):
            return .refuse(.transactionOpen)
        case (.statement, _), (.batch, _), (.load, _):
            return .start
        }
    }
}
