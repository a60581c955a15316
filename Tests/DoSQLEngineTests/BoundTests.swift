import Testing

@testable import DoSQLEngine

/// What a statement and a file may take.
struct BoundTests {
    let file = TemporaryDatabase()
    private static let sort = """
        WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 20000)
        SELECT n, zeroblob(1000) FROM c ORDER BY n DESC
        """

    @Test
    func `a statement takes so much memory, and the next one as much again`() throws {
        let connection = try file.writer()
        for _ in 0..<3 {
            connection.budget = Budget(memoryMax: 4 << 20)
            let error = connection.failure(Self.sort)
            #expect(error?.code == .noMemory && error?.bound == .statement(bytes: 4 << 20))
            connection.budget = .unlimited
            #expect(try connection.rows("SELECT 1") == [[1]])
        }
        connection.budget = Budget(memoryMax: 64 << 20)
        defer { connection.budget = .unlimited }
        let statement = try connection.prepare("SELECT count(*) FROM (\(Self.sort))")
        #expect(try statement.rows() == [[20000]])
    }

    @Test
    func `what a statement gives back it may take again`() throws {
        let connection = try file.writer()
        connection.budget = Budget(memoryMax: 4 << 20)
        defer { connection.budget = .unlimited }
        let sql = """
            WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 100)
            SELECT sum(length(zeroblob(1000000 + n))) FROM c
            """
        #expect(try connection.rows(sql).count == 1)
    }

    @Test
    func `a transaction that met the bound in a write is given up, and the file is whole`() throws {
        let connection = try file.writer("CREATE TABLE t(x); INSERT INTO t VALUES (1)")
        try connection.beginImmediate()
        _ = try connection.rows("INSERT INTO t VALUES (2)")
        connection.budget = Budget(memoryMax: 4 << 20)
        let error = connection.failure(
            """
            INSERT INTO t WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 20000)
            SELECT zeroblob(1000) FROM c ORDER BY n DESC
            """)
        #expect(error?.code == .noMemory)
        connection.budget = .unlimited
        try connection.rollback()
        #expect(try connection.rows("SELECT count(*) FROM t") == [[1]])
        #expect(try connection.integrityCheck() == [])
    }

    @Test
    func `a file grows to its bound, says so, and no further`() throws {
        let connection = try file.writer("CREATE TABLE t(x)")
        try connection.setDatabaseBytesMax(100_000)
        let error = connection.failure("INSERT INTO t VALUES (zeroblob(200000))")
        #expect(error?.code == .full && error?.bound == .database(bytes: 100_000))
        _ = try connection.rows("INSERT INTO t VALUES (zeroblob(50000))")
        #expect(try connection.databaseBytes() <= 100_000)
        // A lower one than it has already: it stays as it is.
        let size = try connection.databaseBytes()
        try connection.setDatabaseBytesMax(10)
        let again = connection.failure("INSERT INTO t VALUES (zeroblob(50000))")
        #expect(again?.bound == .database(bytes: 10))
        _ = try connection.rows("DELETE FROM t")
        _ = try connection.rows("INSERT INTO t VALUES (zeroblob(49000))")
        #expect(try connection.databaseBytes() == size)
        try connection.setDatabaseBytesMax(1 << 30)
        _ = try connection.rows("INSERT INTO t VALUES (zeroblob(500000))")
    }

    @Test
    func `a transaction larger than the cache meets the bound as one that is not`() throws {
        var options = file.writerOptions
        options.cacheKiB = 64
        let connection = try Connection(options)
        try connection.execute(trusted: "CREATE TABLE t(x)")
        try connection.setDatabaseBytesMax(4 << 20)
        try connection.beginImmediate()
        for _ in 0..<30 { _ = try connection.rows("INSERT INTO t VALUES (zeroblob(100000))") }
        let error = connection.failure("INSERT INTO t VALUES (zeroblob(2000000))")
        #expect(error?.code == .full && error?.bound == .database(bytes: 4 << 20))
        try connection.rollback()
        #expect(try connection.integrityCheck() == [])
    }

    @Test
    func `a disk tells how much room it has`() throws {
        let space = try #require(FileSystem.space(at: file.directory))
        #expect(space.free > 0 && space.size >= space.free)
        #expect(FileSystem.space(at: "/nowhere/at/all") == nil)
    }
}
