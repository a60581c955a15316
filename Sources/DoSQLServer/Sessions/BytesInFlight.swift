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

    /// Whether no further long answer is begun: a quarter of the share is left for those that are being made, and for
    /// what is short.
    var isShort: Bool { bytes > bytesMax / 4 * 3 }

    /// Why no more is taken.
    var refusal: Failure {
        .overloaded(
            "too many bytes of requests and answers wait in this server", limit: ("bytesInFlightMax", serverMax),
            retryAfter: 500)
    }

    /// Counts bytes in, or with a negative number out.
    func add(_ bytes: Int) {
        if bytes != 0 { count.add(bytes, ordering: .relaxed) }
    }
}

/// What one owner has in flight; it ends with its owner.
final class ByteCharge {
    private let total: BytesInFlight
    private(set) var bytes = 0

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

/// Bytes on their way from one thread to another; they end with whoever holds them last.
final class BytesOnTheirWay: Sendable {
    private let total: BytesInFlight
    private let bytes: Int

    init(_ bytes: Int, in total: BytesInFlight) {
        self.bytes = bytes
        self.total = total
        total.add(bytes)
    }

    deinit { total.add(-bytes) }
}
