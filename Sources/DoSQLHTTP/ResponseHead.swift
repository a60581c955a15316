/// The head of a response (RFC 9112 sections 4 to 6, RFC 9110 section 15).
///
/// An answer to HEAD has the head that GET would get, and nothing behind it: the caller sends no body.
public struct ResponseHead: Sendable {
    /// How the end of the body is told.
    public enum Framing: Sendable, Equatable {
        /// The body has so many bytes.
        case length(Int)
        /// The body comes in chunks, encoded with ``ChunkEncoder``.
        case chunked
        /// There is no body, and none can be: 1xx, 204, 304.
        case none
        /// The body ends with the connection: for streams to clients of HTTP/1.0.
        case untilClose
    }

    /// What the response says about the connection.
    public enum Connection: Sendable, Equatable {
        /// Nothing: it stays open, as HTTP/1.1 has it.
        case implied
        /// It stays open, and a client of HTTP/1.0 is told so.
        case keepAlive
        /// It is closed behind this response.
        case close
    }

    /// The status.
    public var status: Int
    /// How the end of the body is told.
    public var framing: Framing
    /// What is said about the connection. Where the body ends with the connection this is always `close`.
    public var connection: Connection
    /// Headers that are the same for many answers: they stand in front of the others, and are not copied before they are
    /// encoded.
    public var shared: HeaderBlock
    /// All other headers. Date, Connection, Content-Length and Transfer-Encoding do not belong here.
    public var headers: HeaderBlock

    /// A head.
    public init(
        status: Int, framing: Framing, connection: Connection = .implied, shared: HeaderBlock = HeaderBlock(),
        headers: HeaderBlock = HeaderBlock()
    ) {
        self.status = status
        self.framing = framing
        self.connection = connection
        self.shared = shared
        self.headers = headers
    }

    /// Adds a header; see ``HeaderBlock/add(_:_:)``.
    public mutating func add(_ name: String, _ value: String) { headers.add(name, value) }

    /// Appends the encoded head.
    /// - Parameter date: now. Servers without a clock leave it out (RFC 9110 section 6.6.1).
    public func encode(into output: inout [UInt8], date: HTTPDate? = nil) {
        let needed = output.count + shared.bytes.count + headers.bytes.count + 160
        if needed > output.capacity { output.reserveCapacity(max(needed, 2 * output.capacity)) }
        StatusLine.encode(status, into: &output)
        if let date {
            output.append(contentsOf: "Date: ".utf8)
            output.append(contentsOf: date.bytes)
            output.append(contentsOf: "\r\n".utf8)
        }
        output.append(contentsOf: shared.bytes)
        output.append(contentsOf: headers.bytes)
        switch framing {
        case .length(let count):
            precondition(count >= 0, "a length is not negative")
            output.append(contentsOf: "Content-Length: ".utf8)
            Decimal.encode(count, into: &output)
            output.append(contentsOf: "\r\n".utf8)
        case .chunked: output.append(contentsOf: "Transfer-Encoding: chunked\r\n".utf8)
        case .none, .untilClose: break
        }
        switch framing == .untilClose ? .close : connection {
        case .implied: break
        case .keepAlive: output.append(contentsOf: "Connection: keep-alive\r\n".utf8)
        case .close: output.append(contentsOf: "Connection: close\r\n".utf8)
        }
        output.append(contentsOf: "\r\n".utf8)
    }

    /// The interim answer to `Expect: 100-continue` (RFC 9110 section 15.2.1).
    public static let continueBytes = [UInt8]("HTTP/1.1 100 Continue\r\n\r\n".utf8)
}

extension RequestHead {
    /// What the response to this request says about the connection if nothing else closes it.
    public var responseConnection: ResponseHead.Connection {
        if !isKeepAlive { return .close }
        return minorVersion == 0 ? .keepAlive : .implied
    }

    /// How a response whose length is not known is framed for this client.
    public var streamFraming: ResponseHead.Framing { minorVersion == 0 ? .untilClose : .chunked }
}
