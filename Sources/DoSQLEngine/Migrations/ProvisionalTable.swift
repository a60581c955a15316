/// A table that the server has made for a tenant who had none, and that gives way to a migration that makes its own.
public struct ProvisionalTable: Sendable, Hashable {
    /// Its name.
    public let name: String
    /// The columns whose values move into the migration's table.
    public let columns: [String]
    /// The server's own index on it, which goes with it.
    public let index: String

    /// Takes the three; each is a plain name.
    public init(name: String, columns: [String], index: String) {
        self.name = name
        self.columns = columns
        self.index = index
    }
}

/// Lets a migration make a table that the server has made provisionally: `CREATE TABLE` finds its place free, and the
/// rows move over at once, so that whatever comes next in the migration finds them.
///
/// Everything is inside the migration's transaction. A table that something else depends on stays, and `CREATE TABLE`
/// does what SQLite does.
struct ProvisionalTakeover {
    private var tables: [ProvisionalTable]
    /// Out of the way, until the statement that was prepared has made its own.
    private var aside: ProvisionalTable?
    /// The table whose rows could not be moved.
    private(set) var failedTable: String?

    init(_ tables: [ProvisionalTable]) {
        self.tables = tables
    }

    /// The migration's next statement, to be run before ``finish(on:)``.
    mutating func next(
        _ cursor: inout StatementCursor, in text: Span<UInt8>, on connection: borrowing Connection
    ) throws(PrepareError) -> Statement? {
        guard !tables.isEmpty else { return try cursor.next(in: text, on: connection) }
        let start = cursor
        do throws(PrepareError) {
            let statement = try cursor.next(in: text, on: connection)
            // IF NOT EXISTS would leave the server's table where it is, and the migration believe that it is its own.
            guard let statement, Self.isCreateTable(text, at: cursor.offset), !statement.access.touchesTemporary,
                let table = tables.first(where: { Self.makes(statement, $0) })
            else { return statement }
            return try make(table, start, &cursor, in: text, on: connection) ?? statement
        } catch {
            guard case .sqlite(let cause) = error, cause.code.primary == .error,
                Self.keywords(text, at: cursor.offset).first == "CREATE"
            else { throw error }
            for table in tables {
                if let statement = try make(table, start, &cursor, in: text, on: connection) { return statement }
            }
            throw error
        }
    }

    /// Moves the rows into the table that was made.
    mutating func finish(on connection: borrowing Connection) throws(PrepareError) {
        guard let table = aside else { return }
        aside = nil
        tables.removeAll { $0 == table }
        failedTable = table.name
        do throws(SQLiteError) {
            try Self.move(table, on: connection)
        } catch {
            throw .sqlite(error)
        }
        failedTable = nil
    }

    // MARK: Out of the way

    /// Moves a table aside and prepares the statement behind `start` again; nil, and all is as before, if it does not
    /// make this table then, or the table cannot be moved.
    private mutating func make(
        _ table: ProvisionalTable, _ start: StatementCursor, _ cursor: inout StatementCursor, in text: Span<UInt8>,
        on connection: borrowing Connection
    ) throws(PrepareError) -> Statement? {
        do throws(SQLiteError) {
            try connection.savepoint(Self.depth)
            do throws(SQLiteError) {
                try Self.moveAside(table, on: connection)
                var again = start
                if try !Self.hasDependents(table, on: connection),
                    let statement = try? again.next(in: text, on: connection), Self.makes(statement, table)
                {
                    try connection.release(Self.depth)
                    cursor = again
                    aside = table
                    return statement
                }
            } catch {
                // Whatever stands against moving it: it stays, and SQLite says what it says.
            }
            try connection.rollbackTo(Self.depth)
            try connection.release(Self.depth)
            return nil
        } catch {
            throw .sqlite(error)
        }
    }

    private static let depth = 0

    private static func place(_ table: ProvisionalTable) -> String { "\(Denial.reservedPrefix)_aside_\(table.name)" }

    private static func moveAside(_ table: ProvisionalTable, on connection: borrowing Connection) throws(SQLiteError) {
        try connection.execute(
            trusted: """
                DROP INDEX IF EXISTS main.\(table.index);
                ALTER TABLE main.\(table.name) RENAME TO \(place(table))
                """)
    }

    /// Whether anything belongs or refers to the table: SQLite has written the new name into it.
    private static func hasDependents(
        _ table: ProvisionalTable, on connection: borrowing Connection
    ) throws(SQLiteError) -> Bool {
        let place = place(table)
        var found = false
        try connection.state.query(
            """
            SELECT 1 FROM main.sqlite_schema WHERE name <> '\(place)' AND sql IS NOT NULL
            AND (tbl_name = '\(place)' OR instr(sql, '\(place)') > 0)
            """
        ) { (_: Statement) throws(SQLiteError) in found = true }
        return found
    }

    private static func move(_ table: ProvisionalTable, on connection: borrowing Connection) throws(SQLiteError) {
        let place = place(table)
        var hasRows = false
        try connection.state.query("SELECT 1 FROM main.\(place) LIMIT 1") {
            (_: Statement) throws(SQLiteError) in hasRows = true
        }
        if hasRows {
            let columns = table.columns.joined(separator: ", ")
            try connection.execute(
                trusted: """
                    INSERT INTO main.\(table.name)(\(columns)) SELECT \(columns) FROM main.\(place) ORDER BY rowid
                    """)
        }
        // No id is given out twice, even if its row is gone.
        var name: String?
        try connection.state.query(
            """
            SELECT name FROM main.sqlite_schema
            WHERE type = 'table' AND name = '\(table.name)' COLLATE NOCASE AND sql LIKE '%AUTOINCREMENT%'
            """
        ) { (row: Statement) throws(SQLiteError) in name = row.string(at: 0) }
        if let name {
            try connection.execute(
                trusted: """
                    DELETE FROM main.sqlite_sequence
                    WHERE name = '\(name)' AND EXISTS (SELECT 1 FROM main.sqlite_sequence WHERE name = '\(place)');
                    INSERT INTO main.sqlite_sequence(name, seq)
                    SELECT '\(name)', seq FROM main.sqlite_sequence WHERE name = '\(place)'
                    """)
        }
        try connection.execute(trusted: "DROP TABLE main.\(place)")
    }

    // MARK: What a statement is

    private static func makes(_ statement: Statement, _ table: ProvisionalTable) -> Bool {
        statement.access.changesSchema
            && statement.access.tablesWritten.contains { $0.lowercased() == table.name.lowercased() }
    }

    private static func isCreateTable(_ text: Span<UInt8>, at offset: Int) -> Bool {
        keywords(text, at: offset) == ["CREATE", "TABLE"]
    }

    private static func keywords(_ text: Span<UInt8>, at offset: Int) -> [String] {
        let first = SQLScanner.keyword(text, from: offset)
        return [first.word, SQLScanner.keyword(text, from: first.end, semicolons: false).word]
    }
}
