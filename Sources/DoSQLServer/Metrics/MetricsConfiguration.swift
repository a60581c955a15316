/// What an operator decides about metrics (`protocol/metrics.md`, limits).
public struct MetricsConfiguration: Sendable {
    /// Tenants that have series of their own; the others share one.
    public var tenantSeriesMax = 20
    /// Nanoseconds from which a statement counts as slow.
    public var slowStatementTime: UInt64 = 100_000_000

    /// The defaults.
    public init() {}

    /// Every rule this configuration breaks, each as a sentence.
    var faults: [String] {
        var faults: [String] = []
        if !(0...1000).contains(tenantSeriesMax) {
            faults.append("0 to 1000 tenants have metrics of their own, not \(tenantSeriesMax)")
        }
        if slowStatementTime == 0 { faults.append("a slow statement takes some time") }
        return faults
    }
}
