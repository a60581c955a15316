import DoSQLProtocol

/// What a client of the hub asks in one WebSocket message (`protocol/json.md`, hub).
public struct HubRequest: Hashable, Sendable {
    /// What it asks for.
    public enum Action: Hashable, Sendable {
        /// Messages of a channel, if `after` is given those behind that id first.
        case subscribe(channel: String, after: Int64?)
        /// No more messages of a channel.
        case unsubscribe(channel: String)
        /// A message to a channel; `data` is compact JSON.
        case publish(channel: String, data: [UInt8])
        /// The rows of a statement; `body` is that of a QUERY.
        case query(body: [UInt8])
        /// Who it is, by a token.
        case auth(token: [UInt8])
    }

    /// The JSON of the client's own `id`, a string or a number, as it wrote it; nil if it gave none.
    public let id: [UInt8]?
    /// What it asks for.
    public let action: Action

    /// Why a message is no request, with its `id` if that much could be read.
    public struct Refusal: Error, Hashable, Sendable {
        /// The JSON of the client's own `id`.
        public let id: [UInt8]?
        /// What is wrong.
        public let fault: JSONFault
    }

    /// Reads a message. `options` are those of a query.
    public init(_ json: Span<UInt8>, options: RequestOptions = RequestOptions()) throws(Refusal) {
        var members = HubMembers()
        var reader = JSONReader(json)
        do throws(JSONFault) {
            try members.read(&reader)
        } catch {
            // What is not JSON further on may still have told its id.
            throw Refusal(id: try? members.id(of: reader), fault: error)
        }
        var id: [UInt8]?
        do throws(JSONFault) {
            id = try members.id(of: reader)
            action = try members.action(of: reader, options: options)
        } catch {
            throw Refusal(id: id, fault: error)
        }
        self.id = id
    }
}

/// Where the members of a hub request lie.
private struct HubMembers {
    private var type = Member()
    private var id = Member()
    private var channel = Member()
    private var after = Member()
    private var data = Member()
    private var token = Member()
    /// Null is a message like any other.
    private var hasNullData = false
    private var statement = StatementMembers()

    @_lifetime(reader: copy reader)
    mutating func read(_ reader: inout JSONReader) throws(JSONFault) {
        try reader.beginRequestObject()
        while let name = try reader.nextMember() {
            if name.means("type") {
                try type.take("type", from: &reader)
            } else if name.means("id") {
                try id.take("id", from: &reader)
            } else if name.means("channel") {
                try channel.take("channel", from: &reader)
            } else if name.means("after") {
                try after.take("after", from: &reader)
            } else if name.means("token") {
                try token.take("token", from: &reader)
            } else if name.means("data") {
                try data.take("data", from: &reader)
                hasNullData = data.offset == nil
            } else if try !statement.take(name, from: &reader) {
                try reader.skipValue()
            }
        }
        try reader.expectEnd()
    }

    func id(of reader: borrowing JSONReader) throws(JSONFault) -> [UInt8]? {
        guard let offset = id.offset else { return nil }
        var value = reader.reader(at: offset)
        let kind = try value.peek()
        guard kind == .string || kind == .number else {
            throw JSONFault("a string or a number is needed", path: "id")
        }
        let start = value.offset
        try value.skipValue()
        guard value.offset - start <= JSONLimits.hubIDMax else {
            throw JSONFault("it has more than \(JSONLimits.hubIDMax) bytes", path: "id")
        }
        return [UInt8](copying: value.bytes.extracting(start..<value.offset))
    }

    func action(
        of reader: borrowing JSONReader, options: RequestOptions
    ) throws(JSONFault) -> HubRequest.Action {
        let type = try reader.string("type", type)
        if type.means("subscribe") {
            return .subscribe(channel: try reader.channel("channel", channel), after: try reader.id("after", after))
        }
        if type.means("unsubscribe") { return .unsubscribe(channel: try reader.channel("channel", channel)) }
        if type.means("publish") {
            return .publish(
                channel: try reader.channel("channel", channel),
                data: try reader.data("data", data, isNull: hasNullData))
        }
        if type.means("query") {
            var body = ByteWriter()
            try statement.encode(of: reader, kind: .query, options: options, into: &body)
            return .query(body: body.bytes)
        }
        if type.means("auth") {
            return .auth(token: Array(try reader.messageText("token", token).string.utf8))
        }
        throw JSONFault(
            "one of \"subscribe\", \"unsubscribe\", \"publish\", \"query\", \"auth\" is needed", path: "type")
    }
}

extension JSONReader {
    /// A channel's name.
    func channel(_ name: String, _ member: Member) throws(JSONFault) -> String {
        let channel = try messageText(name, member)
        guard channel.count >= 1, channel.count <= JSONLimits.channelMax else {
            throw JSONFault("a channel's name has 1 to \(JSONLimits.channelMax) bytes", path: name)
        }
        return channel.string
    }

    /// The id of a message, as a number or as the digits of one.
    func id(_ name: String, _ member: Member) throws(JSONFault) -> Int64? {
        guard let offset = member.offset else { return nil }
        var reader = reader(at: offset)
        if try reader.peek() == .number, case .integer(let id) = try reader.readNumber(), id >= 0 { return id }
        reader = self.reader(at: offset)
        if try reader.peek() == .string {
            let digits = try reader.readString().string
            if digits.utf8.allSatisfy(JSONByte.isDigit), let id = Int64(digits) { return id }
        }
        throw JSONFault("the id of a message is needed: an integer from 0 up, or its digits in a string", path: name)
    }

    /// The compact JSON of a member that must be there, if only as null.
    func data(_ name: String, _ member: Member, isNull: Bool) throws(JSONFault) -> [UInt8] {
        if isNull { return Array("null".utf8) }
        guard let offset = member.offset else { throw JSONFault("a value is needed", path: name) }
        var reader = reader(at: offset)
        var writer = ByteWriter()
        try JSONData.append(&reader, to: &writer)
        return writer.bytes
    }
}
