import DoSQLLoop
import Synchronization
import Testing

struct LoopThreadTests {
    /// Not `Sendable`: the compiler would not let it leave its thread.
    private final class Counter {
        var count = 0
        let timer: Timer
        let released: Mutex<Bool>.Shared

        init(on loop: EventLoop, released: Mutex<Bool>.Shared) {
            timer = Timer(on: loop) {}
            timer.start(every: .seconds(1000))
            self.released = released
        }

        deinit { released.set() }
    }

    @Test func `state is born on the loop, reached by jobs in order, and released at the end`() throws {
        let released = Mutex<Bool>.Shared()
        let thread = try LoopThread(name: "loop") { loop in Counter(on: loop, released: released) }
        let results = WorkQueue<Int>()
        for _ in 0..<100 {
            thread.submit { _, counter in
                counter.count += 1
                results.post(counter.count)
            }
        }
        #expect((0..<100).map { _ in results.take() } == Array(1...100))
        #expect(!released.isSet)
        thread.stop()
        thread.join()
        #expect(released.isSet)
        #expect(!thread.submit { _, _ in Issue.record("A job ran after the end") })
    }

    @Test func `what setup throws reaches whoever starts the thread`() {
        #expect(throws: ListenAddressError.emptyPath) {
            _ = try LoopThread(name: "loop") { loop in
                // Left open: it must not hide the error.
                let mailbox = try Mailbox<Int>(on: loop) { _ in }
                _ = try ListenAddress(parsing: "unix:")
                return mailbox
            }
        }
    }

    @Test func `a worker thread runs once and can be joined twice`() throws {
        let ran = Mutex<Bool>.Shared()
        let thread = try WorkerThread(name: "a name that is longer than Linux keeps") { ran.set() }
        thread.join()
        #expect(ran.isSet)
        thread.join()
    }
}

extension Mutex where Value == Bool {
    /// A flag that several threads hold.
    final class Shared: Sendable {
        private let flag = Mutex(false)

        var isSet: Bool { flag.withLock { $0 } }

        func set() {
            flag.withLock { $0 = true }
        }
    }
}
