import DoSQLClient

/// A tenant's tables as SQL that makes them again, here with `.read` or with sqlite3.
///
/// The form is that of sqlite3's `.dump`, with two differences: all tables stand in front of all rows, and foreign keys
/// are
/// deferred, so that it loads where foreign keys cannot be turned off. Tables of the server (`__dosql_…`) are left out.
struct Dump<Database: DoSQLDatabase> {
    let database: Database
    /// Only what belongs to the tables of this name, or LIKE pattern; nil: everything.
    let table: String?
    /// Takes the text, part by part.
    let write: ([UInt8]) throws -> Void

    private struct Entry {
        var type: String
        var name: String
        var sql: String
    }

    private static var chunk: Int { 32 * 1024 }

    /// Writes everything. Use a transaction: a dump is one moment of the tenant.
    func carryOut() async throws {
        try line("PRAGMA foreign_keys=OFF;")
        try line("BEGIN TRANSACTION;")
        try line("PRAGMA defer_foreign_keys=ON;")
        do {
            try await content()
        } catch {
            try? line("ROLLBACK; -- due to errors")
            throw error
        }
        try line("COMMIT;")
    }

    private func content() async throws {
        let entries = try await entries()
        let kinds = try await kinds()
        // What a virtual table keeps in shadow tables it makes again itself.
        let tables = entries.filter { $0.type == "table" && kinds[$0.name] != "shadow" }
        for table in tables { try line(Self.ended(table.sql)) }
        for table in tables { try await rows(of: table, isVirtual: kinds[table.name] == "virtual") }
        if tables.contains(where: { $0.sql.uppercased().contains("AUTOINCREMENT") }) { try await sequence(tables) }
        for entry in entries where entry.type != "table" { try line(Self.ended(entry.sql)) }
    }

    private func entries() async throws -> [Entry] {
        try await database.query(
            """
            SELECT type, name, sql FROM sqlite_schema
            WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND tbl_name NOT LIKE '\\_\\_dosql\\_%' ESCAPE '\\'
                AND name NOT LIKE '\\_\\_dosql\\_%' ESCAPE '\\'
                AND tbl_name LIKE \(table ?? "%")
            ORDER BY rowid
            """, as: (String, String, String).self
        ).map { Entry(type: $0, name: $1, sql: $2) }
    }

    private func kinds() async throws -> [String: String] {
        let rows = try await database.query(
            "SELECT name, type FROM pragma_table_list WHERE schema = 'main'", as: (String, String).self)
        return Dictionary(rows.map { ($0, $1) }, uniquingKeysWith: { first, _ in first })
    }

    private func rows(of table: Entry, isVirtual: Bool) async throws {
        let columns = try await database.query(
            "SELECT name, hidden FROM pragma_table_xinfo(\(table.name))", as: (String, Int).self)
        // 1: hidden in a virtual table; 2, 3: generated, which takes no values.
        var stored = columns.filter { $0.1 == 0 }.map { SQLLiteral.name($0.0) }
        if isVirtual, table.sql.lowercased().contains("using fts") { stored.insert("rowid", at: 0) }
        guard !stored.isEmpty else { return }
        let list = stored.joined(separator: ",")
        let needsList = isVirtual || stored.count != columns.count
        let name = SQLLiteral.name(table.name)
        try await inserts(into: needsList ? "\(name)(\(list))" : name, from: SQL(raw: "SELECT \(list) FROM \(name)"))
    }

    private func inserts(into target: String, from sql: SQL) async throws {
        var output: [UInt8] = []
        for try await row in try await database.stream(sql) {
            output.append("INSERT INTO \(target) VALUES(")
            for cell in row {
                if cell.column > 0 { output.append(",") }
                SQLLiteral.append(cell.value, to: &output)
            }
            output.append(");\n")
            guard output.count >= Self.chunk else { continue }
            try write(output)
            output.removeAll(keepingCapacity: true)
        }
        try write(output)
    }

    private func sequence(_ tables: [Entry]) async throws {
        let names = tables.map(\.name)
        var deletion: [UInt8] = []
        for (place, name) in names.enumerated() {
            deletion.append(place == 0 ? "" : ",")
            SQLLiteral.append(.text(name), to: &deletion)
        }
        let condition = table == nil ? "" : " WHERE name IN (\(String(decoding: deletion, as: UTF8.self)))"
        try line("DELETE FROM sqlite_sequence\(condition);")
        try await inserts(
            into: "sqlite_sequence", from: "SELECT name, seq FROM sqlite_sequence WHERE name IN (\(list: names))")
    }

    /// A statement with its semicolon, on a line of its own where a comment would swallow it.
    private static func ended(_ sql: String) -> String {
        var splitter = StatementSplitter()
        splitter.append((sql + ";\n").utf8)
        return splitter.next() == nil ? sql + "\n;" : sql + ";"
    }

    private func line(_ text: String) throws { try write(Array((text + "\n").utf8)) }
}
