internal import NIOCore
internal import NIOEmbedded
internal import NIOHTTP1
internal import NIOWebSocket

extension WebSocketCodec {
    /// The headers that answer a key (RFC 6455, 4.2.2), as the library's upgrader makes them.
    func upgradeHeaders(key: String) -> [WebSocketHeader]? {
        let upgrader = NIOWebSocketServerUpgrader(
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture(HTTPHeaders()) },
            upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededVoidFuture() })
        let request = HTTPRequestHead(
            version: .http1_1, method: .GET, uri: "/",
            headers: ["Sec-WebSocket-Key": key, "Sec-WebSocket-Version": "13"])
        var headers: [WebSocketHeader]?
        // Nothing here waits: the loop is embedded, so that the future is fulfilled when it is returned.
        upgrader.buildUpgradeResponse(
            channel: decoding.channel, upgradeRequest: request, initialResponseHeaders: [:]
        ).assumeIsolated().whenSuccess { made in
            headers = made.map { WebSocketHeader(name: $0.name, value: $0.value) }
        }
        return headers
    }
}
