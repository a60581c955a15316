/// Which texts have numbers on one connection (`protocol/messages.md`, PREPARE).
///
/// A text gets one at its second use: the first may be its last. The numbers are bounded; when they are used up, the text
/// that was not used for the longest time loses its own, which is bound anew by the same PREPARE.
/// Invariant: the numbered texts are at most `countMax`, their bytes at most `bytesMax`.
struct StatementCache {
    /// What to send for a text.
    enum Use: Equatable {
        /// The text itself.
        case text
        /// A number that is bound already.
        case number(UInt32)
        /// A number that PREPARE must bind first; UNPREPARE of others comes before it.
        case prepare(UInt32, freeing: [UInt32])
    }

    private struct Entry {
        var number: UInt32
        var lastUse: UInt64
    }

    private let countMax: Int
    private let bytesMax: Int
    private var entries: [String: Entry] = [:]
    private var seen: Set<String> = []
    private var freeNumbers: [UInt32] = []
    private var numbersGiven: UInt32 = 0
    private var bytes = 0
    private var clock: UInt64 = 0

    /// - Parameters:
    ///   - countMax: numbers at once; 0 turns the cache off.
    ///   - bytesMax: bytes of their texts at once.
    init(countMax: Int, bytesMax: Int) {
        self.countMax = countMax
        self.bytesMax = bytesMax
    }

    /// What to send for this text now.
    mutating func use(_ text: String) -> Use {
        clock += 1
        if let entry = entries[text] {
            entries[text]?.lastUse = clock
            return .number(entry.number)
        }
        let size = text.utf8.count
        // Beyond a sixteenth of the room one text would push too many others out.
        guard countMax > 0, size <= bytesMax / 16 else { return .text }
        guard seen.remove(text) != nil else {
            if seen.count >= 2 * countMax { seen.removeAll(keepingCapacity: true) }
            seen.insert(text)
            return .text
        }
        var evicted: [UInt32] = []
        while entries.count >= countMax || bytes + size > bytesMax {
            guard let number = evictOldest() else { break }
            evicted.append(number)
        }
        let number = evicted.popLast() ?? nextNumber()
        entries[text] = Entry(number: number, lastUse: clock)
        bytes += size
        freeNumbers += evicted
        return .prepare(number, freeing: evicted)
    }

    /// The server does not know this text's number, or had no room for it: it goes as text until it is used twice more.
    mutating func forget(_ text: String) {
        guard let entry = entries.removeValue(forKey: text) else { return }
        bytes -= text.utf8.count
        freeNumbers.append(entry.number)
    }

    private mutating func nextNumber() -> UInt32 {
        if let number = freeNumbers.popLast() { return number }
        numbersGiven += 1
        return numbersGiven
    }

    private mutating func evictOldest() -> UInt32? {
        guard let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) else { return nil }
        entries[oldest.key] = nil
        bytes -= oldest.key.utf8.count
        return oldest.value.number
    }
}
