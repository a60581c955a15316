import DoSQLProtocol

/// The subscriptions of a shard that want the same of one feed: what is read for one of them is for all.
final class FeedGroup {
    let kind: Feed
    /// The names that are wanted; empty: all.
    let names: [[UInt8]]
    /// Nil when the feed is gone, with the last subscription.
    private(set) weak var feed: ShardFeed?
    /// Those that have left leave holes, so that whoever walks along it is not confused; it closes up later.
    private(set) var members: [Subscription?] = []
    private var holes = 0

    init(_ names: [[UInt8]], of feed: ShardFeed) {
        kind = feed.feed
        self.names = names
        self.feed = feed
    }

    var isEmpty: Bool { members.count == holes }

    func add(_ subscription: Subscription) {
        subscription.slot = members.count
        members.append(subscription)
    }

    func remove(_ subscription: Subscription) {
        members[subscription.slot] = nil
        holes += 1
        if isEmpty { feed?.groupIsEmpty() }
    }

    /// Closes the holes, if there are many. Not while somebody walks along the members.
    func closeUp() {
        guard holes > 16, holes > members.count / 2 else { return }
        members.removeAll { $0 == nil }
        holes = 0
        for (slot, member) in members.enumerated() { member?.slot = slot }
    }
}
