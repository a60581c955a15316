/// Brings a database's schema up to date: each migration once, in order, in one transaction with the row that says so.
///
/// Migrations come from several sources, such as a server's folder and an application's own list, each with an order of
/// its own. Invariant: of the migrations given together, the applied ones are a prefix, unchanged since.
public struct Migrator {
    /// The table it remembers them in; a reserved name, so clients see it only in the schema.
    public static let table = "__dosql_migrations"

    /// The statement that makes it.
    public static let tableSQL = """
        CREATE TABLE IF NOT EXISTS main.\(table) (
            id TEXT PRIMARY KEY NOT NULL, applied_at TEXT NOT NULL, checksum TEXT NOT NULL,
            duration_ms INTEGER NOT NULL
        ) STRICT
        """

    private let provisional: [ProvisionalTable]
    private let beforeCommit: ScriptRunner.CommitHook

    /// Takes the tables that a migration may make although they are there, and what else belongs into each migration's
    /// transaction, such as the number of the change.
    public init(
        provisional: [ProvisionalTable] = [],
        beforeCommit: @escaping ScriptRunner.CommitHook = { (_: borrowing Connection) throws(SQLiteError) in }
    ) {
        self.provisional = provisional
        self.beforeCommit = beforeCommit
    }

    /// Where each migration stands, in order; throws if one may not be applied as they are. Changes nothing.
    public func plan(
        _ migrations: [Migration], on connection: borrowing Connection
    ) throws(MigrationError) -> [MigrationStatus] {
        let ordered = migrations.sorted { Migration.precedes($0.id, $1.id) }
        for (one, next) in zip(ordered, ordered.dropFirst()) where one.id == next.id { throw .duplicate(id: one.id) }
        var applied: [String: MigrationStatus.Application]
        do throws(SQLiteError) {
            applied = try Self.applied(connection)
        } catch {
            throw .unreadable(error)
        }
        // What another source has applied says nothing about the order of this one.
        let given = Set(ordered.map(\.id))
        let lastApplied = applied.keys.filter(given.contains).max(by: Migration.precedes)
        var statuses: [MigrationStatus] = []
        for migration in ordered {
            let application = applied.removeValue(forKey: migration.id)
            if let application, application.checksum != migration.checksum {
                throw .changed(
                    id: migration.id, appliedChecksum: application.checksum, givenChecksum: migration.checksum)
            }
            if application == nil, let lastApplied, Migration.precedes(migration.id, lastApplied) {
                throw .outOfOrder(id: migration.id, lastApplied: lastApplied)
            }
            statuses.append(MigrationStatus(id: migration.id, application: application, isGiven: true))
        }
        statuses += applied.map { MigrationStatus(id: $0.key, application: $0.value, isGiven: false) }
        return statuses.sorted { Migration.precedes($0.id, $1.id) }
    }

