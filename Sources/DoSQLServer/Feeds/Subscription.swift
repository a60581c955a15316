import DoSQLProtocol

/// A place in a feed that moves on as rows are delivered. Confined to the shard's loop.
///
/// A *live* one is given each row as the shard reads it. One that could not take a batch *lags*: nothing is kept for it,
/// and when it resumes the rows it has missed are read for it alone, until it is live again.
/// Invariant: every row up to `cursor` that it wants has been delivered to it, or was there before it began.
final class Subscription {
    enum State: UInt8 {
        /// Waits for a snapshot that tells where the feed is.
        case opening
        /// Gets what the shard reads.
        case live
        /// Cannot take more.
        case lagging
        /// Can take more: the next read for it is due.
        case catchingUp
        case ended
    }

    /// The feed it is a place in.
    var feed: Feed { group.kind }
    /// Let go of at its end.
    private(set) var subscriber: (any FeedSubscriber)?
    let group: FeedGroup
    /// Where it stands among its group's members.
    var slot = -1
    /// The last id that was delivered or passed over.
    var cursor: Int64
    /// Whether `cursor` is where the client wants to begin; if not, it begins at the end.
    let resumes: Bool
    private(set) var state = State.opening

    init(_ subscriber: any FeedSubscriber, group: FeedGroup, after: Int64?) {
        self.subscriber = subscriber
        self.group = group
        cursor = after ?? 0
        resumes = after != nil
    }

    /// The subscriber can take a batch again.
    func resume() {
        guard state == .lagging else { return }
        state = .catchingUp
        group.feed?.catchUp(self)
    }

    /// The subscriber wants nothing more, and hears nothing more.
    func cancel() { leave() }

    // MARK: For the feed

    func enter(_ state: State) {
        precondition(self.state != .ended, "what has ended stays so")
        group.feed?.count(from: self.state, to: state)
        self.state = state
    }

    func open(at position: Int64, oldest: Int64?) {
        subscriber?.subscription(self, openedAt: position, oldest: oldest)
    }

    var canTake: Bool { subscriber?.canTake(self) ?? false }

    /// Hands a batch over, without the rows it has had.
    func deliver(_ batch: FeedBatch) {
        guard batch.lastID > cursor, let wanted = batch.rows(after: cursor) else { return }
        cursor = batch.lastID
        subscriber?.deliver(wanted, to: self)
    }

    func end(_ failure: Failure) {
        let told = subscriber
        guard leave() else { return }
        told?.subscription(self, ended: failure)
    }

    @discardableResult
    private func leave() -> Bool {
        guard state != .ended else { return false }
        enter(.ended)
        subscriber = nil
        group.remove(self)
        return true
    }
}
