import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1

/// Decides about a connection's first request before SwiftNIO's upgrade handler sees it.
///
/// That one drops a request whose upgrade is refused, so that it could not be answered. Here a request that is not to
/// become a WebSocket, and be it for `h2c`, loses its `Upgrade`, as RFC 9110, 7.8 allows, and is one like every other.
final class UpgradeGate<Guest: Sendable>: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart

    private enum State {
        case waiting
        /// The head is being decided about; what comes behind it waits.
        case deciding([NIOAny])
        case decided
    }

    private let admit: @Sendable (HTTPRequest) async -> Guest?
    private let admitted: NIOLoopBoundBox<Guest?>
    private var state = State.waiting

    /// - Parameters:
    ///   - admit: who may upgrade.
    ///   - admitted: where the upgrader finds who was let in.
    init(admit: @escaping @Sendable (HTTPRequest) async -> Guest?, admitted: NIOLoopBoundBox<Guest?>) {
        self.admit = admit
        self.admitted = admitted
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch state {
        case .decided: context.fireChannelRead(data)
        case .deciding(let behind): state = .deciding(behind + [data])
        case .waiting:
            guard case .head(let head) = Self.unwrapInboundIn(data) else { return context.fireChannelRead(data) }
            guard Self.isHandshake(head), let request = try? HTTPRequest(head, secure: false, splitCookie: false) else {
                return pass(head, to: nil, context)
            }
            state = .deciding([])
            let bound = NIOLoopBound((gate: self, context: context), eventLoop: context.eventLoop)
            context.eventLoop.makeFutureWithTask { [admit] in await admit(request) }.whenSuccess { guest in
                bound.value.gate.pass(head, to: guest, bound.value.context)
            }
        }
    }

    private func pass(_ head: HTTPRequestHead, to guest: Guest?, _ context: ChannelHandlerContext) {
        var behind: [NIOAny] = []
        if case .deciding(let parts) = state { behind = parts }
        state = .decided
        // Gone meanwhile?
        guard context.channel.isActive else { return }

        var head = head
        admitted.value = guest
        if guest == nil { head.headers.remove(name: "Upgrade") }
        context.fireChannelRead(Self.wrapInboundOut(.head(head)))
        for part in behind { context.fireChannelRead(part) }
        context.fireChannelReadComplete()
    }

    /// Whether a head is what RFC 6455, 4.2.1 wants: then the upgrade cannot fail any more.
    private static func isHandshake(_ head: HTTPRequestHead) -> Bool {
        func tokens(_ name: String) -> [String] { head.headers[canonicalForm: name].map { $0.lowercased() } }
        return head.method == .GET && tokens("upgrade") == ["websocket"] && tokens("connection").contains("upgrade")
            && head.headers["sec-websocket-version"] == ["13"] && head.headers["sec-websocket-key"].count == 1
            && !head.headers.contains(name: "transfer-encoding")
            && head.headers["content-length"].allSatisfy { $0 == "0" }
    }
}
