import DoSQLEngine
import DoSQLProtocol
import DoSQLSession

/// A file that came from outside and is to become a tenant's database (`protocol/administration.md`, restore).
///
/// Nothing in it is trusted: it is looked at as bytes first, then opened as a tenant's is, and what the server itself
/// keeps in a tenant's file must be exactly as the server makes it, before the server's own statements touch it.
struct CandidateDatabase {
    /// Bytes of a SQLite file's header: <https://www.sqlite.org/fileformat.html#the_database_header>.
    private static let headerSize = 100
    private static let magic = Array("SQLite format 3\u{0}".utf8)
    /// Sentences of a check that are told.
    private static let problemsMax = 5

    let path: String
    let context: TenantContext

    /// Checks the file and makes it the database of `name`, with a new history. It is durable then, and nothing lies
    /// beside it.
    /// - Parameters:
    ///   - deadline: monotonic nanoseconds by which that must be done.
    ///   - holding: is given what stops it, and told when it is over.
    /// - Throws: `RESTORE_REFUSED` with the reason, `DEADLINE_EXCEEDED`, or what the disk says.
    func adopt(
        as name: TenantName, deadline: UInt64, watch: Watchdog.Post, holding: (Interrupter) -> () -> Void
    ) throws(Failure) -> Identity {
        try checkHeader()
        let incarnation = Identity.random()
        do throws(Failure) {
            let connection: Connection
            do throws(SQLiteError) {
                connection = try Connection(context.openOptions(path: path, role: .writer))
            } catch {
                throw Failure(error)
            }
            watch.arm(connection.interrupter, deadline: deadline)
            let release = holding(connection.interrupter)
            defer {
                watch.disarm()
                release()
            }
            try checkReservedNames(connection)
            try checkIntegrity(connection)
            try beginHistory(connection, name, incarnation)
            try migrate(connection)
            try finish(connection)
        } catch {
            throw Self.refusal(error, isLate: Budget.now() >= deadline)
        }
        guard (FileSystem.facts(of: path + "-wal")?.size ?? 0) == 0 else {
            throw Failure(.internal, "a file that was closed has a log beside it")
        }
        do throws(FileSystem.Failure) {
            try FileSystem.syncFile(path)
        } catch {
            throw Failure(error)
        }
        return incarnation
    }

    /// What the file is to blame for is a refusal; what the disk or the time is, is not.
    private static func refusal(_ failure: Failure, isLate: Bool) -> Failure {
        if failure.wasInterrupted || failure.code == .cancelled {
            return isLate
                ? Failure(.deadlineExceeded, "checking the file takes too long")
                : Failure(.shuttingDown, "the server is shutting down")
        }
        switch failure.code {
        case .storageFull, .storageFailed, .restoreRefused, .internal: return failure
        default: return Failure(.restoreRefused, failure.message)
        }
    }

    // MARK: Bytes

    private func checkHeader() throws(Failure) {
        let header: [UInt8]
        let size: Int64
        do throws(FileSystem.Failure) {
            let file = try WorkingFile(reading: path)
            size = try file.size
            header = try file.read(Self.headerSize, at: 0)
        } catch {
            throw Failure(error)
        }
        func refuse(_ sentence: String) -> Failure { Failure(.restoreRefused, sentence) }
        guard size > 0 else { throw refuse("the file is empty") }
        guard header.count == Self.headerSize, header.starts(with: Self.magic) else {
            throw refuse("the file does not begin as a SQLite database does: it is encrypted, or something else")
        }
        func number(_ offset: Int, _ count: Int) -> Int64 {
            header[offset..<offset + count].reduce(0) { $0 << 8 | Int64($1) }
        }
        let pageSize = number(16, 2) == 1 ? 65_536 : number(16, 2)
        guard pageSize >= 512, pageSize <= 65_536, pageSize & (pageSize - 1) == 0 else {
            throw refuse("\(pageSize) is no page size")
        }
        guard (1...2).contains(header[18]), (1...2).contains(header[19]) else {
            throw refuse("its format, \(header[18]) and \(header[19]), is not one this SQLite writes")
        }
        guard pageSize - Int64(header[20]) >= 480 else {
            throw refuse("\(header[20]) bytes of each page are reserved: that is too much")
        }
        guard header[21] == 64, header[22] == 32, header[23] == 32 else {
            throw refuse("its payload fractions are not SQLite's")
        }
        guard size % pageSize == 0 else {
            throw refuse("its \(size) bytes are no whole number of pages of \(pageSize): it is cut off")
        }
        // The number of pages counts only if whoever wrote last knew of it.
        let pages = number(28, 4)
        guard number(24, 4) != number(92, 4) || pages == 0 || pages * pageSize == size else {
            throw refuse("it has \(size / pageSize) pages and says that they are \(pages): it is cut off, or longer")
        }
    }

    // MARK: Content