    /// Applies what is pending on the writer connection, and tells of each when it is durable.
    ///
    /// A migration that fails leaves nothing behind, and the ones before it stay.
    /// - Returns: Where each stands afterwards.
    public func apply(
        _ migrations: [Migration], on connection: borrowing Connection,
        progress: (MigrationStatus) -> Void = { _ in }
    ) throws(MigrationError) -> [MigrationStatus] {
        precondition(connection.isAutocommit, "migrations begin outside a transaction")
        let pending = try plan(migrations, on: connection).filter(\.isPending)
        let byID = Dictionary(migrations.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        for status in pending {
            guard let migration = byID[status.id] else { continue }
            let application = try apply(migration, on: connection)
            progress(MigrationStatus(id: migration.id, application: application, isGiven: true))
        }
        return try plan(migrations, on: connection)
    }

    private func apply(
        _ migration: Migration, on connection: borrowing Connection
    ) throws(MigrationError) -> MigrationStatus.Application {
        let sandbox = connection.sandbox
        connection.sandbox = .script
        defer {
            connection.sandbox = sandbox
            // Whatever happened: nothing stays open, and foreign keys are checked. Of two errors the first is the news.
            try? connection.rollback()
            if connection.isAutocommit { try? connection.setForeignKeys(true) }
        }
        let began = Budget.now()
        try runStatements(of: migration, on: connection)
        do throws(SQLiteError) {
            let milliseconds = Int64((Budget.now() - began) / 1_000_000)
            connection.sandbox = .trusted
            let application = try Self.remember(migration, milliseconds, connection)
            try beforeCommit(connection)
            try connection.commit()
            return application
        } catch {
            throw .commitFailed(id: migration.id, error: error)
        }
    }

    /// Runs everything inside a transaction, which it leaves open.
    private func runStatements(of migration: Migration, on connection: borrowing Connection) throws(MigrationError) {
        let sql = migration.sql
        let text = sql.span
        var cursor = StatementCursor()
        var takeover = ProvisionalTakeover(provisional)
        var skipsForeignKeys = false
        do throws(PrepareError) {
            // The first statement is prepared before the transaction: a setting of foreign keys acts then, or never.
            let first = try? cursor.next(in: text, on: connection)
            if let setting = first?.access.foreignKeysSetting {
                skipsForeignKeys = !setting
            } else {
                cursor = StatementCursor()
            }
            do throws(SQLiteError) {
                try connection.beginImmediate()
            } catch {
                throw .sqlite(error)
            }
            var statement = try takeover.next(&cursor, in: text, on: connection)
            while let current = statement {
                if let control = current.access.transactionControl {
                    throw .denied(.transactionControl(keyword: control.keyword))
                }
                if let setting = current.access.foreignKeysSetting {
                    guard setting, cursor.isAtEnd(of: text) else {
                        throw .denied(.pragmaSetting(name: "foreign_keys"))
                    }
                } else {
                    try current.finish()
                    try takeover.finish(on: connection)
                }
                statement = try takeover.next(&cursor, in: text, on: connection)
            }
        } catch {
            switch error {
            case .sqlite(let cause) where takeover.failedTable != nil:
                throw .rowsDoNotFit(
                    id: migration.id, statementIndex: cursor.index, table: takeover.failedTable ?? "", error: cause)
            case .denied(.transactionControl(let keyword)), .denied(.savepoint(let keyword)):
                throw .transactionControl(id: migration.id, statementIndex: cursor.index, keyword: keyword)
            case .denied(.pragmaSetting(name: "foreign_keys")):
                throw .foreignKeysInside(id: migration.id, statementIndex: cursor.index)
            default:
                throw .failed(
                    id: migration.id, statementIndex: max(0, cursor.index), excerpt: cursor.excerpt(of: text),
                    error: error)
            }
        }
        guard skipsForeignKeys else { return }
        let violations: [Connection.ForeignKeyViolation]
        do throws(SQLiteError) {
            violations = try connection.foreignKeyCheck()
        } catch {
            throw .commitFailed(id: migration.id, error: error)
        }
        if !violations.isEmpty { throw .foreignKeyViolations(id: migration.id, violations: violations) }
    }
}

// MARK: - The table

extension Migrator {
    private static func applied(
        _ connection: borrowing Connection
    ) throws(SQLiteError) -> [String: MigrationStatus.Application] {
        var applied: [String: MigrationStatus.Application] = [:]
        var exists = false
        try connection.state.query("SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = '\(table)'") {
            (_: Statement) throws(SQLiteError) in exists = true
        }
        guard exists else { return applied }
        try connection.state.query("SELECT id, applied_at, checksum, duration_ms FROM main.\(table)") {
            (row: Statement) throws(SQLiteError) in
            applied[row.string(at: 0)] = MigrationStatus.Application(
                appliedAt: row.string(at: 1), checksum: row.string(at: 2), durationMilliseconds: row.int64(at: 3))
        }
        return applied
    }

    /// Writes the row, into a table that may have to be made: in the migration's transaction, so that a first one that
    /// fails leaves no trace at all.
    private static func remember(
        _ migration: Migration, _ milliseconds: Int64, _ connection: borrowing Connection
    ) throws(SQLiteError) -> MigrationStatus.Application {
        try connection.execute(trusted: tableSQL)
        try connection.execute(
            trusted: """
                INSERT INTO main.\(table) (id, applied_at, checksum, duration_ms)
                VALUES (\(literal(migration.id)), datetime('now'),
                        \(literal(migration.checksum)), \(milliseconds))
                """)
        var application: MigrationStatus.Application?
        try connection.state.query(
            "SELECT applied_at FROM main.\(table) WHERE id = \(literal(migration.id))"
        ) { (row: Statement) throws(SQLiteError) in
            application = MigrationStatus.Application(
                appliedAt: row.string(at: 0), checksum: migration.checksum, durationMilliseconds: milliseconds)
        }
        guard let application else { throw SQLiteError(code: .error, message: "the row of \(migration.id) is missing") }
        return application
    }

    /// A text as SQL writes it. A name with a NUL cannot be that of a file.
    private static func literal(_ text: String) -> String {
        var literal = "'"
        for scalar in text.unicodeScalars where scalar != "\0" {
            if scalar == "'" { literal.unicodeScalars.append(scalar) }
            literal.unicodeScalars.append(scalar)
        }
        return literal + "'"
    }
}
