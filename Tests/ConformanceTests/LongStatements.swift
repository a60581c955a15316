import DoSQLClient

/// Statements that take long.
extension SQL {
    /// A read that ends only when it is interrupted.
    static let endlessRead: SQL = """
        SELECT count(*)
        FROM (WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n > 0) SELECT n FROM c)
        """
    /// The same as a text that begins with WITH, so that the client cannot know that it only reads.
    static let endlessReadOrWrite: SQL = """
        WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n > 0) SELECT count(*) FROM c
        """
    /// A write that ends only when it is interrupted, of a table that has a row.
    static let endlessWrite: SQL = """
        UPDATE users SET bio = (
          WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n > 0) SELECT count(*) FROM c)
        """
    /// Two hundred thousand rows, more than four megabytes.
    static let manyRows: SQL = """
        SELECT n, 'row number ' || n AS text
        FROM (WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 200000) SELECT n FROM c)
        """
}
