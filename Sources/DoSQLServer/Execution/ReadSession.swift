import DequeModule
import DoSQLEngine
import DoSQLLoop
import DoSQLProtocol
import Synchronization

/// A read that lives off the loop, on a connection of its own: a long or streamed result, a read batch, or an
/// interactive read transaction.
///
/// Its items are carried out one after another by the reader threads; between them it holds its snapshot and no thread.
/// Invariant: `state.connection` is nil exactly while a thread works on it, before its first item and after its end.
final class ReadSession: Sendable {
    private struct State: ~Copyable, Sendable {
        var inbox: Deque<Tenant.SessionItem> = []
        var isScheduled = false
        var isOver = false
        var runner: TransactionRunner
        var connection: Connection?
    }

    let tenant: Tenant
    private let isSingle: Bool
    private let state: Mutex<State>
    /// Monotonic nanoseconds when its snapshot was taken; 0 before.
    let snapshotTime = Atomic<UInt64>(0)
    private let snapshotLSN = Atomic<UInt64>(0)

    /// A session for the request at `address`: for it alone (`isSingle`), or for the transaction it begins.
    init(tenant: Tenant, address: RequestAddress, isSingle: Bool) {
        self.tenant = tenant
        self.isSingle = isSingle
        state = Mutex(State(runner: TransactionRunner(address: address, mode: .read, isSingle: isSingle)))
    }

    /// Hands it an item. The first is the request it was made for.
    func submit(_ item: Tenant.SessionItem) {
        let starts = state.withLock { state -> Bool in
            guard !state.isOver else { return false }
            state.inbox.append(item)
            guard !state.isScheduled else { return false }
            state.isScheduled = true
            return true
        }
        if starts { schedule() }
    }

    /// Whether its snapshot is old and stands in the way of a checkpoint that is due.
    func blocksCheckpoint(now: UInt64, ageMax: UInt64) -> Bool {
        let taken = snapshotTime.load(ordering: .relaxed)
        return taken != 0 && now > taken &+ ageMax && tenant.isCheckpointBlocked.load(ordering: .relaxed)
    }

    private func schedule() {
        tenant.context.readers.post(for: tenant) { [self] watch in work(watch) }
    }

    private func work(_ watch: Watchdog.Post) {
        var connection = state.withLock { $0.connection.take() }
        var outbox = Outbox()
        while let item = nextItem() {
            if case .request(let job) = item, job.waitsForRoom {
                state.withLock { state in state.connection = connection.take() }
                if park(item, of: job) { return }
                connection = state.withLock { $0.connection.take() }
            }
            if connection == nil {
                switch tenant.takeCursor() {
                case .opened(let opened):
                    connection = consume opened
                case .closed:
                    // The writer opens the file first, then this item has another try.
                    waitForTenant(with: item)
                    return
                case .failed(let failure):
                    refuse(item, failure, &outbox)
                    outbox.send()
                    end()
                    return
                }
            }
            let goesOn = carryOut(item, &connection, watch, &outbox)
            outbox.send()
            if !goesOn {
                end()
                if let connection { release(connection) }
                return
            }
        }
        state.withLock { state in
            state.connection = connection.take()
        }
        // An item may have come between the last look and the line above.
        let starts = state.withLock { state -> Bool in
            if state.inbox.isEmpty {
                state.isScheduled = false
                return false
            }
            return true
        }
        if starts { schedule() }
    }

    /// Its client has to read first, or others have.
    private func park(_ item: Tenant.SessionItem, of job: Job) -> Bool {
        state.withLock { $0.inbox.prepend(item) }
        if job.address.answers.park(self) { return true }
        _ = nextItem()
        return false
    }

    /// There is room, or its client is gone, or has given something up.
    func unpark() { schedule() }

    private func nextItem() -> Tenant.SessionItem? {
        state.withLock { $0.inbox.popFirst() }
    }

    /// - Returns: whether the session goes on.
    private func carryOut(
        _ item: Tenant.SessionItem, _ connection: inout Connection?, _ watch: Watchdog.Post, _ outbox: inout Outbox
    ) -> Bool {
        guard let borrowed = connection.take() else { return false }
        let goesOn = carryOut(item, on: borrowed, watch, &outbox)
        connection = consume borrowed
        return goesOn
    }

    private func carryOut(
        _ item: Tenant.SessionItem, on borrowed: borrowing Connection, _ watch: Watchdog.Post, _ outbox: inout Outbox
    ) -> Bool {
        if snapshotTime.load(ordering: .relaxed) == 0 {
            do throws(SQLiteError) {
                try takeSnapshot(borrowed)
            } catch {
                refuse(item, Failure(error), &outbox)
                return false
            }
            if case .request(let job) = item, job.type == .begin {
                guard job.begin() else { return false }
                let times = job.transactionTimes
                job.acknowledge(
                    Outcome(transaction: .read, lsn: snapshotLSN.load(ordering: .relaxed)),
                    kind: .began(.read, idleMax: times.idle, totalMax: times.total), outbox: &outbox)
                return true
            }
        }
        var runner = state.withLock { $0.runner }
        let next = runner.carryOut(
            item, on: borrowed, lsn: snapshotLSN.load(ordering: .relaxed), watch: watch, outbox: &outbox)
        borrowed.serveNobody()
        state.withLock { $0.runner = runner }
        switch next {
        case .wait:
            return true
        case .again:
            submit(.resume)
            return true
        case .commit(let job):
            job.acknowledge(Outcome(lsn: snapshotLSN.load(ordering: .relaxed)), outbox: &outbox)
            return false
        case .rollBack:
            return false
        }
    }

    /// Begins the read transaction and reads once, since the snapshot is that of the first read.
    private func takeSnapshot(_ connection: borrowing Connection) throws(SQLiteError) {
        snapshotLSN.store(tenant.publishedLSN.load(ordering: .acquiring), ordering: .relaxed)
        try connection.beginRead()
        _ = try connection.schemaVersion()
        connection.sandbox = isSingle ? .autocommit : .transaction
        snapshotTime.store(MonotonicClock.nanoseconds(), ordering: .relaxed)
    }

    private func release(_ connection: consuming Connection) {
        do throws(SQLiteError) {
            try connection.endRead()
            connection.sandbox = .autocommit
            if try connection.hasTemporaryObjects() {
                tenant.closeCursor(connection)
            } else {
                tenant.returnCursor(connection)
            }
        } catch {
            tenant.closeCursor(connection)
        }
    }

    private func end() {
        state.withLock { state in
            state.isOver = true
            state.inbox.removeAll()
        }
    }

    private func refuse(_ item: Tenant.SessionItem, _ failure: Failure, _ outbox: inout Outbox) {
        guard case .request(let job) = item, job.begin() else { return }
        job.refuse(failure, outbox: &outbox)
    }

    private func waitForTenant(with item: Tenant.SessionItem) {
        state.withLock { $0.inbox.prepend(item) }
        _ = tenant.submit(
            .open { [self] failure in
                guard let failure else { return schedule() }
                var outbox = Outbox()
                while let item = nextItem() { refuse(item, failure, &outbox) }
                outbox.send()
                end()
            })
    }
}
