/// Why a connection is closed (RFC 6455, 7.4; the IANA registry of WebSocket close codes).
public enum WebSocketCloseCode {
    /// Its purpose is fulfilled.
    public static let normal: UInt16 = 1000
    /// The server stops.
    public static let goingAway: UInt16 = 1001
    /// The other end broke the protocol.
    public static let protocolError: UInt16 = 1002
    /// A message of a kind that is not taken here.
    public static let unsupportedData: UInt16 = 1003
    /// A text that is not UTF-8, or compressed bytes that are damaged.
    public static let invalidPayload: UInt16 = 1007
    /// The other end broke a rule of the application's.
    public static let policyViolation: UInt16 = 1008
    /// A message beyond the bound.
    public static let messageTooBig: UInt16 = 1009
    /// The server failed.
    public static let internalError: UInt16 = 1011
    /// The server restarts: come again.
    public static let serviceRestart: UInt16 = 1012
    /// The server is overloaded: come again later.
    public static let tryAgainLater: UInt16 = 1013

    /// Whether a close frame may carry the code: 1004 to 1006 and 1015 never stand in one, and 2999 and below are
    /// reserved but for those above (RFC 6455, 7.4.2).
    public static func isSendable(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
