import DoSQLClient

/// Carries out statements and prints what they give.
struct ResultPrinter {
    /// How rows are printed.
    var format: OutputFormat
    /// Whether tables and CSV begin with the names of the columns.
    var hasHeader = true

    /// Bytes that are gathered before they are written.
    private static let chunk = 32 * 1024

    /// Carries out one statement. Rows go to standard output as they come.
    ///
    /// - Returns: what became of a statement that gives no rows; nil of one that does.
    func carryOut(_ sql: SQL, on database: some DoSQLDatabase) async throws -> RunResult? {
        // Only the server knows whether a statement gives rows; it is asked, since a stream does not tell of changes.
        var givesRows = false
        if !Self.certainlyGivesNoRows(sql.text) {
            givesRows = try await database.describe(sql).columns.isEmpty == false
        }
        guard givesRows else {
            let result = try await database.run(sql)
            if format == .json { try Output.write(Array("[]\n".utf8)) }
            return result
        }
        try await write(try await database.stream(sql))
        return nil
    }

    /// Spares the question for what dumps are made of: INSERT and its like give rows only where they say RETURNING.
    private static func certainlyGivesNoRows(_ sql: String) -> Bool {
        let word = sql.prefix { $0.isASCII && $0.isLetter }.uppercased()
        return ["INSERT", "REPLACE", "UPDATE", "DELETE", "CREATE"].contains(word)
            && !sql.lowercased().contains("returning")
    }

    private func write(_ rows: RowSequence) async throws {
        var writer = format.writer(hasHeader: hasHeader)
        var output: [UInt8] = []
        writer.begin(rows.columns, into: &output)
        do {
            for try await row in rows {
                writer.row(row.map(\.value), into: &output)
                guard output.count >= Self.chunk else { continue }
                try Output.write(output)
                output.removeAll(keepingCapacity: true)
            }
        } catch {
            // What came before the error is shown; the end, which would make it look whole, is not.
            try Output.write(output)
            throw error
        }
        writer.end(into: &output)
        try Output.write(output)
    }
}

extension RunResult {
    /// For people.
    var text: String {
        let rows = changes == 1 ? "1 row changed" : "\(changes) rows changed"
        return lastInsertRowid == 0 ? rows : "\(rows), last insert rowid \(lastInsertRowid)"
    }
}
