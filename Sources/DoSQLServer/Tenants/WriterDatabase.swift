import DoSQLEngine
import DoSQLProtocol
import Synchronization

/// A tenant's open file as whoever has the turn holds it: the one connection that commits and checkpoints.
///
/// Invariant: `lsn` is what the file's `__dosql_meta` says, and what ``Tenant/publishedLSN`` says, whenever nobody has
/// the turn.
struct WriterDatabase: ~Copyable, Sendable {
    let tenant: Tenant
    let connection: Connection
    let idempotency: IdempotencyTable
    let storeLSN: Statement
    /// The tables that are published to.
    let feeds = FeedPublisher()
    /// New whenever the file's history is replaced.
    let incarnation: Identity
    var lsn: UInt64 {
        didSet {
            guard lsn > oldValue else { return }
            tenant.context.metrics.changed(lsn - oldValue)
            tenant.changes.add(lsn - oldValue, ordering: .relaxed)
        }
    }
    var transaction: TransactionRunner?
    var changesAtBegin: Int64 = 0
    var groupsSincePurge = 0
    /// Frames in the log from which a checkpoint is tried.
    var checkpointFrames: Int
    /// A commit failed so that nobody knows what the disk has: the file must be closed and recovered.
    var isBroken = false
    /// The bound on the file's size that its connection has.
    private var growth: (name: String, value: Int) = ("", 0)

    static let metaSchema = "CREATE TABLE IF NOT EXISTS __dosql_meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID"
    /// Savepoint of one member of a group.
    static let memberDepth = 0
    /// Groups between two looks at idempotency keys whose time is over.
    static let purgeInterval = 4096

    /// The BEGIN or LOAD whose transaction holds the turn.
    var transactionOwner: Job?

    // MARK: Opening

    /// Opens the file; recovers it if the last process died; brings it to the server's migrations.
    /// - Throws: ``Failure``: it is not there and may not be created, is damaged, or a migration fails. Nothing stays
    ///   open then.
    static func open(_ tenant: Tenant, creates: Bool) throws(Failure) -> WriterDatabase {
        let context = tenant.context
        let isNew = !context.folder.exists(tenant.name)
        if isNew {
            guard creates else { throw Failure(.tenantNotFound, "there is no tenant \(tenant.name)") }
            try context.admitNewTenant()
        }
        // What does not become a tenant after all is none.
        defer { if isNew && !context.folder.exists(tenant.name) { context.folder.countTenants(-1) } }
        if isNew { try context.folder.create(tenant.name) }
        try tenant.readOwnLimits()
        var database = try make(tenant)
        database.applyLimits()
        // The file's own entry must survive a power cut with the first answer. Who made it may have died before it was
        // durable.
        if database.lsn == 0 { try context.folder.makeDurable(tenant.name) }
        database.connection.observer = tenant.statements
        if let migrations = context.migrations { _ = try database.apply(migrations.migrations) }
        // Up to here it was the server itself.
        database.connection.permission = context.unserved
        database.published()
        return database
    }

    private static func make(_ tenant: Tenant) throws(Failure) -> WriterDatabase {
        let connection: Connection
        do throws(SQLiteError) {
            connection = try Connection(tenant.context.openOptions(for: tenant, role: .writer))
        } catch {
            throw Failure(error)
        }
        connection.sandbox = .trusted
        do throws(SQLiteError) {
            // Until all is well: an attempt that fails must leave the log as it is.
            try connection.setCheckpointsOnClose(false)
            try connection.rewriteWAL()
            try connection.beginImmediate()
            try connection.execute(trusted: metaSchema)
            try connection.execute(trusted: IdempotencyTable.schema)
            try connection.execute(
                trusted: """
                    INSERT OR IGNORE INTO __dosql_meta(key, value) VALUES
                        ('name', '\(tenant.name)'), ('lsn', 0), ('incarnation', randomblob(16))
                    """)
            // It may have been renamed: the folder says what its name is.
            try connection.execute(
                trusted:
                    "UPDATE __dosql_meta SET value = '\(tenant.name)' WHERE key = 'name' AND value <> '\(tenant.name)'")
            try connection.commit()
            try connection.setCheckpointsOnClose(true)
        } catch {
            throw Failure(error)
        }
        let idempotency: IdempotencyTable
        let storeLSN: Statement
        let lsn: UInt64
        let incarnation: Identity
        do throws(PrepareError) {
            idempotency = try IdempotencyTable(on: connection)
            storeLSN = try connection.prepare("UPDATE __dosql_meta SET value = ?1 WHERE key = 'lsn'")
            let read = try connection.prepare(
                "SELECT (SELECT value FROM __dosql_meta WHERE key = 'lsn'), (SELECT value FROM __dosql_meta WHERE key = 'incarnation')"
            )
            do throws(SQLiteError) {
                _ = try read.step()
            } catch {
                throw .sqlite(error)
            }
            lsn = UInt64(clamping: read.int64(at: 0))
            incarnation = Identity(read.blob(at: 1)) ?? Identity(low: 0, high: 0)
        } catch {
            throw Failure(error)
        }
        connection.sandbox = .autocommit
        return WriterDatabase(
            tenant: tenant, connection: connection, idempotency: idempotency, storeLSN: storeLSN,
            incarnation: incarnation, lsn: lsn)
    }

    private init(
        tenant: Tenant, connection: consuming Connection, idempotency: IdempotencyTable, storeLSN: Statement,
        incarnation: Identity, lsn: UInt64
    ) {
        self.tenant = tenant
        self.connection = connection
        self.idempotency = idempotency
        self.storeLSN = storeLSN
        self.incarnation = incarnation
        self.lsn = lsn
        checkpointFrames = tenant.context.checkpointPages
    }

