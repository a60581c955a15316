import DoSQLAccess
import DoSQLLoop
import DoSQLProtocol

/// Where a session's frames go: the wire of its face.
protocol FrameTransport: AnyObject {
    /// What is spoken at the other end, for the metrics.
    var faceKind: FaceKind { get }
    /// Who is at the other end, for the log.
    var peerAddress: String { get }
    /// The name that a request brought with it, or was given by its face; nil: it is known by its number.
    func name(of request: UInt32) -> String?
    /// How many bytes wait for the client.
    var queuedBytes: Int { get }
    /// Whether they are counted among the server's bytes by whoever holds them, and not by the session.
    var countsBytes: Bool { get }
    /// Up to how many of them the producers of results may go on.
    var lowWaterMark: Int { get }
    /// Sends whole frames and empties the array.
    func send(_ frames: inout [UInt8])
    /// Takes no more requests from the client, which reads its answers first.
    func pauseReading()
    /// Takes requests again.
    func resumeReading()
    /// The client has said HELLO.
    func proved()
    /// Ends the session's wire once everything is sent.
    func closeAfterFlush(timeout: Duration)
    /// The token for which the session was let in is good no longer.
    func accessEnded(of session: Session, _ error: AccessError)
}

extension FrameTransport {
    // The binary protocol has numbers.
    func name(of request: UInt32) -> String? { nil }

    // Where the wire carries frames, the session has the last word itself.
    func accessEnded(of session: Session, _ error: AccessError) { session.fail(.unauthenticated, error.message) }
}

extension FrameTransport {
    // Where a request came in front of HELLO, it has been proof.
    func proved() {}
}
