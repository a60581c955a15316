import DequeModule

/// How a TLS handshake ended.
enum HandshakeResult: Int, Sendable, CaseIterable {
    case completed, failed, abandoned

    /// As the metrics call it.
    var label: String {
        switch self {
        case .completed: "completed"
        case .failed: "failed"
        case .abandoned: "abandoned"
        }
    }
}

/// The TLS handshakes that are under way on a shard, the oldest first.
///
/// Each holds some 20 KiB before anybody has shown who he is, so there may be ``max`` of them. One more ends the oldest:
/// who means it is done within two round trips, and whoever has waited for longest is the least likely to go on.
struct HandshakeLine {
    /// Handshakes under way at a time, on one event loop.
    static let max = 1024

    private var underWay: Set<UInt64> = []
    /// In the order of their beginnings, with some that have ended.
    private var order: Deque<UInt64> = []

    /// How many are under way.
    var count: Int { underWay.count }

    /// A connection's handshake begins; the result is the one that has to end for it.
    mutating func begin(_ connection: UInt64) -> UInt64? {
        underWay.insert(connection)
        order.append(connection)
        if order.count > 2 * Self.max { order.removeAll { !underWay.contains($0) } }
        guard underWay.count > Self.max else { return nil }
        while let oldest = order.popFirst() {
            if underWay.remove(oldest) != nil { return oldest }
        }
        return nil
    }

    /// A connection's handshake is over, or its connection is: false if it was over before.
    mutating func end(_ connection: UInt64) -> Bool { underWay.remove(connection) != nil }

    /// Whether a connection's handshake is under way.
    func contains(_ connection: UInt64) -> Bool { underWay.contains(connection) }
}
