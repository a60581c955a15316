import DoSQLEngine
import DoSQLLoop
import DoSQLProtocol
import DoSQLSession
import FoundationEssentials
import Logging
import Synchronization

/// What an operator does with tenants (`protocol/administration.md`).
///
/// Each operation is a function that waits for what it needs, on one of a few threads of its own, so that it reads as the
/// page does; lists and the bytes of uploads and backups go through the threads for short work. A tenant's place changes
/// under its reservation, of which there is one.
final class Administration: Sendable {
    /// Threads for what takes long. There are more where more tenants have something done: see ``WorkerPool/crowd``.
    private static let threadsMax = 3
    /// Threads for what is short: nobody who asks waits for somebody's check.
    private static let quickThreads = 2
    /// What takes long and is under way at a time; fewer than there are threads, so that deletions find one.
    private static let errandsMax = 16
    /// How long, in nanoseconds, between two looks at whether a tenant has come to rest.
    private static let retryTime: UInt64 = 5_000_000
    /// How long, in nanoseconds, before those who use a tenant that has ended are told so again.
    private static let againTime: UInt64 = 200_000_000
    /// Nanoseconds between two looks at what is kept for long enough.
    private static let purgePeriod: UInt64 = 60_000_000_000
    /// Faults of each kind that a check tells.
    static let problemsMax = 100

    let configuration: AdministrationConfiguration
    let space: TemporarySpace
    let tenants: TenantStore
    let context: TenantContext
    let trash: Trash
    let log: Logger
    let threads: WorkerPool
    private let quick: WorkerPool
    private let errands = Mutex<Set<LongErrand.Subject>>([])
    private let reserved = Mutex<Set<TenantName>>([])
    let isStopping = CancellationFlag()
    /// What has to be interrupted when the server stops.
    private let running = Mutex<[UInt64: Interrupter]>([:])
    private let lastRun = Atomic<UInt64>(0)
    private let bell = WorkQueue<Void>()
    private let purger = Mutex<WorkerThread?>(nil)

    /// Completes what was under way when the last process ended, and begins to purge.
    init(
        _ configuration: AdministrationConfiguration, tenants: TenantStore, trash: Trash, log: Logger
    ) throws {
        self.configuration = configuration
        self.tenants = tenants
        self.trash = trash
        self.log = log
        context = tenants.context
        space = TemporarySpace(context.folder.temporaryFolder, configuration, disk: context.disk)
        threads = try WorkerPool(name: "admin", threads: Self.threadsMax, watchdog: context.watchdog)
        quick = try WorkerPool(name: "admin-quick", threads: Self.quickThreads, watchdog: context.watchdog)
        try trash.recover()
        let thread = try WorkerThread(name: "dosql-purge") { [self] in
            while !bell.isFinished {
                purgeExpired(WallClock.milliseconds())
                _ = bell.take(until: MonotonicClock.nanoseconds() + Self.purgePeriod)
            }
        }
        purger.withLock { $0 = thread }
    }

    /// Lets nobody wait for what takes long of another tenant.
    func relieveThreads() {
        threads.relieve()
        quick.relieve()
    }

    /// Interrupts what runs, and waits for it.
    func stop() {
        isStopping.cancel()
        for interrupter in running.withLock({ Array($0.values) }) { interrupter.interrupt() }
        bell.close()
        purger.withLock { $0.take() }?.join()
        threads.stop()
        quick.stop()
    }

    // MARK: Requests

    /// Begins what takes long, of which a tenant has one of a kind at a time.
    /// - Throws: `TENANT_BUSY`, `OVERLOADED`, both at once.
    func begin(_ subject: LongErrand.Subject) throws(Failure) -> LongErrand {
        let failure = errands.withLock { errands -> Failure? in
            if errands.contains(subject) { return Self.busy(subject.name) }
            guard !subject.isOnThread || errands.count(where: \.isOnThread) < Self.errandsMax else {
                return .overloaded(
                    "too many backups, restores and maintenance are under way",
                    limit: ("administrationErrandsMax", Self.errandsMax), retryAfter: 1000)
            }
            errands.insert(subject)
            return nil
        }
        if let failure { throw failure }
        return LongErrand(subject) { [self] in errands.withLock { _ = $0.remove(subject) } }
    }

