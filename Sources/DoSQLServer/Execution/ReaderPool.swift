import DoSQLLoop

/// Threads for reads that are too long for an event loop, or for opening and listing files: a bounded pool of each, so
/// that long reads keep nobody from opening a tenant.
///
/// A task is one stretch of work, never a wait: a result that waits for its client gives its thread back.
final class ReaderPool: Sendable {
    private let queue = WorkQueue<@Sendable (Watchdog.Post) -> Void>()
    private let threads: [WorkerThread]

    init(name: String, threads count: Int, watchdog: Watchdog) throws(LoopError) {
        var threads: [WorkerThread] = []
        for index in 0..<count {
            threads.append(
                try WorkerThread(name: "dosql-\(name)-\(index)") { [queue, post = watchdog.post()] in
                    while let task = queue.take() { task(post) }
                })
        }
        self.threads = threads
    }

    /// Runs a task on one of the threads.
    func post(_ task: @escaping @Sendable (Watchdog.Post) -> Void) { queue.post(task) }

    /// Finishes what is queued and ends the threads.
    func stop() {
        queue.close()
        for thread in threads { thread.join() }
    }
}