    /// What may be called `__dosql_…`: what a server has made, word by word, and nothing that hangs on it.
    private func checkReservedNames(_ connection: borrowing Connection) throws(Failure) {
        let tables = [
            Self.stored(WriterDatabase.metaSchema), Self.stored(IdempotencyTable.schema),
            Self.stored(Migrator.tableSQL),
        ]
        let indexes = Feed.allCases.map(\.indexName)
        var fault: String?
        try connection.trusted("SELECT type, name, tbl_name, sql FROM main.sqlite_schema") { row in
            let (type, name, table) = (row.string(at: 0), row.string(at: 1), row.string(at: 2))
            let isOwned = [name, table].contains { $0.lowercased().hasPrefix(Denial.reservedPrefix) }
            let sql = row.columnType(3) == .null ? nil : row.string(at: 3)
            // What refers to a table of the server's is acted upon when the server writes to that.
            if !isOwned, type == "table", sql?.lowercased().contains(Denial.reservedPrefix) == true {
                fault = fault ?? "the table \(name) refers to what is the server's"
            }
            guard isOwned, fault == nil else { return }
            let isKnown =
                switch type {
                case "table": sql.map(tables.contains) ?? false
                // That of a key is SQLite's own.
                case "index": sql == nil || indexes.contains(name)
                default: false
                }
            if !isKnown { fault = "the \(type) \(name) has a name that is the server's, and is not the server's" }
        }
        if let fault { throw Failure(.restoreRefused, fault) }
    }

    /// A statement as SQLite keeps it.
    private static func stored(_ sql: String) -> String {
        for (written, kept) in [
            ("CREATE TABLE IF NOT EXISTS main.", "CREATE TABLE "), ("CREATE TABLE IF NOT EXISTS ", "CREATE TABLE "),
        ] where sql.hasPrefix(written) {
            return kept + sql.dropFirst(written.count)
        }
        return sql
    }

    private func checkIntegrity(_ connection: borrowing Connection) throws(Failure) {
        let problems: [String]
        do throws(SQLiteError) { problems = try connection.integrityCheck() } catch { throw Failure(error) }
        guard problems.isEmpty else {
            throw Failure(
                .restoreRefused,
                "the file is damaged: " + problems.prefix(Self.problemsMax).joined(separator: "; "))
        }
    }

    private func beginHistory(
        _ connection: borrowing Connection, _ name: TenantName, _ incarnation: Identity
    ) throws(Failure) {
        let digits = incarnation.description
        let feeds = try keptOfFeeds(connection)
        do throws(SQLiteError) {
            try connection.beginImmediate()
            // Nothing that the server keeps is taken over but what is known word by word: an answer under a key would be
            // told as the server's own. The migrations are compared with the server's when they are applied.
            try connection.execute(
                trusted: "DROP TABLE IF EXISTS main.__dosql_meta; DROP TABLE IF EXISTS main.__dosql_idempotency")
            try connection.execute(trusted: WriterDatabase.metaSchema)
            try connection.execute(trusted: IdempotencyTable.schema)
            try connection.execute(
                trusted: """
                    INSERT OR REPLACE INTO __dosql_meta(key, value)
                    VALUES ('name', '\(name)'), ('lsn', 0), ('incarnation', x'\(digits)')
                    """)
            for (key, value) in feeds {
                try connection.execute(trusted: "INSERT INTO __dosql_meta(key, value) VALUES ('\(key)', \(value))")
            }
            try connection.commit()
        } catch {
            throw Failure(error)
        }
    }

    /// What the file knows of its feeds, as far as it can be so: who made their tables, and up to where retention has
    /// removed their rows. Pairs of a key and its value in SQL.
    private func keptOfFeeds(_ connection: borrowing Connection) throws(Failure) -> [(String, String)] {
        var kept: [(String, String)] = []
        var hasMeta = false
        try connection.trusted("SELECT 1 FROM main.sqlite_schema WHERE name = '__dosql_meta'") { _ in hasMeta = true }
        guard hasMeta else { return [] }
        for feed in Feed.allCases {
            try connection.trusted(
                "SELECT value FROM main.__dosql_meta WHERE key = '\(feed.originKey)' AND typeof(value) = 'text'"
            ) { row in
                if let origin = FeedOrigin(rawValue: row.string(at: 0)) {
                    kept.append((feed.originKey, "'\(origin.rawValue)'"))
                }
            }
            try connection.trusted(
                "SELECT value FROM main.__dosql_meta WHERE key = '\(feed.purgedKey)' AND typeof(value) = 'integer'"
            ) { row in
                if row.int64(at: 0) >= 0 { kept.append((feed.purgedKey, "\(row.int64(at: 0))")) }
            }
        }
        return kept
    }

    private func migrate(_ connection: borrowing Connection) throws(Failure) {
        guard let migrations = context.migrations else { return }
        let made = try WriterDatabase.madeTables(on: connection)
        do throws(MigrationError) {
            _ = try Migrator(provisional: made).apply(migrations.migrations, on: connection)
        } catch {
            throw Failure(error)
        }
    }

    private func finish(_ connection: borrowing Connection) throws(Failure) {
        do throws(SQLiteError) {
            guard try connection.checkpoint(.truncate).isComplete else {
                throw SQLiteError(code: .busy, message: "the file's log could not be copied into it")
            }
        } catch {
            throw Failure(error)
        }
    }
}
