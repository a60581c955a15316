import Testing

@testable import DoSQLEngine

struct MigratorTests {
    let file = TemporaryDatabase()

    private func migration(_ id: String, _ sql: String, checksum: String? = nil) -> Migration {
        Migration(id: id, sql: Array(sql.utf8), checksum: checksum ?? "sum of \(sql)")
    }

    @discardableResult
    private func apply(
        _ migrations: [Migration], on connection: borrowing Connection
    ) throws(MigrationError) -> [MigrationStatus] {
        try Migrator().apply(migrations, on: connection)
    }

    private func failure(_ migrations: [Migration], on connection: borrowing Connection) -> MigrationError? {
        do throws(MigrationError) {
            try apply(migrations, on: connection)
            return nil
        } catch {
            return error
        }
    }

    @Test
    func `migrations are applied in the order of their numbers, each once`() throws {
        let connection = try file.writer()
        let migrations = [
            migration("10_third", "CREATE TABLE third (x); INSERT INTO second VALUES (1)"),
            migration("2_second", "CREATE TABLE second (x REFERENCES first)"),
            migration("001_first", "CREATE TABLE first (id INTEGER PRIMARY KEY); INSERT INTO first VALUES (1)"),
        ]
        #expect(try Migrator().plan(migrations, on: connection).map(\.isPending) == [true, true, true])
        var seen: [String] = []
        let statuses = try Migrator().apply(migrations, on: connection) { seen.append($0.id) }
        #expect(seen == ["001_first", "2_second", "10_third"])
        #expect(statuses.map(\.id) == seen)
        #expect(statuses.allSatisfy { $0.application?.appliedAt.count == "2026-01-31 12:00:00".count && $0.isGiven })
        #expect(statuses.first?.application?.checksum.hasPrefix("sum of CREATE") == true)
        seen = []
        let again = try Migrator().apply(migrations, on: connection) { seen.append($0.id) }
        #expect(seen == [])
        #expect(again == statuses)
        #expect(connection.sandbox == .autocommit)
    }

    @Test
    func `a reader can see the plan`() throws {
        let writer = try file.writer()
        let migrations = [migration("1", "CREATE TABLE t (x)")]
        let reader = try file.reader()
        #expect(try Migrator().plan(migrations, on: reader).map(\.isPending) == [true])
        try apply(migrations, on: writer)
        #expect(try Migrator().plan(migrations, on: reader).map(\.isPending) == [false])
        #expect(try Migrator().plan([], on: reader).map(\.isGiven) == [false])
    }

