import Synchronization

/// Counts a request and its body among those of its tenant and its shard, until it is answered or gone.
final class RequestTally: Sendable {
    private let tenant: Tenant
    private let total: BytesInFlight
    private let bytes: Int
    private let isOver = Atomic<Bool>(false)

    init(of tenant: Tenant, bytes: Int, in total: BytesInFlight) {
        self.tenant = tenant
        self.total = total
        self.bytes = bytes
        tenant.requests.add(1, ordering: .relaxed)
        tenant.requestBytes.add(bytes, ordering: .relaxed)
        total.add(bytes)
    }

    deinit { end() }

    /// It counts no more. Saying so twice is as good as once.
    func end() {
        guard !isOver.exchange(true, ordering: .relaxed) else { return }
        tenant.requests.subtract(1, ordering: .relaxed)
        tenant.requestBytes.subtract(bytes, ordering: .relaxed)
        total.add(-bytes)
    }
}
