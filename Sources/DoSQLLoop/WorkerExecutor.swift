/// A thread of its own for asynchronous functions that compute for a while: one after another, so that whoever asks for
/// much of it takes one core and no more, and waits for nobody else's work in the process's common pool
/// (<https://github.com/swiftlang/swift-evolution/blob/main/proposals/0417-task-executor-preference.md>).
///
///     Task.detached(executorPreference: executor) { mailbox.post(await verify(token)) }
public final class WorkerExecutor: TaskExecutor {
    /// A job is run once: the queue gives each out once.
    @safe
    private struct Piece: Sendable {
        private let job: UnownedJob
        private let executor: UnownedTaskExecutor

        init(_ job: consuming ExecutorJob, of executor: UnownedTaskExecutor) {
            self.job = UnownedJob(job)
            unsafe self.executor = unsafe executor
        }

        func run() { unsafe job.runSynchronously(on: executor) }
    }

    private let queue: WorkQueue<Piece>
    private let thread: WorkerThread

    /// Starts the thread. Its name is cut to the 15 bytes that Linux keeps.
    public init(name: String) throws(LoopError) {
        let queue = WorkQueue<Piece>()
        self.queue = queue
        thread = try WorkerThread(name: name) {
            while let piece = queue.take() { piece.run() }
        }
    }

    /// Takes a piece of a task; called by Swift's runtime.
    public func enqueue(_ job: consuming ExecutorJob) {
        let piece = unsafe Piece(job, of: asUnownedTaskExecutor())
        // Every task comes to its end, if on the thread of whoever goes on with it.
        if !queue.post(piece) { piece.run() }
    }

    /// Finishes what is queued and ends the thread.
    public func stop() {
        queue.close()
        thread.join()
    }
}
