import DoSQLLoop
import Synchronization

/// The mailboxes of all shards, once they run.
final class ShardDirectory: Sendable {
    private let mailboxes = Mutex<[Mailbox<ShardMessage>]>([])

    func add(_ mailbox: Mailbox<ShardMessage>) { mailboxes.withLock { $0.append(mailbox) } }

    var all: [Mailbox<ShardMessage>] { mailboxes.withLock { $0 } }

    /// Tells every shard.
    func broadcast(_ message: ShardMessage) {
        for mailbox in all { mailbox.post(message) }
    }
}
