import DoSQLLoop

/// The threads that carry out writes: each takes the next tenant that has work and gives it a turn.
///
/// They are more than the cores, because they sleep in fsync; a tenant is in the queue at most once, so none can fill
/// it.
final class WriterPool: Sendable {
    private enum Work: Sendable {
        case turn(Tenant)
        case probe(@Sendable () -> Void)
    }

    private let queue = WorkQueue<Work>()
    private let threads: [WorkerThread]

    init(threads count: Int, watchdog: Watchdog) throws(LoopError) {
        var threads: [WorkerThread] = []
        for index in 0..<count {
            threads.append(
                try WorkerThread(name: "dosql-write-\(index)") { [queue, post = watchdog.post()] in
                    while let work = queue.take() {
                        switch work {
                        case .turn(let tenant): tenant.takeTurn(watch: post)
                        case .probe(let body): body()
                        }
                    }
                })
        }
        self.threads = threads
    }

    /// The tenant has work.
    func post(_ tenant: Tenant) { queue.post(.turn(tenant)) }

    /// Calls back on one of the threads: whether they still work is asked for.
    func probe(_ body: @escaping @Sendable () -> Void) { queue.post(.probe(body)) }

    /// Finishes what is queued and ends the threads.
    func stop() {
        queue.close()
        for thread in threads { thread.join() }
    }
}
