/// Stands between a socket and its delegate, and changes the bytes of both ways: TLS. Pure: bytes in, bytes out, no socket.
///
/// A stream has none as a rule; then it costs nothing but the question. Confined to its stream's loop.
public protocol StreamTransform: AnyObject {
    /// Appends what is sent before the peer has said anything.
    func begin(into output: inout [UInt8])

    /// Takes what came over the wire.
    ///
    /// - Parameters:
    ///   - bytes: any part of the peer's bytes, in their order; borrowed.
    ///   - plain: gets what they hold for the delegate, appended.
    ///   - output: gets what goes back over the wire, appended.
    func receive(_ bytes: Span<UInt8>, into plain: inout [UInt8], answering output: inout [UInt8]) -> StreamOutcome

    /// Takes what the delegate sends, and appends what goes over the wire for it.
    /// - Returns: false where nothing can be sent any more: the stream closes.
    func send(_ plain: Span<UInt8>, into output: inout [UInt8]) -> Bool

    /// Appends what tells the peer that nothing more comes. A stream that is closed without it was cut.
    func end(into output: inout [UInt8])
}

/// What a ``StreamTransform`` says about what follows.
public enum StreamOutcome: Sendable {
    /// More may come.
    case goesOn
    /// The peer sends no more; it may still read.
    case ended
    /// The peer's bytes make no sense: what was appended to the output tells it so, and the stream closes.
    case broken
}
