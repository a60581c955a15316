public import DoSQLProtocol

extension JSONAnswer {
    /// DONE, as the answer to what was published: `{"success": true, "id": n, "lsn": n}`.
    public static func append(published body: Span<UInt8>, to writer: inout ByteWriter) throws(DecodeError) {
        let outcome = try Done(body).outcome
        writer.appendJSON(literal: "{\"success\":true,\"id\":")
        writer.appendJSON(digits: outcome.lastInsertRowid)
        append(tail: outcome, to: &writer)
        writer.writeU8(UInt8(ascii: "}"))
    }
}
