import DequeModule
import DoSQLProtocol

/// Those who lag: what they have missed is read for each alone.
extension ShardFeed {
    /// Reads for them, one after another, within the turn's quota.
    func catchUp(_ reader: LoopReader, _ quota: inout Quota) throws(Failure) {
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
}

// MARK: - Reads on threads

extension ShardFeed {
    /// What is too long for the loop, in bytes or time, is read on a thread; who needs it waits for it.
    func send(_ read: FeedRead) -> FeedErrand {
        let errand = FeedErrand(read, of: tenant.tenant, for: feeds.shard.mailbox)
        errand.start()
        return errand
    }

    /// A thread has read. If it was not for this feed, nothing happens.
    func arrived(_ done: FeedErrand, _ result: Result<FeedErrand.Found, Failure>) {
        if done === errand {
            errand = nil
            switch result {
            case .success(let found):
                take(found.rows)
                isBehind = true
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
