import Histogram

/// What a kind of traffic came to while it was measured.
final class Recorder {
    /// Nanoseconds.
    private var histogram = Histogram<UInt64>(numberOfSignificantValueDigits: .three)
    /// What was counted while it was measured.
    private(set) var counted = 0
    /// Requests sent and answers received from the first to the last, the opening excepted.
    var sent = 0
    var received = 0
    var isMeasuring = false

    func record(_ nanoseconds: UInt64, count: Int = 1) {
        guard isMeasuring else { return }
        counted += count
        histogram.record(nanoseconds, count: UInt64(count))
    }

    /// What was recorded.
    var latency: LoadFigures.Latency {
        LoadFigures.Latency(
            p50: histogram.valueAtPercentile(50), p90: histogram.valueAtPercentile(90),
            p99: histogram.valueAtPercentile(99), p999: histogram.valueAtPercentile(99.9), max: histogram.max)
    }
}
