public import DoSQLProtocol

/// Turns the bodies of answers into JSON (`protocol/json.md`, answers). Each function appends one whole JSON text, and
/// throws `tooMany` where it would be longer than ``JSONLimits/expanded(_:)``.
///
/// A result that is streamed is written in parts instead: `beginRows`, then `RowTranscoder.append` for the rows of each
/// part, then `endRows`.
public enum JSONAnswer {
    /// RESULT, as the answer to a query: `{"rows": […], "lsn": n}`.
    public static func append(
        query body: Span<UInt8>, style: ResultStyle = ResultStyle(), to writer: inout ByteWriter
    ) throws(DecodeError) {
        let result = try ResultMessage(body)
        var rows = try RowTranscoder(result.columns, style: style)
        beginRows(rows, to: &writer)
        try rows.append(result.rows, to: &writer, upTo: writer.count + JSONLimits.expanded(body.count))
        endRows(result.outcome, style: style, to: &writer)
    }

    /// RESULT, as the answer to a queryOne: `{"row": … or null, "lsn": n}`.
    public static func append(
        queryOne body: Span<UInt8>, style: ResultStyle = ResultStyle(), to writer: inout ByteWriter
    ) throws(DecodeError) {
        let result = try ResultMessage(body)
        let rows = try RowTranscoder(result.columns, style: style)
        writer.writeU8(UInt8(ascii: "{"))
        try append(first: result.rows, rows, to: &writer)
        appendEnd(result.outcome, style: style, to: &writer)
    }

    /// DONE, as the answer to a run: `{"changes": n, "lastInsertRowid": n, "lsn": n}`.
    public static func append(
        run body: Span<UInt8>, style: ResultStyle = ResultStyle(), to writer: inout ByteWriter
    ) throws(DecodeError) {
        let done = try Done(body)
        writer.writeU8(UInt8(ascii: "{"))
        append(changes: done.outcome.changes, rowid: done.outcome.lastInsertRowid, style: style, to: &writer)
        append(tail: done.outcome, to: &writer)
        writer.writeU8(UInt8(ascii: "}"))
    }

    /// DONE, as the answer to a script: `{"statements": n, "changes": n, "lastInsertRowid": n, "lsn": n}`.
    public static func append(
        script body: Span<UInt8>, style: ResultStyle = ResultStyle(), to writer: inout ByteWriter
    ) throws(DecodeError) {
        let done = try Done(body)
        writer.appendJSON(literal: "{\"statements\":")
        writer.appendJSON(digits: done.statements ?? 0)
        writer.writeU8(UInt8(ascii: ","))
        append(changes: done.outcome.changes, rowid: done.outcome.lastInsertRowid, style: style, to: &writer)
        append(tail: done.outcome, to: &writer)
        writer.writeU8(UInt8(ascii: "}"))
    }

    /// OK, as the answer to a commit, a rollback or what is done with a savepoint: `{"lsn": n}`.
    public static func append(ok body: Span<UInt8>, to writer: inout ByteWriter) throws(DecodeError) {
        let outcome = try OK(body).outcome
        writer.writeU8(UInt8(ascii: "{"))
        appendLSN(outcome, to: &writer)
        writer.writeU8(UInt8(ascii: "}"))
    }

    /// The answer to the beginning of a transaction: `{"id": …, "expiresAt": …}`.
    /// - Parameter expiresAt: when it ends of itself, in milliseconds since 1970 (UTC).
    public static func append(transaction id: String, expiresAt: Int64, to writer: inout ByteWriter) {
        writer.appendJSON(literal: "{\"id\":")
        writer.appendJSON(string: id)
        writer.appendJSON(literal: ",\"expiresAt\":")
        writer.appendJSON(digits: expiresAt)
        writer.writeU8(UInt8(ascii: "}"))
    }

