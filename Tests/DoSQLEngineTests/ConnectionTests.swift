import Testing

@testable import DoSQLEngine

struct ConnectionTests {
    let file = TemporaryDatabase()
    private static let endless =
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"

    @Test
    func `a writer is opened as the options say`() throws {
        let connection = try Connection(OpenOptions(path: file.path, role: .writer))
        connection.sandbox = .trusted
        for (pragma, value) in [
            ("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("wal_autocheckpoint", 0),
            ("secure_delete", 0), ("temp_store", 2), ("trusted_schema", 0), ("cache_size", -2048), ("query_only", 0),
            ("busy_timeout", 0),
        ] as [(String, Cell)] {
            #expect(try connection.rows("PRAGMA \(pragma)") == [[value]], "\(pragma)")
        }
    }

    @Test
    func `a reader keeps its settings as well`() throws {
        let writer = try file.writer()
        let reader = try file.reader()
        reader.sandbox = .trusted
        for (pragma, value) in [("query_only", 1), ("wal_autocheckpoint", 0), ("journal_mode", "wal")]
            as [(String, Cell)]
        {
            #expect(try reader.rows("PRAGMA \(pragma)") == [[value]], "\(pragma)")
        }
        _ = writer.isAutocommit
    }

    @Test
    func `a path is a path, even one that looks like a URI`() throws {
        var options = file.writerOptions
        options.path = "file:\(file.directory)/nowhere/x.db?mode=memory"
        #expect(throws: SQLiteError.self) { _ = try Connection(options) }
    }

    @Test
    func `a file that is not a database is refused`() throws {
        let source = try file.writer("CREATE TABLE t (x)")
        _ = source.isAutocommit
        var options = file.writerOptions
        options.path = file.directory
        let error = #expect(throws: SQLiteError.self) { _ = try Connection(options) }
        #expect(error?.code.primary == .cannotOpen)
    }

    @Test
    func `a deadline stops a statement`() throws {
        let connection = try file.writer()
        connection.budget = Budget(deadline: Budget.now() + 1_000_000)
        #expect(connection.failure(Self.endless)?.code == .interrupt)
        #expect(connection.budgetExhaustion == .deadline)
        connection.budget = .unlimited
        #expect(connection.budgetExhaustion == nil)
        #expect(try connection.rows("SELECT 1") == [[1]])
    }

    @Test
    func `a raised flag stops a statement`() throws {
        let connection = try file.writer()
        let flag = CancellationFlag()
        connection.budget = Budget(cancellation: flag)
        #expect(try connection.rows("SELECT 1") == [[1]])
        flag.cancel()
        #expect(connection.failure(Self.endless)?.code == .interrupt)
        #expect(connection.budgetExhaustion == .cancelled)
    }

    @Test
    func `another thread interrupts`() async throws {
        let connection = try file.writer()
        let interrupter = connection.interrupter
        // An interrupt before the statement starts is lost, hence again and again.
        let task = Task.detached { while !Task.isCancelled { interrupter.interrupt() } }
        let error = connection.failure(Self.endless)
        task.cancel()
        await task.value
        #expect(error?.code == .interrupt)
        #expect(connection.budgetExhaustion == nil)
    }

    @Test
    func `one interrupt that comes while a text is compiled, meant for what ran before, fails nothing`() async throws {
        let connection = try file.writer()
        let interrupter = connection.interrupter
        // Long, so that many of the interrupts come in the middle.
        let sql = "SELECT " + Array(repeating: "1 + 2 * 3", count: 900).joined(separator: ", ")
        for _ in 0..<500 {
            let task = Task.detached { interrupter.interrupt() }
            #expect(throws: Never.self) { _ = try connection.prepare(sql) }
            await task.value
        }
    }

    @Test
    func `an interrupter outlives its connection`() throws {
        let interrupter: Interrupter
        do {
            let connection = try file.writer()
            interrupter = connection.interrupter
            #expect(interrupter.isConnected)
        }
        #expect(!interrupter.isConnected)
        interrupter.interrupt()
    }

    @Test
    func `a statement may outlive its connection`() throws {
        let statement: Statement
        do {
            let connection = try file.writer("CREATE TABLE t (x); INSERT INTO t VALUES (1)")
            statement = try connection.prepare("SELECT x FROM t")
        }
        #expect(try statement.rows() == [[1]])
    }

    @Test
    func `double-quoted strings are SQLite's historical way and can be refused`() throws {
        let usual = try file.writer("CREATE TABLE t (x CHECK (x IN (\"a\", \"b\")))")
        #expect(try usual.rows("SELECT \"no such column\"") == [["no such column"]])
        var options = file.writerOptions
        options.acceptsDoubleQuotedStrings = false
        let strict = try Connection(options)
        #expect(strict.failure("SELECT \"no such column\"")?.message == "no such column: no such column")
    }

    @Test
    func `checks find nothing in a sound file, and what is wrong in others`() throws {
        let connection = try file.writer(
            "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p (id))")
        #expect(try connection.quickCheck() == [])
        #expect(try connection.integrityCheck() == [])
        #expect(try connection.foreignKeyCheck() == [])
        try connection.setForeignKeys(false)
        try connection.rows("INSERT INTO c VALUES (5)")
        #expect(
            try connection.foreignKeyCheck() == [.init(table: "c", rowID: 1, parent: "p", constraint: 0)])
    }

    @Test
    func `the server can compact a file although nothing can be attached`() throws {
        let connection = try file.writer("CREATE TABLE t (x); INSERT INTO t VALUES (randomblob(100000)); DELETE FROM t")
        #expect(try connection.rows("PRAGMA freelist_count") != [[0]])
        try connection.vacuum()
        #expect(try connection.rows("PRAGMA freelist_count") == [[0]])
        connection.sandbox = .trusted
        #expect(connection.failure("ATTACH ':memory:' AS other")?.message == "too many attached databases - max 0")
    }

    @Test
    func `the library tells its version`() {
        #expect(SQLiteLibrary.version.hasPrefix("3."))
        #expect(SQLiteLibrary.sourceID.count > 40)
        for (version, isFaulty) in [
            (3_006_023, false), (3_007_000, true), (3_040_001, true), (3_044_005, true), (3_044_006, false),
            (3_045_000, true),
            (3_050_006, true), (3_050_007, false), (3_051_000, true), (3_051_002, true), (3_051_003, false),
        ] {
            #expect(SQLiteLibrary.hasWALResetBug(versionNumber: version) == isFaulty, "\(version)")
        }
    }

    @Test
    func `a directory is made durable, and one that is not there is an error`() throws {
        try FileSystem.syncDirectory(file.directory)
        let error = #expect(throws: FileSystem.Failure.self) { try FileSystem.syncDirectory(file.directory + "/x") }
        #expect(error?.operation == "open")
    }
}
