/// What a load came to.
package struct LoadFigures: Sendable {
    /// What one kind of traffic came to.
    package struct Kind: Sendable {
        /// What was counted.
        package var count: Int
        /// In a second.
        package var rate: Double
        /// Nanoseconds, by percentile.
        package var latency: Latency
        /// All requests that were sent, and all answers that came: the time before and after the measurement included.
        package var sent: Int
        package var received: Int
        /// Bytes that came for each answer, headers of the transport excepted.
        package var bytesPerAnswer: Double
    }

    /// Nanoseconds.
    package struct Latency: Sendable {
        package var p50: UInt64
        package var p90: UInt64
        package var p99: UInt64
        package var p999: UInt64
        package var max: UInt64
    }

    package var seconds: Double
    package var kinds: [Kind]
    /// Seconds of processor time, user and system, while it was measured.
    package var generatorCPU: Double
    /// The same of the server; not a number if it was not looked at.
    package var serverCPU: Double
}
