import DoSQLLoop
import Testing

struct WorkQueueTests {
    @Test func `items come in order, one by one and all at once`() {
        let queue = WorkQueue<Int>()
        queue.post(1)
        queue.post(contentsOf: [2, 3, 4])
        #expect(queue.count == 4)
        #expect(queue.take() == 1)
        #expect(queue.takeAll() == [2, 3, 4])
        #expect(queue.count == 0)
    }

    @Test func `a deadline ends the wait`() {
        let queue = WorkQueue<Int>()
        let deadline = MonotonicClock.nanoseconds() + 3_000_000
        #expect(queue.take(until: deadline) == nil)
        #expect(MonotonicClock.nanoseconds() >= deadline)
        #expect(queue.takeAll(until: deadline) == [])
    }

    @Test func `a closed queue hands out what it has and then nothing`() {
        let queue = WorkQueue<Int>()
        queue.post(1)
        queue.close()
        #expect(!queue.post(2))
        #expect(queue.take() == 1)
        #expect(queue.take() == nil)
        #expect(queue.takeAll() == [])
    }

    @Test func `several workers take every item exactly once`() throws {
        let queue = WorkQueue<Int>()
        let done = WorkQueue<Int>()
        let workers = try (0..<3).map { number in
            try WorkerThread(name: "worker \(number)") {
                while let item = queue.take() { done.post(item) }
            }
        }
        for item in 0..<3000 { queue.post(item) }
        queue.post(contentsOf: 3000..<6000)
        queue.close()
        for worker in workers { worker.join() }
        #expect(done.takeAll().sorted() == Array(0..<6000))
    }
}
