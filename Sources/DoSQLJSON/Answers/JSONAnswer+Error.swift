public import DoSQLProtocol

extension JSONAnswer {
    /// ERROR: `{"error", "code", "category", "retryable", "executed", …}` (`protocol/json.md`, errors).
    public static func append(_ error: ErrorMessage, to writer: inout ByteWriter) {
        writer.writeU8(UInt8(ascii: "{"))
        append(membersOf: error, to: &writer)
        writer.writeU8(UInt8(ascii: "}"))
    }

    /// ERROR, from the body of a frame.
    public static func append(error body: Span<UInt8>, to writer: inout ByteWriter) throws(DecodeError) {
        append(try ErrorMessage(body), to: &writer)
    }

    /// The last line of rows that failed midway: `{"$error": {…}}` and a line feed (`protocol/http.md`, NDJSON).
    public static func append(errorLine error: ErrorMessage, to writer: inout ByteWriter) {
        writer.appendJSON(literal: "{\"$error\":")
        append(error, to: &writer)
        writer.appendJSON(literal: "}\n")
    }

    /// The members of an error, which stand in an object that may have others too.
    static func append(membersOf error: ErrorMessage, to writer: inout ByteWriter) {
        writer.appendJSON(literal: "\"error\":")
        writer.appendJSON(string: error.message)
        writer.appendJSON(literal: ",\"code\":")
        writer.appendJSON(string: error.code?.name ?? String(error.rawCode))
        writer.appendJSON(literal: ",\"category\":")
        writer.appendJSON(string: error.category?.name ?? String(error.rawCategory))
        writer.appendJSON(literal: error.isRetryable ? ",\"retryable\":true" : ",\"retryable\":false")
        switch error.execution {
        case .notExecuted: writer.appendJSON(literal: ",\"executed\":\"no\"")
        case .executed: writer.appendJSON(literal: ",\"executed\":\"yes\"")
        case .unknown: writer.appendJSON(literal: ",\"executed\":\"unknown\"")
        }
        if error.sqlite != 0 {
            writer.appendJSON(literal: ",\"sqliteCode\":")
            writer.appendJSON(digits: Int64(error.sqlite))
        }
        append("offset", error.offset, to: &writer)
        append("step", error.step, to: &writer)
        append("row", error.row, to: &writer)
        if let statement = error.statement {
            writer.appendJSON(literal: ",\"statement\":{\"index\":")
            writer.appendJSON(digits: statement.index)
            append("offset", statement.offset, to: &writer)
            writer.writeU8(UInt8(ascii: "}"))
        }
        append("migration", error.migration, to: &writer)
        if let limit = error.limit {
            writer.appendJSON(literal: ",\"limit\":{\"name\":")
            writer.appendJSON(string: limit.name)
            append("value", limit.value, to: &writer)
            writer.writeU8(UInt8(ascii: "}"))
        }
        append("retryAfter", error.retryAfter, to: &writer)
        append("transaction", error.transaction == .none ? nil : error.transaction.jsonName, to: &writer)
        append("trace", error.trace, to: &writer)
    }

    private static func append(_ name: String, _ value: UInt64?, to writer: inout ByteWriter) {
        guard let value else { return }
        append(name: name, to: &writer)
        writer.appendJSON(digits: value)
    }

    private static func append(_ name: String, _ value: String?, to writer: inout ByteWriter) {
        guard let value else { return }
        append(name: name, to: &writer)
        writer.appendJSON(string: value)
    }

    private static func append(name: String, to writer: inout ByteWriter) {
        writer.appendJSON(literal: ",\"")
        writer.appendJSON(literal: name)
        writer.appendJSON(literal: "\":")
    }
}