    @Test
    func `numbers come before names, and length is no order`() {
        let ordered = ["0", "1_a", "01_b", "1_b", "2", "10", "100000000000000000000000", "_1", "a"]
        #expect(
            ordered.reversed().sorted(by: Migration.precedes) == [
                "0", "01_b", "1_a", "1_b", "2", "10", "100000000000000000000000", "_1", "a",
            ])
    }

    @Test
    func `a failing migration leaves nothing, and the ones before it stay`() throws {
        let connection = try file.writer()
        let good = migration("1_good", "CREATE TABLE good (x UNIQUE)")
        let bad = migration(
            "2_bad", "CREATE TABLE bad (x);\nINSERT INTO good VALUES (1);\nINSERT INTO good VALUES (1);")
        let error = try unwrap(failure([good, bad], on: connection))
        guard case .failed("2_bad", 2, "INSERT INTO good VALUES (1);", .sqlite(let cause)) = error else { throw error }
        #expect(cause.code == .constraintUnique)
        #expect(error.description.contains("2_bad") && error.description.contains("UNIQUE constraint failed: good.x"))
        #expect(connection.isAutocommit == true)
        #expect(try connection.rows("SELECT name FROM sqlite_schema WHERE name = 'bad'") == [])
        #expect(try connection.rows("SELECT count(*) FROM good") == [[0]])
        #expect(try Migrator().plan([good, bad], on: connection).map(\.isPending) == [false, true])
        try apply([good, migration("2_bad", "CREATE TABLE bad (x)")], on: connection)
    }

    @Test
    func `a first migration that fails leaves no trace at all`() throws {
        let connection = try file.writer()
        #expect(failure([migration("1", "CREATE TABLE t (x); nonsense")], on: connection) != nil)
        #expect(try connection.rows("SELECT count(*) FROM sqlite_schema") == [[0]])
    }

    @Test
    func `an edited migration is refused with both checksums`() throws {
        let connection = try file.writer()
        try apply([migration("1", "CREATE TABLE t (x)", checksum: "old")], on: connection)
        let error = failure([migration("1", "CREATE TABLE t (y)", checksum: "new")], on: connection)
        #expect(error == .changed(id: "1", appliedChecksum: "old", givenChecksum: "new"))
        #expect(error?.description.contains("old") == true && error?.description.contains("new") == true)
    }

    @Test
    func `a migration below the last applied one is refused`() throws {
        let connection = try file.writer()
        try apply([migration("1", ""), migration("9", "")], on: connection)
        let error = failure([migration("1", ""), migration("5", ""), migration("9", "")], on: connection)
        #expect(error == .outOfOrder(id: "5", lastApplied: "9"))
    }

    @Test
    func `two migrations of one name are refused`() throws {
        let connection = try file.writer()
        #expect(failure([migration("1", "a"), migration("1", "b")], on: connection) == .duplicate(id: "1"))
    }

    @Test(arguments: [
        ("BEGIN", "BEGIN"), ("COMMIT", "COMMIT"), ("END", "COMMIT"), ("ROLLBACK", "ROLLBACK"),
        ("SAVEPOINT a", "SAVEPOINT"), ("RELEASE a", "RELEASE"), ("ROLLBACK TO a", "ROLLBACK TO"),
    ])
    func `transaction statements inside a migration are refused`(_ sql: String, _ keyword: String) throws {
        let connection = try file.writer()
        #expect(
            failure([migration("1", sql)], on: connection)
                == .transactionControl(id: "1", statementIndex: 0, keyword: keyword))
        #expect(
            failure([migration("1", "CREATE TABLE t (x); \(sql)")], on: connection)
                == .transactionControl(id: "1", statementIndex: 1, keyword: keyword))
        #expect(connection.isAutocommit == true)
        #expect(try connection.rows("SELECT count(*) FROM sqlite_schema") == [[0]])
    }

    @Test(arguments: ["", "-- nothing yet\n", " ; /* x */ ;"])
    func `an empty migration is legal`(_ sql: String) throws {
        let connection = try file.writer()
        #expect(try apply([migration("1", sql)], on: connection).map(\.isPending) == [false])
    }

    private static let rebuild = """
        -- The twelve steps of https://www.sqlite.org/lang_altertable.html
        PRAGMA foreign_keys = OFF;
        CREATE TABLE new (id INTEGER PRIMARY KEY, name);
        INSERT INTO new (id) SELECT id FROM p;
        DROP TABLE p;
        ALTER TABLE new RENAME TO p;
        """

    @Test(arguments: ["", "PRAGMA foreign_keys = ON;", "PRAGMA foreign_keys=1; -- end"])
    func `a table with children is rebuilt without foreign keys`(_ end: String) throws {
        let connection = try file.writer(
            """
            CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p (id) ON DELETE CASCADE);
            INSERT INTO p VALUES (1); INSERT INTO c VALUES (1);
            """)
        try apply([migration("1", Self.rebuild + end)], on: connection)
        #expect(try connection.rows("SELECT count(*) FROM c") == [[1]])
        #expect(try connection.rows("PRAGMA foreign_keys") == [[1]])
    }

    @Test
    func `violations left behind fail the migration`() throws {
        let connection = try file.writer(
            "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p (id))")
        let error = failure([migration("1", "PRAGMA foreign_keys=OFF; INSERT INTO c VALUES (5)")], on: connection)
        #expect(
            error
                == .foreignKeyViolations(id: "1", violations: [.init(table: "c", rowID: 1, parent: "p", constraint: 0)])
        )
        #expect(try connection.rows("SELECT count(*) FROM c") == [[0]])
        #expect(try connection.rows("PRAGMA foreign_keys") == [[1]])
    }

    @Test
    func `foreign keys cannot be switched in the middle`() throws {
        let connection = try file.writer()
        for (sql, index) in [
            ("CREATE TABLE t (x); PRAGMA foreign_keys=OFF", 1), ("PRAGMA foreign_keys=OFF; PRAGMA foreign_keys=OFF", 1),
            ("PRAGMA foreign_keys=OFF; PRAGMA foreign_keys=ON; CREATE TABLE t (x)", 1),
        ] {
            #expect(
                failure([migration("1", sql)], on: connection) == .foreignKeysInside(id: "1", statementIndex: index))
        }
        #expect(try connection.rows("PRAGMA foreign_keys") == [[1]])
    }

    @Test
    func `a deferred violation fails the commit`() throws {
        let connection = try file.writer(
            "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p (id) DEFERRABLE INITIALLY DEFERRED)"
        )
        let error = try unwrap(failure([migration("1", "INSERT INTO c VALUES (1)")], on: connection))
        guard case .commitFailed("1", let cause) = error else { throw error }
        #expect(cause.code == .constraintForeignKey)
        #expect(connection.isAutocommit == true)
    }

    @Test
    func `a migration stays inside the sandbox`() throws {
        let connection = try file.writer()
        let error = try unwrap(failure([migration("1", "DROP TABLE __dosql_migrations")], on: connection))
        guard case .failed("1", 0, _, _) = error else { throw error }
        let attach = try unwrap(failure([migration("1", "ATTACH ':memory:' AS m")], on: connection))
        guard case .failed("1", 0, _, .denied(.attach)) = attach else { throw attach }
    }

    @Test
    func `each migration passes the hook in its transaction`() throws {
        let connection = try file.writer("CREATE TABLE __dosql_lsn (x)")
        let migrator = Migrator { (connection: borrowing Connection) throws(SQLiteError) in
            try connection.execute(trusted: "INSERT INTO __dosql_lsn VALUES (1)")
        }
        _ = try? migrator.apply([migration("1", ""), migration("2", ""), migration("3", "nonsense")], on: connection)
        connection.sandbox = .trusted
        #expect(try connection.rows("SELECT count(*) FROM __dosql_lsn") == [[2]])
    }

    @Test
    func `names and checksums may contain quotes`() throws {
        let connection = try file.writer()
        let statuses = try apply([migration("1_it's", "", checksum: "'")], on: connection)
        #expect(statuses.first?.id == "1_it's")
        #expect(statuses.first?.application?.checksum == "'")
    }
}
