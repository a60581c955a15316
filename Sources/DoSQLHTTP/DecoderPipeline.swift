import NIOCore
import NIOEmbedded
import NIOHTTP1

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
    let context: ChannelHandlerContext

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
    func takeParts() -> DecodedParts {
        var parts = DecodedParts()
        swap(&parts, &gatherer.parts)
        return parts
    }
}
