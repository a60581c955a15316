import DoSQLLoop
import DoSQLProtocol
import DoSQLSession

/// Feeds in the binary protocol (`protocol/feeds.md`).
extension Session {
    /// PUBLISH outside a transaction: a write like any other.
    func publish(_ stream: SessionStream, _ header: FrameHeader, _ body: Span<UInt8>, isDeferred: Bool) {
        guard !stream.isReadOnly else { return finish(stream, header, isDeferred: isDeferred, .readOnly) }
        do throws(DecodeError) {
            let publish = try Publish(body)
            guard Feed.isValid(name: publish.name) else {
                return finish(stream, header, isDeferred: isDeferred, .feedNameInvalid(publish.feed))
            }
            stream.machine.started(header.request, asWrite: true)
            submitWrite(stream, .publish, header, body, deadline: publish.deadline)
        } catch {
            finish(stream, header, isDeferred: isDeferred, Failure(error))
        }
    }

    /// PUBLISH behind writes of its stream that are not answered yet; false if it has to be refused, after them.
    func publishBehindWrites(_ stream: SessionStream, _ header: FrameHeader, _ body: Span<UInt8>, isDeferred: Bool)
        -> Bool
    {
        guard let publish = try? Publish(body), Feed.isValid(name: publish.name) else { return false }
        stream.machine.started(header.request, asWrite: true)
        submitWrite(stream, .publish, header, body, deadline: publish.deadline)
        return true
    }

    /// SUBSCRIBE. The stream goes on when its HEAD is written.
    func subscribe(_ stream: SessionStream, _ header: FrameHeader, _ body: Span<UInt8>, isDeferred: Bool) {
        let request: Subscribe
        do throws(DecodeError) { request = try Subscribe(body) } catch {
            return finish(stream, header, isDeferred: isDeferred, Failure(error))
        }
        guard request.filter.isValid else {
            return finish(stream, header, isDeferred: isDeferred, .feedNameInvalid(request.filter.feed))
        }
        guard subscriptions.count < Limits.subscriptionsMax else {
            return finish(
                stream, header, isDeferred: isDeferred,
                Failure(
                    .subscriptionLimit, "a connection has at most \(Limits.subscriptionsMax) subscriptions",
                    limit: ("subscriptionsMax", Limits.subscriptionsMax)))
        }
        guard takesSubscriptions else {
            return finish(
                stream, header, isDeferred: isDeferred, Failure(.shuttingDown, Self.wording(of: .shuttingDown)))
        }
        stream.machine.started(header.request, asWrite: false)
        machine.deferred(header.request)
        let made = WireSubscription(
            on: self, stream: header.stream, request: header.request,
            credit: request.credit.map { Int(clamping: $0) } ?? Limits.creditDefault)
        if !earlyCredit.isEmpty, let credit = earlyCredit.removeValue(forKey: header.request) { made.give(credit) }
        subscriptions[header.request] = made
        made.subscription = shard.feeds.subscribe(stream.tenant, to: request.filter, after: request.after, made)
    }

    /// CANCEL and CREDIT of a subscription.
    func part(_ header: FrameHeader, _ body: Span<UInt8>, of subscription: WireSubscription) {
        switch MessageType(rawValue: header.type) {
        case .cancel:
            subscription.subscription?.cancel()
            ended(subscription, Failure(.cancelled, "cancelled"))
        case .credit:
            guard let credit = try? Credit(body) else { return }
            subscription.give(Int(clamping: credit.bytes))
            subscription.subscription?.resume()
        default:
            break
        }
    }

    /// The first frame of a subscription: from here on its stream goes on.
    fileprivate func opened(_ subscription: WireSubscription, at position: Int64, oldest: Int64?, columns: [String]) {
        HeadMessage.encode(
            into: &output, stream: subscription.stream, request: subscription.request, columns: columns,
            position: position, oldest: oldest)
        makeDirty()
        proceed(subscription, succeeded: true)
    }

    /// It has ended by itself: nothing comes behind this.
    fileprivate func ended(_ subscription: WireSubscription, _ failure: Failure) {
        guard subscriptions.removeValue(forKey: subscription.request) != nil else { return }
        failure.message(transaction: streams[subscription.stream]?.machine.transaction ?? .none)
            .encode(into: &output, stream: subscription.stream, request: subscription.request)
        makeDirty()
        answered(subscription.request)
        if !subscription.isOpen { proceed(subscription, succeeded: false) }
        closeIfDrained()
    }

