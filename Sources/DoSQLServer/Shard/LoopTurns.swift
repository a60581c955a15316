import DequeModule
import DoSQLLoop

/// Who goes on when the others have had their turn.
protocol Yielding: AnyObject {
    /// It is its turn.
    func goOn()
}

/// What one tenant (or all who have none) has had of its shard's turn, and who of it waits for the next one.
final class TurnAccount {
    /// Nanoseconds of a turn, beyond which what comes waits: so long may a tenant keep the others of its loop waiting.
    static let timeMax: UInt64 = 100_000
    /// The same while there are no others: whoever comes then waits so long once.
    static let timeMaxAlone: UInt64 = 4_000_000

    fileprivate var spent: UInt64 = 0
    fileprivate var turn: UInt64 = 0
    fileprivate var waiting: Deque<any Yielding> = []
}

/// Shares a loop's turns out: a tenant that has had its time yields, and goes on behind the others.
final class LoopTurns {
    private let loop: EventLoop
    /// For how many turns somebody else is expected again.
    private static let company: UInt64 = 1024

    private var turn: UInt64 = 1
    /// Who was charged last, and until which turn that is not the only one.
    private var last: TurnAccount
    private var sharedUntil: UInt64 = 0
    /// Those with somebody who waits, in their order.
    private var accounts: Deque<TurnAccount> = []
    /// Requests that are no tenant's.
    let nobody = TurnAccount()

    /// Monotonic nanoseconds when the clock was last looked at: while a stretch lasts, a moment ago.
    private(set) var clock: UInt64 = 0
    /// Until when somebody has been charged.
    private var charged: UInt64 = 0
    /// Whether ``clock`` was read for what is charged next.
    private var isRead = false
    /// Stretches inside one another.
    private var stretches = 0

    init(_ loop: EventLoop) {
        self.loop = loop
        last = nobody
    }

    /// Requests are carried out one behind the other until ``endStretch()``, and each is charged with what has passed since
    /// the one before it: a look at the clock for each is enough.
    func beginStretch() {
        stretches += 1
        guard stretches == 1 else { return }
        clock = MonotonicClock.nanoseconds()
        charged = clock
        isRead = false
    }

    /// No requests follow.
    func endStretch() { stretches -= 1 }

    /// Looks at the clock, for the request that is carried out: ``charge(_:)`` does not look again.
    @discardableResult
    func look() -> UInt64 {
        clock = MonotonicClock.nanoseconds()
        isRead = true
        return clock
    }

    /// The account's request is done.
    func charge(_ account: TurnAccount) {
        if !isRead { clock = MonotonicClock.nanoseconds() }
        isRead = false
        if account.turn != turn {
            account.turn = turn
            account.spent = 0
        }
        account.spent &+= clock &- charged
        charged = clock
        guard account !== last else { return }
        last = account
        sharedUntil = turn &+ Self.company
    }

    /// Whether it has had its time.
    func isOver(_ account: TurnAccount) -> Bool {
        account.turn == turn
            && account.spent > (turn < sharedUntil ? TurnAccount.timeMax : TurnAccount.timeMaxAlone)
    }

    /// Somebody goes on with the account's next turn.
    func yield(_ waiting: any Yielding, of account: TurnAccount) {
        if account.waiting.isEmpty { accounts.append(account) }
        account.waiting.append(waiting)
        loop.requestTurn()
    }

    /// The next turn begins: who waits goes on, an account for as long as its time lasts.
    func next() {
        turn &+= 1
        for _ in accounts.indices {
            guard let account = accounts.popFirst() else { return }
            while !isOver(account), let waiting = account.waiting.popFirst() { waiting.goOn() }
            // Whoever yields again may have put it there already.
            if !account.waiting.isEmpty, !accounts.contains(where: { $0 === account }) { accounts.append(account) }
        }
        if !accounts.isEmpty { loop.requestTurn() }
    }
}
