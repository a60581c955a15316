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

    private let entries = Mutex<[UInt64: Entry]>([:])

    func ran(_ text: SQLText, _ runs: StatementRuns) {
        let hash = text.hash
        let isKnown = entries.withLock { entries in entries[hash]?.runs.add(runs) != nil }
        if isKnown { return }
        let new = Entry(sql: Self.cut(String(decoding: text.utf8, as: UTF8.self)), runs: runs)
        entries.withLock { entries in
            guard entries[hash]?.runs.add(runs) == nil else { return }
            if entries.count >= Self.textsMax {
                // Who sends ever new texts must not push out what a tenant spends its time with.
                guard let least = entries.min(by: { $0.value.runs.nanoseconds < $1.value.runs.nanoseconds }) else {
                    return
                }
                entries[least.key] = nil
            }
            entries[hash] = new
        }
    }

    /// Those that took most time, first the one that took most.
    func longest(_ count: Int) -> [Entry] {
        Array(entries.withLock { Array($0.values) }.sorted { $0.runs.nanoseconds > $1.runs.nanoseconds }.prefix(count))
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
