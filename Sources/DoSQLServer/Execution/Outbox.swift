import DoSQLLoop

/// Replies that a thread has made and not yet posted: grouped by shard, so that each gets one wake-up.
struct Outbox {
    private var batches: [(shard: Mailbox<ShardMessage>, messages: [ShardMessage])] = []

    mutating func add(_ kind: Reply.Kind, _ frame: [UInt8], to address: RequestAddress) {
        address.answers.made(frame.count)
        add(
            .reply(
                Reply(
                    connection: address.connection, stream: address.stream, request: address.request, kind: kind,
                    frame: frame, answers: address.answers)),
            to: address.shard)
    }

    mutating func add(_ message: ShardMessage, to shard: Mailbox<ShardMessage>) {
        for index in batches.indices where batches[index].shard === shard {
            batches[index].messages.append(message)
            return
        }
        batches.append((shard, [message]))
    }

    /// Posts everything.
    mutating func send() {
        for batch in batches where !batch.messages.isEmpty { batch.shard.post(contentsOf: batch.messages) }
        batches.removeAll(keepingCapacity: true)
    }
}
