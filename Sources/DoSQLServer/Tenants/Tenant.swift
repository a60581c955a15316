import DequeModule
import DoSQLEngine
import DoSQLLoop
import DoSQLProtocol
import DoSQLSession
import Synchronization

/// One tenant as all threads share it: its line of writes, its readers, and what they publish to one another.
///
/// The line is a queue, never a thread: whoever of the writer threads has the tenant's *turn* takes the database out of
/// the line, works, and puts it back. Invariant: `line.database` is nil exactly while somebody has the turn or the file
/// is closed; one thread at most has the turn (`isScheduled`).
final class Tenant: Sendable {
    /// What waits in a tenant's line.
    enum Item: Sendable {
        /// A request that may share a commit with its neighbours: an autocommit statement or batch.
        case write(Job)
        /// A request that needs the turn for itself: OPEN, BEGIN, SCRIPT, MIGRATE, LOAD.
        case exclusive(Job)
        /// Open the file, so that a reader can; then call back.
        case open(@Sendable (Failure?) -> Void)
        /// Checkpoint, if it is still due.
        case checkpoint
        /// Remove some of what the feeds need not keep any more.
        case trim
        /// Close the file, if nobody reads it; then call back with whether it was closed.
        case close(@Sendable (Bool) -> Void)
        /// Open the file, creating it whatever requests may do; then call back with whether it was created.
        case create(@Sendable (Result<Bool, Failure>) -> Void)
        /// Something of an operator's on the writer's connection.
        case errand(Errand)
    }

    /// What an operator wants of a tenant's writer: it has the turn, and no transaction is open.
    struct Errand: Sendable {
        let body: @Sendable (inout WriterDatabase, Watchdog.Post) -> Void
        /// The file cannot be opened.
        let refused: @Sendable (Failure) -> Void
    }

    /// What belongs to the transaction that holds the turn.
    enum SessionItem: Sendable {
        case request(Job)
        /// Credit came for its streamed result.
        case resume
        /// LOAD_ROWS of a load.
        case rows(request: UInt32, body: [UInt8], isLast: Bool)
        /// Its connection or stream is gone: roll back.
        case abandon
        /// Its time is over: roll back and tell the shard.
        case expire
    }

    /// An item with the BEGIN or LOAD it is meant for: what comes late must not reach the next transaction.
    private struct SessionMail: Sendable {
        let owner: Job
        let item: SessionItem
    }

    private struct Line: ~Copyable, Sendable {
        var queue: Deque<Item> = []
        var inbox: Deque<SessionMail> = []
        var isScheduled = false
        var holdsTransaction = false
        var database: WriterDatabase?
        /// Items for which a group that is gathering waits; 0: none gathers.
        var wanted = 0
        /// How many writes the last two groups had, and when the last one was answered.
        var lastGroups = (0, 0)
        var answeredAt: UInt64 = 0
    }

    private struct Life: Sendable {
        var isOpen = false
        /// The file's, as it was when it was opened last.
        var incarnation = Identity(low: 0, high: 0)
        var readers = 0
        /// Why nobody may use it any more.
        var end: Failure?
    }

    let name: TenantName
    let context: TenantContext
    private let line = Mutex(Line())
    /// Rung when a group that gathers is complete.
    private let gathering = WorkQueue<Void>()
    private let life = Mutex(Life())
    /// How much of each feed is kept, where that is bounded.
    private let kept: Mutex<[Feed: FeedRetention]>
    /// Idle connections for long reads.
    private let spareCursors = Mutex<[ConnectionParcel]>([])

