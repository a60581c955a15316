import DoSQLProtocol

/// `{"type", "data"}`: an event to emit (`protocol/json.md`, events).
public struct EventRequest: Hashable, Sendable {
    /// The event's type: one line of 1 to 256 bytes.
    public let type: String
    /// Its data, as compact JSON.
    public let data: [UInt8]

    /// Reads a request.
    public init(_ json: Span<UInt8>) throws(JSONFault) {
        var members = DataMembers()
        var reader = JSONReader(json)
        try members.read(&reader)
        type = try reader.eventType("type", members.type)
        data = try reader.data("data", members.data, isNull: members.hasNullData)
    }
}

/// `{"data"}`: a message to a channel that the address names (`protocol/json.md`, hub).
public struct ChannelMessageRequest: Hashable, Sendable {
    /// The message, as compact JSON.
    public let data: [UInt8]

    /// Reads a request.
    public init(_ json: Span<UInt8>) throws(JSONFault) {
        var members = DataMembers()
        var reader = JSONReader(json)
        try members.read(&reader)
        data = try reader.data("data", members.data, isNull: members.hasNullData)
    }
}

/// Where the type and the data of an event lie.
private struct DataMembers {
    var type = Member()
    var data = Member()
    /// Null is data like any other.
    var hasNullData = false

    @_lifetime(reader: copy reader)
    mutating func read(_ reader: inout JSONReader) throws(JSONFault) {
        try reader.beginRequestObject()
        while let name = try reader.nextMember() {
            if name.means("type") {
                try type.take("type", from: &reader)
            } else if name.means("data") {
                try data.take("data", from: &reader)
                hasNullData = data.offset == nil
            } else {
                try reader.skipValue()
            }
        }
        try reader.expectEnd()
    }
}

extension JSONReader {
    /// An event's type, which is one line of an event stream.
    fileprivate func eventType(_ name: String, _ member: Member) throws(JSONFault) -> String {
        let type = try messageText(name, member)
        guard type.count >= 1, type.count <= JSONLimits.eventTypeMax else {
            throw JSONFault("an event's type has 1 to \(JSONLimits.eventTypeMax) bytes", path: name)
        }
        for byte in type.bytes where byte == 0x0A || byte == 0x0D {
            throw JSONFault("an event's type is one line", path: name)
        }
        return type.string
    }
}
