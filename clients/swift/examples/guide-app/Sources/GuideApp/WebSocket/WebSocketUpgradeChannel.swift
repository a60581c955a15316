import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOWebSocket
import ServiceLifecycle

/// A connection that speaks HTTP/1.1 with the router, or becomes a WebSocket: `HTTP1Channel` with the upgrade of SwiftNIO
/// in front of it. As with every server on SwiftNIO, only a connection's first request can upgrade it; clients open a
/// connection for each socket anyway.
///
/// An app that can add a package uses hummingbird-websocket in its place.
struct WebSocketUpgradeChannel<Guest: Sendable>: HTTPChannelHandler {
    /// Answers HTTP: the application's router.
    let responder: HTTPChannelHandler.Responder
    /// Decides about an upgrade before it is answered. Nil: the request goes to the router, like every other.
    let admit: @Sendable (HTTPRequest) async -> Guest?
    /// Serves a socket until it ends.
    let serve: @Sendable (WebSocket, Guest) async -> Void

    /// What a connection has become.
    enum Outcome: Sendable {
        case http(NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>)
        case webSocket(WebSocket.Channel, Guest)
    }

    /// A connection, and what it becomes with its first request.
    struct Value: ServerChildChannelValue {
        let channel: any Channel
        let outcome: EventLoopFuture<Outcome>
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let admitted = NIOLoopBoundBox<Guest?>(nil, eventLoop: channel.eventLoop)
            var configuration = NIOUpgradableHTTPServerPipelineConfiguration(
                upgradeConfiguration: NIOTypedHTTPServerUpgradeConfiguration(
                    upgraders: [upgrader(admitted)],
                    notUpgradingCompletionHandler: { channel in
                        channel.eventLoop.makeCompletedFuture { try http(channel, logger) }
                    }))
            // As HTTP1Channel has it: the router takes one request after another, and sees the parser's errors.
            configuration.enablePipelining = false
            configuration.enableErrorHandling = false
            configuration.enableResponseHeaderValidation = false
            let pipeline = channel.pipeline.syncOperations
            let outcome = try pipeline.configureUpgradableHTTPServerPipeline(configuration: configuration)
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(UpgradeGate(admit: admit, admitted: admitted), position: .after(decoder))
            return Value(channel: channel, outcome: outcome)
        }
    }

    /// Makes WebSockets of the connections of guests: ``UpgradeGate`` has let nobody else come so far.
    private func upgrader(_ admitted: NIOLoopBoundBox<Guest?>) -> NIOTypedWebSocketServerUpgrader<Outcome> {
        NIOTypedWebSocketServerUpgrader(
            maxFrameSize: WebSocketLimits.messageMax,
            // They become input, see WebSocketInputHandler.
            enableAutomaticErrorHandling: false,
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture(HTTPHeaders()) },
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    guard let guest = admitted.value else { throw ChannelError.inappropriateOperationForState }
                    try channel.pipeline.syncOperations.addHandler(WebSocketInputHandler())
                    return .webSocket(try WebSocket.Channel(wrappingChannelSynchronously: channel), guest)
                }
            })
    }

    private func http(_ channel: any Channel, _ logger: Logger) throws -> Outcome {
        try channel.pipeline.syncOperations.addHandler(HTTP1ToHTTPServerCodec(secure: false))
        try channel.pipeline.syncOperations.addHandler(
            HTTPConnectionStateHandler(idleTimeout: Duration(WebSocketLimits.idleMax), logger: logger))
        return .http(
            try NIOAsyncChannel(
                wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true)))
    }

    func handle(value: Value, logger: Logger) async {
        let channel = value.channel
        let deadline = channel.eventLoop.scheduleTask(in: WebSocketLimits.idleMax) { channel.close(promise: nil) }
        do {
            let outcome = try await withGracefulShutdownHandler {
                try await value.outcome.get()
            } onGracefulShutdown: {
                // Nothing was asked yet.
                channel.close(promise: nil)
            }
            deadline.cancel()
            switch outcome {
            case .http(let requests): await handleHTTP(asyncChannel: requests, logger: logger)
            case .webSocket(let frames, let guest):
                try await WebSocket.serve(frames) { socket in await serve(socket, guest) }
            }
        } catch {
            logger.trace("a connection has ended", metadata: ["error": "\(error)"])
            channel.close(promise: nil)
        }
    }
}
