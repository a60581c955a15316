import DoSQLProtocol
import DoSQLTestSupport
import Testing

/// A frame with any header, right or wrong.
enum RawFrame {
    /// The bytes of a frame. `length` claims another size than the body has.
    static func bytes(
        type: UInt8, flags: UInt8 = 0, stream: UInt16 = 0, request: UInt32 = 1, body: [UInt8] = [], length: Int? = nil
    ) -> [UInt8] {
        var writer = ByteWriter()
        FrameHeader(
            length: UInt32(length ?? body.count), type: type, flags: FrameFlags(rawValue: flags), stream: stream,
            request: request
        ).encode(into: &writer)
        return writer.bytes + body
    }

    /// The body that a message's `encode` writes.
    static func body(_ encode: (inout ByteWriter) -> Void) -> [UInt8] {
        var writer = ByteWriter()
        encode(&writer)
        return Array(writer.bytes.dropFirst(FrameHeader.size))
    }
}

extension WireClient {
    /// Sends a frame of any kind as a new request.
    func sendRaw(type: UInt8, flags: UInt8 = 0, stream: UInt16 = 0, body: [UInt8] = [], length: Int? = nil) throws
        -> UInt32
    {
        let request = nextRequest()
        try send(RawFrame.bytes(type: type, flags: flags, stream: stream, request: request, body: body, length: length))
        return request
    }

    /// The error that ends the connection, and then its end.
    func fatalError(_ location: SourceLocation = #_sourceLocation) throws -> ErrorMessage {
        while let reply = try receive() {
            guard let error = reply.error, error.isFatal else { continue }
            #expect(reply.stream == 0 && reply.request == 0, sourceLocation: location)
            #expect(try receive() == nil, sourceLocation: location)
            return error
        }
        throw TestSupportError("the connection ended without a word")
    }

    /// Everything until the end of the connection, as text.
    func textUntilEnd() throws -> String {
        var bytes: [UInt8] = []
        while true {
            let more = try socket.receive(Deadline())
            if more.isEmpty { return String(decoding: bytes, as: UTF8.self) }
            bytes += more
        }
    }
}

extension TestServer {
    /// A client of a server that has little patience: on a busy machine its HELLO may come too late, and it tries again.
    func persistentClient(_ tenant: String) throws -> WireClient {
        var client: WireClient?
        _ = try Deadline.poll {
            do {
                client = try self.client(tenant)
                return true
            } catch let error as ErrorMessage where error.code == .handshakeTimeout {
                return false
            }
        }
        return try #require(client)
    }

    /// Whatever somebody did: everybody else is served.
    func expectItServes(_ location: SourceLocation = #_sourceLocation) throws {
        let client = try persistentClient("somebody-else")
        try client.run("CREATE TABLE IF NOT EXISTS served(x)")
        try client.run("INSERT INTO served VALUES (1)")
        #expect(try client.query("SELECT x FROM served LIMIT 1").rows == [[1]], sourceLocation: location)
    }
}
