/// What one run of one cell came to.
package struct Figures: Sendable {
    /// Requests answered in a second.
    package var rate: Double
    /// Microseconds; nil where a loop of calls has no latency to speak of.
    package var p50: Double?
    package var p99: Double?
    /// Microseconds of processor time, user and system, for each request, of the side that carries it out.
    package var cpu: Double

    package init(rate: Double, p50: Double? = nil, p99: Double? = nil, cpu: Double) {
        self.rate = rate
        self.p50 = p50
        self.p99 = p99
        self.cpu = cpu
    }
}
