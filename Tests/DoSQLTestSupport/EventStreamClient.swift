/// A reader of server-sent events (WHATWG HTML, server-sent events) over an ``HTTPClient``.
public final class EventStreamClient {
    /// One event, or a comment.
    public struct Event: Equatable, Sendable {
        /// Its id, if it had one.
        public var id: String?
        /// Its type, if it had one.
        public var event: String?
        /// Its data, lines with a line feed between them.
        public var data: String

        /// An event of these fields.
        public init(id: String?, event: String?, data: String) {
            self.id = id
            self.event = event
            self.data = data
        }
    }

    /// The connection.
    public let http: HTTPClient
    /// The answer's head.
    public let head: HTTPAnswer
    /// Comments that came between events.
    public private(set) var comments = 0
    /// Whether every block that has come was UTF-8, as the format has it.
    public private(set) var isValidUTF8 = true
    private var text: [UInt8] = []
    /// How many bytes of the text were searched for a block's end.
    private var searched = 0

    /// Asks for a stream; whatever the answer is, its head is ``head``.
    public init(
        connectingTo address: String, path: String, headers: [(String, String)] = [], receiveBuffer: Int? = nil,
        server: AnyObject? = nil
    ) throws {
        http = try HTTPClient(connectingTo: address, receiveBuffer: receiveBuffer, server: server)
        try http.send("GET", path, headers: headers + [("Accept", "text/event-stream")])
        head = try http.head()
    }

    /// Waits for the next event; nil: the stream has ended.
    public func next() throws -> Event? {
        while true {
            if let block = block() {
                if let event = parse(block) { return event }
                continue
            }
            guard let chunk = try http.chunk(), !chunk.isEmpty else { return nil }
            text += chunk
        }
    }

    /// Waits for a comment, such as the heartbeat.
    public func nextComment() throws {
        let before = comments
        while comments == before {
            if let block = block() {
                _ = parse(block)
                continue
            }
            guard let chunk = try http.chunk(), !chunk.isEmpty else {
                throw TestSupportError("the event stream ended")
            }
            text += chunk
        }
    }

    /// Waits for the next block as it stands, comments too, without the blank line behind it; nil: the stream has ended.
    public func nextBlock() throws -> String? {
        while true {
            if let block = block() { return block }
            guard let chunk = try http.chunk(), !chunk.isEmpty else { return nil }
            text += chunk
        }
    }

    private func block() -> String? {
        while searched + 1 < text.count {
            if text[searched] == 0x0A && text[searched + 1] == 0x0A {
                let block = String(decoding: text[..<searched], as: UTF8.self)
                if !block.utf8.elementsEqual(text[..<searched]) { isValidUTF8 = false }
                text.removeFirst(searched + 2)
                searched = 0
                return block
            }
            searched += 1
        }
        return nil
    }

    private func parse(_ block: String) -> Event? {
        var event = Event(id: nil, event: nil, data: "")
        var data: [Substring] = []
        var isEvent = false
        for line in block.split(separator: "\n", omittingEmptySubsequences: true) {
            if line.hasPrefix(":") {
                comments += 1
                continue
            }
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            var value = parts.count > 1 ? parts[1] : ""
            if value.first == " " { value.removeFirst() }
            switch parts[0] {
            case "id": event.id = String(value)
            case "event": event.event = String(value)
            case "data":
                data.append(value)
                isEvent = true
            default: break
            }
        }
        event.data = data.joined(separator: "\n")
        return isEvent ? event : nil
    }
}
