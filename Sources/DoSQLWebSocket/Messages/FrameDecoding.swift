internal import NIOCore
internal import NIOEmbedded
internal import NIOWebSocket

/// Drives the library's frame decoders with bytes, without a channel for each connection.
///
/// A decoder hands its frame to the context it is called with. One channel lends that context to all decoders of a
/// thread, so a connection costs a decoder's few words of state and nothing else.
final class FrameDecoding {
    /// Has no socket, and nothing ever waits on its loop.
    let channel: EmbeddedChannel
    private let lender = ContextLender()
    private let taker = FrameTaker()

    init() {
        channel = EmbeddedChannel(handlers: [lender, taker])
    }

    deinit {
        // Takes the handlers off the pipeline, and with them the reference from the lender to its context.
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }

    /// The next frame, taken off the front of `input`; nil if it is not there as a whole.
    func next(_ input: inout ByteBuffer, decoder: WebSocketFrameDecoder) throws(Violation) -> WebSocketFrame? {
        guard let context = lender.context else { preconditionFailure("the channel lost its handlers") }
        do {
            _ = try decoder.decode(context: context, buffer: &input)
        } catch NIOWebSocketError.fragmentedControlFrame {
            throw .fragmentedControlFrame
        } catch NIOWebSocketError.multiByteControlFrameLength {
            throw .longControlFrame
        } catch {
            // A length beyond the decoder's bound, or beyond any number that is meant.
            throw .messageTooBig
        }
        return taker.take()
    }
}

/// Stands where a decoder would, and lends its context to decoders that stand nowhere.
private final class ContextLender: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private(set) var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }
}

/// Keeps the frame that a decoder has just handed on.
private final class FrameTaker: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame

    private var frame: WebSocketFrame?

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { frame = Self.unwrapInboundIn(data) }

    func take() -> WebSocketFrame? {
        defer { frame = nil }
        return frame
    }
}
