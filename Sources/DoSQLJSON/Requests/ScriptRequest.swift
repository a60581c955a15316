public import DoSQLProtocol

/// `{"sql", "deadline"?}`: the JSON of SCRIPT (`protocol/json.md`, requests).
public enum ScriptRequest {
    /// Appends the message's body, without a frame's header; if that fails, nothing.
    public static func encode(
        _ json: Span<UInt8>, options: RequestOptions = RequestOptions(), into writer: inout ByteWriter
    ) throws(JSONFault) {
        var sql = Member()
        var deadline = Member()
        var reader = JSONReader(json)
        try reader.beginRequestObject()
        while let name = try reader.nextMember() {
            if name.means("sql") {
                try sql.take("sql", from: &reader)
            } else if name.means("deadline") {
                try deadline.take("deadline", from: &reader)
            } else {
                try reader.skipValue()
            }
        }
        try reader.expectEnd()
        let start = writer.count
        do throws(JSONFault) {
            writer.writeText(try reader.messageText("sql", sql))
            if let deadline = try reader.count("deadline", deadline) { writer.writeOption(0x01, varint: deadline) }
            try writer.writeOption(idempotencyKey: options.idempotencyKey)
        } catch {
            writer.truncate(to: start)
            throw error
        }
    }
}
