/// When one message was where: monotonic nanoseconds.
struct Publication {
    var sentAt: UInt64 = 0
    /// When its publisher was told that it is durable.
    var acknowledgedAt: UInt64 = 0
    /// When the first and, so far, the last subscriber had it.
    var firstAt: UInt64 = 0
    var lastAt: UInt64 = 0
    /// How many have it.
    var received = 0

    var isUnderWay: Bool { sentAt > 0 }

    /// Milliseconds between two moments of it; 0 if the second came first.
    func milliseconds(from start: KeyPath<Publication, UInt64>, to end: KeyPath<Publication, UInt64>) -> Double {
        let (start, end) = (self[keyPath: start], self[keyPath: end])
        return end > start ? Double(end - start) / 1e6 : 0
    }
}
