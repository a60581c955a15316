/// Where the statements of a cache stand, by the hash of their text.
///
/// A table with open addressing, because it is asked for every request and the hashes are good already (``SQLText``): the
/// standard dictionary would hash them once more.
struct StatementPositions: ~Copyable {
    private struct Slot {
        var hash: UInt64
        /// -1: free.
        var position: Int
    }

    private var slots: [Slot] = []
    private var count = 0

    /// The position of a hash; nil if there is none. Setting nil frees it.
    subscript(hash: UInt64) -> Int? {
        get {
            guard !slots.isEmpty else { return nil }
            let position = slots[slot(of: hash)].position
            return position < 0 ? nil : position
        }
        set {
            if let newValue { insert(hash, newValue) } else { remove(hash) }
        }
    }

    /// The hash's slot, or the free one where it would go. There is always a free one.
    private func slot(of hash: UInt64) -> Int {
        let mask = slots.count &- 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot].position >= 0, slots[slot].hash != hash { slot = (slot &+ 1) & mask }
        return slot
    }

    private mutating func insert(_ hash: UInt64, _ position: Int) {
        // At most half full, so that a search is short.
        if count * 2 >= slots.count { grow() }
        let slot = slot(of: hash)
        if slots[slot].position < 0 { count += 1 }
        slots[slot] = Slot(hash: hash, position: position)
    }

    private mutating func grow() {
        let old = slots
        slots = Array(repeating: Slot(hash: 0, position: -1), count: max(16, old.count * 2))
        for kept in old where kept.position >= 0 { slots[slot(of: kept.hash)] = kept }
    }

    private mutating func remove(_ hash: UInt64) {
        guard !slots.isEmpty else { return }
        var free = slot(of: hash)
        guard slots[free].position >= 0 else { return }
        count -= 1
        let mask = slots.count - 1
        slots[free].position = -1
        // Whoever stands behind and could not go where he belongs moves up, so that a search never meets a gap too early.
        var next = (free + 1) & mask
        while slots[next].position >= 0 {
            let home = Int(truncatingIfNeeded: slots[next].hash) & mask
            if (next - home) & mask >= (next - free) & mask {
                slots[free] = slots[next]
                slots[next].position = -1
                free = next
            }
            next = (next + 1) & mask
        }
    }
}
