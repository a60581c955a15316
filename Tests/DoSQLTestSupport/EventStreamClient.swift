/// A reader of server-sent events (WHATWG HTML, server-sent events) over an ``HTTPClient``.
public final class EventStreamClient {
    /// One event, or a comment.
    public struct Event: Equatable, Sendable {
        public var id: String?
        public var event: String?
        public var data: String
    }

    /// The connection.
    public let http: HTTPClient
    /// The answer's head.
    public let head: HTTPAnswer
    /// Comments that came between events.
    public private(set) var comments = 0
    private var text: [UInt8] = []

    /// Asks for a stream; whatever the answer is, its head is ``head``.
    public init(
        connectingTo address: String, path: String, headers: [(String, String)] = [], server: AnyObject? = nil
    ) throws {
        http = try HTTPClient(connectingTo: address, server: server)
        try http.send("GET", path, headers: headers + [("Accept", "text/event-stream")])
        head = try http.head()
    }

    /// Waits for the next event; nil: the stream has ended.
    public func next() throws -> Event? {
        while true {
            if let end = blankLine() {
                let block = String(decoding: text[..<end], as: UTF8.self)
                text.removeFirst(end + 2)
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
            if let end = blankLine() {
                _ = parse(String(decoding: text[..<end], as: UTF8.self))
                text.removeFirst(end + 2)
                continue
            }
            guard let chunk = try http.chunk(), !chunk.isEmpty else {
                throw TestSupportError("the event stream ended")
            }
            text += chunk
        }
    }

    private func blankLine() -> Int? {
        guard text.count >= 2 else { return nil }
        return (0..<(text.count - 1)).first { text[$0] == 0x0A && text[$0 + 1] == 0x0A }
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
