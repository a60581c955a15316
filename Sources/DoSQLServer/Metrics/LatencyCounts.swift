/// How long requests took, in buckets (`protocol/metrics.md`, how long). Whoever owns it counts by plain additions.
struct LatencyCounts: Sendable {
    /// The greatest nanoseconds of the buckets, ascending; one more holds what is beyond.
    static let bounds: [UInt64] = [
        5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000,
        25_000_000, 50_000_000, 100_000_000, 250_000_000, 500_000_000, 1_000_000_000, 2_500_000_000, 5_000_000_000,
        10_000_000_000, 30_000_000_000,
    ]

    private var buckets: [22 of UInt64] = InlineArray(repeating: 0)
    private var sum: UInt64 = 0

    /// Counts a request.
    mutating func observe(_ nanoseconds: UInt64) {
        let bounds = Self.bounds
        var index = 0
        while index < bounds.count && nanoseconds > bounds[index] { index += 1 }
        buckets[index] &+= 1
        sum &+= nanoseconds
    }

    /// Adds what was counted elsewhere.
    mutating func add(_ other: LatencyCounts) {
        for index in buckets.indices { buckets[index] &+= other.buckets[index] }
        sum &+= other.sum
    }

    /// Requests of each bucket by itself.
    var counts: [UInt64] { buckets.indices.map { buckets[$0] } }

    /// What was counted so far.
    var reading: Histogram.Reading {
        var count: UInt64 = 0
        return Histogram.Reading(
            cumulative: counts.map { own in
                count += own
                return count
            }, sum: sum)
    }
}
