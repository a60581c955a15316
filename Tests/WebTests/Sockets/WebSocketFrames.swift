import DoSQLProtocol
import DoSQLTestSupport

/// The binary protocol in binary messages.
final class WebSocketFrames {
    /// The connection.
    let client: WebSocketClient
    /// How many messages came.
    private(set) var messages = 0
    private var waiting: [(FrameHeader, [UInt8])] = []

    init(_ client: WebSocketClient) { self.client = client }

    /// Sends what `write` writes in one message.
    func send(_ write: (inout ByteWriter) -> Void) throws {
        var writer = ByteWriter()
        write(&writer)
        try client.send(writer.bytes)
    }

    /// Waits for the next frame; every message has to hold whole ones.
    func next() throws -> (header: FrameHeader, body: [UInt8]) {
        while waiting.isEmpty {
            let message = try client.next()
            guard case .binary(let bytes)? = message else {
                throw TestSupportError("a binary message was awaited, and this came: \(String(describing: message))")
            }
            messages += 1
            var position = 0
            while position < bytes.count {
                guard bytes.count - position >= FrameHeader.size else { throw TestSupportError("half a header") }
                let header = FrameHeader(decoding: bytes.span, at: position)
                position += FrameHeader.size
                guard bytes.count - position >= Int(header.length) else { throw TestSupportError("half a body") }
                waiting.append((header, Array(bytes[position..<position + Int(header.length)])))
                position += Int(header.length)
            }
        }
        return waiting.removeFirst()
    }

    /// Waits for the next frame, which has to be of this type.
    func next(_ type: MessageType, request: UInt32) throws -> [UInt8] {
        let (header, body) = try next()
        guard header.type == type.rawValue, header.request == request else {
            throw TestSupportError("\(type) of request \(request) was awaited, and \(header) came")
        }
        return body
    }
}

// What is awaited, decoded.
extension WebSocketFrames {
    /// DONE.
    func nextDone(_ request: UInt32) throws -> Done {
        let body = try next(.done, request: request)
        return try Done(body.span)
    }

    /// RESULT's rows.
    func nextResult(_ request: UInt32) throws -> [[Value]] {
        let body = try next(.result, request: request)
        return try ResultMessage(body.span).rows.copy()
    }

    /// ROWS of a subscription.
    func nextRows(_ request: UInt32) throws -> [[Value]] {
        let body = try next(.rows, request: request)
        return try RowsMessage(body.span, columns: 4).rows.copy()
    }

    /// ERROR; 0: of the connection.
    func nextError(_ request: UInt32) throws -> ErrorMessage {
        let body = try next(.error, request: request)
        return try ErrorMessage(body.span)
    }

    /// GOAWAY.
    func nextGoAway() throws -> GoAway {
        let body = try next(.goAway, request: 0)
        return try GoAway(body.span)
    }

    /// Sends PING and waits for PONG, which must be the next frame; gives its payload.
    func ping(_ request: UInt32, _ payload: [UInt8] = []) throws -> [UInt8] {
        var writer = ByteWriter()
        Ping.encode(into: &writer, request: request, payload: payload.span)
        try client.send(writer.bytes)
        let body = try next(.pong, request: request)
        let pong = try Pong(body.span)
        return [UInt8](copying: pong.payload)
    }
}
