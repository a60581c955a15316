import DoSQLTestSupport

/// The hub's conversation (`protocol/json.md`, hub).
extension WebSocketClient {
    /// Sends a request and waits for the next message.
    func ask(_ request: String) throws -> String {
        try send(request)
        return try nextText()
    }

    /// Subscribes and waits for the acknowledgement, which must be the next message.
    func subscribe(_ channel: String, after: Int64? = nil) throws {
        let after = after.map { #","after":\#($0)"# } ?? ""
        let answer = try ask(#"{"type":"subscribe","channel":\#(channel.json),"id":"s"\#(after)}"#)
        guard answer == #"{"type":"subscribed","id":"s","channel":\#(channel.json)}"# else {
            throw TestSupportError("a subscription was answered with \(answer)")
        }
    }

    /// Publishes and gives the message's id; the acknowledgement must be the next message.
    @discardableResult
    func publish(_ data: String, to channel: String) throws -> Int64 {
        let answer = try ask(#"{"type":"publish","channel":\#(channel.json),"data":\#(data),"id":"p"}"#)
        let start = #"{"type":"published","id":"p","channel":\#(channel.json),"messageId":"#
        guard answer.hasPrefix(start), answer.hasSuffix("}"), let id = Int64(answer.dropFirst(start.count).dropLast())
        else { throw TestSupportError("a message was answered with \(answer)") }
        return id
    }

    /// Waits for the next message of a channel and gives it without its date.
    func nextMessage() throws -> String { try nextText().withoutDate() }

    /// Waits for the next message, which must be an error, and gives its code.
    func nextError() throws -> String {
        let text = try nextText()
        guard text.hasPrefix(#"{"type":"error","#), let (_, rest) = text.split(before: #""code":""#) else {
            throw TestSupportError("an error was awaited, and this came: \(text)")
        }
        return String(rest.prefix { $0 != "\"" })
    }
}

extension String {
    /// A message of a channel without its `createdAt`, which has to be a time as SQLite writes it.
    func withoutDate() throws -> String {
        guard let (start, rest) = split(before: #","createdAt":""#) else {
            throw TestSupportError("there is no createdAt in \(self)")
        }
        let shape = rest.map { ("0"..."9").contains($0) ? "0" : String($0) }.joined()
        guard shape == #"0000-00-00 00:00:00"}"# else { throw TestSupportError("\(rest) is no date") }
        return start + "}"
    }

    /// A query's answer without its `lsn`, which has to be an integer.
    func withoutLSN() throws -> String {
        guard let (start, rest) = split(before: #","lsn":"#), rest.hasSuffix("}"), UInt64(rest.dropLast()) != nil else {
            throw TestSupportError("no integer lsn ends \(self)")
        }
        return start + "}"
    }
}

extension WebSocketClient {
    /// Sends text messages in one piece, so that they arrive in one flight.
    func send(together messages: String...) throws {
        var bytes: [UInt8] = []
        for message in messages {
            let payload = Array(message.utf8)
            precondition(payload.count < 126, "only short messages go together")
            // A mask of zeros changes nothing (RFC 6455, 5.3).
            bytes += [0x81, 0x80 | UInt8(payload.count), 0, 0, 0, 0] + payload
        }
        try http.socket.send(bytes)
    }
}
