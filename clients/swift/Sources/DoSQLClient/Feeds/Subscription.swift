import DoSQLProtocol
import Logging

/// Messages or events as they are published (`protocol/feeds.md`).
///
/// Each is given once, in the order of ids. When the connection is lost, or the server restarts, the sequence connects
/// again by itself, for as long as that takes, and goes on behind the last one it gave: nothing is lost and nothing
/// comes twice. It ends only with an error, or with its task: then it throws `CancellationError`, and the server is
/// told. Leaving the loop tells the server too.
///
/// A consumer that is slower than the publishers just falls behind: the server sends only as far as it has credit, and
/// credit goes back as elements are consumed. If the server is set up to remove old rows and removes some that the
/// consumer had not come to, ``DoSQLError/Code/feedTruncated`` is thrown. Rows that were removed while there was no
/// connection cannot be told from rows of other channels: that is logged, and the sequence goes on. A row whose values
/// are no texts is ``DoSQLError/Code/decoding``, and the message says its id.
///
/// Subscriptions share the client's connections, up to 256 on each (`subscriptionsMax`). Every loop over the same value
/// is a subscription of its own.
public struct Subscription<Element: Sendable>: AsyncSequence, Sendable {
    /// Makes an element of a row of four columns and its id.
    typealias Reader = @Sendable (Row, _ id: Int64) throws(DoSQLError) -> Element

    private let tenant: Tenant
    private let filter: FeedFilter
    /// The id behind which it begins; nil: with what is published from the beginning of the loop on.
    public private(set) var after: Int64?
    private let credit: Int?
    private let read: Reader

    init(tenant: Tenant, filter: FeedFilter, after: Int64?, credit: Int?, read: @escaping Reader) {
        self.tenant = tenant
        self.filter = filter
        self.after = after
        self.credit = credit
        self.read = read
    }

    /// The same with its beginning fixed to this moment: whatever is published after this call has returned will be
    /// given, however much later the loop begins. One that has an ``after`` is returned unchanged.
    ///
    /// - Throws: ``DoSQLError``; `CancellationError` where the task was cancelled.
    public func fromNow() async throws -> Subscription {
        guard after == nil else { return self }
        var subscription = self
        subscription.after = try await tenant.link(filter, after: nil, credit: 0).position.id
        return subscription
    }

    /// An iterator, which subscribes when it is first asked for an element.
    public func makeAsyncIterator() -> Iterator { Iterator(self) }

    /// Walks the elements.
    public struct Iterator: AsyncIteratorProtocol {
        private let subscription: Subscription
        private var link: SubscriptionLink?
        /// The id of the last element that was given, or behind which the first one comes.
        private var cursor: Int64?
        private var block: RowBlock?
        private var nextRow = 0
        private var credit = 0
        /// When the link was made.
        private var linkedAt: ContinuousClock.Instant?
        /// Attempts that failed since it last worked.
        private var failures = 0
        private var hasBegun = false
        private var isOver = false

        fileprivate init(_ subscription: Subscription) {
            self.subscription = subscription
            cursor = subscription.after
        }

        /// The next element; nil only after an error.
        ///
        /// - Throws: ``DoSQLError``, or `CancellationError` where the task was cancelled.
        public mutating func next() async throws -> Element? { try await next(isolation: nil) }

        /// The next element, on the caller's actor; nil only after an error.
        ///
        /// - Throws: ``DoSQLError``, or `CancellationError` where the task was cancelled.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws -> Element? {
            if isOver { return nil }
            do {
                try Task.checkCancellation()
                while true {
                    if let element = try takeElement() { return element }
                    do {
                        try await receive()
                    } catch let error as DoSQLError {
                        link = nil
                        try Task.checkCancellation()
                        guard let pause = pause(after: error) else { throw error }
                        try await Task.sleep(for: pause)
                    }
                }
            } catch {
                isOver = true
                link = nil
                throw error
            }
        }

        /// The next element of the block in hand; nil behind its last.
        private mutating func takeElement() throws(DoSQLError) -> Element? {
            while let block, nextRow < block.count {
                let row = Row(block: block, row: nextRow)
                nextRow += 1
                guard row.count == 4 else { throw .unexpected("rows of \(row.count) columns") }
                let id = try row[0].decode(Int64.self)
                // The server gives each row once; this holds whatever it does.
                if let cursor, id <= cursor { continue }
                let element = try read(row, id)
                cursor = id
                failures = 0
                return element
            }
            return nil
        }

        private func read(_ row: Row, _ id: Int64) throws(DoSQLError) -> Element {
            do throws(DoSQLError) {
                return try subscription.read(row, id)
            } catch {
                // Whoever wants to go on behind it must know which one it is.
                var error = error
                error.message = "row \(id) of the feed: \(error.message)"
                throw error
            }
        }

        /// Subscribes where there is no subscription; otherwise waits for the next block.
        private mutating func receive() async throws {
            guard let link else { return try await connect() }
            let consumed = credit
            block = nil
            credit = 0
            guard let next = try await link.sink.next(consumed: consumed) else {
                throw DoSQLError.unexpected("the end of a subscription")
            }
            block = next.block
            credit = next.credit
            nextRow = 0
        }

        private mutating func connect() async throws {
            block = nil
            credit = 0
            let link = try await subscription.tenant.link(
                subscription.filter, after: cursor, credit: subscription.credit)
            if hasBegun, let cursor, let oldest = link.position.oldest, oldest - 1 > cursor {
                subscription.tenant.configuration.logger.notice(
                    "a subscription was cut off, and rows may have been removed meanwhile",
                    metadata: [
                        "dosql.tenant": "\(subscription.tenant.name)", "dosql.after": "\(cursor)",
                        "dosql.oldest": "\(oldest)",
                    ])
            }
            cursor = cursor ?? link.position.id
            linkedAt = .now
            hasBegun = true
            self.link = link
        }

        /// How long to wait before it is tried again; nil if it must not be.
        ///
        /// Before it has begun, it fails as every other call does, whose attempts have been made. Then it is for good.
        private mutating func pause(after error: DoSQLError) -> Duration? {
            guard hasBegun, error.isRetryable, error.code != .feedTruncated else { return nil }
            let policy = subscription.tenant.configuration.retry
            if let linkedAt, linkedAt.duration(to: .now) > policy.backoffMax { failures = 0 }
            linkedAt = nil
            failures += 1
            switch error.code {
            // CANCELLED without having been asked for: the connection is being drained.
            case .timeout, .cancelled: break
            case _ where error.category == .connection: break
            default: if failures > policy.attemptsMax { return nil }
            }
            let pause = policy.jittered(after: failures)
            return error.retryAfter.map { Swift.max($0, pause) } ?? pause
        }
    }
}
