package import DoSQLLoop
import Histogram

/// The clock of a closed loop: a short time to warm up, then so long in which answers count; then the connections are
/// closed, and with the last of them it ends.
package final class Measurement {
    private static let warmUpTime: Duration = .milliseconds(300)

    private let loop: EventLoop
    private var histogram = Histogram<UInt64>(numberOfSignificantValueDigits: .three)
    private var answered = 0
    private var isMeasuring = false
    private var failure: BenchmarkError?
    private var open: Int
    private var closeAll: (() -> Void)?

    /// - Parameter connections: how many are open on the loop.
    package init(on loop: EventLoop, connections: Int) {
        self.loop = loop
        open = connections
    }

    /// Runs the loop.
    /// - Parameter closeAll: closes every connection; called at least once.
    package func run(seconds: Double, cpuOf server: ProcessUsage, closeAll: @escaping () -> Void) throws -> Figures {
        self.closeAll = closeAll
        defer { self.closeAll = nil }
        var cpuBefore = 0.0
        var began: UInt64 = 0
        var ended: UInt64 = 0
        var cpuAfter = 0.0
        let end = Timer(on: loop) {
            ended = MonotonicClock.nanoseconds()
            cpuAfter = server.cpuSeconds()
            closeAll()
        }
        let warm = Timer(on: loop) { [unowned self] in
            histogram.reset()
            answered = 0
            isMeasuring = true
            cpuBefore = server.cpuSeconds()
            began = MonotonicClock.nanoseconds()
            end.start(after: .milliseconds(Int(seconds * 1000)))
        }
        warm.start(after: Self.warmUpTime)
        loop.run()
        if let failure { throw failure }
        let time = Double(ended - began) / 1e9
        return Figures(
            rate: Double(answered) / time, p50: Double(histogram.valueAtPercentile(50)) / 1000,
            p99: Double(histogram.valueAtPercentile(99)) / 1000, cpu: (cpuAfter - cpuBefore) * 1e6 / Double(answered))
    }

    /// An answer has come, so many nanoseconds after its request.
    package func record(_ nanoseconds: UInt64) {
        guard isMeasuring else { return }
        answered += 1
        histogram.record(nanoseconds)
    }

    /// Something is wrong: it ends without figures.
    package func failed(_ reason: String) {
        if failure == nil { failure = BenchmarkError(reason) }
        closeAll?()
    }

    /// One connection is closed.
    package func connectionClosed() {
        open -= 1
        guard open == 0 else { return }
        isMeasuring = false
        loop.stop()
    }
}
