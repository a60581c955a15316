import DoSQLEngine
import DoSQLLoop
import DoSQLProtocol
import DoSQLSession
import Synchronization

/// What there is, and what is known of it (`protocol/administration.md`, list, tenant, deleted, retention).
extension Administration {
    /// How long, in nanoseconds, before an event loop that has not told what it counted is taken for dead.
    private static let measureTime: UInt64 = 10_000_000_000

    func serverReport(_ query: AdministrationQuery) throws(Failure) -> ServerReport {
        let answer = WorkQueue<ServerReading>()
        ServerReading.take(of: tenants) { answer.post($0) }
        guard let reading = answer.take(until: MonotonicClock.nanoseconds() &+ Self.measureTime) else {
            throw Failure(
                .deadlineExceeded,
                "an event loop has not answered within \(Self.measureTime / 1_000_000_000) seconds")
        }
        return ServerReport(reading, of: tenants, statements: query.statements)
    }

    func listing(_ query: AdministrationQuery) throws(Failure) -> TenantListing {
        let page = try context.page(after: query.after, prefix: query.prefix, limit: query.limit)
        return TenantListing(tenants: page.names.map(entry), more: page.hasMore)
    }

    func entry(_ name: TenantName) -> TenantListing.Entry {
        let tenant = tenants.known(name)
        let isOpen = tenant?.isOpen ?? false
        return TenantListing.Entry(
            name: name.description, bytes: Trash.bytes(of: context.folder.folder(of: name)),
            state: isOpen ? "open" : "closed",
            lastUsed: Timestamp(milliseconds: lastUsed(name, isOpen ? tenant : nil)).description)
    }

    func lastUsed(_ name: TenantName, _ tenant: Tenant?) -> Int64 {
        if let tenant {
            let age = MonotonicClock.nanoseconds() &- tenant.lastUsed.load(ordering: .relaxed)
            return WallClock.milliseconds() - Int64(clamping: age / 1_000_000)
        }
        let file = context.folder.database(of: name)
        return max(FileSystem.facts(of: file)?.modified ?? 0, FileSystem.facts(of: file + "-wal")?.modified ?? 0)
    }

    func deleted(_ query: AdministrationQuery) throws(Failure) -> DeletedListing {
        let page = try trash.page(after: query.after, limit: query.limit)
        return DeletedListing(deleted: page.entries.map(entry), more: page.hasMore)
    }

    func entry(_ deleted: Trash.Entry) -> DeletedListing.Entry {
        let tombstone = deleted.tombstone
        return DeletedListing.Entry(
            id: deleted.id.description, name: tombstone.name,
            deletedAt: Timestamp(milliseconds: tombstone.deletedAt).description,
            purgeAt: Timestamp(milliseconds: tombstone.deletedAt + Int64(configuration.deletedKept) * 1000).description,
            bytes: deleted.bytes, reason: tombstone.reason.rawValue)
    }

    // MARK: One tenant

    func report(_ name: TenantName, statements: Int) throws(Failure) -> TenantReport {
        // As it was: to look into it opens it.
        let wasOpen = tenants.known(name)?.isOpen ?? false
        let tenant = try open(name)
        let (pages, lsn) = try reading(tenant) { (connection) throws(Failure) in
            try (Self.pages(of: connection), Self.moment(of: connection).lsn)
        }
        let file = context.folder.database(of: name)
        return TenantReport(
            name: name.description, state: wasOpen ? "open" : "closed",
            bytes: Trash.bytes(of: context.folder.folder(of: name)),
            fileBytes: FileSystem.facts(of: file)?.size ?? 0,
            walBytes: FileSystem.facts(of: file + "-wal")?.size ?? 0,
            pages: pages.pages, pageSize: pages.pageSize, freePages: pages.freePages, lsn: lsn,
            incarnation: tenant.incarnation?.description ?? "", readers: tenant.readerCount, queue: tenant.queueCount,
            changes: tenant.changes.load(ordering: .relaxed),
            statements: tenant.statements.longest(statements).map { entry in
                TenantReport.Statement(
                    sql: entry.sql, count: entry.runs.count, totalMs: Double(entry.runs.nanoseconds) / 1e6,
                    meanMs: Double(entry.runs.nanoseconds) / 1e6 / Double(max(entry.runs.count, 1)),
                    maxMs: Double(entry.runs.longest) / 1e6, rows: entry.runs.rows)
            })
    }

    static func pages(of connection: borrowing Connection) throws(Failure) -> Connection.PageCounts {
        do throws(SQLiteError) { return try connection.pageCounts() } catch { throw Failure(error) }
    }

    /// The moment a connection's snapshot is of.
    static func moment(of connection: borrowing Connection) throws(Failure) -> (
        lsn: UInt64, incarnation: Identity
    ) {
        var lsn: UInt64 = 0
        var incarnation = Identity(low: 0, high: 0)
        try connection.trusted(
            """
            SELECT (SELECT value FROM main.__dosql_meta WHERE key = 'lsn'),
                   (SELECT value FROM main.__dosql_meta WHERE key = 'incarnation')
            """
        ) { row in
            lsn = UInt64(clamping: row.int64(at: 0))
            incarnation = Identity(row.blob(at: 1)) ?? incarnation
        }
        return (lsn, incarnation)
    }

    func retention(of name: TenantName) throws(Failure) -> RetentionSettings {
        guard context.folder.exists(name) else { throw Self.notFound(name) }
        return try RetentionSettings.read(from: context.folder.folder(of: name))
    }

    func keep(_ settings: RetentionSettings, of name: TenantName) throws(Failure) -> RetentionSettings {
        guard settings.faults.isEmpty else {
            throw Failure(.malformed, settings.faults.joined(separator: "; "))
        }
        try reserving([name]) { () throws(Failure) in
            guard context.folder.exists(name) else { throw Self.notFound(name) }
            try settings.write(to: context.folder.folder(of: name), by: space.newPath("settings"))
            tenants.known(name)?.keep(settings.kept(else: context.kept))
        }
        return settings
    }
}
