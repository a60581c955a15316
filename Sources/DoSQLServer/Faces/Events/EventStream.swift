import DoSQLLoop
import DoSQLProtocol
import DoSQLSession

/// A feed as server-sent events (WHATWG HTML, section 9.2): the endless answer to a GET.
final class EventStream: FeedSubscriber {
    /// The media type of the answer.
    static let type = "text/event-stream"
    /// Bytes waiting for the client beyond which the stream lags.
    private static let laggingBytes = 256 * 1024
    /// How long a browser waits before it asks again, in milliseconds.
    private static let retryTime = 1000

    private unowned let exchange: Exchange
    private let filter: FeedFilter
    private var subscription: Subscription?
    private var spokenAt: UInt64 = 0

    init(_ filter: FeedFilter, exchange: Exchange) {
        self.filter = filter
        self.exchange = exchange
    }

    /// Begins on a tenant that is open. `after`: the id behind which rows come; nil: those that are committed from now on.
    func begin(on shard: Shard, tenant: TenantName, after: Int64?) {
        subscription = shard.feeds.subscribe(shard.tenant(tenant), to: filter, after: after, self)
    }

    // MARK: FeedSubscriber

    func canTake(_ subscription: Subscription) -> Bool {
        exchange.face.queuedBytes < Self.laggingBytes && !exchange.face.shard.inFlight.isFull
    }

    func subscription(_ subscription: Subscription, openedAt position: Int64, oldest: Int64?) {
        exchange.response.add("Cache-Control", "no-cache")
        exchange.response.add("X-Accel-Buffering", "no")
        exchange.response.begin(200, type: Self.type, isCompressible: false)
        write(Array("retry: \(Self.retryTime)\n\n".utf8))
    }

    func deliver(_ batch: FeedBatch, to subscription: Subscription) {
        if batch.exceeds(Limits.frameMax) {
            subscription.cancel()
            return self.subscription(subscription, ended: .resultTooLarge(Limits.frameMax))
        }
        write(
            batch.encoded(as: .events) { batch in
                var text: [UInt8] = []
                for row in batch.rows { row.appendEvent(of: batch.feed, to: &text) }
                return text
            })
    }

    func subscription(_ subscription: Subscription, ended failure: Failure) {
        self.subscription = nil
        exchange.ended(failure)
    }

    private func write(_ text: [UInt8]) {
        spokenAt = exchange.face.shard.loop.now
        exchange.response.write(text)
    }

    // MARK: Time and the end

    func drained() { subscription?.resume() }

    func tick(_ now: UInt64) {
        // It may have waited for others to read.
        subscription?.resume()
        let heartbeat = exchange.face.shard.context.configuration.http.heartbeatTime
        // A comment: proxies close what is silent, and a client that is gone is noticed by writing.
        if exchange.response.hasBegun && now > spokenAt &+ heartbeat { write(Array(":\n\n".utf8)) }
    }

    func cancel() {
        subscription?.cancel()
        subscription = nil
    }
}

extension FeedBatch.Encoding {
    /// Blocks of an event stream.
    static let events = FeedBatch.Encoding(64)
}

extension FeedRow {
    /// The row as a block of an event stream. A message of a channel has the type that events have by default.
    fileprivate func appendEvent(of feed: Feed, to text: inout [UInt8]) {
        text += Array("id: \(id)\nevent: ".utf8)
        switch feed {
        case .messages: text += Array("message".utf8)
        // A line's end in a type would begin a field of its own.
        case .events: for byte in name.repairedUTF8 { text.append(byte == 0x0A || byte == 0x0D ? 0x20 : byte) }
        }
        text.append(0x0A)
        EventStream.append(data: jsonText.repairedUTF8, to: &text)
        text.append(0x0A)
    }
}

extension EventStream {
    /// A data field for each line.
    static func append(data: [UInt8], to text: inout [UInt8]) {
        text += Array("data: ".utf8)
        var previous: UInt8 = 0
        for byte in data {
            // CR LF is one line's end, as is each of them alone.
            if byte == 0x0A && previous == 0x0D {
                previous = byte
                continue
            }
            previous = byte
            if byte == 0x0A || byte == 0x0D {
                text += Array("\ndata: ".utf8)
            } else {
                text.append(byte)
            }
        }
        text.append(0x0A)
    }
}

extension [UInt8] {
    /// The same as UTF-8, which a stream has to be: what is none is U+FFFD. SQL can store any bytes as text.
    fileprivate var repairedUTF8: [UInt8] {
        String(validating: self, as: UTF8.self) == nil ? Array(String(decoding: self, as: UTF8.self).utf8) : self
    }
}
