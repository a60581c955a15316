import DequeModule
import DoSQLEngine
import DoSQLLoop
import DoSQLProtocol
import DoSQLSession
import Synchronization

/// One feed of one tenant as one shard sees it: who subscribes to it, up to where it is read, and what is still to be
/// handed out.
///
/// Rows are read once for all who are live, and again only for who lags. Memory is bounded: the rows of one read, and a
/// few words a subscription.
/// Invariant: every row up to `tip` has been given to all live subscriptions, or is in `deliveries`; nothing is read
/// while there are any.
final class ShardFeed {
    /// What one turn may take, shared by all feeds of a shard.
    struct Quota {
        /// Batches handed to subscribers. Each is a write to a socket at the turn's end, of 5 to 10 µs: everybody else on
        /// the loop waits for half a millisecond, and a turn costs little beside that.
        var deliveries = 64
        /// Reads, each within the loop's own bounds.
        var reads = 16
        /// Monotonic nanoseconds after which no further read begins.
        let readsEnd: UInt64

        var mayRead: Bool { reads > 0 && Budget.now() < readsEnd }
    }

    private struct Delivery {
        let group: FeedGroup
        let batch: FeedBatch
        var next = 0
    }

    let feed: Feed
    let tenant: ShardTenant
    unowned let feeds: ShardFeeds
    /// The last id that was read for the live ones; nil before the first snapshot.
    var tip: Int64?
    /// Of the history that `tip` belongs to.
    private var incarnation: Identity?
    private var groups: [[[UInt8]]: FeedGroup] = [:]
    private var arrivals: Deque<Subscription> = []
    private var deliveries: Deque<Delivery> = []
    var catchingUp: Deque<Subscription> = []
    /// A read for all who are live, that a thread does.
    var errand: FeedErrand?
    /// A read for one that lags, that a thread does.
    var lagging: (errand: FeedErrand, subscription: Subscription)?
    /// How many are live.
    private var live = 0
    private var isOpening = false
    private var hasEmptyGroups = false
    /// Whether something was committed since the last read that found nothing.
    var isBehind = false
    /// Whether it is among the feeds that have work.
    var isDue = false

    init(_ feed: Feed, of tenant: ShardTenant, feeds: ShardFeeds) {
        self.feed = feed
        self.tenant = tenant
        self.feeds = feeds
    }

    var isEmpty: Bool { groups.isEmpty }

    // MARK: Subscriptions

    func subscribe(_ names: [[UInt8]], after: Int64?, _ subscriber: any FeedSubscriber) -> Subscription {
        let group: FeedGroup
        if let known = groups[names] {
            group = known
        } else {
            group = FeedGroup(names, of: self)
            groups[names] = group
        }
        if deliveries.isEmpty { group.closeUp() }
        let subscription = Subscription(subscriber, group: group, after: after)
        group.add(subscription)
        arrivals.append(subscription)
        feeds.isDue(self)
        return subscription
    }

    func count(from old: Subscription.State, to new: Subscription.State) {
        if old == .live { live -= 1 }
        if new == .live { live += 1 }
    }

    func catchUp(_ subscription: Subscription) {
        catchingUp.append(subscription)
        feeds.isDue(self)
    }

    func groupIsEmpty() {
        hasEmptyGroups = true
        feeds.isDue(self)
    }

    /// Something was committed.
    func committed() {
        isBehind = true
        feeds.isDue(self)
    }

    /// Ends all, each with this failure.
    func end(_ failure: Failure) {
        deliveries.removeAll()
        for group in groups.values {
            for member in group.members { member?.end(failure) }
        }
    }

    // MARK: Work

    /// Does what is due, within the turn's quota.
    /// - Returns: whether there is more to do at once.
    func work(_ quota: inout Quota) -> Bool {
        dropEmptyGroups()
        guard !isEmpty, !isOpening else { return false }
        guard let reader = tenant.reader else {
            open()
            return false
        }
        feeds.shard.willEndRead(tenant)
        do throws(Failure) {
            // All that follows sees one snapshot.
            try reader.beginFeeds()
            try checkHistory()
            try admitArrivals(reader, &quota)
            deliver(&quota)
            try readForLive(reader, &quota)
            deliver(&quota)
            try catchUp(reader, &quota)
        } catch {
            // The watchdog cannot tell a long read from a short one on a busy machine: it is tried again.
            guard error.sqlite != ResultCode.interrupt.rawValue else { return true }
            end(error)
        }
        dropEmptyGroups()
        return hasWork
    }

    private var hasWork: Bool {
        if !arrivals.isEmpty || !deliveries.isEmpty { return true }
        // Where a thread reads, its answer comes first.
        return (isBehind && tip != nil && errand == nil) || (!catchingUp.isEmpty && lagging == nil)
    }

    private func dropEmptyGroups() {
        guard hasEmptyGroups else { return }
        hasEmptyGroups = false
        groups = groups.filter { !$0.value.isEmpty }
    }

