import Synchronization

/// How often a value lay between which bounds, counted by several threads at once without a lock.
///
/// A reader may see a value that is under way counted in one place and not yet in another; nothing is ever lost.
final class Histogram: Sendable {
    /// Buckets that there is room for, the one beyond the last bound with them.
    static let bucketsMax = 24

    /// What was counted, at a moment.
    struct Reading: Sendable {
        /// Values at most as great as each bound, and all of them at last.
        var cumulative: [UInt64]
        /// Of all values.
        var sum: UInt64
    }

    /// The greatest values of the buckets, ascending.
    let bounds: [UInt64]
    private let buckets: [24 of Atomic<UInt64>]
    private let sum = Atomic<UInt64>(0)

    /// An empty histogram.
    /// - Parameter bounds: ascending, at most one less than ``bucketsMax``.
    init(bounds: [UInt64]) {
        precondition(bounds.count < Self.bucketsMax, "there is room for \(Self.bucketsMax) buckets")
        self.bounds = bounds
        buckets = InlineArray { _ in Atomic<UInt64>(0) }
    }

    /// Counts a value.
    func observe(_ value: UInt64) {
        var index = 0
        while index < bounds.count && value > bounds[index] { index += 1 }
        buckets[index].add(1, ordering: .relaxed)
        sum.add(value, ordering: .relaxed)
    }

    /// What was counted so far.
    var reading: Reading {
        var cumulative: [UInt64] = []
        var count: UInt64 = 0
        for index in 0...bounds.count {
            count += buckets[index].load(ordering: .relaxed)
            cumulative.append(count)
        }
        return Reading(cumulative: cumulative, sum: sum.load(ordering: .relaxed))
    }
}
