import DoSQLLoop
import Synchronization

/// Goes through everything a server needs, one after another: a writer thread, a reader thread, the data folder.
final class HealthProbe: Sendable {
    private static let stages = ["a writer thread", "a reader thread", "the data folder"]

    private let context: ServerContext
    private let caller: TransactionCaller
    private let passed = Atomic<Int>(0)

    /// A probe whose result goes to `caller`.
    init(_ context: ServerContext, for caller: TransactionCaller) {
        self.context = context
        self.caller = caller
    }

    /// What it waits for.
    var stage: String { Self.stages[passed.load(ordering: .relaxed)] }

    /// Sets out.
    func begin() {
        let threads = context.tenants.context
        threads.writers.post(for: self) { [self] _ in
            passed.store(1, ordering: .relaxed)
            threads.readers.post(for: self) { [self] _ in
                passed.store(2, ordering: .relaxed)
                threads.openers.post(for: self) { [self] _ in
                    let fault = context.folder.fault
                    caller.shard.post(.report(fault.map { .unhealthy($0) } ?? .healthy, for: caller))
                }
            }
        }
    }
}
