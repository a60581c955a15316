import Synchronization

/// The bytes of one shard that wait: bodies of requests that are not done, and answers that no client has taken.
///
/// Each shard has its share of the server's bound, so that shards do not meet in a count. Threads that work for the shard
/// count here too.
final class BytesInFlight: Sendable {
    /// The server's bound, as errors tell it.
    let serverMax: Int
    /// This shard's share of it.
    let bytesMax: Int
    private let count = Atomic<Int>(0)

    init(serverMax: Int, shards: Int) {
        self.serverMax = serverMax
        bytesMax = max(1, serverMax / max(1, shards))
    }

    /// How many there are.
    var bytes: Int { count.load(ordering: .relaxed) }

    /// Whether no more may come.
    var isFull: Bool { bytes > bytesMax }

    /// Counts bytes in, or with a negative number out.
    func add(_ bytes: Int) {
        if bytes != 0 { count.add(bytes, ordering: .relaxed) }
    }
}

/// What one owner has in flight; it ends with its owner.
final class ByteCharge {
    private let total: BytesInFlight
    private var bytes = 0

    init(to total: BytesInFlight) {
        self.total = total
    }

    deinit { total.add(-bytes) }

    /// The owner holds so many now.
    func set(_ bytes: Int) {
        guard bytes != self.bytes else { return }
        total.add(bytes - self.bytes)
        self.bytes = bytes
    }
}
