import NIOCore

/// The decoders that the parsers of one loop take turns with, and the heads that they have read before.
///
/// A decoder has something to remember only inside a message, and most messages arrive whole. So a connection has one
/// only while a body is on its way, and an idle connection has none.
///
/// Confined to the thread of its first use, and to be let go there.
public final class DecoderPool {
    /// How many decoders are kept for later, about 1.5 KiB each: as many bodies as are commonly under way at a time.
    static let spareMax = 64

    /// How many heads are known: with the bound on their bytes about a MiB. Beyond it all are forgotten and learned anew.
    static let knownMax = 256

    private var known: [ByteBuffer: KnownHead] = [:]
    private var spare: [MessageDecoder] = []
    private var pipeline: DecoderPipeline?

    /// A pool without decoders: they are made when they are needed, on the thread that needs them.
    public init() {}

    /// A decoder in front of a message.
    func take() -> MessageDecoder {
        if let decoder = spare.popLast() { return decoder }
        let pipeline = self.pipeline ?? DecoderPipeline()
        self.pipeline = pipeline
        return MessageDecoder(pipeline)
    }

    /// Takes a decoder back that is in front of a message again.
    func putBack(_ decoder: MessageDecoder) {
        if spare.count < Self.spareMax { spare.append(decoder) }
    }

    /// A head with these bytes, if one is known.
    func known(_ bytes: ByteBuffer) -> KnownHead? { known.isEmpty ? nil : known[bytes] }

    /// What is known of a head that was just read. Connections of one application send the same ones: each is kept once,
    /// unless it shows a token, which nobody keeps beyond its connection.
    func know(_ bytes: ByteBuffer, _ head: RequestHead) -> KnownHead {
        if let found = known[bytes] { return found }
        // A copy: the slice would keep the whole of what was received.
        let found = KnownHead(ByteBuffer(bytes: bytes.readableBytesView), head)
        guard head.first("authorization") == nil else { return found }
        if known.count >= Self.knownMax { known.removeAll() }
        known[found.bytes] = found
        return found
    }
}
