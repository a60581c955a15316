import DoSQLClient

/// What a client of the hub is sent (`protocol/json.md`, *Hub*).
enum HubAnswer: Sendable {
    case subscribed(channel: String)
    case unsubscribed(channel: String)
    case published(channel: String, messageID: Int64)
    case result(rows: QueryResult)
    case error(String)

    /// The answer to the request of an id, as JSON text.
    func text(for id: JSONValue?) -> String {
        var members = members
        if let id { members["id"] = id }
        return JSONValue.object(members).text
    }

    private var members: [String: JSONValue] {
        switch self {
        case .subscribed(let channel): ["type": "subscribed", "channel": .string(channel)]
        case .unsubscribed(let channel): ["type": "unsubscribed", "channel": .string(channel)]
        case .published(let channel, let messageID):
            ["type": "published", "channel": .string(channel), "messageId": .integer(messageID)]
        case .result(let rows): ["type": "result", "rows": .array(rows.map { JSONValue(row: $0) })]
        case .error(let message): ["type": "error", "error": .string(message)]
        }
    }
}

extension Message {
    /// The message as it is sent to who has subscribed to its channel.
    var text: String {
        var members: [String: JSONValue] = [
            "type": "message", "channel": .string(channel), "data": JSONValue(text: data), "id": .integer(id),
        ]
        if !createdAt.isEmpty { members["createdAt"] = .string(createdAt) }
        return JSONValue.object(members).text
    }
}

extension JSONValue {
    /// A row as an object: a member for each column.
    fileprivate init(row: Row) {
        self = .object(Dictionary(row.map { ($0.name, JSONValue($0.value)) }, uniquingKeysWith: { _, last in last }))
    }
}