    /// Bounds the file as its tenant's limits and the disk have it now. Costs a look where nothing has changed.
    mutating func applyLimits() {
        guard transaction == nil else { return }
        let bound = tenant.growthBound
        guard bound != growth else { return }
        do throws(SQLiteError) {
            let isDisk = tenant.context.disk.met != nil
            try connection.setDatabaseBytesMax(isDisk ? connection.databaseBytes() : bound.value)
            growth = bound
        } catch {
            // The next turn tries again; a file that cannot even tell its size fails whatever is asked of it.
            noteStorage(error.code)
        }
    }

    /// Tells the other threads how far the file is, and wakes who watches if that is news.
    func published() {
        let isNews = tenant.publishedLSN.exchange(lsn, ordering: .sequentiallyConsistent) != lsn
        tenant.walFrames.store(connection.walFrameCount, ordering: .relaxed)
        if isNews { tenant.watchers.wake(tenant) }
    }

    /// Writes the number of the newest change and makes everything durable.
    mutating func commit(lsn newest: UInt64) -> Failure? {
        do throws(SQLiteError) {
            if newest != lsn { try Self.store(newest, storeLSN, on: connection) }
            try tenant.context.metrics.counting { () throws(SQLiteError) in try connection.commit() }
        } catch {
            var failure = Failure(error)
            // A full disk, or one that may not be written to, is told before anything is durable; after any other failure
            // nobody knows.
            if let refusal = noteStorage(error.code) {
                failure.tell(refusal)
            } else if error.code.primary == .ioError {
                failure.execution = .unknown
            }
            if error.code.isOutOfMemory {
                // The log may have the whole transaction, and SQLite not know it: recovery decides.
                failure.execution = .unknown
                isBroken = true
            }
            rollBack()
            return failure
        }
        lsn = newest
        published()
        return nil
    }

    static func store(_ lsn: UInt64, _ statement: Statement, on connection: borrowing Connection) throws(SQLiteError) {
        let mode = connection.sandbox
        connection.sandbox = .trusted
        defer {
            connection.sandbox = mode
            statement.reset()
        }
        do throws(BindError) {
            try statement.bind(Int64(clamping: lsn), at: 1)
        } catch {
            preconditionFailure("a number can be bound: \(error)")
        }
        _ = try statement.step()
    }

    static func storedLSN(on connection: borrowing Connection) -> UInt64? {
        let mode = connection.sandbox
        connection.sandbox = .trusted
        defer { connection.sandbox = mode }
        guard let read = try? connection.prepare("SELECT value FROM __dosql_meta WHERE key = 'lsn'"),
            (try? read.step()) == true
        else { return nil }
        return UInt64(clamping: read.int64(at: 0))
    }

    /// After an I/O error nobody knows what the disk has: the file is closed as it is and recovered. Unless the system took
    /// nothing at all: then the file is as it was, and is read on.
    /// - Parameter file: the one that was written to.
    /// - Returns: why the system took nothing; nil if it was something else.
    @discardableResult
    mutating func noteStorage(_ code: ResultCode, writing file: Connection.DurableFile = .log) -> WriteRefusal? {
        guard code.primary == .ioError else { return nil }
        if let refusal = connection.refusal(of: code, in: file) { return refusal }
        isBroken = true
        // A failure leaves the checkpoint on, which fails as well on such a disk.
        try? connection.setCheckpointsOnClose(false)
        return nil
    }

    mutating func rollBack() {
        do throws(SQLiteError) {
            try connection.rollback()
        } catch {
            // What cannot be rolled back is rolled back by recovery.
            isBroken = true
        }
    }

    // MARK: Requests that need the turn for themselves

    /// Carries out OPEN, BEGIN, SCRIPT, MIGRATE or LOAD.
    mutating func carryOutAlone(_ job: Job, watch: Watchdog.Post, outbox: inout Outbox) {
        guard job.begin() else { return }
        if job.isAbandoned { return }
        watch.arm(connection.interrupter, deadline: job.stretchEnd)
        defer { watch.disarm() }
        connection.serve(job)
        do throws(Failure) {
            switch job.type {
            case .open: answerOpen(job, outbox: &outbox)
            case .begin: try begin(job, isSingle: false, outbox: &outbox)
            case .load:
                try begin(job, isSingle: true, outbox: &outbox)
                // The load itself is the first request of its own transaction; begin() has claimed it already.
                carryOutClaimed(job, watch: watch, outbox: &outbox)
            case .script: try runScript(job, outbox: &outbox)
            case .migrate: try migrate(job, outbox: &outbox)
            default: throw Failure(.internal, "\(job.type.name) does not need the turn for itself")
            }
        } catch {
            var failure = error
            let code = ResultCode(rawValue: failure.sqlite)
            // It may have been the commit.
            if let refusal = noteStorage(code) {
                failure.tell(refusal)
            } else if code.primary == .ioError, job.type != .begin, failure.execution == .notExecuted {
                failure.execution = .unknown
            }
            job.refuse(failure, outbox: &outbox)
        }
        connection.serveNobody()
    }

    private func answerOpen(_ job: Job, outbox: inout Outbox) {
        var writer = ByteWriter(capacity: 64)
        OK(Outcome(lsn: lsn), incarnation: incarnation).encode(
            into: &writer, stream: job.address.stream, request: job.address.request)
        outbox.add(.opened(succeeded: true), writer.take(), to: job.address)
    }
}