    /// MIGRATIONS: `{"migrations": [{"id", "state", "appliedAt", "checksum", "durationMs"}, …], "lsn": n}`.
    public static func append(migrations body: Span<UInt8>, to writer: inout ByteWriter) throws(DecodeError) {
        let migrations = try Migrations(body)
        writer.appendJSON(literal: "{\"migrations\":[")
        for (index, entry) in migrations.entries.enumerated() {
            writer.appendJSON(literal: index > 0 ? ",{\"id\":" : "{\"id\":")
            writer.appendJSON(string: entry.id)
            switch entry.state {
            case .pending: writer.appendJSON(literal: ",\"state\":\"pending\",\"appliedAt\":")
            case .appliedBefore: writer.appendJSON(literal: ",\"state\":\"present\",\"appliedAt\":")
            case .applied: writer.appendJSON(literal: ",\"state\":\"applied\",\"appliedAt\":")
            }
            if entry.appliedAt.isEmpty {
                writer.appendJSON(literal: "null")
            } else {
                writer.appendJSON(string: entry.appliedAt)
            }
            writer.appendJSON(literal: ",\"checksum\":")
            writer.appendJSON(string: entry.checksum)
            writer.appendJSON(literal: ",\"durationMs\":")
            writer.appendJSON(digits: entry.milliseconds)
            writer.writeU8(UInt8(ascii: "}"))
        }
        writer.appendJSON(literal: "]")
        append(tail: migrations.outcome, to: &writer)
        writer.writeU8(UInt8(ascii: "}"))
    }
}

// MARK: - Results in parts

extension JSONAnswer {
    /// The beginning of a query's answer, up to its first row.
    public static func beginRows(_ rows: RowTranscoder, to writer: inout ByteWriter) {
        writer.writeU8(UInt8(ascii: "{"))
        openRows(rows, to: &writer)
    }

    /// The first line of rows that are arrays on lines: the columns' names (`protocol/http.md`, NDJSON).
    public static func appendColumnsLine(_ rows: RowTranscoder, to writer: inout ByteWriter) {
        rows.appendColumns(to: &writer)
        writer.writeU8(0x0A)
    }

    /// The end of a query's answer behind its last row. What a statement changed that also gave rows is told too.
    public static func endRows(
        _ outcome: Outcome, style: ResultStyle = ResultStyle(), to writer: inout ByteWriter
    ) {
        writer.writeU8(UInt8(ascii: "]"))
        appendEnd(outcome, style: style, to: &writer)
    }

    /// `"rows":[`, for arrays with the columns before it.
    static func openRows(_ rows: RowTranscoder, to writer: inout ByteWriter) {
        if rows.style.rows == .arrays {
            writer.appendJSON(literal: "\"columns\":")
            rows.appendColumns(to: &writer)
            writer.writeU8(UInt8(ascii: ","))
        }
        writer.appendJSON(literal: "\"rows\":[")
    }

    /// `"row":…`, for arrays with the columns before it.
    static func append(
        first rows: RowsView, _ transcoder: RowTranscoder, to writer: inout ByteWriter
    ) throws(DecodeError) {
        if transcoder.style.rows == .arrays {
            writer.appendJSON(literal: "\"columns\":")
            transcoder.appendColumns(to: &writer)
            writer.writeU8(UInt8(ascii: ","))
        }
        writer.appendJSON(literal: "\"row\":")
        try transcoder.appendFirst(rows, to: &writer)
    }

    private static func appendEnd(_ outcome: Outcome, style: ResultStyle, to writer: inout ByteWriter) {
        if outcome.changed {
            writer.writeU8(UInt8(ascii: ","))
            append(changes: outcome.changes, rowid: outcome.lastInsertRowid, style: style, to: &writer)
        }
        append(tail: outcome, to: &writer)
        writer.writeU8(UInt8(ascii: "}"))
    }
}

// MARK: - Outcomes

extension JSONAnswer {
    static func append(changes: UInt64, rowid: Int64, style: ResultStyle, to writer: inout ByteWriter) {
        writer.appendJSON(literal: "\"changes\":")
        writer.appendJSON(digits: changes)
        writer.appendJSON(literal: ",\"lastInsertRowid\":")
        writer.appendJSON(integer: rowid, style.integers)
    }

    /// What follows the members of every answer: the log sequence number, and what is out of the ordinary.
    static func append(tail outcome: Outcome, to writer: inout ByteWriter) {
        writer.writeU8(UInt8(ascii: ","))
        appendLSN(outcome, to: &writer)
    }

    private static func appendLSN(_ outcome: Outcome, to writer: inout ByteWriter) {
        writer.appendJSON(literal: "\"lsn\":")
        writer.appendJSON(digits: outcome.lsn)
        if outcome.replayed { writer.appendJSON(literal: ",\"replayed\":true") }
        if outcome.transaction != .none {
            writer.appendJSON(literal: ",\"transaction\":")
            writer.appendJSON(string: outcome.transaction.jsonName)
        }
    }
}

extension TransactionState {
    /// Its name in JSON.
    var jsonName: String {
        switch self {
        case .none: "none"
        case .read: "read"
        case .write: "write"
        case .aborted: "aborted"
        }
    }
}
