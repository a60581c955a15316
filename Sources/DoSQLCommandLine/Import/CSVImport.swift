import DoSQLClient
import Synchronization

/// Loads a CSV file into a table, in one transaction: all of it or nothing. Every field is bound as text, which the
/// columns' affinities make numbers of. A table that is made for it stays, empty, where the load fails.
struct CSVImport {
    /// What the first record of the file is.
    enum FirstRecord {
        /// Values like all others.
        case values
        /// The columns that are filled.
        case columns
        /// The columns of a table that is made.
        case newTable
    }

    let path: String
    let table: String
    let first: FirstRecord

    /// - Returns: how many records were loaded.
    func carryOut(on database: some DoSQLDatabase) async throws -> Int {
        var iterator = CSVRecords(path: path).makeAsyncIterator()
        guard let head = try await iterator.next() else { throw CommandError("\(path) holds no records") }
        var columns: [String] = []
        switch first {
        case .values: break
        case .columns, .newTable: columns = head.fields.map { String(decoding: $0, as: UTF8.self) }
        }
        if case .newTable = first {
            let list = columns.map { SQLLiteral.name($0) + " TEXT" }.joined(separator: ", ")
            try await database.run(SQL(raw: "CREATE TABLE \(SQLLiteral.name(table)) (\(list))"))
        }
        let names = columns.isEmpty ? "" : " (\(columns.map(SQLLiteral.name).joined(separator: ", ")))"
        let marks = repeatElement("?", count: head.fields.count).joined(separator: ", ")
        let sql = SQL(raw: "INSERT INTO \(SQLLiteral.name(table))\(names) VALUES (\(marks))")
        let lines = LineNumbers()
        let rows = Rows(path: path, width: head.fields.count, skipsFirst: !columns.isEmpty, lines: lines)
        do {
            return try await database.load(sql, rows: rows).rows
        } catch let error as DoSQLError {
            var error = error
            guard let line = error.row.flatMap(lines.line) else { throw error }
            error.row = nil
            error.message = "\(path), line \(line): \(error.message)"
            throw error
        }
    }

    /// Where the records of a load began: an error names the record by its number.
    private final class LineNumbers: Sendable {
        /// Only where a record begins elsewhere than one line behind the one before it.
        private let jumps = Mutex<[(row: Int, line: Int)]>([])

        func note(row: Int, line: Int) {
            jumps.withLock { jumps in
                if let last = jumps.last, line - last.line == row - last.row { return }
                jumps.append((row, line))
            }
        }

        func line(ofRow row: Int) -> Int? {
            jumps.withLock { jumps in jumps.last { $0.row <= row }.map { $0.line + row - $0.row } }
        }
    }

    /// The records as parameters.
    private struct Rows: AsyncSequence {
        typealias Element = [any DoSQLEncodable]

        let path: String
        let width: Int
        let skipsFirst: Bool
        let lines: LineNumbers

        struct AsyncIterator: AsyncIteratorProtocol {
            var base: CSVRecords.AsyncIterator
            let path: String
            let width: Int
            var skips: Bool
            let lines: LineNumbers
            var row = 0

            mutating func next() async throws -> [any DoSQLEncodable]? {
                if skips {
                    skips = false
                    _ = try await base.next()
                }
                guard let record = try await base.next() else { return nil }
                guard record.fields.count == width else {
                    throw CommandError(
                        "\(path), line \(record.line): \(record.fields.count) fields among records of \(width)")
                }
                lines.note(row: row, line: record.line)
                row += 1
                return record.fields.map { field in
                    String(validating: field, as: UTF8.self).map { DoSQLValue.text($0) } ?? .textBytes(field)
                }
            }
        }

        func makeAsyncIterator() -> AsyncIterator {
            AsyncIterator(
                base: CSVRecords(path: path).makeAsyncIterator(), path: path, width: width, skips: skipsFirst,
                lines: lines)
        }
    }
}