    private func open() {
        isOpening = true
        tenant.whenReaderIsOpen(on: feeds.shard.mailbox) { [weak self] result in
            guard let self else { return }
            isOpening = false
            if case .failure(let failure) = result { end(failure) }
            feeds.isDue(self)
        }
    }

    /// Ids of another history mean other rows.
    private func checkHistory() throws(Failure) {
        guard let now = tenant.tenant.incarnation, now != incarnation else { return }
        let isAnother = incarnation != nil
        incarnation = now
        guard isAnother else { return }
        tip = nil
        throw Failure(.feedShape, "the tenant's history was replaced: the ids of \(feed.table) are others now")
    }

    private func admitArrivals(_ reader: LoopReader, _ quota: inout Quota) throws(Failure) {
        guard !arrivals.isEmpty else { return }
        let stand = try reader.stand(of: feed)
        try checkOrder(stand)
        // With nobody live there is nobody to read for.
        let tip = live == 0 && deliveries.isEmpty ? max(self.tip ?? 0, stand.newest) : (self.tip ?? stand.newest)
        self.tip = tip
        // Rows behind the tip may have been passed over because nobody here wanted them: those who arrive may.
        if tip < stand.newest { isBehind = true }
        while quota.deliveries > 0, let subscription = arrivals.popFirst() {
            guard subscription.state == .opening else { continue }
            quota.deliveries -= 1
            let position = subscription.resumes ? subscription.cursor : stand.newest
            // What retention has removed before it began is told, and no gap.
            subscription.cursor = max(position, min(stand.purged, stand.newest))
            if subscription.cursor >= tip {
                subscription.enter(.live)
            } else {
                subscription.enter(.lagging)
            }
            subscription.open(at: position, oldest: stand.oldest)
            subscription.resume()
        }
    }

    /// Ids only grow, unless the table was made anew.
    private func checkOrder(_ stand: FeedStand) throws(Failure) {
        guard let tip, stand.newest < tip else { return }
        self.tip = nil
        throw Failure(.feedShape, "the table \(feed.table) was dropped or made anew: its ids begin again")
    }

    /// Hands out what was read, to so many subscriptions a turn: the others on the loop wait for it.
    private func deliver(_ quota: inout Quota) {
        while quota.deliveries > 0, var delivery = deliveries.first {
            let group = delivery.group
            while quota.deliveries > 0, delivery.next < group.members.count {
                let member = group.members[delivery.next]
                delivery.next += 1
                guard let member, member.state == .live, member.cursor < delivery.batch.lastID else { continue }
                guard member.canTake else {
                    if member.state == .live { member.enter(.lagging) }
                    continue
                }
                quota.deliveries -= 1
                member.deliver(delivery.batch)
            }
            // A failure of somebody's may have ended all of them.
            guard !deliveries.isEmpty else { return }
            if delivery.next < group.members.count {
                deliveries[0] = delivery
            } else {
                deliveries.removeFirst()
                group.closeUp()
            }
        }
    }

    private func readForLive(_ reader: LoopReader, _ quota: inout Quota) throws(Failure) {
        while isBehind, deliveries.isEmpty, errand == nil, quota.deliveries > 0, quota.mayRead, let tip {
            guard try reader.hasTable(of: feed) else {
                try checkOrder(FeedStand())
                isBehind = false
                return
            }
            if live == 0 {
                let stand = try reader.stand(of: feed)
                try checkOrder(stand)
                self.tip = max(tip, stand.newest)
                isBehind = false
                return
            }
            quota.reads -= 1
            let read = FeedRead(feed: feed, after: tip, names: wanted)
            guard let rows = try reader.rows(read) else {
                // Of every name, as others may be wanted by the time it is there; and of nothing that this snapshot does
                // not have, so that the thread's is never ahead.
                let newest = try reader.stand(of: feed).newest
                errand = send(FeedRead(feed: feed, after: tip, through: newest, names: nil))
                return
            }
            if rows.reached == tip { try checkOrder(reader.stand(of: feed)) }
            take(rows)
            isBehind = !rows.isComplete
            deliver(&quota)
        }
    }

    /// Every name that somebody wants; nil: all.
    private var wanted: Set<[UInt8]>? {
        var names: Set<[UInt8]> = []
        for group in groups.values {
            if group.names.isEmpty { return nil }
            names.formUnion(group.names)
        }
        return names
    }

    /// Rows were read for those who are live.
    func take(_ rows: FeedRows) {
        tip = max(tip ?? 0, rows.reached)
        guard !rows.rows.isEmpty else { return }
        // Where groups are many and rows few, it is the rows that are gone through.
        var chosen: [[UInt8]: [FeedRow]] = [:]
        for row in rows.rows { chosen[row.name, default: []].append(row) }
        for group in groups.values where group.names.count != 1 {
            let own = group.names.isEmpty ? rows.rows : rows.rows.filter { group.names.contains($0.name) }
            if !own.isEmpty { deliveries.append(Delivery(group: group, batch: FeedBatch(feed, own))) }
        }
        for (name, own) in chosen {
            guard let group = groups[[name]] else { continue }
            deliveries.append(Delivery(group: group, batch: FeedBatch(feed, own)))
        }
    }
}