    /// The newest change that is durable. Written before anybody is answered; read before a snapshot is taken.
    let publishedLSN = Atomic<UInt64>(0)
    /// Frames in the write-ahead log after the last commit or checkpoint.
    let walFrames = Atomic<Int>(0)
    /// Whether a checkpoint is due and something stands in its way.
    let isCheckpointBlocked = Atomic<Bool>(false)
    /// Whether a checkpoint or a close that nobody waits for is in the line already.
    private let awaitsMaintenance = Atomic<Bool>(false)
    /// The shards that have subscribers of its feeds.
    let watchers = FeedWatchers()
    /// The newest change of which the feeds have been trimmed, and when that was.
    let trimmedLSN = Atomic<UInt64>(.max)
    let trimmedAt = Atomic<UInt64>(0)
    /// Changes that were committed since it was met.
    let changes = Atomic<UInt64>(0)
    /// What its statements cost.
    let statements: TopStatements
    /// Whether it has ended: its name may be somebody else's by now.
    private let hasEnded = Atomic<Bool>(false)
    /// Monotonic nanoseconds of the last use.
    let lastUsed: Atomic<UInt64>
    /// Its requests that wait or run on a thread, and the bytes of their bodies.
    let requests = Atomic<Int>(0)
    let requestBytes = Atomic<Int>(0)
    /// Connections that long reads hold.
    private let cursors = Atomic<Int>(0)
    /// What it may use.
    let standing: Mutex<Standing>
    /// Held while its own limits are read or written: what was read before a change must not hold after it.
    let settling = Mutex<Void>(())
    /// Counts the changes of its limits.
    let limitsVersion = Atomic<UInt32>(0)

    init(name: TenantName, context: TenantContext) {
        self.name = name
        self.context = context
        standing = Mutex(Standing(limits: context.tenantLimits))
        kept = Mutex(context.kept)
        statements = TopStatements(slowTime: context.slowStatementTime, tellsSlow: context.slow.isOn)
        lastUsed = Atomic(MonotonicClock.nanoseconds())
    }

    /// How much of each feed is kept; a feed that is not here is kept whole.
    var retention: [Feed: FeedRetention] { kept.withLock { $0 } }

    /// Keeps so much from now on.
    func keep(_ retention: [Feed: FeedRetention]) { kept.withLock { $0 = retention } }

    var isOpen: Bool { life.withLock { $0.isOpen } }

    /// The identity of the file's history; nil while it is closed, since nobody knows then what lies there.
    var incarnation: Identity? { life.withLock { $0.isOpen && $0.end == nil ? $0.incarnation : nil } }

    /// Connections that read.
    var readerCount: Int { life.withLock { $0.readers } }

    /// What waits in its line.
    var queueCount: Int { line.withLock { $0.queue.count } }

    func touch(_ now: UInt64) { lastUsed.store(now, ordering: .relaxed) }

    // MARK: The line

    /// Puts an item at the end of the line.
    /// - Returns: false if the line is full.
    func submit(_ item: Item) -> Bool {
        let (accepted, starts, completes) = line.withLock { line -> (Bool, Bool, Bool) in
            if line.queue.count >= context.writeQueueMax, case .write = item { return (false, false, false) }
            line.queue.append(item)
            let completes = line.wanted > 0 && line.queue.count >= line.wanted
            if completes { line.wanted = 0 }
            return (true, Self.schedule(&line), completes)
        }
        if completes { gathering.post(()) }
        if starts { context.writers.post(for: self) { [self] watch in takeTurn(watch: watch) } }
        return accepted
    }

    /// Puts a checkpoint, or a close that nobody waits for, into the line, unless one is there already: a transaction
    /// may hold the turn for long.
    func maintain(_ item: Item) {
        guard !awaitsMaintenance.exchange(true, ordering: .relaxed) else { return }
        _ = submit(item)
    }

    /// Hands an item to the transaction that `owner` began, if it still holds the turn.
    func submit(_ item: SessionItem, for owner: Job) {
        let starts = line.withLock { line -> Bool in
            line.inbox.append(SessionMail(owner: owner, item: item))
            return Self.schedule(&line)
        }
        if starts { context.writers.post(for: self) { [self] watch in takeTurn(watch: watch) } }
    }

    private static func schedule(_ line: inout Line) -> Bool {
        guard !line.isScheduled else { return false }
        // While a transaction waits for its client, the queue waits for the transaction.
        guard !line.inbox.isEmpty || (!line.holdsTransaction && !line.queue.isEmpty) else { return false }
        line.isScheduled = true
        return true
    }

    private enum Work {
        case group([Job])
        case item(Item)
        case session(SessionItem)
    }

