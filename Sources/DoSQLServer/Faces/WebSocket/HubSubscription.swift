import DoSQLJSON
import DoSQLProtocol
import DoSQLSession
import DoSQLWebSocket

/// One channel that a client of the hub hears.
final class HubSubscription: FeedSubscriber {
    let channel: String
    /// The client's own name for its request.
    let id: [UInt8]?
    private unowned let hub: HubConversation
    private var subscription: Subscription?
    /// Names of requests that are acknowledged when it has begun.
    private var unacknowledged: [[UInt8]] = []
    private var isOpen = false

    init(to channel: String, id: [UInt8]?, hub: HubConversation) {
        self.channel = channel
        self.id = id
        self.hub = hub
        if let id { unacknowledged.append(id) }
    }

    func begin(on shard: Shard, tenant: TenantName, after: Int64?) {
        subscription = shard.feeds.subscribe(shard.tenant(tenant), to: .channel(channel), after: after, self)
    }

    /// Says that it has begun, once it has, if the client wants to hear that.
    func acknowledge(_ id: [UInt8]?) {
        guard let id else { return }
        guard isOpen else { return unacknowledged.append(id) }
        hub.send { HubFrame.append(subscribed: self.channel, id: id, to: &$0) }
    }

    func resume() { subscription?.resume() }

    func cancel() {
        subscription?.cancel()
        subscription = nil
    }

    // MARK: FeedSubscriber

    func canTake(_ subscription: Subscription) -> Bool { hub.canTake }

    func subscription(_ subscription: Subscription, openedAt position: Int64, oldest: Int64?) {
        isOpen = true
        let due = unacknowledged
        unacknowledged = []
        for id in due { acknowledge(id) }
        hub.began(self)
    }

    func deliver(_ batch: FeedBatch, to subscription: Subscription) {
        if batch.exceeds(Limits.frameMax) {
            subscription.cancel()
            return self.subscription(subscription, ended: .resultTooLarge(Limits.frameMax))
        }
        let variant = hub.variant
        let codec = hub.codec
        hub.send(
            encoded: batch.encoded(as: .hub(variant)) { batch in
                var frames: [UInt8] = []
                var message = ByteWriter()
                for row in batch.rows {
                    message.removeAll(keepingCapacity: true)
                    row.appendHubMessage(to: &message)
                    codec.append(.text, message.bytes.span, as: variant, to: &frames)
                }
                return frames
            })
    }

    func subscription(_ subscription: Subscription, ended failure: Failure) {
        self.subscription = nil
        hub.ended(self, failure)
    }
}

extension FeedBatch.Encoding {
    /// Frames of the hub, as a connection of this variant wants them.
    static func hub(_ variant: WebSocketVariant) -> FeedBatch.Encoding {
        switch variant {
        case .plain: FeedBatch.Encoding(16)
        case .deflated(let windowBits): FeedBatch.Encoding(32 + UInt8(clamping: windowBits))
        }
    }
}

extension FeedRow {
    /// The row as the hub tells it.
    func appendHubMessage(to writer: inout ByteWriter) {
        let data = jsonText
        let createdAt = createdAtText
        HubFrame.append(
            messageOf: name.span, data: data.span, id: id, createdAt: createdAt?.span, to: &writer)
    }
}
