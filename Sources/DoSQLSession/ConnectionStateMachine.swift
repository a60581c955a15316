public import DoSQLProtocol

/// The rules of one connection: handshake, request ids, bounds on what is in flight, and the way out
/// (`protocol/framing.md`, `protocol/handshake.md`).
///
/// Invariant: `inFlight` holds exactly the requests that were admitted as ``Admission/request`` and whose terminal
/// answer has not been sent, except those that were answered within the call that received them.
public struct ConnectionStateMachine {
    /// What to do with a frame.
    public enum Admission: Equatable, Sendable {
        /// Decode HELLO, then ``accepted()`` or close.
        case handshake
        /// A request of the connection itself (stream 0): answer it at once.
        case control
        /// CANCEL, CREDIT, LOAD_ROWS: belongs to a request in flight, has no answer of its own.
        case part
        /// OPEN and every request on a stream.
        case request
        /// Answer with this error; the connection lives on.
        case refuse(ErrorCode)
        /// Answer with this error and close.
        case close(ErrorCode, reason: String)
    }

    private enum Phase { case awaitingHello, open, draining }

    private var phase: Phase = .awaitingHello
    private var handshakeDeadline: UInt64
    private var inFlight: Set<UInt32> = []
    private var waitingBytes = 0

    /// A connection that was accepted at `now`.
    public init(now: UInt64, limits: SessionLimits) {
        handshakeDeadline = now &+ limits.handshakeTime
    }

    /// Whether HELLO was accepted.
    public var isOpen: Bool { phase != .awaitingHello }
    /// How many requests have no answer yet.
    public var inFlightCount: Int { inFlight.count }

    /// Whether a request is in flight that is not answered within the call that brought it.
    public func isInFlight(_ request: UInt32) -> Bool { inFlight.contains(request) }
    /// Whether GOAWAY was sent and everything accepted before it is answered.
    public var isDrained: Bool { phase == .draining && inFlight.isEmpty }

    /// When the handshake must be over, or nil once it is.
    public var nextDeadline: UInt64? { phase == .awaitingHello ? handshakeDeadline : nil }

    /// Whether the handshake took too long.
    public func isHandshakeLate(now: UInt64) -> Bool { phase == .awaitingHello && handshakeDeadline <= now }

    /// A frame's header arrived.
    public func received(_ header: FrameHeader) -> Admission {
        guard let type = MessageType(rawValue: header.type), type.sender == .client else {
            if phase == .awaitingHello { return .close(.protocolViolation, reason: "the first frame is HELLO") }
            if header.type < 0x40 && header.type != 0 { return .refuse(.unsupported) }
            return .close(.protocolViolation, reason: "a client does not send frames of type \(header.type)")
        }
        if phase == .awaitingHello {
            guard type == .hello else { return .close(.protocolViolation, reason: "the first frame is HELLO") }
            guard header.stream == 0, header.request != 0, header.flags.rawValue == 0 else {
                return .close(.protocolViolation, reason: "HELLO goes on stream 0, with a request id and no flags")
            }
            return .handshake
        }
        guard header.request != 0 else {
            return .close(.protocolViolation, reason: "a request has an id that is not 0")
        }
        guard type.allowedFlags.isSuperset(of: header.flags) else {
            return .close(.protocolViolation, reason: "reserved flags on \(type.name)")
        }
        guard (type.streamRule == .connection) == (header.stream == 0) else {
            return .close(.protocolViolation, reason: "\(type.name) on stream \(header.stream)")
        }
        switch type {
        case .hello:
            return .close(.protocolViolation, reason: "a second HELLO")
        case .cancel, .credit, .loadRows:
            return .part
        default:
            break
        }
        if !inFlight.isEmpty && inFlight.contains(header.request) {
            return .close(.protocolViolation, reason: "request \(header.request) is in flight already")
        }
        if phase == .draining { return type == .ping ? .control : .refuse(.shuttingDown) }
        if header.stream == 0 && type != .tenants { return .control }
        if inFlight.count >= Limits.requestsInFlightMax || waitingBytes >= Limits.requestBytesMax {
            return .refuse(.overloaded)
        }
        return header.stream == 0 ? .control : .request
    }

    /// HELLO was accepted.
    public mutating func accepted() {
        phase = .open
    }

    /// A request will be answered later.
    public mutating func deferred(_ request: UInt32) {
        inFlight.insert(request)
    }

    /// The terminal answer of a deferred request was written.
    public mutating func answered(_ request: UInt32) {
        inFlight.remove(request)
    }

    /// A body is kept until its request is answered, or may start.
    public mutating func kept(bytes: Int) { waitingBytes += bytes }
    /// A kept body was used.
    public mutating func released(bytes: Int) { waitingBytes -= bytes }

    /// GOAWAY was sent: what is in flight finishes, nothing new is taken.
    public mutating func drain() {
        phase = .draining
    }
}
