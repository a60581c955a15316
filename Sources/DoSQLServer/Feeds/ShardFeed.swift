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
    private unowned let feeds: ShardFeeds
    /// The last id that was read for the live ones; nil before the first snapshot.
    private var tip: Int64?
    /// Of the history that `tip` belongs to.
    private var incarnation: Identity?
    private var groups: [[[UInt8]]: FeedGroup] = [:]
    private var arrivals: Deque<Subscription> = []
    private var deliveries: Deque<Delivery> = []
    private var catchingUp: Deque<Subscription> = []
    /// A read for all who are live, that a thread does.
    private var errand: FeedErrand?
    /// A read for one that lags, that a thread does.
    private var lagging: (errand: FeedErrand, subscription: Subscription)?
    /// How many are live.
    private var live = 0
    private var isOpening = false
    private var hasEmptyGroups = false
    /// Whether something was committed since the last read that found nothing.
    private var isBehind = false
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
                self.tip = stand.newest
                isBehind = false
                return
            }
            quota.reads -= 1
            let read = FeedRead(feed: feed, after: tip, names: wanted)
            guard let rows = try reader.rows(read) else { return errand = send(read) }
            if rows.reached == tip { try checkOrder(reader.stand(of: feed)) }
            take(rows)
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
    private func take(_ rows: FeedRows) {
        tip = rows.reached
        isBehind = !rows.isComplete
        guard !rows.rows.isEmpty else { return }
        if groups.count == 1, let group = groups.values.first {
            return deliveries.append(Delivery(group: group, batch: FeedBatch(feed, rows.rows)))
        }
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

    // MARK: Those who lag

    private func catchUp(_ reader: LoopReader, _ quota: inout Quota) throws(Failure) {
        guard !catchingUp.isEmpty, lagging == nil, let tip else { return }
        let stand = try reader.stand(of: feed)
        /// Many who were cut off together come back together.
        var last: (group: FeedGroup, after: Int64, rows: FeedRows, batch: FeedBatch?)?
        while quota.deliveries > 0, quota.mayRead || last != nil, let subscription = catchingUp.popFirst() {
            guard isReady(subscription, stand) else { continue }
            if subscription.cursor >= tip {
                subscription.enter(.live)
                continue
            }
            let group = subscription.group
            if last?.group !== group || last?.after != subscription.cursor {
                guard quota.mayRead else {
                    catchingUp.prepend(subscription)
                    return
                }
                quota.reads -= 1
                let read = FeedRead(
                    feed: feed, after: subscription.cursor, through: tip,
                    names: group.names.isEmpty ? nil : Set(group.names))
                guard let rows = try reader.rows(read) else { return lagging = (send(read), subscription) }
                last = (group, subscription.cursor, rows, rows.rows.isEmpty ? nil : FeedBatch(feed, rows.rows))
            }
            guard let last else { return }
            quota.deliveries -= 1
            hand(last.batch, upTo: last.rows.reached, to: subscription, tip: tip)
        }
    }

    /// Whether rows may be read for a subscription that wanted some.
    private func isReady(_ subscription: Subscription, _ stand: FeedStand) -> Bool {
        guard subscription.state == .catchingUp else { return false }
        guard subscription.cursor >= min(stand.purged, stand.newest) else {
            var failure = Failure(
                .feedTruncated,
                "rows of \(feed.table) behind \(subscription.cursor) were removed before they could be delivered")
            failure.oldest = stand.oldest
            subscription.end(failure)
            return false
        }
        guard subscription.canTake else {
            if subscription.state == .catchingUp { subscription.enter(.lagging) }
            return false
        }
        return subscription.state == .catchingUp
    }

    /// Gives rows that were read for one subscription, and lets it go on as it can.
    private func hand(_ batch: FeedBatch?, upTo reached: Int64, to subscription: Subscription, tip: Int64) {
        if let batch { subscription.deliver(batch) }
        guard subscription.state == .catchingUp else { return }
        subscription.cursor = max(subscription.cursor, reached)
        if subscription.cursor >= tip {
            subscription.enter(.live)
        } else {
            catchingUp.append(subscription)
        }
    }

    // MARK: Reads on threads

    /// What is too long for the loop, in bytes or time, is read on a thread; who needs it waits for it.
    private func send(_ read: FeedRead) -> FeedErrand {
        let errand = FeedErrand(read, of: tenant.tenant, for: feeds.shard.mailbox)
        errand.start()
        return errand
    }

    /// A thread has read. If it was not for this feed, nothing happens.
    func arrived(_ done: FeedErrand, _ result: Result<FeedErrand.Found, Failure>) {
        if done === errand {
            errand = nil
            switch result {
            case .success(let found): take(found.rows)
            case .failure(let failure): end(failure)
            }
        } else if let (waiting, subscription) = lagging, done === waiting {
            lagging = nil
            switch result {
            case .success(let found): take(found, of: done.read, for: subscription)
            case .failure(let failure): subscription.end(failure)
            }
        } else {
            return
        }
        feeds.isDue(self)
    }

    private func take(_ found: FeedErrand.Found, of read: FeedRead, for subscription: Subscription) {
        guard subscription.state == .catchingUp else { return }
        // Something was removed meanwhile, or it takes no more: it is looked at again.
        guard found.purged <= read.after, subscription.canTake, subscription.state == .catchingUp else {
            return catchingUp.append(subscription)
        }
        let batch = found.rows.rows.isEmpty ? nil : FeedBatch(feed, found.rows.rows)
        hand(batch, upTo: found.rows.reached, to: subscription, tip: tip ?? .max)
    }
}
