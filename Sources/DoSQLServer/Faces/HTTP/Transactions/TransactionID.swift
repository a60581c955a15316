import DoSQLProtocol

/// The name of an interactive transaction over HTTP: where it lives, and 128 random bits that nobody can guess.
struct TransactionID: Hashable, Sendable, CustomStringConvertible {
    /// The number of the shard that holds it.
    let shard: Int
    private let secret: Identity

    /// A new name.
    init(onShard shard: Int) {
        self.shard = shard
        secret = Identity.random()
    }

    /// Reads a name as it stands in a path; nil if it cannot be one.
    init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let shard = Int(parts[0], radix: 16), shard >= 0, parts[1].utf8.count == 32,
            let high = UInt64(parts[1].prefix(16), radix: 16), let low = UInt64(parts[1].suffix(16), radix: 16)
        else { return nil }
        self.shard = shard
        secret = Identity(low: low, high: high)
        // One transaction has one name.
        guard description == text else { return nil }
    }

    var description: String { "\(Self.hex(UInt64(shard), digits: 1))-\(Self.hex(secret.high))\(Self.hex(secret.low))" }

    private static func hex(_ number: UInt64, digits: Int = 16) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }
}
