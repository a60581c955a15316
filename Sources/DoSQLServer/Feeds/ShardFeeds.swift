import DoSQLEngine
import DoSQLLoop
import DoSQLProtocol
import DoSQLSession

/// All feeds that somebody on this shard subscribes to.
final class ShardFeeds {
    private struct Key: Hashable {
        let tenant: TenantName
        let feed: Feed
    }

    unowned let shard: Shard
    private var feeds: [Key: ShardFeed] = [:]
    private var watchers: [TenantName: FeedWatchers.Watcher] = [:]
    private var due: [ShardFeed] = []

    init(_ shard: Shard) {
        self.shard = shard
    }

    /// Begins a subscription: its position is told, and rows come, from this turn's end on.
    ///
    /// Its snapshot is at least as new as every commit that anybody was told of before. The names in `filter` are valid.
    /// - Parameter after: rows with a greater id; nil: rows that are committed from now on.
    func subscribe(_ tenant: ShardTenant, to filter: FeedFilter, after: Int64?, _ subscriber: any FeedSubscriber)
        -> Subscription
    {
        let key = Key(tenant: tenant.tenant.name, feed: filter.feed)
        if watchers[key.tenant] == nil { watchers[key.tenant] = tenant.tenant.watchers.add(shard.mailbox) }
        let feed: ShardFeed
        if let known = feeds[key] {
            feed = known
        } else {
            feed = ShardFeed(filter.feed, of: tenant, feeds: self)
            feeds[key] = feed
        }
        return feed.subscribe(filter.names, after: after, subscriber)
    }

    /// Something of the tenant was committed.
    func committed(_ tenant: Tenant) {
        watchers[tenant.name]?.heard()
        for feed in Feed.allCases { feeds[Key(tenant: tenant.name, feed: feed)]?.committed() }
    }

    /// The tenant has ended, and with it every subscription to it.
    func tenantEnded(_ tenant: Tenant, _ failure: Failure) {
        for feed in Feed.allCases {
            let key = Key(tenant: tenant.name, feed: feed)
            guard let known = feeds[key], known.tenant.tenant === tenant else { continue }
            known.end(failure)
            drop(known)
        }
    }

    /// A thread has read.
    func arrived(_ errand: FeedErrand, _ result: Result<FeedErrand.Found, Failure>) {
        feeds[Key(tenant: errand.tenant.name, feed: errand.read.feed)]?.arrived(errand, result)
    }

    /// The feed has work to do at the turn's end.
    func isDue(_ feed: ShardFeed) {
        guard !feed.isDue else { return }
        feed.isDue = true
        // Otherwise this turn's end is still to come.
        if due.isEmpty, shard.isEndingTurn { shard.loop.requestTurn() }
        due.append(feed)
    }

    /// At the turn's end, before its reads end and its output is sent: does what is due, as far as a turn allows.
    func work() {
        guard !due.isEmpty else { return }
        var quota = ShardFeed.Quota(readsEnd: Budget.now() &+ LoopReader.timeMax)
        let feeds = due
        due.removeAll(keepingCapacity: true)
        for feed in feeds { feed.isDue = false }
        for feed in feeds {
            if feed.work(&quota) { isDue(feed) }
            if feed.isEmpty { drop(feed) }
        }
    }

    private func drop(_ feed: ShardFeed) {
        let name = feed.tenant.tenant.name
        let key = Key(tenant: name, feed: feed.feed)
        guard feeds[key] === feed else { return }
        feeds[key] = nil
        guard !Feed.allCases.contains(where: { feeds[Key(tenant: name, feed: $0)] != nil }) else { return }
        if let watcher = watchers.removeValue(forKey: name) { feed.tenant.tenant.watchers.remove(watcher) }
    }
}

extension FeedFilter {
    /// The names it lets through, each once, in a fixed order; empty: all.
    fileprivate var names: [[UInt8]] {
        switch self {
        case .channel(let name): [Array(name.utf8)]
        case .events(let types): Set(types.map { Array($0.utf8) }).sorted { $0.lexicographicallyPrecedes($1) }
        }
    }
}