    private func proceed(_ subscription: WireSubscription, succeeded: Bool) {
        guard let stream = streams[subscription.stream] else { return }
        stream.machine.finished(
            subscription.request, succeeded: succeeded, transaction: .none, now: shard.loop.now)
        pump(stream)
    }

    /// Ends the subscriptions of a stream, or all, and says why.
    func endSubscriptions(_ failure: Failure, on stream: UInt16? = nil) {
        guard !subscriptions.isEmpty else { return }
        for subscription in Array(subscriptions.values) where stream == nil || subscription.stream == stream {
            subscription.subscription?.cancel()
            ended(subscription, failure)
        }
    }

    /// The connection is gone.
    func cancelSubscriptions() {
        guard !subscriptions.isEmpty else { return }
        let all = subscriptions
        subscriptions = [:]
        for subscription in all.values { subscription.subscription?.cancel() }
    }

    /// The socket has taken what was sent: those that waited for it go on.
    func resumeSubscriptions() {
        guard !subscriptions.isEmpty else { return }
        for subscription in subscriptions.values where subscription.waitsForSocket {
            subscription.waitsForSocket = false
            subscription.subscription?.resume()
        }
    }

    /// Whether so much is on its way to the client that rows are better read later.
    fileprivate var isBacklogged: Bool {
        guard let transport else { return true }
        return transport.queuedBytes + output.count > transport.lowWaterMark || shard.inFlight.isFull
    }
}

/// A subscription of a client that speaks the binary protocol: its credit, and where its frames go.
final class WireSubscription: FeedSubscriber {
    private unowned let session: Session
    let stream: UInt16
    let request: UInt32
    /// Bytes of ROWS bodies that may be sent; the last one may have overdrawn it.
    private var credit: Int
    fileprivate var isOpen = false
    /// It could not take a batch because of what waits for the socket.
    fileprivate var waitsForSocket = false
    fileprivate(set) var subscription: Subscription?

    init(on session: Session, stream: UInt16, request: UInt32, credit: Int) {
        self.session = session
        self.stream = stream
        self.request = request
        self.credit = credit
    }

    /// CREDIT came.
    func give(_ bytes: Int) {
        let (sum, overflow) = credit.addingReportingOverflow(bytes)
        credit = overflow ? .max : sum
    }

    func canTake(_ subscription: Subscription) -> Bool {
        guard credit > 0 else { return false }
        guard session.isBacklogged else { return true }
        waitsForSocket = true
        return false
    }

    func subscription(_ subscription: Subscription, openedAt position: Int64, oldest: Int64?) {
        isOpen = true
        session.opened(self, at: position, oldest: oldest, columns: subscription.feed.columns)
    }

    func deliver(_ batch: FeedBatch, to subscription: Subscription) {
        // Nobody encodes what nobody takes.
        if batch.exceeds(session.replyMax) { return refuse(batch, of: subscription) }
        let body = batch.encoded(as: .rows, Self.encode)
        guard body.count <= session.replyMax else { return refuse(batch, of: subscription) }
        credit -= body.count
        let frame = session.output.beginFrame(.rows, stream: stream, request: request)
        session.output.append(body)
        session.output.endFrame(at: frame)
        session.makeDirty()
    }

    private func refuse(_ batch: FeedBatch, of subscription: Subscription) {
        subscription.cancel()
        session.ended(
            self,
            Failure(
                .resultTooLarge, "row \(batch.lastID) does not fit into one frame of \(session.replyMax) bytes",
                limit: ("frameMax", session.replyMax)))
    }

    func subscription(_ subscription: Subscription, ended failure: Failure) {
        session.ended(self, failure)
    }

    private static func encode(_ batch: FeedBatch) -> [UInt8] {
        var writer = ByteWriter(capacity: 256)
        let rows = writer.beginRows()
        for row in batch.rows {
            writer.writeInteger(row.id)
            writer.writeTextValue(row.name.span)
            row.data.encode(into: &writer)
            row.createdAt.encode(into: &writer)
        }
        writer.endRows(at: rows, count: batch.rows.count)
        return writer.take()
    }
}
