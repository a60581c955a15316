import DoSQLEngine
import Testing

/// The traps of committing several clients' writes as one group, each in its own savepoint.
struct TransactionTests {
    let file = TemporaryDatabase()

    @Test
    func `savepoints separate the members of a group`() throws {
        let connection = try file.writer("CREATE TABLE t (x)")
        try connection.beginImmediate()
        try connection.savepoint(0)
        try connection.rows("INSERT INTO t VALUES (1)")
        try connection.release(0)
        try connection.savepoint(0)
        try connection.rows("INSERT INTO t VALUES (2)")
        try connection.rollbackTo(0)
        try connection.release(0)
        #expect(connection.isAutocommit == false)
        try connection.commit()
        #expect(connection.isAutocommit == true)
        #expect(try connection.rows("SELECT x FROM t") == [[1]])
    }

    @Test
    func `INSERT OR ROLLBACK ends the group's transaction`() throws {
        let connection = try file.writer("CREATE TABLE t (x UNIQUE); INSERT INTO t VALUES (1)")
        try connection.beginImmediate()
        try connection.rows("INSERT INTO t VALUES (2)")
        try connection.savepoint(0)
        #expect(connection.failure("INSERT OR ROLLBACK INTO t VALUES (1)")?.code == .constraintUnique)
        #expect(connection.isAutocommit == true)
        try connection.rollback()
        #expect(try connection.rows("SELECT x FROM t") == [[1]])
    }

    @Test
    func `RAISE(ROLLBACK) ends the group's transaction`() throws {
        let connection = try file.writer(
            "CREATE TABLE t (x); CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT RAISE(ROLLBACK, 'no'); END")
        try connection.beginImmediate()
        try connection.savepoint(0)
        let errorFailure = connection.failure("INSERT INTO t VALUES (1)")
        let error = try #require(errorFailure)
        #expect(error.code == .constraintTrigger)
        #expect(error.message == "no")
        #expect(connection.isAutocommit == true)
    }

    @Test
    func `an interrupted write ends the group's transaction`() throws {
        let connection = try file.writer("CREATE TABLE t (x)")
        try connection.beginImmediate()
        try connection.savepoint(0)
        connection.budget = Budget(deadline: Budget.now())
        let error = connection.failure(
            "INSERT INTO t WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c")
        #expect(error?.code == .interrupt)
        #expect(connection.isAutocommit == true)
        #expect(connection.budgetExhaustion == .deadline)
    }

    @Test
    func `a deferred foreign key passes RELEASE, is seen before it, and fails the COMMIT`() throws {
        let connection = try file.writer(
            """
            CREATE TABLE p (id INTEGER PRIMARY KEY);
            CREATE TABLE c (p REFERENCES p (id) DEFERRABLE INITIALLY DEFERRED);
            """)
        try connection.beginImmediate()
        try connection.savepoint(0)
        #expect(connection.hasDeferredForeignKeyViolations == false)
        try connection.rows("INSERT INTO c VALUES (1)")
        #expect(connection.hasDeferredForeignKeyViolations == true)
        try connection.release(0)
        let error = #expect(throws: SQLiteError.self) { try connection.commit() }
        #expect(error?.code == .constraintForeignKey)
        #expect(connection.isAutocommit == false)
        try connection.rollback()
        try connection.beginImmediate()
        try connection.savepoint(0)
        try connection.rows("INSERT INTO c VALUES (1)")
        try connection.rollbackTo(0)
        #expect(connection.hasDeferredForeignKeyViolations == false)
        try connection.release(0)
        try connection.commit()
    }

    @Test
    func `changes and the row id are the previous client's until they are reset`() throws {
        let connection = try file.writer("CREATE TABLE t (x)")
        try connection.rows("INSERT INTO t VALUES (1), (2), (3)")
        #expect(connection.changes == 3)
        #expect(connection.lastInsertRowID == 3)
        let total = connection.totalChanges
        try connection.rows("CREATE TABLE u (x)")
        #expect(connection.changes == 3)
        #expect(connection.totalChanges == total)
        connection.lastInsertRowID = 0
        #expect(try connection.rows("SELECT last_insert_rowid()") == [[0]])
    }

    @Test
    func `foreign keys cannot be switched inside a transaction`() throws {
        let connection = try file.writer()
        try connection.setForeignKeys(false)
        #expect(try connection.rows("PRAGMA foreign_keys") == [[0]])
        try connection.setForeignKeys(true)
        try connection.beginImmediate()
        try connection.execute(trusted: "PRAGMA foreign_keys=OFF")
        #expect(try connection.rows("PRAGMA foreign_keys") == [[1]])
        try connection.rollback()
    }

    @Test(arguments: ["a", "a b", "a\"b", "\"; DROP TABLE t; --", "select", "é", ""])
    func `a client's savepoint may have any name`(_ name: String) throws {
        let connection = try file.writer("CREATE TABLE t (x)")
        try connection.beginImmediate()
        try connection.savepoint(named: name)
        try connection.rows("INSERT INTO t VALUES (1)")
        try connection.rollbackTo(named: name)
        try connection.release(named: name)
        try connection.commit()
        #expect(try connection.rows("SELECT count(*) FROM t") == [[0]])
    }