    /// Carries a request out and tells its exchange. Uploads come by ``restore(_:from:caller:)``.
    func carryOut(
        _ request: AdministrationRequest, query: AdministrationQuery, body: AdministrationBody,
        for caller: TransactionCaller
    ) {
        var errand: LongErrand?
        var copy: LongErrand?
        let pool: WorkerPool
        switch request {
        case .listTenants, .listDeleted: pool = context.openers
        case .backup(let text), .maintain(let text, _):
            do throws(Failure) {
                if case .backup = request { copy = try begin(.copy(name(text))) }
                errand = try begin(.maintenance(name(text)))
            } catch {
                caller.shard.post(.administration(.failure(error), for: caller))
                return
            }
            pool = threads
        // They wait for a tenant to come to rest.
        case .delete, .rename, .undelete, .restore: pool = threads
        case .server, .create, .report, .readRetention, .writeRetention, .readLimits, .changeLimits, .replaceLimits,
            .purge:
            pool = quick
        }
        pool.post(for: errand ?? caller.shard) { [self, errand, copy] watch in
            let reply: AdministrationReply
            do throws(Failure) {
                reply = try answer(to: request, query, body, watch)
            } catch {
                reply = .failure(error)
            }
            errand?.end()
            if case .backup(let file) = reply { file.keep(copy) } else { copy?.end() }
            caller.shard.post(.administration(reply, for: caller))
        }
    }

    func answer(
        to request: AdministrationRequest, _ query: AdministrationQuery, _ body: AdministrationBody,
        _ watch: Watchdog.Post
    ) throws(Failure) -> AdministrationReply {
        switch request {
        case .server: return try json(serverReport(query))
        case .listTenants: return try json(listing(query))
        case .create:
            let name = try name(body.read(Named.self, members: ["name"]).name)
            try create(name)
            return try json(report(name, statements: query.statements), status: 201)
        case .report(let text): return try json(report(name(text), statements: query.statements))
        case .delete(let text): return try json(delete(name(text)))
        case .rename(let text):
            let other = try name(body.read(Renaming.self, members: ["to"]).to)
            try rename(name(text), to: other)
            return try json(Named(name: other.description))
        case .backup(let text): return .backup(try backup(name(text)))
        case .restore: throw Failure(.internal, "a restore comes with its upload")
        case .readRetention(let text): return try json(retention(of: name(text)))
        case .writeRetention(let text):
            let settings = try body.read(RetentionSettings.self, members: ["messages", "events"])
            return try json(keep(settings, of: name(text)))
        case .readLimits(let text): return try json(limits(of: name(text)))
        case .changeLimits(let text): return try json(changeLimits(of: name(text), body.read(LimitsChange.self)))
        case .replaceLimits(let text): return try json(replaceLimits(of: name(text), body.read(LimitsChange.self)))
        case .maintain(let text, let kind): return try maintain(name(text), kind)
        case .listDeleted: return try json(deleted(query))
        case .undelete(let text):
            let wanted = body.bytes.isEmpty ? nil : try body.read(Named.self, members: ["name"]).name
            return try json(Named(name: undelete(id(text), as: wanted).description))
        case .purge(let text):
            let id = try id(text)
            try purge(id)
            return try json(Purged(id: id.description))
        }
    }

    struct Named: Codable { let name: String }
    struct Renaming: Codable { let to: String }
    struct Purged: Codable { let id: String }
    struct Nothing: Codable {}

