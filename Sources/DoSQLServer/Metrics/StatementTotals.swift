import DoSQLEngine

/// What statements have cost, of one tenant or of several.
struct StatementTotals: Sendable {
    var count: UInt64 = 0
    var nanoseconds: UInt64 = 0
    var rows: UInt64 = 0
    /// Those that ran for long (`protocol/metrics.md`, limits).
    var slow: UInt64 = 0

    /// Counts runs, of which one may have been slow.
    mutating func add(_ runs: StatementRuns, isSlow: Bool) {
        count &+= runs.count
        nanoseconds &+= runs.nanoseconds
        rows &+= runs.rows
        if isSlow { slow &+= 1 }
    }

    /// Adds what others have cost.
    mutating func add(_ other: StatementTotals) {
        count &+= other.count
        nanoseconds &+= other.nanoseconds
        rows &+= other.rows
        slow &+= other.slow
    }
}
