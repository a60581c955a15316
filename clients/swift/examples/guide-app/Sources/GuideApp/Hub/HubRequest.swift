import DoSQLClient

/// What a client of the hub may send (`protocol/json.md`, *Hub*).
enum HubRequest: Sendable {
    /// `after`: the id behind which the messages begin; nil: with those that are published from now on.
    case subscribe(channel: String, after: Int64?)
    case unsubscribe(channel: String)
    case publish(channel: String, data: JSONValue)
    case query(SQL)
}

extension HubRequest: Decodable {
    private enum CodingKeys: CodingKey {
        case type, channel, after, data, sql, params
    }

    init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        switch try members.decode(String.self, forKey: .type) {
        case "subscribe":
            self = .subscribe(channel: try Self.channel(members), after: try Self.after(members))
        case "unsubscribe":
            self = .unsubscribe(channel: try Self.channel(members))
        case "publish":
            self = .publish(
                channel: try Self.channel(members), data: try members.decode(JSONValue.self, forKey: .data))
        case "query":
            self = .query(try Self.statement(members))
        default:
            throw DecodingError.dataCorruptedError(
                forKey: .type, in: members, debugDescription: "subscribe, unsubscribe, publish or query")
        }
    }

    private static func channel(_ members: KeyedDecodingContainer<CodingKeys>) throws -> String {
        let channel = try members.decode(String.self, forKey: .channel)
        guard (1...256).contains(channel.utf8.count) else {
            throw DecodingError.dataCorruptedError(forKey: .channel, in: members, debugDescription: "1 to 256 bytes")
        }
        return channel
    }

    /// A number, or its digits in a string.
    private static func after(_ members: KeyedDecodingContainer<CodingKeys>) throws -> Int64? {
        let id: Int64?
        switch try members.decodeIfPresent(JSONValue.self, forKey: .after) {
        case nil: return nil
        case .integer(let number): id = number
        case .string(let digits): id = Int64(digits)
        default: id = nil
        }
        guard let id, id >= 0 else {
            throw DecodingError.dataCorruptedError(
                forKey: .after, in: members, debugDescription: "not the id of a message")
        }
        return id
    }

    private static func statement(_ members: KeyedDecodingContainer<CodingKeys>) throws -> SQL {
        let text = try members.decode(String.self, forKey: .sql)
        func parameter(_ value: JSONValue) throws -> DoSQLValue {
            guard let parameter = value.parameter else {
                throw DecodingError.dataCorruptedError(
                    forKey: .params, in: members, debugDescription: "arrays and objects are no values")
            }
            return parameter
        }
        switch try members.decodeIfPresent(JSONValue.self, forKey: .params) {
        case nil: return SQL(raw: text)
        case .array(let values): return SQL(raw: text, try values.map(parameter))
        case .object(let values): return SQL(raw: text, named: try values.mapValues(parameter))
        default:
            throw DecodingError.dataCorruptedError(
                forKey: .params, in: members, debugDescription: "an array or an object")
        }
    }
}
