/// How long requests took, as buckets tell it (`protocol/metrics.md`, how long).
struct LatencyDistribution: Equatable {
    /// The greatest nanoseconds of the buckets, ascending; one more bucket holds what is beyond.
    let bounds: [UInt64]
    /// Requests of each bucket by itself.
    let counts: [UInt64]

    /// What was counted from one reading to another; where a count is less it began anew, and all of it is new.
    init(bounds: [UInt64], from earlier: [UInt64], to later: [UInt64]) {
        self.bounds = bounds
        let isAnew = earlier.count != later.count || zip(earlier, later).contains { $0 > $1 }
        counts = isAnew ? later : zip(earlier, later).map { $1 - $0 }
    }

    /// Requests in all.
    var total: UInt64 { counts.reduce(0, +) }

    /// The nanoseconds within which a share of the requests was done, as if a bucket's were spread evenly in it; nil if
    /// there were none, infinite beyond the last bound.
    /// - Parameter share: 0.5 for the median; above 0 and at most 1.
    func percentile(_ share: Double) -> Double? {
        let total = total
        guard total > 0 else { return nil }
        let rank = max(1, (share * Double(total)).rounded(.up))
        var below = 0.0
        for (index, count) in counts.enumerated() where count > 0 {
            let within = Double(count)
            guard below + within >= rank else {
                below += within
                continue
            }
            guard index < bounds.count else { return .infinity }
            let least = index == 0 ? 0 : Double(bounds[index - 1])
            return least + (Double(bounds[index]) - least) * (rank - below) / within
        }
        return .infinity
    }
}
