import NIOCore
import NIOWebSocket

/// What comes in on a WebSocket.
enum WebSocketInput: Sendable {
    /// A frame, as it was sent.
    case frame(WebSocketFrame)
    /// Bytes that are no frame, or one that is too long. Nothing comes behind them.
    case malformed(WebSocketErrorCode, String)
}

/// Turns the frame decoder's errors into input, so that whoever reads the socket can say good-bye as RFC 6455 wants it:
/// with a close frame that the other side has time to read.
final class WebSocketInputHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias InboundOut = WebSocketInput

    private var hasFailed = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.fireChannelRead(Self.wrapInboundOut(.frame(Self.unwrapInboundIn(data))))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if hasFailed { return }
        guard let error = error as? NIOWebSocketError else { return context.fireErrorCaught(error) }
        hasFailed = true
        let input: WebSocketInput =
            switch error {
            case .invalidFrameLength: .malformed(.messageTooLarge, "The message is too long")
            default: .malformed(.protocolError, "Not a frame of RFC 6455")
            }
        context.fireChannelRead(Self.wrapInboundOut(input))
    }
}
