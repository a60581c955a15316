import DoSQLLoop
import Synchronization

/// Threads that work for tenants in turn (``TurnQueue``).
///
/// Some are always there, and one tenant may use them all while nobody else wants one. Somebody who has none while they are
/// all at something long gets one more, which ends when nothing has come for it for a while: so no tenant waits for
/// another's long statement, up to ``crowd`` times the usual number. Whoever owns a pool has it looked at now and then
/// (``relieve()``).
final class WorkerPool: Sendable {
    /// How many times more threads there may be than usual.
    static let crowd = 8
    /// Nanoseconds for which a thread beyond the usual number waits for work: to start one takes longer than a commit.
    static let surplusTime: UInt64 = 2_000_000_000
    /// Nanoseconds without anything begun after which what is under way is long. While commits follow one another it is better
    /// to wait for the next thread than to start one: more threads than processors only take turns.
    static let stuckTime: UInt64 = 5_000_000

    private struct State {
        var queue = TurnQueue<ObjectIdentifier, @Sendable (Watchdog.Post) -> Void>()
        var threads: [Int: WorkerThread] = [:]
        /// Threads that had ended before whoever started them could note them.
        var ended: Set<Int> = []
        var count = 0
        var lastNumber = 0
        /// When something was begun last, of ``MonotonicClock``.
        var begunAt: UInt64 = 0
        var isStopped = false
    }

    private let name: String
    private let usual: Int
    private let niceness: Int32
    private let watchdog: Watchdog
    private let state = Mutex(State())
    /// One ring for each item.
    private let bell = WorkQueue<Void>()

    init(name: String, threads: Int, niceness: Int32 = 0, watchdog: Watchdog) throws(LoopError) {
        self.name = name
        usual = threads
        self.niceness = niceness
        self.watchdog = watchdog
        for _ in 0..<threads { try start() }
    }

    /// Runs a task on one of the threads, when it is its owner's turn.
    func post(for owner: AnyObject, _ task: @escaping @Sendable (Watchdog.Post) -> Void) {
        let owner = ObjectIdentifier(owner)
        let isStuck = state.withLock { state -> Bool in
            state.queue.add(task, of: owner)
            return lacksThreads(state) > 0
        }
        bell.post(())
        // Without another thread it waits for one of those there are.
        if isStuck { try? start() }
    }

    /// Starts threads for those who have none while all there are is at something long. Called now and then.
    func relieve() {
        let missing = state.withLock { lacksThreads($0) }
        for _ in 0..<missing { try? start() }
    }

    /// How many owners have to wait for something long.
    private func lacksThreads(_ state: borrowing State) -> Int {
        guard state.queue.waiting > state.count - state.queue.working, state.count < usual * Self.crowd,
            !state.isStopped, MonotonicClock.nanoseconds() > state.begunAt &+ Self.stuckTime
        else { return 0 }
        return min(state.queue.ownersWithoutWorker, usual * Self.crowd - state.count)
    }

    /// Threads there are now, how many of them work, and how many pieces of work wait for one.
    var figures: (threads: Int, working: Int, waiting: Int) {
        state.withLock { ($0.count, $0.queue.working, $0.queue.waiting) }
    }

    /// Threads there are now.
    var threadCount: Int { state.withLock { $0.count } }

    /// Finishes what is queued and ends the threads.
    func stop() {
        state.withLock { $0.isStopped = true }
        bell.close()
        for thread in state.withLock({ Array($0.threads.values) }) { thread.join() }
    }

    private func start() throws(LoopError) {
        let number = state.withLock { state in
            state.count += 1
            state.lastNumber += 1
            return state.lastNumber
        }
        do throws(LoopError) {
            let thread = try WorkerThread(name: "dosql-\(name)-\(number)", niceness: niceness) { [self] in
                let post = watchdog.post()
                work(post)
                post.remove()
                // Whoever stops the pool may be waiting for it: it stays in the list then.
                state.withLock { state in
                    guard !state.isStopped else { return }
                    if state.threads.removeValue(forKey: number) == nil { state.ended.insert(number) }
                }
            }
            state.withLock { state in
                if state.ended.remove(number) == nil { state.threads[number] = thread }
            }
        } catch {
            state.withLock { $0.count -= 1 }
            throw error
        }
    }

    private func work(_ post: Watchdog.Post) {
        var isCrowded = true
        while true {
            let deadline = isCrowded ? MonotonicClock.nanoseconds() &+ Self.surplusTime : nil
            guard bell.take(until: deadline) != nil else {
                if bell.isFinished || endsAsSurplus() { return }
                isCrowded = false
                continue
            }
            let next = state.withLock { state in
                state.begunAt = MonotonicClock.nanoseconds()
                return state.queue.next()
            }
            guard let (owner, task) = next else { continue }
            task(post)
            isCrowded = state.withLock { state -> Bool in
                state.queue.finish(owner)
                return state.count > usual
            }
        }
    }

    /// Whether a thread for which nothing has come ends: it is counted out then.
    private func endsAsSurplus() -> Bool {
        state.withLock { state in
            guard state.count > usual, state.queue.waiting == 0, !state.isStopped else { return false }
            state.count -= 1
            return true
        }
    }
}
