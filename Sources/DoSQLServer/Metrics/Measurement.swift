import DoSQLLoop
import Synchronization

/// One reading of all metrics: every shard adds a copy of what it has counted, and the last one lets the sum go on.
final class Measurement: Sendable {
    private struct State: Sendable {
        var missing: Int
        var sum = ShardMetrics()
    }

    private let state: Mutex<State>
    private let done: @Sendable (ShardMetrics) -> Void

    /// Asks all shards.
    /// - Parameter done: gets the sum, on the loop of whichever shard was the last.
    static func begin(_ shards: ShardDirectory, _ done: @escaping @Sendable (ShardMetrics) -> Void) {
        let mailboxes = shards.all
        let measurement = Measurement(shards: mailboxes.count, done)
        for mailbox in mailboxes where !mailbox.post(.measure(measurement)) {
            // It has stopped, and its connections with it.
            measurement.add(ShardMetrics())
        }
    }

    private init(shards: Int, _ done: @escaping @Sendable (ShardMetrics) -> Void) {
        state = Mutex(State(missing: shards))
        self.done = done
    }

    /// A shard's part.
    func add(_ metrics: ShardMetrics) {
        let sum = state.withLock { state -> ShardMetrics? in
            state.sum.add(metrics)
            state.missing -= 1
            return state.missing == 0 ? state.sum : nil
        }
        if let sum { done(sum) }
    }
}
