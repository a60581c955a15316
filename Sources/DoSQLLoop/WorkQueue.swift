/// A queue that worker threads sleep on: many post, one or several take; one wake-up a batch.
///
/// Invariant: `items`, `head`, `sleepers` and `isClosed` are touched under the monitor only.
public final class WorkQueue<Item: Sendable>: @unchecked Sendable {
    @usableFromInline let monitor = Monitor()
    @usableFromInline var items: [Item?] = []
    /// Items before this index have been taken.
    @usableFromInline var head = 0
    @usableFromInline var sleepers = 0
    @usableFromInline var closed = false

    /// Makes an empty queue.
    @inlinable
    public init() {}

    /// How many items wait.
    @inlinable
    public var count: Int {
        monitor.locked { items.count - head }
    }

    /// Whether the queue takes no more items.
    @inlinable
    public var isFinished: Bool {
        monitor.locked { closed }
    }

    /// Leaves an item; `false` if the queue is closed.
    @inlinable @discardableResult
    public func post(_ item: Item) -> Bool {
        monitor.locked {
            guard !closed else { return false }
            items.append(item)
            if sleepers > 0 { monitor.wakeOne() }
            return true
        }
    }

    /// Leaves several items that stay together; `false` if the queue is closed.
    @inlinable @discardableResult
    public func post(contentsOf batch: some Collection<Item>) -> Bool {
        monitor.locked {
            guard !closed else { return false }
            for item in batch { items.append(item) }
            if sleepers > 0 { monitor.wakeAll() }
            return true
        }
    }

    /// Sleeps until there is an item and takes the oldest; `nil` once the queue is closed and empty, or when the
    /// deadline (of `MonotonicClock`) has passed.
    @inlinable
    public func take(until deadline: UInt64? = nil) -> Item? {
        monitor.locked {
            guard waitForItem(until: deadline) else { return nil }
            let item = items[head].take()
            head += 1
            compact()
            return item
        }
    }

    /// Sleeps until there is an item and takes all there are, oldest first; empty once the queue is closed and
    /// empty, or when the deadline (of `MonotonicClock`) has passed.
    @inlinable
    public func takeAll(until deadline: UInt64? = nil) -> [Item] {
        monitor.locked {
            guard waitForItem(until: deadline) else { return [] }
            let all = items[head...].compactMap { $0 }
            items.removeAll(keepingCapacity: true)
            head = 0
            return all
        }
    }

    /// Refuses further items and wakes everybody. What is in the queue can still be taken.
    public func close() {
        monitor.locked {
            closed = true
            monitor.wakeAll()
        }
    }

    @usableFromInline
    func waitForItem(until deadline: UInt64?) -> Bool {
        while head == items.count {
            if closed { return false }
            sleepers += 1
            let isInTime = monitor.sleep(until: deadline)
            sleepers -= 1
            if !isInTime { return head < items.count }
        }
        return true
    }

    /// Gives the room of taken items back now and then, so that taking one by one stays constant time.
    @inlinable
    func compact() {
        if head == items.count {
            items.removeAll(keepingCapacity: true)
            head = 0
        } else if head >= 64 && head * 2 > items.count {
            items.removeFirst(head)
            head = 0
        }
    }
}