    /// The tenant's turn, on a writer thread: groups of writes, one item, or the next steps of its transaction; then
    /// the next tenant's.
    func takeTurn(watch: Watchdog.Post) {
        var database = line.withLock { $0.database.take() }
        database?.applyLimits()
        var outbox = Outbox()
        // A tenant with endless work goes to the end of the pool's queue now and then.
        for _ in 0..<TenantContext.turnLength {
            if database?.transactionOwner == nil { gather() }
            guard let work = nextWork(transaction: database?.transactionOwner) else { break }
            var groupCount = 0
            switch work {
            case .group(let jobs):
                groupCount = jobs.count
                touch(MonotonicClock.nanoseconds())
                withOpenDatabase(&database, jobs: jobs, outbox: &outbox) {
                    (database: inout WriterDatabase, outbox: inout Outbox) in
                    database.commitGroup(jobs, watch: watch, outbox: &outbox)
                }
            case .item(let item):
                carryOut(item, &database, watch, &outbox)
            case .session(let item):
                touch(MonotonicClock.nanoseconds())
                database?.carryOut(item, watch: watch, outbox: &outbox)
            }
            if database?.isBroken == true { abandonDatabase(&database) }
            outbox.send()
            if groupCount > 0 { answered(groupCount) }
            // After the answers: a checkpoint inside a commit is what makes the slowest write slow.
            if database?.isCheckpointDue(lineIsEmpty: isLineEmpty) == true {
                database?.checkpoint()
                if database?.isBroken == true { abandonDatabase(&database) }
            }
        }
        finishTurn(database)
    }

    /// Waits a moment for those who wrote in the last two groups and are not here again: their answers left just now, and
    /// without this they and those who are here would take turns in groups of half the size. Who writes alone waits for nobody.
    private func gather() {
        let now = MonotonicClock.nanoseconds()
        let waits = line.withLock { line -> Bool in
            let expected = max(line.lastGroups.0, line.lastGroups.1)
            guard expected > 1, line.queue.count < expected, now < line.answeredAt &+ TenantContext.gatherAge,
                line.inbox.isEmpty, case .write? = line.queue.first
            else { return false }
            line.wanted = expected
            return true
        }
        guard waits else { return }
        let deadline = now &+ TenantContext.gatherTime
        while line.withLock({ $0.wanted > 0 }), MonotonicClock.nanoseconds() < deadline {
            // It may have been rung for an earlier group, too late.
            _ = gathering.take(until: deadline)
        }
        line.withLock { $0.wanted = 0 }
    }

    private func answered(_ count: Int) {
        let now = MonotonicClock.nanoseconds()
        line.withLock { line in
            line.lastGroups = (line.lastGroups.1, count)
            line.answeredAt = now
        }
    }

    private func nextWork(transaction owner: Job?) -> Work? {
        line.withLock { line -> Work? in
            while let mail = line.inbox.popFirst() {
                // What arrives for a transaction that is over has nobody to answer: the loop knows that it ended.
                if mail.owner === owner { return .session(mail.item) }
            }
            if owner != nil { return nil }
            guard let first = line.queue.popFirst() else { return nil }
            guard case .write(let job) = first else { return .item(first) }
            var jobs = [job]
            while jobs.count < TenantContext.groupMax, case .write(let next)? = line.queue.first {
                jobs.append(next)
                line.queue.removeFirst()
            }
            return .group(jobs)
        }
    }

    private func finishTurn(_ database: consuming WriterDatabase?) {
        let inTransaction = database?.transactionOwner != nil
        var returned: WriterDatabase? = consume database
        let goesOn = line.withLock { line -> Bool in
            line.holdsTransaction = inTransaction
            line.database = returned.take()
            line.isScheduled = false
            return Self.schedule(&line)
        }
        if goesOn { context.writers.post(for: self) { [self] watch in takeTurn(watch: watch) } }
    }

    private var isLineEmpty: Bool { line.withLock { $0.queue.isEmpty } }

    // MARK: One item

