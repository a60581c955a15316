import DoSQLEngine
import DoSQLLoop
import DoSQLProtocol
import DoSQLSession
import Synchronization

/// A request on its way to another thread, with all it needs there.
///
/// Its life is one atomic word: it waits, then either it is begun by the thread that carries it out or given up by the
/// loop that answers for it, never both.
final class Job: Sendable {
    /// Why a request is given up.
    enum Reason: UInt8 {
        case none, cancelled, deadline, stalled, snapshotTooOld, expired, disconnected, rowsBeyondCredit, tenantEnded
    }

    private enum Life { static let waiting: UInt8 = 0, begun: UInt8 = 1, givenUp: UInt8 = 2 }

    let address: RequestAddress
    let type: MessageType
    /// The frame's body, as it arrived.
    let body: [UInt8]
    /// The texts behind the statement numbers, as they were when the request arrived.
    let statements: StatementTable
    /// Who is served; nil: everything is allowed.
    let permission: Permission?
    /// The longest body the client takes.
    let replyMax: Int
    /// Monotonic nanoseconds after which it is interrupted; `.max`: never.
    let deadline: UInt64
    /// Monotonic nanoseconds until which it may wait for its turn.
    let waitDeadline: UInt64
    /// What its tenant may use.
    let limits: TenantLimits
    /// Nanoseconds it may run at a stretch, whatever its deadline: threads are few, and others wait for them.
    private let stretchMax: UInt64
    /// Counted until it is answered: the BEGIN of a transaction lives on.
    let tally: RequestTally
    let tenant: Tenant
    /// The credit of a result that streams, or of a load.
    let flow: Flow
    /// Raised to interrupt it while it runs.
    let cancellation = CancellationFlag()
    /// Monotonic nanoseconds when it came; those when it was first served are noted only where slow statements are logged.
    let receivedAt: UInt64
    private let servedAt = Atomic<UInt64>(0)
    private let reason = Atomic<UInt8>(Reason.none.rawValue)
    private let life = Atomic<UInt8>(Life.waiting)

    init(
        address: RequestAddress, type: MessageType, body: [UInt8], statements: StatementTable,
        permission: Permission?, replyMax: Int,
        deadline: UInt64 = .max, waitDeadline: UInt64 = .max, isUnhurried: Bool, credit: Int = Limits.creditDefault,
        tenant: Tenant, limits: TenantLimits, total: BytesInFlight, receivedAt: UInt64
    ) {
        self.receivedAt = receivedAt
        self.address = address
        self.type = type
        self.body = body
        self.statements = statements
        self.permission = permission
        self.replyMax = replyMax
        self.deadline = deadline
        self.waitDeadline = waitDeadline
        self.limits = limits
        self.tenant = tenant
        stretchMax = isUnhurried ? .max >> 1 : limits.statementTime
        tally = RequestTally(of: tenant, bytes: body.count, in: total)
        flow = Flow(credit: credit)
    }

    /// Whether somebody wants to know how long it waited.
    var isTimed: Bool { tenant.context.slow.isOn }

    /// A thread serves it; the first time counts.
    func noteBegin() {
        guard servedAt.load(ordering: .relaxed) == 0 else { return }
        servedAt.store(Budget.now(), ordering: .relaxed)
    }

    /// Nanoseconds that it waited for its turn and for a thread.
    var waited: UInt64 {
        let served = servedAt.load(ordering: .relaxed)
        return served > receivedAt ? served - receivedAt : 0
    }

    /// Claims it for carrying out; false if it was given up meanwhile.
    func begin() -> Bool {
        life.compareExchange(expected: Life.waiting, desired: Life.begun, ordering: .acquiringAndReleasing).exchanged
    }

    /// Claims it for an answer without carrying it out; false if it has begun.
    func giveUp() -> Bool {
        life.compareExchange(expected: Life.waiting, desired: Life.givenUp, ordering: .acquiringAndReleasing).exchanged
    }

    /// Whether somebody has answered for it.
    private var isGivenUp: Bool { life.load(ordering: .acquiring) == Life.givenUp }

    /// Interrupts it if it runs. The first reason stays.
    func cancel(_ why: Reason) {
        _ = reason.compareExchange(
            expected: Reason.none.rawValue, desired: why.rawValue, ordering: .acquiringAndReleasing)
        cancellation.cancel()
    }

    /// Whether somebody wants it to be given up.
    var isCancelled: Bool { cancellation.isCancelled }

    /// When what runs of it now must stop: at its deadline, or when it has had a thread for `stretchMax`.
    var stretchEnd: UInt64 { min(deadline, Budget.now() &+ stretchMax) }

    /// The bound of its statements, from now on.
    var budget: Budget {
        Budget(deadline: stretchEnd, cancellation: cancellation, memoryMax: limits.statementMemoryMax)
    }

    /// Why it was interrupted, as an error.
    var interruption: Failure {
        switch Reason(rawValue: reason.load(ordering: .acquiring)) ?? .none {
        case .none, .deadline:
            if deadline <= Budget.now() {
                return Failure(.deadlineExceeded, "the deadline has passed: the statement was interrupted and undone")
            }
            return Failure(
                .deadlineExceeded, "the statement ran for too long at a stretch: it was interrupted and undone",
                limit: ("statementTimeMax", Int(clamping: stretchMax / 1_000_000)))
        case .cancelled, .disconnected:
            return Failure(.cancelled, "cancelled")
        case .stalled:
            return Failure(.cursorStalled, "the result waited too long for credit or for its bytes to be read")
        case .snapshotTooOld:
            return Failure(.snapshotTooOld, "the snapshot of this result stood in the way of a checkpoint for too long")
        case .rowsBeyondCredit:
            return Failure(
                .flowControl, "more bytes of rows were sent than were granted", limit: ("loadWindow", Limits.loadWindow)
            )
        case .tenantEnded:
            return Failure(.tenantUnavailable, "the tenant was deleted, renamed or replaced meanwhile")
        case .expired:
            return Failure(.transactionExpired, "the transaction's time is over: it was rolled back")
        }
    }

    /// What the client is told of a failure: an interrupt that met the compiling of a text has this request's own reason,
    /// and a file that may not grow the bound that keeps it from that.
    func worded(_ failure: Failure) -> Failure {
        if failure.metGrowthBound {
            var worded = failure
            worded.limit = tenant.growthBound
            return worded
        }
        guard failure.wasInterrupted else { return failure }
        var worded = interruption
        worded.step = failure.step
        worded.row = failure.row
        worded.statement = failure.statement
        return worded
    }

    /// How long the transaction of a BEGIN may be idle and last, in nanoseconds: what it asks for, within the server's
    /// bounds.
    var transactionTimes: (idle: UInt64, total: UInt64) {
        let body = body
        let begin = try? Begin(body.span)
        func bounded(_ milliseconds: UInt64?, _ bound: UInt64) -> UInt64 {
            guard let milliseconds, milliseconds <= bound / 1_000_000 else { return bound }
            return milliseconds * 1_000_000
        }
        return (bounded(begin?.idle, limits.transactionIdleTime), bounded(begin?.total, limits.transactionTotalTime))
    }

    /// Whether it may not begin yet: too much waits for its client, or in the server. What ends something, or has a short
    /// answer, does not wait.
    var waitsForRoom: Bool {
        switch type {
        case .query, .queryOne, .run, .batch, .describe: !address.answers.hasRoom && !isCancelled && !isGivenUp
        default: false
        }
    }

    /// Whether its connection is gone, so that nobody waits for the answer.
    var isAbandoned: Bool { reason.load(ordering: .acquiring) == Reason.disconnected.rawValue }
}
