import DoSQLEngine
import DoSQLLoop
import Synchronization

/// Which texts of a tenant took most time: a bounded table, without the values of parameters
/// (`protocol/administration.md`, tenant).
///
/// Each thread that runs a statement counts it here, under a lock that is held for some tens of nanoseconds.
final class TopStatements: StatementObserver {
    /// Bytes of a text that are kept: enough to know it again.
    static let textMax = 1024
    /// Texts of one tenant. With their counts a quarter of a MiB, for a tenant whose texts are all different.
    static let textsMax = 256

    /// What is known of one text.
    struct Entry: Sendable {
        let sql: String
        var count: UInt64 = 0
        var nanoseconds: UInt64 = 0
        var longest: UInt64 = 0
        var rows: UInt64 = 0

        fileprivate mutating func add(_ nanoseconds: UInt64, rows: Int) {
            count += 1
            self.nanoseconds &+= nanoseconds
            longest = max(longest, nanoseconds)
            self.rows &+= UInt64(clamping: rows)
        }
    }

    private let entries = Mutex<[UInt64: Entry]>([:])
    /// From how many nanoseconds on a statement is slow.
    private let slowFrom: UInt64

    /// - Parameter slowFrom: nanoseconds from which whoever a statement is run for is told of it; `.max`: never.
    init(slowFrom: UInt64 = .max) {
        self.slowFrom = slowFrom
    }

    func ran(_ statement: Statement, nanoseconds: UInt64, rows: Int) {
        if nanoseconds >= slowFrom, let job = statement.errand as? Job {
            job.ranSlowly(SlowStatement.bounded(statement.sql), nanoseconds: nanoseconds, rows: rows)
        }
        let hash = statement.textHash
        let isKnown = entries.withLock { entries in entries[hash]?.add(nanoseconds, rows: rows) != nil }
        if isKnown { return }
        var entry = Entry(sql: Self.cut(statement.sql))
        entry.add(nanoseconds, rows: rows)
        let new = entry
        entries.withLock { entries in
            guard entries[hash]?.add(nanoseconds, rows: rows) == nil else { return }
            if entries.count >= Self.textsMax {
                // Who sends ever new texts must not push out what a tenant spends its time with.
                guard let least = entries.min(by: { $0.value.nanoseconds < $1.value.nanoseconds }) else { return }
                entries[least.key] = nil
            }
            entries[hash] = new
        }
    }

    /// Those that took most time, first the one that took most.
    func longest(_ count: Int) -> [Entry] {
        Array(entries.withLock { Array($0.values) }.sorted { $0.nanoseconds > $1.nanoseconds }.prefix(count))
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
