/// When a connection has to be pinged, and when it is dead. Pure: times are arguments, in nanoseconds of one clock.
///
///     on bytes:  keepalive.heard(now: now)
///     on timer:  switch keepalive.timeout(now: now) { case .ping: machine.ping() … }
public struct WebSocketKeepalive: Hashable, Sendable {
    /// What has to be done when time has passed.
    public enum Action: Hashable, Sendable {
        /// Nothing is due.
        case none
        /// Send a ping.
        case ping
        /// The ping was not answered: close the connection.
        case dead
    }

    private let pingInterval: UInt64
    private let pongTimeout: UInt64
    private var isWaiting = false
    /// When ``timeout(now:)`` has something to say.
    public private(set) var nextDeadline: UInt64

    /// `pingInterval`: how long a connection may be silent before it is pinged. `pongTimeout`: how long it may stay
    /// silent then. Both in nanoseconds.
    public init(pingInterval: UInt64, pongTimeout: UInt64, now: UInt64) {
        self.pingInterval = pingInterval
        self.pongTimeout = pongTimeout
        nextDeadline = Self.later(now, pingInterval)
    }

    /// Bytes came, whatever they are: the other end lives.
    public mutating func heard(now: UInt64) {
        isWaiting = false
        nextDeadline = Self.later(now, pingInterval)
    }

    /// What is due by now.
    public mutating func timeout(now: UInt64) -> Action {
        guard now >= nextDeadline else { return .none }
        if isWaiting { return .dead }
        isWaiting = true
        nextDeadline = Self.later(now, pongTimeout)
        return .ping
    }

    private static func later(_ now: UInt64, _ duration: UInt64) -> UInt64 {
        let (sum, overflow) = now.addingReportingOverflow(duration)
        return overflow ? .max : sum
    }
}
