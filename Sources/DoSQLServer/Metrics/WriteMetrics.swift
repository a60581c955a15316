import DoSQLLoop
import Synchronization

/// What the writer threads count. Next to a wait for the disk an atomic addition is nothing.
final class WriteMetrics: Sendable {
    /// What became of a checkpoint.
    enum Checkpoint: Int, CaseIterable, Sendable {
        /// All of the log was copied.
        case complete
        /// A reader held a part of it back.
        case partial
        case failed

        /// The value of the label `result`.
        var label: String {
            switch self {
            case .complete: "complete"
            case .partial: "partial"
            case .failed: "failed"
            }
        }
    }

    /// Autocommit writes that shared a commit.
    let groupSize = Histogram(bounds: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024])
    /// Nanoseconds that a COMMIT took, of a group or an interactive transaction, whether it succeeded or not.
    let commitTime = Histogram(
        bounds: [
            25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000,
            50_000_000, 100_000_000, 250_000_000, 500_000_000, 1_000_000_000, 2_500_000_000,
        ])
    private let commits = Atomic<UInt64>(0)
    private let changes = Atomic<UInt64>(0)
    private let checkpoints: [3 of Atomic<UInt64>] = InlineArray { _ in Atomic<UInt64>(0) }

    /// Runs a COMMIT and counts it, and how long it takes.
    func counting<Fault: Error>(_ commit: () throws(Fault) -> Void) throws(Fault) {
        let start = MonotonicClock.nanoseconds()
        defer { commitTime.observe(MonotonicClock.nanoseconds() &- start) }
        try commit()
        commits.add(1, ordering: .relaxed)
    }

    /// Changes have become durable: a log sequence number each.
    func changed(_ count: UInt64) { changes.add(count, ordering: .relaxed) }

    /// A checkpoint has ended.
    func checkpointed(_ result: Checkpoint) { checkpoints[result.rawValue].add(1, ordering: .relaxed) }

    /// How many commits succeeded.
    var commitCount: UInt64 { commits.load(ordering: .relaxed) }

    /// How many changes became durable.
    var changeCount: UInt64 { changes.load(ordering: .relaxed) }

    /// How many checkpoints ended so.
    func count(of result: Checkpoint) -> UInt64 { checkpoints[result.rawValue].load(ordering: .relaxed) }
}