    @Test
    func `the sandbox does not stop the server's own statements`() throws {
        let connection = try file.writer("CREATE TABLE t (x)")
        for round in 0..<3 {
            try connection.beginRead()
            _ = try connection.rows("SELECT * FROM t")
            try connection.endRead()
            try connection.endRead()
            // A change of the schema makes SQLite prepare everything again, and ask again.
            try connection.beginImmediate()
            try connection.rows("CREATE TABLE u\(round) (x)")
            try connection.commit()
            #expect(connection.sandbox == .autocommit)
        }
    }
}

struct SnapshotTests {
    let file = TemporaryDatabase()

    @Test
    func `a paused SELECT freezes its connection's snapshot`() throws {
        let writer = try file.writer("CREATE TABLE t (x); INSERT INTO t VALUES (1), (2)")
        let reader = try file.reader()
        let paused = try reader.prepare("SELECT x FROM t")
        #expect(try paused.step())
        try writer.rows("INSERT INTO t VALUES (3)")
        #expect(try reader.rows("SELECT count(*) FROM t") == [[2]])
        paused.reset()
        #expect(try reader.rows("SELECT count(*) FROM t") == [[3]])
    }

    @Test
    func `an old reader blocks the checkpoint, which says so`() throws {
        let writer = try file.writer("CREATE TABLE t (x); INSERT INTO t VALUES (1)")
        #expect(writer.walFrameCount > 0)
        #expect(try writer.checkpoint(.truncate).isComplete)
        #expect(writer.walFrameCount == 0)
        let reader = try file.reader()
        try reader.beginRead()
        _ = try reader.rows("SELECT * FROM t")
        try writer.rows("INSERT INTO t VALUES (2)")
        let blocked = try writer.checkpoint(.truncate)
        #expect(blocked.wasBlocked && !blocked.isComplete)
        let passive = try writer.checkpoint(.passive)
        #expect(!passive.wasBlocked && passive.log >= passive.checkpointed)
        try reader.endRead()
        #expect(try writer.checkpoint(.truncate) == writer.checkpoint(.truncate))
    }

    @Test
    func `a reader cannot write, nor can it create a file`() throws {
        #expect(throws: SQLiteError.self) { _ = try file.reader() }
        let writer = try file.writer("CREATE TABLE t (x)")
        let reader = try file.reader()
        #expect(reader.failure("INSERT INTO t VALUES (1)")?.code == .readOnly)
        #expect(reader.failure("CREATE TABLE u (x)")?.code == .readOnly)
        #expect(try writer.rows("SELECT count(*) FROM t") == [[0]])
    }

    @Test
    func `a reader that closes last leaves the WAL alone`() throws {
        do {
            let reader: Connection
            do {
                let writer = try file.writer("CREATE TABLE t (x); INSERT INTO t VALUES (1)")
                reader = try file.reader()
                _ = try reader.rows("SELECT * FROM t")
                _ = writer.isAutocommit
            }
            #expect(try reader.rows("SELECT x FROM t") == [[1]])
        }
        #expect(file.exists("-wal"))
        do {
            let writer = try file.writer()
            #expect(try writer.rows("SELECT x FROM t") == [[1]])
        }
        #expect(!file.exists("-wal"))
    }

    @Test
    func `the WAL index is in memory as long as the first connection may write`() throws {
        let writer = try file.writer("CREATE TABLE t (x)")
        let reader = try file.reader()
        _ = try reader.rows("SELECT * FROM t")
        #expect(!file.exists("-shm"))
        _ = writer.isAutocommit
    }

    @Test
    func `a reader that comes first keeps the WAL index in memory, as it could write`() throws {
        do { _ = try file.writer("CREATE TABLE t (x)").isAutocommit }
        let reader = try file.reader()
        _ = try reader.rows("SELECT * FROM t")
        #expect(!file.exists("-shm"))
        let writer = try file.writer()
        try writer.rows("INSERT INTO t VALUES (1)")
        #expect(try reader.rows("SELECT * FROM t") == [[1]])
        #expect(!file.exists("-shm"))
    }

    @Test
    func `versions tell of changes`() throws {
        let writer = try file.writer("CREATE TABLE t (x)")
        let reader = try file.reader()
        let (data, schema) = (try reader.dataVersion(), try reader.schemaVersion())
        try writer.rows("INSERT INTO t VALUES (1)")
        #expect(try reader.dataVersion() != data)
        #expect(try reader.schemaVersion() == schema)
        try writer.rows("CREATE TABLE u (x)")
        #expect(try reader.schemaVersion() != schema)
    }

    @Test
    func `a cursor moves to another thread between two steps`() async throws {
        let writer = try file.writer("CREATE TABLE t (x); INSERT INTO t VALUES (1), (2), (3)")
        let reader = try file.reader()
        let statement = try reader.prepare("SELECT x FROM t")
        #expect(try statement.step())
        let cursor = Cursor(connection: reader, statement: statement)
        try writer.rows("INSERT INTO t VALUES (4)")
        let rest = try await Task.detached { try cursor.statement.rows() }.value
        #expect(rest == [[2], [3]])
    }

    private final class Cursor: Sendable {
        let connection: Connection
        let statement: Statement

        init(connection: consuming Connection, statement: Statement) {
            self.connection = connection
            self.statement = statement
        }
    }
}
