import DoSQLProtocol

/// What is published (`protocol/feeds.md`).
public enum Publication: Hashable, Sendable {
    /// To the subscribers of a channel.
    case message(channel: String, data: String)
    /// To the subscribers of events, of all or of this type.
    case event(type: String, data: String)
}

extension RequestBody {
    static func publish(_ publication: Publication, key: IdempotencyKey?) -> RequestBody {
        switch publication {
        case .message(let channel, let data): .publish(.messages, name: channel, data: data, deadline: nil, key: key)
        case .event(let type, let data): .publish(.events, name: type, data: data, deadline: nil, key: key)
        }
    }
}
