/// So many requests a second, and so many at once after silence.
///
/// It is known when the bucket was empty, in nanoseconds; what it holds follows from that. Time is an argument.
public struct TokenBucket: Sendable, Hashable {
    /// Tokens a second.
    public let rate: Int
    /// Tokens it holds when full.
    public let burst: Int
    private let interval: UInt64
    private var emptyAt: UInt64

    /// A full bucket. `rate`: 1 to 1,000,000 a second; `burst`: 1 to 1,000,000.
    public init(rate: Int, burst: Int, now: UInt64) {
        precondition((1...1_000_000).contains(rate) && (1...1_000_000).contains(burst), "A bucket is finite")
        self.rate = rate
        self.burst = burst
        interval = 1_000_000_000 / UInt64(rate)
        emptyAt = now.subtractingReportingOverflow(interval * UInt64(burst)).partialValue
        if emptyAt > now { emptyAt = 0 }
    }

    /// Takes up to `count` tokens, and says how many there were.
    public mutating func take(_ count: Int, now: UInt64) -> Int {
        let full = interval * UInt64(burst)
        if now > full && emptyAt < now - full { emptyAt = now - full }
        guard now >= emptyAt else { return 0 }
        let taken = min(UInt64(max(0, count)), (now - emptyAt) / interval)
        emptyAt += taken * interval
        return Int(taken)
    }

    /// Nanoseconds until there is a token.
    public func wait(now: UInt64) -> UInt64 {
        let next = emptyAt + interval
        return next > now ? next - now : 0
    }
}
