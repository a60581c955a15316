import DequeModule

/// Connections that have neither said HELLO nor sent a request's head, in the order in which they came. They are so many
/// at most: one more, and whoever has waited for longest has to go.
struct Unproven {
    private let most: Int
    private var order: Deque<UInt64> = []
    private var members: Set<UInt64> = []

    init(most: Int) {
        self.most = most
    }

    /// How many there are.
    var count: Int { members.count }

    /// Adds one, and gives the one that has to go for it.
    mutating func add(_ connection: UInt64) -> UInt64? {
        members.insert(connection)
        order.append(connection)
        guard members.count > most else { return nil }
        while let oldest = order.popFirst() {
            if members.remove(oldest) != nil { return oldest }
        }
        return nil
    }

    /// It has proved itself, or is gone.
    mutating func remove(_ connection: UInt64) {
        guard members.remove(connection) != nil else { return }
        if members.isEmpty {
            order.removeAll()
        } else if order.count > 2 * members.count + 64 {
            // Most have proved themselves meanwhile.
            order = Deque(order.filter { members.contains($0) })
        }
    }
}
