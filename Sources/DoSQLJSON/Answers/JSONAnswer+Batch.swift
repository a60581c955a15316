public import DoSQLProtocol

extension JSONAnswer {
    /// BATCH_RESULT, as the answer to operations of these kinds: `{"results": [rows, row or null, {"changes", …}, …]}`.
    /// - Throws: also if there are not as many steps as kinds, or one of them did not run, which the batch that
    ///   `OperationsRequest` makes cannot be answered with.
    public static func append(
        operations body: Span<UInt8>, kinds: [Execute.Kind], style: ResultStyle = ResultStyle(),
        to writer: inout ByteWriter
    ) throws(DecodeError) {
        let result = try BatchResult(body)
        guard result.count == kinds.count else { throw .outOfRange }
        var steps = result.makeReader()
        let end = writer.count + JSONLimits.expanded(body.count)
        writer.appendJSON(literal: "{\"results\":[")
        for (index, kind) in kinds.enumerated() {
            guard case .done(let columns, let rows, let changes, let rowid)? = try steps.next() else {
                throw .outOfRange
            }
            if index > 0 { writer.writeU8(UInt8(ascii: ",")) }
            switch kind {
            case .query: try append(all: rows, columns, style: style, to: &writer, upTo: end)
            case .queryOne: try append(first: rows, columns, style: style, to: &writer)
            case .run:
                writer.writeU8(UInt8(ascii: "{"))
                append(changes: changes, rowid: rowid, style: style, to: &writer)
                writer.writeU8(UInt8(ascii: "}"))
            }
        }
        writer.writeU8(UInt8(ascii: "]"))
        append(tail: result.outcome, to: &writer)
        writer.writeU8(UInt8(ascii: "}"))
    }

    /// The answer to no operations at all: `{"results": []}`.
    public static func appendNoOperations(to writer: inout ByteWriter) {
        writer.appendJSON(literal: "{\"results\":[]}")
    }

    /// BATCH_RESULT, as the answer to a batch: `{"results": [{"status", …}, …], "changes", "lastInsertRowid", "lsn"}`.
    public static func append(
        batch body: Span<UInt8>, style: ResultStyle = ResultStyle(), to writer: inout ByteWriter
    ) throws(DecodeError) {
        let result = try BatchResult(body)
        var steps = result.makeReader()
        let end = writer.count + JSONLimits.expanded(body.count)
        writer.appendJSON(literal: "{\"results\":[")
        var isFirst = true
        while let step = try steps.next() {
            if !isFirst { writer.writeU8(UInt8(ascii: ",")) }
            isFirst = false
            try append(step: step, style: style, to: &writer, upTo: end)
        }
        writer.appendJSON(literal: "],")
        append(
            changes: result.outcome.changes, rowid: result.outcome.lastInsertRowid, style: style, to: &writer)
        append(tail: result.outcome, to: &writer)
        writer.writeU8(UInt8(ascii: "}"))
    }

    private static func append(
        step: StepResultView, style: ResultStyle, to writer: inout ByteWriter, upTo end: Int
    ) throws(DecodeError) {
        switch step {
        case .skipped: writer.appendJSON(literal: "{\"status\":\"skipped\"}")
        case .failed(let error):
            writer.appendJSON(literal: "{\"status\":\"failed\",\"error\":{")
            append(membersOf: error, to: &writer)
            writer.appendJSON(literal: "}}")
        case .done(let columns, let rows, let changes, let rowid):
            writer.appendJSON(literal: "{\"status\":\"done\",")
            if columns.count > 0 {
                var transcoder = try RowTranscoder(columns, style: style)
                openRows(transcoder, to: &writer)
                try transcoder.append(rows, to: &writer, upTo: end)
                writer.appendJSON(literal: "],")
            }
            append(changes: changes, rowid: rowid, style: style, to: &writer)
            writer.writeU8(UInt8(ascii: "}"))
        }
    }

    /// All rows as one element: an array of objects, or an object with columns and arrays.
    private static func append(
        all rows: RowsView, _ columns: ColumnsView, style: ResultStyle, to writer: inout ByteWriter, upTo end: Int
    ) throws(DecodeError) {
        var transcoder = try RowTranscoder(columns, style: style)
        if style.rows == .arrays {
            writer.writeU8(UInt8(ascii: "{"))
            openRows(transcoder, to: &writer)
        } else {
            writer.writeU8(UInt8(ascii: "["))
        }
        try transcoder.append(rows, to: &writer, upTo: end)
        writer.appendJSON(literal: style.rows == .arrays ? "]}" : "]")
    }

    /// The first row as one element: itself or null, of arrays an object with the columns and the row.
    private static func append(
        first rows: RowsView, _ columns: ColumnsView, style: ResultStyle, to writer: inout ByteWriter
    ) throws(DecodeError) {
        let transcoder = try RowTranscoder(columns, style: style)
        guard style.rows == .arrays else { return try transcoder.appendFirst(rows, to: &writer) }
        writer.writeU8(UInt8(ascii: "{"))
        try append(first: rows, transcoder, to: &writer)
        writer.writeU8(UInt8(ascii: "}"))
    }
}
