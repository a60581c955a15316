import DoSQLProtocol

/// Statements that end only when they are interrupted: whoever waits for one sees nothing but the interruption.
enum EndlessStatement {
    private static let numbers = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n > 0)"

    /// A read without rows.
    static let read: StatementSource = .sql("\(numbers) SELECT count(*) FROM c")
    /// A write of table `t` with a column `x` and at least one row, which does not make the file longer.
    static let write: StatementSource = .sql("UPDATE t SET x = (\(numbers) SELECT count(*) FROM c)")
    /// Rows, one after another, for ever.
    static let rows: StatementSource = .sql("\(numbers) SELECT n FROM c")
}
