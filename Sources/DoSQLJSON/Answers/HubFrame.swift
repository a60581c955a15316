public import DoSQLProtocol

/// What the hub sends, each one WebSocket text message (`protocol/json.md`, hub).
public enum HubFrame {
    /// A message of a channel: `{"type":"message","channel":…,"data":…,"id":n,"createdAt":…}`.
    /// - Parameters:
    ///   - data: the text in the table; if it is not JSON, it is sent as a string.
    ///   - createdAt: the text in the table; nil if that is NULL.
    public static func append(
        messageOf channel: Span<UInt8>, data: Span<UInt8>, id: Int64, createdAt: Span<UInt8>?,
        to writer: inout ByteWriter
    ) {
        writer.appendJSON(literal: "{\"type\":\"message\",\"channel\":")
        writer.appendJSON(text: channel)
        writer.appendJSON(literal: ",\"data\":")
        JSONData.append(data, to: &writer)
        writer.appendJSON(literal: ",\"id\":")
        writer.appendJSON(digits: id)
        if let createdAt {
            writer.appendJSON(literal: ",\"createdAt\":")
            writer.appendJSON(text: createdAt)
        }
        writer.writeU8(UInt8(ascii: "}"))
    }

    /// The answer to a subscribe: `{"type":"subscribed","id":…,"channel":…}`.
    public static func append(subscribed channel: String, id: [UInt8]?, to writer: inout ByteWriter) {
        begin("subscribed", id: id, to: &writer)
        append(channel: channel, to: &writer)
        writer.writeU8(UInt8(ascii: "}"))
    }

    /// The answer to an unsubscribe: `{"type":"unsubscribed","id":…,"channel":…}`.
    public static func append(unsubscribed channel: String, id: [UInt8]?, to writer: inout ByteWriter) {
        begin("unsubscribed", id: id, to: &writer)
        append(channel: channel, to: &writer)
        writer.writeU8(UInt8(ascii: "}"))
    }

    /// The answer to a publish: `{"type":"published","id":…,"channel":…,"messageId":n}`.
    public static func append(
        published channel: String, messageID: Int64, id: [UInt8]?, to writer: inout ByteWriter
    ) {
        begin("published", id: id, to: &writer)
        append(channel: channel, to: &writer)
        writer.appendJSON(literal: ",\"messageId\":")
        writer.appendJSON(digits: messageID)
        writer.writeU8(UInt8(ascii: "}"))
    }

    /// The answer to a query, from a RESULT: `{"type":"result","id":…,"rows":[…],"lsn":n}`.
    public static func append(
        result body: Span<UInt8>, id: [UInt8]?, style: ResultStyle = ResultStyle(), to writer: inout ByteWriter
    ) throws(DecodeError) {
        let result = try ResultMessage(body)
        var rows = try RowTranscoder(result.columns, style: style)
        beginRows(rows, id: id, to: &writer)
        try rows.append(result.rows, to: &writer, upTo: writer.count + JSONLimits.expanded(body.count))
        JSONAnswer.endRows(result.outcome, style: style, to: &writer)
    }

    /// The beginning of a query's answer up to its first row; `JSONAnswer.endRows` ends it.
    public static func beginRows(_ rows: RowTranscoder, id: [UInt8]?, to writer: inout ByteWriter) {
        begin("result", id: id, to: &writer)
        writer.writeU8(UInt8(ascii: ","))
        JSONAnswer.openRows(rows, to: &writer)
    }

    /// The answer to a token: `{"type":"authenticated","id":…}`.
    public static func append(authenticated id: [UInt8]?, to writer: inout ByteWriter) {
        begin("authenticated", id: id, to: &writer)
        writer.writeU8(UInt8(ascii: "}"))
    }

    /// An error: `{"type":"error","id":…,"error":…,…}`.
    public static func append(_ error: ErrorMessage, id: [UInt8]?, to writer: inout ByteWriter) {
        begin("error", id: id, to: &writer)
        writer.writeU8(UInt8(ascii: ","))
        JSONAnswer.append(membersOf: error, to: &writer)
        writer.writeU8(UInt8(ascii: "}"))
    }

    /// The type, and the client's own id if it gave one.
    private static func begin(_ type: String, id: [UInt8]?, to writer: inout ByteWriter) {
        writer.appendJSON(literal: "{\"type\":\"")
        writer.appendJSON(literal: type)
        writer.writeU8(UInt8(ascii: "\""))
        guard let id else { return }
        writer.appendJSON(literal: ",\"id\":")
        writer.append(id)
    }

    private static func append(channel: String, to writer: inout ByteWriter) {
        writer.appendJSON(literal: ",\"channel\":")
        writer.appendJSON(string: channel)
    }
}
