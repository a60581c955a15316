/// The `id` of a request: the client's own, a string or a number of at most 256 bytes, given back in every answer.
struct HubRequestID: Decodable, Sendable {
    let value: JSONValue?

    private enum CodingKeys: CodingKey {
        case id
    }

    /// The id as far as it can be read: also an answer to what is no request has it.
    init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        switch try members.decodeIfPresent(JSONValue.self, forKey: .id) {
        case let id? where !id.isID:
            value = nil
            throw DecodingError.dataCorruptedError(
                forKey: .id, in: members, debugDescription: "a string or a number of at most 256 bytes")
        case let id: value = id
        }
    }
}

extension JSONValue {
    fileprivate var isID: Bool {
        switch self {
        case .integer, .number: true
        case .string(let text): text.utf8.count <= 256
        case .null, .bool, .array, .object: false
        }
    }
}