    func json(_ value: some Encodable, status: Int = 200) throws(Failure) -> AdministrationReply {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return .answer(status: status, body: Array(try encoder.encode(value)))
        } catch {
            throw Failure(.internal, "an answer cannot be written: \(error)")
        }
    }

    func name(_ text: String) throws(Failure) -> TenantName {
        do throws(TenantName.Fault) { return try TenantName(text) } catch {
            throw Failure(.tenantNameInvalid, "\(error)")
        }
    }

    func id(_ text: String) throws(Failure) -> DeletedID {
        guard let id = DeletedID(text) else { throw Self.nothingDeleted(text) }
        return id
    }

    static func nothingDeleted(_ id: String) -> Failure {
        Failure(.tenantNotFound, "nothing was deleted under the id '\(id)', or it is gone for good")
    }

    static func notFound(_ name: TenantName) -> Failure {
        Failure(.tenantNotFound, "there is no tenant \(name)")
    }

    static func exists(_ name: TenantName) -> Failure {
        Failure(.tenantExists, "there is a tenant \(name) already")
    }

    // MARK: Waiting

    /// Waits for what another thread gives.
    func wait<Value: Sendable>(
        _ body: (@escaping @Sendable (Result<Value, Failure>) -> Void) -> Void
    ) throws(Failure) -> Value {
        let answer = WorkQueue<Result<Value, Failure>>()
        body { answer.post($0) }
        guard let result = answer.take() else { throw Failure(.internal, "an answer was awaited and none came") }
        return try result.get()
    }

    /// The tenant, open; it is not made.
    func open(_ name: TenantName) throws(Failure) -> Tenant {
        guard context.folder.exists(name) else { throw Self.notFound(name) }
        let tenant = tenants.tenant(name)
        // Its line may be held by somebody's maintenance.
        if tenant.isOpen { return tenant }
        try wait { done in
            _ = tenant.submit(.open { failure in done(failure.map { .failure($0) } ?? .success(())) })
        }
        return tenant
    }

    /// Reads a tenant in one snapshot, on a connection of its own.
    func reading<Value>(
        _ tenant: Tenant, _ body: (borrowing Connection) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        while true {
            switch tenant.takeCursor(isBounded: false) {
            case .failed(let failure): throw failure
            case .closed: _ = try open(tenant.name)
            case .opened(let connection):
                let release = hold(connection.interrupter)
                let result: Result<Value, Failure>
                do throws(Failure) {
                    do throws(SQLiteError) {
                        try connection.beginRead()
                        // The snapshot is that of the first read.
                        _ = try connection.schemaVersion()
                    } catch {
                        throw Failure(error)
                    }
                    result = .success(try body(connection))
                } catch {
                    result = .failure(error)
                }
                release()
                // A reader's end cannot fail otherwise than by damage.
                try? connection.rollback()
                tenant.returnCursor(connection)
                return try result.get()
            }
        }
    }

    /// What is interrupted when the server stops; to be called when it is over.
    func hold(_ interrupter: Interrupter) -> () -> Void {
        let key = lastRun.add(1, ordering: .relaxed).newValue
        running.withLock { $0[key] = interrupter }
        if isStopping.isCancelled { interrupter.interrupt() }
        return { [self] in running.withLock { $0[key] = nil } }
    }

    // MARK: Reservations

    static func busy(_ name: TenantName) -> Failure {
        Failure(
            .tenantBusy,
            "the tenant \(name) is being created, deleted, renamed, restored, copied, maintained or purged, or a copy of it is on its way"
        )
    }

    /// Does something while nobody else changes the place of these tenants.
    func reserving<Value>(_ names: [TenantName], _ body: () throws(Failure) -> Value) throws(Failure) -> Value {
        let taken = reserved.withLock { reserved -> TenantName? in
            if let taken = names.first(where: { reserved.contains($0) }) { return taken }
            reserved.formUnion(names)
            return nil
        }
        if let taken { throw Self.busy(taken) }
        defer { reserved.withLock { $0.subtract(names) } }
        return try body()
    }

    /// Does something while nobody uses these tenants, whether they are there or not: those who have them open are told
    /// the failure beside them. Afterwards their names mean what is there then.
    func ending<Value>(
        _ ends: [(name: TenantName, failure: Failure)], _ body: () throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try reserving(ends.map(\.name)) { () throws(Failure) in
            let ended = ends.map { end in
                let tenant = tenants.tenant(end.name)
                tenant.end(end.failure)
                return tenant
            }
            let deadline = MonotonicClock.nanoseconds() &+ configuration.retireTime
            for (tenant, end) in zip(ended, ends) where !comesToRest(tenant, end.failure, by: deadline) {
                for tenant in ended { tenant.resume() }
                throw Failure(
                    .tenantUnavailable, "the statements of the tenant \(tenant.name) did not end in time",
                    limit: ("retireTime", Int(clamping: configuration.retireTime / 1_000_000)))
            }
            defer { for tenant in ended { tenants.forget(tenant) } }
            return try body()
        }
    }

    /// Closes a tenant that has ended, as soon as nothing reads it any more.
    func comesToRest(_ tenant: Tenant, _ end: Failure, by deadline: UInt64) -> Bool {
        while true {
            let answer = WorkQueue<Bool>()
            _ = tenant.submit(.close { answer.post($0) })
            var isClosed: Bool?
            while isClosed == nil {
                let now = MonotonicClock.nanoseconds()
                guard now < deadline, !isStopping.isCancelled else { return false }
                isClosed = answer.take(until: min(deadline, now &+ Self.againTime))
                // A transaction may have begun just then, so that nobody heard of its end.
                if isClosed == nil { tenant.end(end) }
            }
            if isClosed == true { return true }
            // A reader is on its way out: nobody tells when it has gone.
            _ = answer.take(until: MonotonicClock.nanoseconds() &+ Self.retryTime)
        }
    }
}
