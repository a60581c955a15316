import DoSQLClient

/// Asks a tenant for what it holds. SQLite's own tables and those of the server are left out.
struct SchemaNames {
    private static let isOwn =
        "name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND tbl_name NOT LIKE '\\_\\_dosql\\_%' ESCAPE '\\'"

    /// Tables and views.
    static func tables(like pattern: String?, on database: some DoSQLDatabase) async throws -> [String] {
        try await texts(
            "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND \(raw: isOwn) AND name LIKE \(pattern ?? "%") ORDER BY name",
            on: database)
    }

    /// Indexes with a name of their own.
    static func indexes(of table: String?, on database: some DoSQLDatabase) async throws -> [String] {
        try await texts(
            "SELECT name FROM sqlite_schema WHERE type = 'index' AND \(raw: isOwn) AND tbl_name LIKE \(table ?? "%") ORDER BY name",
            on: database)
    }

    /// CREATE statements, in the order in which they were made.
    static func statements(of table: String?, on database: some DoSQLDatabase) async throws -> [String] {
        try await texts(
            "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND \(raw: isOwn) AND tbl_name LIKE \(table ?? "%") ORDER BY rowid",
            on: database)
    }

    private static func texts(_ sql: SQL, on database: some DoSQLDatabase) async throws -> [String] {
        try await database.query(sql).map { try $0[0].decode(String.self) }
    }
}
