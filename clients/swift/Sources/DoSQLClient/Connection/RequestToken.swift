import Synchronization

/// Names a request from the moment its caller has the wish, before it has an id.
final class RequestToken: Sendable {
    let ticket: UInt64
    private let cancelled = Atomic(false)
    private static let tickets = Atomic<UInt64>(0)

    init() { ticket = Self.tickets.add(1, ordering: .relaxed).newValue }

    /// Whether the caller's task was cancelled.
    var isCancelled: Bool { cancelled.load(ordering: .acquiring) }

    func cancel() { cancelled.store(true, ordering: .releasing) }
}