    private func carryOut(
        _ item: Item, _ database: inout WriterDatabase?, _ watch: Watchdog.Post, _ outbox: inout Outbox
    ) {
        switch item {
        case .write(let job):
            preconditionFailure("writes come as groups, not alone: \(job.type)")
        case .exclusive(let job):
            touch(MonotonicClock.nanoseconds())
            withOpenDatabase(&database, jobs: [job], outbox: &outbox) {
                (database: inout WriterDatabase, outbox: inout Outbox) in
                database.carryOutAlone(job, watch: watch, outbox: &outbox)
            }
        case .open(let done):
            touch(MonotonicClock.nanoseconds())
            done(open(&database, creates: false))
        case .create(let done):
            touch(MonotonicClock.nanoseconds())
            let isNew = !context.folder.exists(name)
            let failure = open(&database, creates: true)
            done(failure.map { .failure($0) } ?? .success(isNew))
        case .errand(let errand):
            if let failure = open(&database, creates: false) { return errand.refused(failure) }
            guard var opened = database.take() else { return }
            errand.body(&opened, watch)
            database = consume opened
        case .checkpoint:
            awaitsMaintenance.store(false, ordering: .relaxed)
            database?.checkpoint()
        case .trim:
            awaitsMaintenance.store(false, ordering: .relaxed)
            // In steps, so that writes come in between.
            if database?.trimFeeds(watch: watch) == true { maintain(.trim) }
        case .close(let done):
            awaitsMaintenance.store(false, ordering: .relaxed)
            done(close(&database))
        }
    }

    private func withOpenDatabase(
        _ database: inout WriterDatabase?, jobs: [Job], outbox: inout Outbox,
        _ body: (inout WriterDatabase, inout Outbox) -> Void
    ) {
        let creates = context.createsTenants && jobs.contains(where: \.mayCreateTenant)
        if let failure = open(&database, creates: creates) {
            for job in jobs where job.begin() { job.refuse(reason(failure, of: job), outbox: &outbox) }
            return
        }
        guard var opened = database.take() else { return }
        body(&opened, &outbox)
        database = consume opened
    }

    /// What a job is told of a tenant that cannot be opened: whoever would have made it, had he the right, hears that.
    private func reason(_ failure: Failure, of job: Job) -> Failure {
        guard failure.code == .tenantNotFound, context.createsTenants, job.wantsTenantCreated, !job.mayCreateTenant
        else { return failure }
        return Failure(.forbidden, "the token lacks the right create, and there is no tenant \(name)")
    }

    // MARK: Opening and closing

    /// Opens the file if it is closed: creates it, recovers it, brings it to the server's migrations.
    private func open(_ database: inout WriterDatabase?, creates: Bool) -> Failure? {
        if let end { return end }
        if database != nil { return nil }
        do throws(Failure) {
            let opened = try WriterDatabase.open(self, creates: creates)
            let end = life.withLock { life -> Failure? in
                if let end = life.end { return end }
                life.isOpen = true
                life.incarnation = opened.incarnation
                return nil
            }
            if let end { return end }
            context.catalog.add(name)
            keep(try RetentionSettings.read(from: context.folder.folder(of: name)).kept(else: context.kept))
            database = consume opened
        } catch {
            // On a disk that may not be written to SQLite opens a file for reading, and its first write is refused.
            guard error.code == .storageFailed || error.code == .readOnly else { return error }
            var failure = error
            failure.code = .tenantUnavailable
            failure.execution = .notExecuted
            return failure
        }
        return nil
    }

    /// Closes the file unless it is read or in a transaction.
    private func close(_ database: inout WriterDatabase?) -> Bool {
        // Readers may have outlived a file that was abandoned.
        if database == nil {
            dropSpareCursors()
            return life.withLock { $0.readers == 0 }
        }
        if database?.transactionOwner != nil { return false }
        dropSpareCursors()
        let mayClose = life.withLock { life in
            guard life.readers == 0 else { return false }
            life.isOpen = false
            return true
        }
        guard mayClose else { return false }
        database?.checkpoint()
        database = nil
        walFrames.store(0, ordering: .relaxed)
        return true
    }

    /// A commit failed in a way that leaves the file unclear: it is closed, so that opening it recovers it.
    private func abandonDatabase(_ database: inout WriterDatabase?) {
        // First: nobody may open a reader on a file that no writer has recovered.
        life.withLock { $0.isOpen = false }
        database = nil
        walFrames.store(0, ordering: .relaxed)
        dropSpareCursors()
        context.shards.broadcast(.release(self))
    }

    // MARK: The end

    /// Why nobody may use it; nil while everybody may.
    private var end: Failure? {
        hasEnded.load(ordering: .acquiring) ? life.withLock { $0.end } : nil
    }

