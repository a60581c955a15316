import NIOCore
import NIOEmbedded
import NIOSSL
import NIOTLS

/// What NIO's TLS handler wants around it: a pipeline, with a handler in front of it that stands for the socket and one
/// behind it that stands for the application. No channel of this pipeline ever has a socket.
final class TLSPipeline {
    /// The side of the network: gathers what is to be sent, and keeps the handler's closes from the channel.
    private final class Wire: ChannelDuplexHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundIn = ByteBuffer

        var output: [UInt8] = []
        var hasClosed = false
        var letsGo = false

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            output.append(contentsOf: unwrapOutboundIn(data).readableBytesView)
            promise?.succeed(())
        }

        func flush(context: ChannelHandlerContext) {}

        func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
            if letsGo { return context.close(mode: mode, promise: promise) }
            if mode != .output { hasClosed = true }
            promise?.succeed(())
        }
    }

    /// The side of the application: gathers what has come.
    private final class Gatherer: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        var plaintext: [UInt8] = []
        var isEstablished = false
        var applicationProtocol: String?
        var peerHasEnded = false
        var error: (any Error)?

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            plaintext.append(contentsOf: unwrapInboundIn(data).readableBytesView)
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            switch event {
            case TLSUserEvent.handshakeCompleted(let negotiated):
                isEstablished = true
                applicationProtocol = negotiated
            case ChannelEvent.inputClosed: peerHasEnded = true
            default: break
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            if self.error == nil { self.error = error }
        }
    }

    private let wire = Wire()
    private let gatherer = Gatherer()
    private let loop = EmbeddedEventLoop()
    private let channel: EmbeddedChannel
    private let handler: NIOSSLHandler
    private let network: ChannelHandlerContext
    private let application: ChannelHandlerContext

    /// A pipeline around a handler, which begins its handshake.
    init(_ handler: NIOSSLHandler) {
        self.handler = handler
        channel = EmbeddedChannel(handlers: [wire, handler, gatherer], loop: loop)
        // An end of what the peer sends is no end of what it reads.
        channel.allowRemoteHalfClosure = true
        // Nobody's address, but the handler does not check names without one.
        channel.remoteAddress = try? SocketAddress(ipAddress: "0.0.0.0", port: 0)
        do {
            network = try channel.pipeline.syncOperations.context(handler: wire)
            application = try channel.pipeline.syncOperations.context(handler: gatherer)
        } catch {
            preconditionFailure("The handlers of a pipeline that was just made are in it: \(error)")
        }
        network.fireChannelActive()
    }

    deinit {
        // The handler holds its connection, and that its handler, until it leaves the pipeline.
        network.fireChannelInactive()
        wire.letsGo = true
        channel.close(promise: nil)
        loop.run()
    }

    var isEstablished: Bool { gatherer.isEstablished }
    var applicationProtocol: String? { gatherer.applicationProtocol }
    var peerHasEnded: Bool { gatherer.peerHasEnded }
    var peerCertificate: NIOSSLCertificate? { handler.peerCertificate }
    /// The first thing that went wrong; the handler says nothing of a write that failed but closes.
    var error: (any Error)? { gatherer.error ?? (wire.hasClosed ? ChannelError.eof : nil) }

    /// Moves what is to be sent behind `output`.
    func takeOutput(into output: inout [UInt8]) {
        guard !wire.output.isEmpty else { return }
        if output.isEmpty {
            swap(&output, &wire.output)
        } else {
            output += wire.output
        }
        wire.output = []
    }

    /// Moves what has come behind `plaintext`.
    func takePlaintext(into plaintext: inout [UInt8]) {
        guard !gatherer.plaintext.isEmpty else { return }
        if plaintext.isEmpty {
            swap(&plaintext, &gatherer.plaintext)
        } else {
            plaintext += gatherer.plaintext
        }
        gatherer.plaintext = []
    }

    /// Lets what comes be written behind what is in `plaintext`, and what goes behind what is in `output`, for the time of
    /// the call.
    func gathering(into plaintext: inout [UInt8], _ output: inout [UInt8], _ body: () -> Void) {
        takeOutput(into: &output)
        takePlaintext(into: &plaintext)
        swap(&gatherer.plaintext, &plaintext)
        swap(&wire.output, &output)
        body()
        swap(&gatherer.plaintext, &plaintext)
        swap(&wire.output, &output)
    }

    /// Hands bytes of the network to the handler.
    func receive(_ ciphertext: ByteBuffer) {
        network.fireChannelRead(NIOAny(ciphertext))
        network.fireChannelReadComplete()
    }

    /// Hands bytes of the application to the handler.
    func send(_ plaintext: ByteBuffer) { application.writeAndFlush(NIOAny(plaintext), promise: nil) }

    /// Has the handler say that nothing more is sent.
    func close() { application.close(mode: .output, promise: nil) }
}
