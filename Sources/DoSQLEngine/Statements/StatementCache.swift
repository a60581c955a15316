/// The prepared statements of one connection, the least recently used ones leaving first.
///
/// A statement is handed out only while the cache is its sole owner: whoever holds one, mid-step or not, keeps it to
/// himself by holding it, and gives it back by letting go of it.
struct StatementCache: ~Copyable {
    private struct Entry {
        var text: SQLText
        var statement: Statement
        var newer: Int
        var older: Int
    }

    private let capacity: Int
    private var entries: [Entry] = []
    /// By hash alone: of two texts with one hash, the later one takes the place.
    private var positions = StatementPositions()
    private var newest = -1
    private var oldest = -1

    init(capacity: Int) {
        self.capacity = capacity
    }

    var count: Int { entries.count }

    /// The statement of this text, if there is one and nobody holds it.
    mutating func find(_ sql: Span<UInt8>, hash: UInt64) -> Statement? {
        guard let position = positions[hash], entries[position].text.equals(sql) else { return nil }
        return take(position)
    }

    /// The same for a text whose owner kept its hash.
    mutating func find(_ text: SQLText) -> Statement? {
        guard let position = positions[text.hash], entries[position].text == text else { return nil }
        return take(position)
    }

    /// Keeps a statement; one under the same text leaves.
    ///
    /// One that changes the schema is not kept: SQLite would have to prepare it again, and what it then touches can be
    /// looked at only when it has run and the text no longer compiles (`CREATE TABLE t` where there is a `t` by now).
    mutating func insert(_ statement: Statement, for text: SQLText) {
        guard capacity > 0, !statement.access.changesSchema else { return }
        if let position = positions[text.hash] {
            entries[position].text = text
            entries[position].statement = statement
            touch(position)
        } else if entries.count < capacity {
            entries.append(Entry(text: text, statement: statement, newer: -1, older: -1))
            positions[text.hash] = entries.count - 1
            link(entries.count - 1)
        } else {
            let position = oldest
            positions[entries[position].text.hash] = nil
            positions[text.hash] = position
            entries[position].text = text
            entries[position].statement = statement
            touch(position)
        }
    }

    mutating func removeAll() {
        entries = []
        positions = StatementPositions()
        newest = -1
        oldest = -1
    }

    private mutating func take(_ position: Int) -> Statement? {
        guard isKnownUniquelyReferenced(&entries[position].statement), !entries[position].statement.isOutdated else {
            return nil
        }
        touch(position)
        return entries[position].statement
    }

    private mutating func touch(_ position: Int) {
        guard newest != position else { return }
        unlink(position)
        link(position)
    }

    private mutating func unlink(_ position: Int) {
        let (newer, older) = (entries[position].newer, entries[position].older)
        if newer >= 0 { entries[newer].older = older } else { newest = older }
        if older >= 0 { entries[older].newer = newer } else { oldest = newer }
    }

    private mutating func link(_ position: Int) {
        entries[position].newer = -1
        entries[position].older = newest
        if newest >= 0 { entries[newest].newer = position } else { oldest = position }
        newest = position
    }
}
