import NIOCore
import NIOEmbedded
import NIOHTTP1

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

/// What NIO's decoder wants around it: a pipeline, with one handler that stands for the decoder and one behind it that
/// gathers what it says. No channel of this pipeline ever has a socket.
final class DecoderPipeline {
    private final class Origin: ChannelInboundHandler { typealias InboundIn = Never }

    private final class Gatherer: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        var parts = DecodedParts()

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                parts.head = head
                parts.headCount += 1
            case .body(let bytes):
                if parts.body.isEmpty {
                    parts.body = [UInt8](buffer: bytes)
                } else {
                    parts.body.append(contentsOf: bytes.readableBytesView)
                }
            case .end: parts.endCount += 1
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { parts.error = error }
    }

    private let channel: EmbeddedChannel
    private let gatherer = Gatherer()
    fileprivate let context: ChannelHandlerContext

    init() {
        let origin = Origin()
        channel = EmbeddedChannel()
        do {
            try channel.pipeline.syncOperations.addHandlers([origin, gatherer])
            context = try channel.pipeline.syncOperations.context(handler: origin)
        } catch {
            preconditionFailure("Handlers can be added to a pipeline that was just made: \(error)")
        }
    }

    deinit { _ = try? channel.finish(acceptAlreadyClosed: true) }

    /// What was gathered since this was last asked.
    fileprivate func takeParts() -> DecodedParts {
        var parts = DecodedParts()
        swap(&parts, &gatherer.parts)
        return parts
    }
}

/// What the decoder made of some bytes.
struct DecodedParts {
    var head: HTTPRequestHead?
    var headCount = 0
    var body: [UInt8] = []
    var endCount = 0
    var error: (any Error)?
}

/// NIO's HTTP/1 decoder, as a byte machine.
final class MessageDecoder {
    private let decoder = HTTPRequestDecoder(
        leftOverBytesStrategy: .dropBytes, informationalResponseStrategy: .forward, limitConfiguration: noLimits)
    private let pipeline: DecoderPipeline

    /// The bounds are kept in front of the decoder, exactly; its own must not be met first.
    private static let noLimits: NIOHTTPDecoderLimitConfiguration = {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = .max
        limits.maxHeaderListSize = .max
        limits.maxHeaderFieldCount = .max
        return limits
    }()

    fileprivate init(_ pipeline: DecoderPipeline) {
        self.pipeline = pipeline
        decoder.decoderAdded(context: pipeline.context)
    }

    deinit { decoder.decoderRemoved(context: pipeline.context) }

    /// Reads bytes. A head, and the trailers, must be in them whole.
    func decode(_ bytes: ByteBuffer) -> DecodedParts {
        var bytes = bytes
        do {
            _ = try decoder.decode(context: pipeline.context, buffer: &bytes)
        } catch {
            var parts = pipeline.takeParts()
            parts.error = error
            return parts
        }
        var parts = pipeline.takeParts()
        if bytes.readableBytes > 0, parts.error == nil { parts.error = HTTPFault.malformed }
        return parts
    }
}
