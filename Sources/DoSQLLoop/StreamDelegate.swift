/// What the owner of a connection is told by its `SocketStream`, on the loop.
///
/// The stream holds its delegate from `start` until `closed` has returned. Every method may call every method of the
/// stream.
public protocol StreamDelegate: AnyObject {
    /// Bytes came. They are borrowed for the time of the call: the buffer belongs to the loop.
    func received(_ bytes: Span<UInt8>)

    /// The peer will send nothing more; it may still read. Whoever has no answer under way closes here, the others
    /// call `closeAfterFlush` when they have sent it. Without either the stream stays open.
    func receivedEnd()

    /// The queue had grown above `lowWaterMark` and is at the mark or below it again.
    func drained()

    /// The stream is closed; the last call, exactly once, never from within a call of the owner's.
    func closed(_ reason: CloseReason)
}

extension StreamDelegate {
    /// Nothing: for owners that never fill the queue.
    public func drained() {}
}