    /// Whether it has ended, so that its name means another one, or none.
    var isEnded: Bool { hasEnded.load(ordering: .acquiring) }

    /// Nobody may use it from now on: the shards end what runs, and what waits is refused. It is closed then by
    /// ``Item/close(_:)``, as soon as nothing reads any more.
    func end(_ failure: Failure) {
        life.withLock { $0.end = failure }
        hasEnded.store(true, ordering: .releasing)
        context.shards.broadcast(.tenantEnded(self, failure))
    }

    /// It may be used after all, by whoever opens it anew.
    func resume() {
        life.withLock { $0.end = nil }
        hasEnded.store(false, ordering: .releasing)
    }

    // MARK: Readers

    /// What came of an attempt to open a reader.
    enum ReaderResult: ~Copyable {
        case opened(Connection)
        /// The file is closed: submit ``Item/open(_:)`` first, since the writer must be the first to open it.
        case closed
        case failed(Failure)
    }

    /// Opens a further connection for reading. Reads the disk: not for an event loop.
    func openReader(length: Int32? = nil) -> ReaderResult {
        if let end { return .failed(end) }
        let isOpen = life.withLock { life in
            if life.end != nil { return false }
            if life.isOpen { life.readers += 1 }
            return life.isOpen
        }
        guard isOpen else { return .closed }
        var options = context.openOptions(for: self, role: .reader)
        if let length { options.limits.length = length }
        do throws(SQLiteError) {
            let connection = try Connection(options)
            connection.permission = context.unserved
            connection.observer = statements
            return .opened(connection)
        } catch {
            life.withLock { $0.readers -= 1 }
            return .failed(Failure(error))
        }
    }

    /// Closes a reader.
    func closeReader(_ connection: consuming Connection) {
        _ = consume connection
        life.withLock { $0.readers -= 1 }
    }

    /// A shard has let go of its reader, which closes with its last reference: this one.
    func readerWasClosed(_ reader: consuming LoopReader) {
        _ = consume reader
        life.withLock { $0.readers -= 1 }
    }

    /// A connection for a long read: a spare one, or a new one. Given back by ``returnCursor(_:)`` or ``closeCursor(_:)``.
    /// - Parameter isBounded: whether it is for a client, who may have so many at a time.
    func takeCursor(isBounded: Bool = true) -> ReaderResult {
        let most = isBounded ? limits.tenantTransactionsMax : .max
        guard cursors.add(1, ordering: .relaxed).newValue <= most else {
            cursors.subtract(1, ordering: .relaxed)
            return .failed(
                .overloaded(
                    "this tenant has too many read transactions and streamed results open",
                    limit: ("tenantTransactionsMax", most), retryAfter: 1000))
        }
        switch spareOrNewCursor() {
        case .opened(let connection):
            return .opened(connection)
        case .closed:
            cursors.subtract(1, ordering: .relaxed)
            return .closed
        case .failed(let failure):
            cursors.subtract(1, ordering: .relaxed)
            return .failed(failure)
        }
    }

    private func spareOrNewCursor() -> ReaderResult {
        if let end { return .failed(end) }
        if let parcel = spareCursors.withLock({ $0.popLast() }), let connection = parcel.take() {
            return .opened(connection)
        }
        return openReader()
    }

    /// Closes a connection for long reads that is of no use to others.
    func closeCursor(_ connection: consuming Connection) {
        cursors.subtract(1, ordering: .relaxed)
        closeReader(connection)
    }

    /// Gives a connection for long reads back, with nothing running on it.
    func returnCursor(_ connection: consuming Connection) {
        cursors.subtract(1, ordering: .relaxed)
        let parcel = ConnectionParcel(connection)
        let kept = spareCursors.withLock { spare in
            guard spare.count < TenantContext.spareCursorsMax, !isEnded else { return false }
            spare.append(parcel)
            return true
        }
        if !kept, let connection = parcel.take() { closeReader(connection) }
    }

    private func dropSpareCursors() {
        let dropped = spareCursors.withLock { spare in
            defer { spare.removeAll() }
            return spare
        }
        for parcel in dropped {
            if let connection = parcel.take() { closeReader(connection) }
        }
    }
}
