/// A table of what was found out lately, bounded: of `capacity` entries the newer half at least is kept, and whatever is
/// asked for becomes new again. Every operation takes constant time but for the moment when the older half is dropped.
struct RecentVerdicts<Key: Hashable & Sendable, Verdict: Sendable>: Sendable {
    private var newer: [Key: Verdict] = [:]
    private var older: [Key: Verdict] = [:]
    private let half: Int

    init(capacity: Int) {
        half = max(capacity / 2, 1)
    }

    /// How many there are.
    var count: Int { newer.count + older.count }

    /// What was found out about a key; nil: nothing, or it was long ago.
    mutating func verdict(for key: Key) -> Verdict? {
        if let verdict = newer[key] { return verdict }
        guard let verdict = older.removeValue(forKey: key) else { return nil }
        insert(verdict, for: key)
        return verdict
    }

    /// Remembers a verdict.
    mutating func insert(_ verdict: Verdict, for key: Key) {
        older.removeValue(forKey: key)
        newer[key] = verdict
        if newer.count >= half {
            older = newer
            newer = [:]
        }
    }

    /// Forgets one.
    mutating func remove(_ key: Key) {
        newer.removeValue(forKey: key)
        older.removeValue(forKey: key)
    }

    /// Forgets everything.
    mutating func removeAll() {
        newer = [:]
        older = [:]
    }
}
