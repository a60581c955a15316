import DoSQLClient

/// An error as people read it: SQLite's words, the code, whatever else is known, and the place in the SQL.
///
///     no such column: nam (SQL_ERROR)
///       SELECT nam FROM users
///              ^
struct ErrorText: CustomStringConvertible {
    let description: String

    init(_ error: DoSQLError, sql: String? = nil) {
        var text = "\(error.message) (\(error.code.name))"
        // The server's words for a migration that failed name it and its statement.
        if let migration = error.migration {
            if !error.message.contains(migration) { text += ", migration \(migration)" }
        } else if let statement = error.statement {
            text += ", statement \(statement + 1)"
        }
        if let step = error.step { text += ", step \(step + 1)" }
        if let row = error.row { text += ", row \(row + 1)" }
        if let limit = error.limit { text += ", \(limit.name) is \(limit.value)" }
        if error.execution == .unknown { text += "; whether it was carried out is unknown" }
        if let trace = error.trace { text += " [trace \(trace)]" }
        if let cause = Self.cause(error.underlying) { text += ": \(cause)" }
        if let offset = error.offset, let sql, let place = SourcePlace(sql, offset: offset) { text += "\n\(place)" }
        description = text
    }

    private static func cause(_ error: (any Error)?) -> String? {
        guard let error else { return nil }
        guard let error = error as? DoSQLError else { return "\(error)" }
        let cause = cause(error.underlying).map { ": \($0)" } ?? ""
        return "\(error.message) (\(error.code.name))\(cause)"
    }
}
