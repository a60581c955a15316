/// Messages from any thread to one loop: in order, a batch at a time, one wake-up a batch.
///
/// The loop holds the mailbox until `close()`, so a poster's reference is always to a living one; after `close()`
/// posting returns `false`. Invariant: the bell was rung and not yet answered ⇔ `pending` is not empty. `pending` and
/// `isOpen` are touched under the monitor only.
public final class Mailbox<Message: Sendable>: @unchecked Sendable {
    @usableFromInline let monitor = Monitor()
    @usableFromInline let doorbell: Doorbell
    @usableFromInline var pending: [Message] = []
    @usableFromInline var isOpen = true

    /// Makes a mailbox on its loop. `handler` is called there with all messages that have come, oldest first, while
    /// no lock is held; it may post and close.
    @inlinable
    public init(on loop: EventLoop, handler: @escaping ([Message]) -> Void) throws(LoopError) {
        doorbell = try Doorbell(on: loop)
        // Two arrays take turns, so that a mailbox in its steady state allocates nothing.
        var batch: [Message] = []
        doorbell.answer {
            self.monitor.locked { swap(&self.pending, &batch) }
            handler(batch)
            batch.removeAll(keepingCapacity: true)
        }
    }

    /// Leaves a message; `false` if the mailbox is closed.
    @inlinable @discardableResult
    public func post(_ message: Message) -> Bool {
        monitor.locked {
            guard isOpen else { return false }
            pending.append(message)
            // Under the lock, because the bell may be taken down as soon as it is free.
            if pending.count == 1 { doorbell.ring() }
            return true
        }
    }

    /// Leaves several messages that stay together and in order; `false` if the mailbox is closed.
    @inlinable @discardableResult
    public func post(contentsOf messages: some Collection<Message>) -> Bool {
        monitor.locked {
            guard isOpen else { return false }
            let wasEmpty = pending.isEmpty
            pending.append(contentsOf: messages)
            if wasEmpty && !pending.isEmpty { doorbell.ring() }
            return true
        }
    }

    /// Closes the mailbox, on its loop. Returns the messages that were posted and not handed over.
    @discardableResult
    public func close() -> [Message] {
        let left: [Message]? = monitor.locked {
            guard isOpen else { return nil }
            isOpen = false
            defer { pending = [] }
            return pending
        }
        guard let left else { return [] }
        doorbell.close()
        return left
    }
}
