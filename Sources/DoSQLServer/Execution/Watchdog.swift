import DoSQLEngine
import DoSQLLoop
import Synchronization

/// Interrupts statements that run beyond their deadline where the progress handler cannot: inside one long opcode.
///
/// Who runs statements owns a ``Post``, and arms it for the time of a statement. The watchdog looks at armed posts
/// every ``period`` and sleeps while there are none.
final class Watchdog: Sendable {
    /// How late an interrupt may be.
    static let period: UInt64 = 10_000_000

    /// Where one thread's statements are watched. Invariant: an interrupt is sent only while the post is armed with the
    /// deadline that has passed, so after ``disarm()`` it never hits the next statement.
    final class Post: Sendable {
        private let armed = Mutex<Interrupter?>(nil)
        private let deadline = Atomic<UInt64>(.max)
        private let watchdog: Watchdog

        fileprivate init(_ watchdog: Watchdog) {
            self.watchdog = watchdog
        }

        /// Watches what runs on a connection from now on.
        func arm(_ interrupter: Interrupter, deadline: UInt64) {
            armed.withLock { armed in
                armed = interrupter
                self.deadline.store(deadline, ordering: .relaxed)
            }
            watchdog.wake()
        }

        /// The next statement of an armed post has begun, or, with `.max`, none runs now. An interrupt that was on its way
        /// may hit what comes next.
        func extend(_ deadline: UInt64) {
            self.deadline.store(deadline, ordering: .relaxed)
        }

        /// It is not used any more.
        func remove() {
            watchdog.posts.withLock { posts in posts.removeAll { $0 === self } }
        }

        /// It has returned.
        func disarm() {
            armed.withLock { $0 = nil }
        }

        fileprivate func look(_ now: UInt64) -> Bool {
            armed.withLock { armed in
                guard let interrupter = armed else { return false }
                if deadline.load(ordering: .relaxed) <= now { interrupter.interrupt() }
                return true
            }
        }
    }

    private let posts = Mutex<[Post]>([])
    private let bell = WorkQueue<Void>()
    private let isAsleep = Atomic<Bool>(true)
    private let thread = Mutex<WorkerThread?>(nil)

    init() throws(LoopError) {
        let started = try WorkerThread(name: "dosql-watchdog") { [self] in watch() }
        thread.withLock { $0 = started }
    }

    /// A post for one thread or loop.
    func post() -> Post {
        let post = Post(self)
        posts.withLock { $0.append(post) }
        return post
    }

    /// Ends the thread.
    func stop() {
        bell.close()
        thread.withLock { $0.take() }?.join()
    }

    private func wake() {
        guard isAsleep.load(ordering: .sequentiallyConsistent) else { return }
        if isAsleep.exchange(false, ordering: .sequentiallyConsistent) { bell.post(()) }
    }

    /// Looks at every post; whether any is armed.
    private static func look(at posts: [Post], _ now: UInt64) -> Bool {
        var isAnyArmed = false
        for post in posts where post.look(now) { isAnyArmed = true }
        return isAnyArmed
    }

    private func watch() {
        while bell.take() != nil {
            while true {
                // Returns nil at the deadline: time for a look.
                _ = bell.take(until: MonotonicClock.nanoseconds() + Self.period)
                if bell.isFinished { return }
                let now = MonotonicClock.nanoseconds()
                let watched = posts.withLock { $0 }
                if Self.look(at: watched, now) { continue }
                isAsleep.store(true, ordering: .sequentiallyConsistent)
                // Whoever armed before the line above saw the watchdog awake and did not ring.
                if Self.look(at: watched, now) {
                    isAsleep.store(false, ordering: .sequentiallyConsistent)
                    continue
                }
                break
            }
        }
    }
}
