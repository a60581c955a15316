import DoSQLEngine
import DoSQLLoop
import Synchronization

/// Which texts of a tenant took most time: a bounded table, without the values of parameters
/// (`protocol/administration.md`, tenant).
///
/// Whoever runs statements counts them here, under a lock that is held for some tens of nanoseconds: threads one by one, a
/// loop once a turn.
final class TopStatements: StatementObserver {
    /// Bytes of a text that are kept: enough to know it again.
    static let textMax = 1024
    /// Texts of one tenant. With their counts a quarter of a MiB, for a tenant whose texts are all different.
    static let textsMax = 256

    /// What is known of one text.
    struct Entry: Sendable {
        let sql: String
        var runs: StatementRuns
    }

    private struct State {
        var entries: [UInt64: Entry] = [:]
        var totals = StatementTotals()
    }

    private let state = Mutex(State())
    private let slowTime: UInt64
    private let tellsSlow: Bool

    /// - Parameters:
    ///   - slowTime: nanoseconds from which a statement counts as slow.
    ///   - tellsSlow: whether the request that a slow one ran for is told of it.
    init(slowTime: UInt64, tellsSlow: Bool) {
        self.slowTime = slowTime
        self.tellsSlow = tellsSlow
    }

    /// What all of them have cost, those whose texts have left the table with them.
    var totals: StatementTotals { state.withLock { $0.totals } }

    func ran(_ text: SQLText, _ runs: StatementRuns, for errand: (any AnyObject & Sendable)?) {
        let hash = text.hash
        // Of runs that are told together at most one was slow; what a loop ran, it tells by itself.
        let isSlow = runs.longest >= slowTime
        if isSlow, tellsSlow, let job = errand as? Job {
            job.ranSlowly(
                SlowStatement.bounded(String(decoding: text.utf8, as: UTF8.self)), nanoseconds: runs.nanoseconds,
                rows: Int(clamping: runs.rows))
        }
        let isKnown = state.withLock { state in
            state.totals.add(runs, isSlow: isSlow)
            return state.entries[hash]?.runs.add(runs) != nil
        }
        if isKnown { return }
        let new = Entry(sql: Self.cut(String(decoding: text.utf8, as: UTF8.self)), runs: runs)
        state.withLock { state in
            guard state.entries[hash]?.runs.add(runs) == nil else { return }
            if state.entries.count >= Self.textsMax {
                // Who sends ever new texts must not push out what a tenant spends its time with.
                guard let least = state.entries.min(by: { $0.value.runs.nanoseconds < $1.value.runs.nanoseconds })
                else { return }
                state.entries[least.key] = nil
            }
            state.entries[hash] = new
        }
    }

    /// Those that took most time, first the one that took most.
    func longest(_ count: Int) -> [Entry] {
        Array(
            state.withLock { Array($0.entries.values) }.sorted { $0.runs.nanoseconds > $1.runs.nanoseconds }
                .prefix(count))
    }

    private static func cut(_ sql: String) -> String {
        guard sql.utf8.count > textMax else { return sql }
        var end = sql.utf8.index(sql.startIndex, offsetBy: textMax)
        while sql.unicodeScalars.index(before: sql.endIndex) >= end, end.samePosition(in: sql.unicodeScalars) == nil {
            end = sql.utf8.index(before: end)
        }
        return String(sql[..<end])
    }
}
