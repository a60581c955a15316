import Synchronization
import Testing

@testable import DoSQLLoop

struct WorkerExecutorTests {
    /// Adds up, and notices when two do so at a time.
    private final class Sum: Sendable {
        private let state = Mutex((running: 0, value: 0, wasAlone: true))

        func add(_ number: Int) {
            state.withLock { state in
                state.running += 1
                if state.running > 1 { state.wasAlone = false }
            }
            state.withLock { state in
                state.value += number
                state.running -= 1
            }
        }

        var result: (value: Int, wasAlone: Bool) { state.withLock { ($0.value, $0.wasAlone) } }
    }

    @Test func `tasks run on its thread, one after another`() async throws {
        let executor = try WorkerExecutor(name: "worker-test")
        let sum = Sum()
        let tasks = (1...100).map { number in
            Task.detached(executorPreference: executor) {
                sum.add(number)
                await Task.yield()
                sum.add(0)
            }
        }
        for task in tasks { await task.value }
        #expect(sum.result == (5050, true))
        executor.stop()
    }

    @Test func `what is given to one that has stopped runs all the same`() async throws {
        let executor = try WorkerExecutor(name: "worker-test")
        executor.stop()
        let value = await Task.detached(executorPreference: executor) { 42 }.value
        #expect(value == 42)
    }
}
