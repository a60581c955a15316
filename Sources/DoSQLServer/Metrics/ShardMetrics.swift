import DoSQLAccess
import DoSQLProtocol
import DoSQLSession

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
    /// Errors that were answered, by face and in the order of ``ErrorCode/allCases``.
    private var errors = [UInt64](repeating: 0, count: FaceKind.allCases.count * ErrorCode.allCases.count)
    /// Errors that name a limit, by its name: names are the server's own words, so there are not many.
    private(set) var limitsMet: [String: UInt64] = [:]
    /// How long requests took, by ``FaceKind``.
    private(set) var latency = [LatencyCounts](repeating: LatencyCounts(), count: FaceKind.allCases.count)
    /// Clients that were not let in, or let go of, by ``AuthenticationFailure``.
    private(set) var authenticationFailures = [UInt64](repeating: 0, count: AuthenticationFailure.allCases.count)
    /// HTTP responses, by the first digit of their status less one.
    private(set) var responses = [UInt64](repeating: 0, count: 5)
    /// By ``FaceKind``.
    private(set) var bytesReceived = [UInt64](repeating: 0, count: FaceKind.allCases.count)
    private(set) var bytesSent = [UInt64](repeating: 0, count: FaceKind.allCases.count)

    // What is now, filled in when the shard is asked.

    /// Open connections, by ``FaceKind``.
    private(set) var open = [UInt64](repeating: 0, count: FaceKind.allCases.count)
    /// Those of them that are inside TLS.
    private(set) var secured = [UInt64](repeating: 0, count: FaceKind.allCases.count)
    /// Requests that were handed over and have no answer.
    private(set) var inFlight: UInt64 = 0
    /// Bytes of bodies and answers that wait, and the server's bound for them.
    private(set) var bytesInFlight = 0
    private(set) var bytesInFlightMax = 0
    /// What was counted of tenants since somebody last asked.
    private(set) var tenants: [(tenant: TenantName, figures: TenantFigures)] = []

    // MARK: Counting

    /// A connection has shown what it speaks.
    mutating func connectionBegan(_ face: FaceKind) { connections[face.rawValue] &+= 1 }

    /// A connection beyond what the server takes has come.
    mutating func connectionRefused(_ failure: Failure) {
        connectionsRefused &+= 1
        if let limit = failure.limit { limitsMet[limit.name, default: 0] &+= 1 }
    }

    /// A TLS handshake is over.
    mutating func handshakeEnded(_ result: HandshakeResult) { handshakes[result.rawValue] &+= 1 }

    /// A message has come, of whatever type.
    mutating func received(_ type: UInt8, _ face: FaceKind) {
        guard type < Self.typesMax else { return }
        requests[face.rawValue &* Self.typesMax &+ Int(type)] &+= 1
    }

    /// A request was answered with an error, or a connection ended with one.
    mutating func failed(_ failure: Failure, _ face: FaceKind) { failed(failure.code, failure.limit?.name, face) }

    private mutating func failed(_ code: ErrorCode, _ limit: String?, _ face: FaceKind) {
        if let index = ErrorCode.allCases.firstIndex(of: code) {
            errors[face.rawValue &* ErrorCode.allCases.count &+ index] &+= 1
        }
        // A connection that is one too many was counted when it came.
        if let limit, code != .tooManyConnections { limitsMet[limit, default: 0] &+= 1 }
    }

    /// A request was carried out within so many nanoseconds.
    mutating func took(_ nanoseconds: UInt64, _ face: FaceKind) { latency[face.rawValue].observe(nanoseconds) }

    /// Somebody's token is not good.
    mutating func authenticationFailed(_ error: AccessError) {
        authenticationFailures[AuthenticationFailure(error).rawValue] &+= 1
    }

    /// A request was answered with this frame, which may be an error: then it is given.
    mutating func answered(_ frame: [UInt8], _ face: FaceKind) -> ErrorMessage? {
        guard frame.count > FrameHeader.size, FrameHeader(decoding: frame.span).type == MessageType.error.rawValue,
            let error = try? ErrorMessage(frame.span.extracting(droppingFirst: FrameHeader.size)), let code = error.code
        else { return nil }
        failed(code, error.limit?.name, face)
        return error
    }

    /// HTTP refused a request before it became a message. Where it has plain text, the client has seen no code.
    mutating func refused(_ refusal: Refusal) {
        if refusal.text == nil, let code = refusal.error.code { failed(code, refusal.error.limit?.name, .http) }
    }

    /// An HTTP response has begun.
    mutating func responded(_ status: Int) {
        let index = status / 100 - 1
        if responses.indices.contains(index) { responses[index] &+= 1 }
    }

    /// Bytes of a connection: when it ends or speaks something else, or in a copy of what it has so far.
    mutating func moved(_ face: FaceKind, received: UInt64, sent: UInt64) {
        bytesReceived[face.rawValue] &+= received
        bytesSent[face.rawValue] &+= sent
    }

    // MARK: Reading

    /// A connection is open now.
    mutating func isOpen(_ face: FaceKind, isSecured: Bool) {
        open[face.rawValue] &+= 1
        if isSecured { secured[face.rawValue] &+= 1 }
    }

    /// So many bytes wait now.
    mutating func areInFlight(_ bytes: BytesInFlight) {
        // Threads count too: what one took out may have been seen before what another put in.
        bytesInFlight = max(0, bytes.bytes)
        bytesInFlightMax = bytes.serverMax
    }

    /// This was counted of tenants.
    mutating func counted(_ tenants: [(tenant: TenantName, figures: TenantFigures)]) { self.tenants = tenants }

    /// So many requests of a session are in flight now.
    mutating func isInFlight(_ count: Int) { inFlight &+= UInt64(count) }

    /// How many errors of a code were answered on a face.
    func errors(_ code: Int, _ face: FaceKind) -> UInt64 {
        errors[face.rawValue * ErrorCode.allCases.count + code]
    }

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
        Self.add(&bytesReceived, other.bytesReceived)
        Self.add(&bytesSent, other.bytesSent)
        limitsMet.merge(other.limitsMet) { $0 &+ $1 }
        for index in latency.indices { latency[index].add(other.latency[index]) }
        Self.add(&open, other.open)
        Self.add(&secured, other.secured)
        bytesInFlight += other.bytesInFlight
        bytesInFlightMax = max(bytesInFlightMax, other.bytesInFlightMax)
        tenants += other.tenants
        inFlight &+= other.inFlight
    }

    private static func add(_ sum: inout [UInt64], _ other: [UInt64]) {
        for index in sum.indices { sum[index] &+= other[index] }
    }
}
