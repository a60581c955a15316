import DoSQLLoop
import Testing

struct TimerTests {
    @Test func `timers fire in the order of their times`() throws {
        try withLoop { loop in
            var fired: [Int] = []
            let timers = [3, 1, 2].map { delay in
                let timer = Timer(on: loop) {
                    fired.append(delay)
                    if delay == 3 { loop.stop() }
                }
                timer.start(after: .milliseconds(delay * 5))
                return timer
            }
            loop.runGuarded()
            #expect(fired == [1, 2, 3])
            #expect(!timers[0].isRunning)
        }
    }

    @Test func `a timer never fires early`() throws {
        try withLoop { loop in
            let begin = MonotonicClock.nanoseconds()
            let timer = Timer(on: loop) { loop.stop() }
            loop.updateNow()
            timer.start(after: .microseconds(2500))
            loop.runGuarded()
            #expect(MonotonicClock.nanoseconds() - begin >= 2_000_000)
        }
    }

    @Test func `a cancelled or released timer is silent`() throws {
        try withLoop { loop in
            let cancelled = Timer(on: loop) { Issue.record("A cancelled timer fired") }
            cancelled.start(after: .milliseconds(1))
            cancelled.cancel()
            #expect(!cancelled.isRunning)
            var released: Timer? = Timer(on: loop) { Issue.record("A released timer fired") }
            released?.start(after: .milliseconds(1))
            released = nil
            let end = Timer(on: loop) { loop.stop() }
            end.start(after: .milliseconds(5))
            loop.runGuarded()
        }
    }

    @Test func `a repeating timer repeats, and its callback may cancel it`() throws {
        try withLoop { loop in
            var count = 0
            var timer: Timer?
            timer = Timer(on: loop) {
                count += 1
                if count == 3 {
                    timer?.cancel()
                    loop.stop()
                }
            }
            timer?.start(every: .milliseconds(1))
            loop.runGuarded()
            #expect(count == 3)
            timer = nil
        }
    }

    @Test func `a timer may be released by its own callback`() throws {
        try withLoop { loop in
            var timer: Timer?
            timer = Timer(on: loop) {
                timer = nil
                loop.stop()
            }
            timer?.start(after: .zero)
            loop.runGuarded()
            #expect(timer == nil)
        }
    }

    @Test func `starting again replaces the former start`() throws {
        try withLoop { loop in
            var count = 0
            let timer = Timer(on: loop) { count += 1 }
            timer.start(after: .milliseconds(1))
            timer.start(after: .milliseconds(2))
            let end = Timer(on: loop) { loop.stop() }
            end.start(after: .milliseconds(10))
            loop.runGuarded()
            #expect(count == 1)
        }
    }
}
