import DoSQLProtocol

/// Whoever takes rows of a feed: one client's subscription as its face sees it. Called on the shard's loop.
///
/// A subscriber may cancel and resume, itself and others, from within each of these calls.
protocol FeedSubscriber: AnyObject {
    /// Whether it takes a batch now. If not, nothing is kept for it: it calls ``Subscription/resume()`` when it can
    /// take one again, and the rows are read for it then.
    func canTake(_ subscription: Subscription) -> Bool
    /// It has begun: rows behind `position` come. `oldest` is the least id there is; nil if there are no rows.
    func subscription(_ subscription: Subscription, openedAt position: Int64, oldest: Int64?)
    /// The next rows.
    func deliver(_ batch: FeedBatch, to subscription: Subscription)
    /// It is over; the last call. It does not come after ``Subscription/cancel()``.
    func subscription(_ subscription: Subscription, ended failure: Failure)
}
