public import DoSQLProtocol

/// `{"sql", "params"?, "deadline"?}`: the JSON of QUERY, QUERY_ONE and RUN (`protocol/json.md`, requests).
public enum StatementRequest {
    /// Appends the message's body, without a frame's header; if that fails, nothing.
    public static func encode(
        _ json: Span<UInt8>, kind: Execute.Kind, options: RequestOptions = RequestOptions(),
        into writer: inout ByteWriter
    ) throws(JSONFault) {
        var members = StatementMembers()
        var reader = JSONReader(json)
        try reader.beginRequestObject()
        while let name = try reader.nextMember() {
            if try !members.take(name, from: &reader) { try reader.skipValue() }
        }
        try reader.expectEnd()
        let start = writer.count
        do throws(JSONFault) {
            try members.encode(of: reader, kind: kind, options: options, into: &writer)
        } catch {
            writer.truncate(to: start)
            throw error
        }
    }
}

/// Where the members of a statement lie.
struct StatementMembers {
    private var sql = Member()
    private var params = Member()
    private var deadline = Member()

    /// Whether the member is one of a statement, and its value was passed over.
    @_lifetime(reader: copy reader)
    mutating func take(_ name: borrowing JSONString, from reader: inout JSONReader) throws(JSONFault) -> Bool {
        if name.means("sql") {
            try sql.take("sql", from: &reader)
        } else if name.means("params") {
            try params.take("params", from: &reader)
        } else if name.means("deadline") {
            try deadline.take("deadline", from: &reader)
        } else {
            return false
        }
        return true
    }

    /// Appends the body of a QUERY, QUERY_ONE or RUN.
    func encode(
        of reader: borrowing JSONReader, kind: Execute.Kind, options: RequestOptions, into writer: inout ByteWriter
    ) throws(JSONFault) {
        writer.writeStatement(try reader.messageText("sql", sql))
        try writer.writeParameters(params, of: reader, .statement)
        if let deadline = try reader.count("deadline", deadline) { writer.writeOption(0x01, varint: deadline) }
        if kind == .query {
            if let credit = options.credit { writer.writeOption(0x02, varint: credit) }
            if let rowsMax = options.rowsMax { writer.writeOption(0x03, varint: rowsMax) }
        }
        try writer.writeOption(idempotencyKey: options.idempotencyKey)
    }
}
