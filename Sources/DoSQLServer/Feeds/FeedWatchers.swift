import DoSQLLoop
import Synchronization

/// The shards that want to know of a tenant's commits.
///
/// Who commits publishes the change first and looks here then; a shard enters itself first and takes its snapshot then.
/// So one of them sees the other, and no commit is missed.
final class FeedWatchers: Sendable {
    /// One shard that watches.
    final class Watcher: Sendable {
        fileprivate let shard: Mailbox<ShardMessage>
        /// Whether a message is on its way: one is enough for any number of commits.
        private let isWoken = Atomic<Bool>(false)

        fileprivate init(_ shard: Mailbox<ShardMessage>) {
            self.shard = shard
        }

        /// The shard has the message and takes its snapshot next: the next commit wakes it again.
        func heard() { _ = isWoken.exchange(false, ordering: .sequentiallyConsistent) }

        fileprivate func wake(_ tenant: Tenant) {
            if !isWoken.exchange(true, ordering: .sequentiallyConsistent) { shard.post(.committed(tenant)) }
        }
    }

    private let watchers = Mutex<[Watcher]>([])
    private let count = Atomic<Int>(0)

    /// Enters a shard.
    func add(_ shard: Mailbox<ShardMessage>) -> Watcher {
        watchers.withLock { watchers in
            let watcher = Watcher(shard)
            watchers.append(watcher)
            count.store(watchers.count, ordering: .sequentiallyConsistent)
            return watcher
        }
    }

    /// Takes a shard out.
    func remove(_ watcher: Watcher) {
        watchers.withLock { watchers in
            watchers.removeAll { $0 === watcher }
            count.store(watchers.count, ordering: .sequentiallyConsistent)
        }
    }

    /// A change of the tenant is durable and published. Costs one load where nobody watches.
    func wake(_ tenant: Tenant) {
        guard count.load(ordering: .sequentiallyConsistent) > 0 else { return }
        watchers.withLock { watchers in
            for watcher in watchers { watcher.wake(tenant) }
        }
    }
}
