import HTTPTypes
import Hummingbird
import NIOCore

/// `/connect` for who is not on a WebSocket. An upgrade that is accepted does not come here, see
/// ``WebSocketUpgradeChannel``; who comes is told what was wrong.
struct ConnectRoutes {
    let hub: Hub

    var routes: RouteCollection<AppContext> {
        RouteCollection(context: AppContext.self).get(use: connect)
    }

    @Sendable func connect(_ request: Request, context: AppContext) async throws -> Response {
        // An Upgrade that was refused is not there any more, see UpgradeGate.
        guard request.head.isWebSocketHandshake else {
            return Response(
                status: .upgradeRequired, headers: [.upgrade: "websocket", .contentType: "text/plain; charset=utf-8"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: "Expected WebSocket")))
        }
        _ = try await hub.guest(asking: request.head)
        // RFC 6455, 4.2.2 and 4.4. Only the first request of a connection can upgrade it: the next try is on another.
        throw Refusal(
            .badRequest, "Not the handshake of a WebSocket",
            headers: [.connection: "close", .secWebSocketVersion: "13"])
    }
}
