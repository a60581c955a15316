import DoSQLAccess
import DoSQLProtocol

/// What one shard has counted since its start. It is the shard's own, so a count is a plain addition; whoever wants to
/// read it asks the shard for a copy.
struct ShardMetrics: Sendable {
    /// The request types that a client may send are below this number (`protocol/framing.md`, frame).
    private static let typesMax = 0x40

    /// Connections that began to speak, by ``FaceKind``.
    private(set) var connections = [UInt64](repeating: 0, count: FaceKind.allCases.count)
    /// Connections that were one too many.
    private(set) var connectionsRefused: UInt64 = 0
    /// TLS handshakes that are over, by ``HandshakeResult``.
    private(set) var handshakes = [UInt64](repeating: 0, count: HandshakeResult.allCases.count)
    /// Messages from clients, by face and type.
    private var requests = [UInt64](repeating: 0, count: FaceKind.allCases.count * Self.typesMax)
    /// Errors that were answered, in the order of ``ErrorCode/allCases``.
    private(set) var errors = [UInt64](repeating: 0, count: ErrorCode.allCases.count)
    /// Clients that were not let in, or let go of, by ``AuthenticationFailure``.
    private(set) var authenticationFailures = [UInt64](repeating: 0, count: AuthenticationFailure.allCases.count)
    /// HTTP responses, by the first digit of their status less one.
    private(set) var responses = [UInt64](repeating: 0, count: 5)
    private(set) var bytesReceived: UInt64 = 0
    private(set) var bytesSent: UInt64 = 0

    // What is now, filled in when the shard is asked.

    /// Open connections, by ``FaceKind``.
    private(set) var open = [UInt64](repeating: 0, count: FaceKind.allCases.count)
    /// Requests that were handed over and have no answer.
    private(set) var inFlight: UInt64 = 0
    /// Bytes of bodies that wait and of answers that no client has taken.
    private(set) var bytesInFlight: UInt64 = 0

    // MARK: Counting

    /// A connection has shown what it speaks.
    mutating func connectionBegan(_ face: FaceKind) { connections[face.rawValue] &+= 1 }

    /// A connection beyond what the server takes has come.
    mutating func connectionRefused() { connectionsRefused &+= 1 }

    /// A TLS handshake is over.
    mutating func handshakeEnded(_ result: HandshakeResult) { handshakes[result.rawValue] &+= 1 }

    /// A message has come, of whatever type.
    mutating func received(_ type: UInt8, _ face: FaceKind) {
        guard type < Self.typesMax else { return }
        requests[face.rawValue &* Self.typesMax &+ Int(type)] &+= 1
    }

    /// A request was answered with an error.
    mutating func failed(_ code: ErrorCode) {
        if let index = ErrorCode.allCases.firstIndex(of: code) { errors[index] &+= 1 }
    }

    /// Somebody's token is not good.
    mutating func authenticationFailed(_ error: AccessError) {
        authenticationFailures[AuthenticationFailure(error).rawValue] &+= 1
    }

    /// A request was answered with this frame, which may be an error.
    mutating func answered(_ frame: [UInt8]) {
        guard frame.count > FrameHeader.size, FrameHeader(decoding: frame.span).type == MessageType.error.rawValue,
            let error = try? ErrorMessage(frame.span.extracting(droppingFirst: FrameHeader.size)), let code = error.code
        else { return }
        failed(code)
    }

    /// HTTP refused a request before it became a message. Where it has plain text, the client has seen no code.
    mutating func refused(_ refusal: Refusal) {
        if refusal.text == nil, let code = refusal.error.code { failed(code) }
    }

    /// An HTTP response has begun.
    mutating func responded(_ status: Int) {
        let index = status / 100 - 1
        if responses.indices.contains(index) { responses[index] &+= 1 }
    }

    /// Bytes of a connection: when it ends, or in a copy of what it has so far.
    mutating func moved(received: UInt64, sent: UInt64) {
        bytesReceived &+= received
        bytesSent &+= sent
    }

    // MARK: Reading

    /// A connection is open now.
    mutating func isOpen(_ face: FaceKind) { open[face.rawValue] &+= 1 }

    /// So many requests of a session are in flight now.
    mutating func isInFlight(_ count: Int) { inFlight &+= UInt64(count) }

    /// So many bytes wait on the shard now.
    mutating func areInFlight(bytes: Int) { bytesInFlight &+= UInt64(max(0, bytes)) }

    /// How many messages of a type have come through a face.
    func requests(_ type: MessageType, _ face: FaceKind) -> UInt64 {
        requests[face.rawValue * Self.typesMax + Int(type.rawValue)]
    }

    /// Adds what another shard has counted.
    mutating func add(_ other: ShardMetrics) {
        Self.add(&connections, other.connections)
        connectionsRefused &+= other.connectionsRefused
        Self.add(&handshakes, other.handshakes)
        Self.add(&requests, other.requests)
        Self.add(&errors, other.errors)
        Self.add(&authenticationFailures, other.authenticationFailures)
        Self.add(&responses, other.responses)
        moved(received: other.bytesReceived, sent: other.bytesSent)
        Self.add(&open, other.open)
        inFlight &+= other.inFlight
        bytesInFlight &+= other.bytesInFlight
    }

    private static func add(_ sum: inout [UInt64], _ other: [UInt64]) {
        for index in sum.indices { sum[index] &+= other[index] }
    }
}
