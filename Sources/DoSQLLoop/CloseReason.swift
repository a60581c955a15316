/// Why a stream is closed.
public enum CloseReason: Equatable, Sendable {
    /// `close()` was called.
    case local
    /// `closeAfterFlush` was called and the peer's system has everything.
    case flushed
    /// `closeAfterFlush` was called and the peer did not take everything in time.
    case flushTimedOut
    /// What came over the wire was not what the stream's ``StreamTransform`` understands; the peer has been told, if it
    /// listened.
    case broken
    /// Reading or writing failed; `LoopError.isPeerGone` tells a vanished peer from a fault here.
    case failed(LoopError)
}
