/// The decoders that the parsers of one loop take turns with.
///
/// A decoder has something to remember only inside a message, and most messages arrive whole. So a connection has one
/// only while a body is on its way, and an idle connection has none.
///
/// Confined to the thread of its first use, and to be let go there.
public final class DecoderPool {
    /// How many decoders are kept for later, about 1.5 KiB each: as many bodies as are commonly under way at a time.
    static let spareMax = 64

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
}
