import DoSQLLoop

/// The threads that carry out writes: each takes the next tenant that has work and gives it a turn.
///
/// They are more than the cores, because they sleep in fsync; a tenant is in the queue at most once, so none can fill
/// it.
final class WriterPool: Sendable {
    private let queue = WorkQueue<Tenant>()
    private let threads: [WorkerThread]

    init(threads count: Int, watchdog: Watchdog) throws(LoopError) {
        var threads: [WorkerThread] = []
        for index in 0..<count {
            threads.append(
                try WorkerThread(name: "dosql-write-\(index)") { [queue, post = watchdog.post()] in
                    while let tenant = queue.take() { tenant.takeTurn(watch: post) }
                })
        }
        self.threads = threads
    }

    /// The tenant has work.
    func post(_ tenant: Tenant) { queue.post(tenant) }

    /// Finishes what is queued and ends the threads.
    func stop() {
        queue.close()
        for thread in threads { thread.join() }
    }
}
