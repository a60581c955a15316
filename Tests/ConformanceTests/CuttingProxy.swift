import DoSQLProtocol
import DoSQLTestSupport
import NIOCore
import NIOPosix
import Synchronization

/// Passes frames on between a client and its server, counts them, and cuts the connection where a test says so.
final class CuttingProxy: Sendable {
    /// Where a request meets its end.
    enum Place {
        /// The server never sees the request.
        case beforeRequest
        /// The server has carried it out and answered; the client never sees the answer.
        case beforeAnswer
    }

    private struct State {
        var order: (place: Place, type: MessageType)?
        var counts: [MessageType: Int] = [:]
        var bytesFromServer = 0
        var clients: [ObjectIdentifier: any Channel] = [:]
    }

    private let host: String
    private let port: Int
    private let state = Mutex(State())

    /// A proxy of the server at an address of host and port.
    init(to address: String) throws {
        guard let colon = address.lastIndex(of: ":"), let port = Int(address[address.index(after: colon)...]) else {
            throw TestSupportError("\(address) has no port")
        }
        host = String(address[..<colon])
        self.port = port
    }

    /// Listens, and runs the body with its own address.
    func serve<Result>(_ body: (CuttingProxy, String) async throws -> Result) async throws -> Result {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { client in self.join(client) }
            .bind(host: "127.0.0.1", port: 0).get()
        guard let port = listener.localAddress?.port else { throw TestSupportError("the proxy has no port") }
        do {
            let result = try await body(self, "127.0.0.1:\(port)")
            try await listener.close()
            return result
        } catch {
            try? await listener.close()
            throw error
        }
    }

    /// Cuts the connection of the next request of a type.
    func cut(_ place: Place, _ type: MessageType) { state.withLock { $0.order = (place, type) } }

    /// Cuts every connection now, as a client's machine does that vanishes.
    func cutAll() {
        for client in state.withLock({ $0.clients.values }) { client.close(promise: nil) }
    }

    /// How many frames of a type have been passed on to the server.
    func count(of type: MessageType) -> Int { state.withLock { $0.counts[type, default: 0] } }

    /// How many frames on streams have been passed on to the server, OPEN and CLOSE not counted.
    var requestCount: Int {
        state.withLock { state in
            state.counts.filter { ![.hello, .ping, .open, .close, .prepare, .credit].contains($0.key) }.values.reduce(
                0, +)
        }
    }

    /// How many bytes the server has sent.
    var bytesFromServer: Int { state.withLock { $0.bytesFromServer } }

    /// Waits until so many frames of a type have been passed on.
    func waitFor(_ type: MessageType, count wanted: Int = 1) async throws {
        let deadline = Deadline()
        while count(of: type) < wanted {
            if deadline.isOver { throw TestSupportError("no \(type) was sent in time") }
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    /// Connects to the server before anything is read from the client.
    private func join(_ client: any Channel) -> EventLoopFuture<Void> {
        ClientBootstrap(group: client.eventLoop).connect(host: host, port: port).flatMap { server in
            client.eventLoop.makeCompletedFuture {
                let link = ProxyLink(proxy: self, client: client, server: server)
                try client.pipeline.syncOperations.addHandler(
                    ProxySide {
                        link.fromClient($0)
                    } ended: {
                        link.close()
                    })
                try server.pipeline.syncOperations.addHandler(
                    ProxySide {
                        link.fromServer($0)
                    } ended: {
                        link.close()
                    })
                self.state.withLock { $0.clients[ObjectIdentifier(client)] = client }
            }
        }
    }

    fileprivate func passing(_ type: UInt8) -> Place? {
        state.withLock { state in
            guard let type = MessageType(rawValue: type) else { return nil }
            guard let order = state.order, order.type == type else {
                state.counts[type, default: 0] += 1
                return nil
            }
            state.order = nil
            return order.place
        }
    }

    fileprivate func sent(_ count: Int) { state.withLock { $0.bytesFromServer += count } }

    fileprivate func left(_ client: any Channel) {
        _ = state.withLock { $0.clients.removeValue(forKey: ObjectIdentifier(client)) }
    }
}

/// One client's connection and the server's; on their loop only.
private final class ProxyLink {
    private let proxy: CuttingProxy
    private let client: any Channel
    private let server: any Channel
    private var requests = ByteBuffer()
    private var answers = ByteBuffer()
    private var isBehindPreamble = false
    /// The request whose answer cuts the connection.
    private var doomed: UInt32?

    init(proxy: CuttingProxy, client: any Channel, server: any Channel) {
        self.proxy = proxy
        self.client = client
        self.server = server
    }

    func fromClient(_ bytes: ByteBuffer) {
        requests.writeImmutableBuffer(bytes)
        if !isBehindPreamble {
            guard let preamble = requests.readSlice(length: 4) else { return }
            server.writeAndFlush(preamble, promise: nil)
            isBehindPreamble = true
        }
        while let (frame, type, request) = requests.readFrame() {
            switch proxy.passing(type) {
            case nil: break
            case .beforeRequest: return close()
            case .beforeAnswer: doomed = request
            }
            server.write(frame, promise: nil)
        }
        server.flush()
    }

    func fromServer(_ bytes: ByteBuffer) {
        proxy.sent(bytes.readableBytes)
        answers.writeImmutableBuffer(bytes)
        while let (frame, _, request) = answers.readFrame() {
            if request == doomed {
                client.flush()
                return close()
            }
            client.write(frame, promise: nil)
        }
        client.flush()
    }

    func close() {
        proxy.left(client)
        client.close(promise: nil)
        server.close(promise: nil)
    }
}

private final class ProxySide: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let received: (ByteBuffer) -> Void
    private let ended: () -> Void

    init(_ received: @escaping (ByteBuffer) -> Void, ended: @escaping () -> Void) {
        self.received = received
        self.ended = ended
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { received(unwrapInboundIn(data)) }
    func channelInactive(context: ChannelHandlerContext) { ended() }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { ended() }
}

extension ByteBuffer {
    /// A whole frame from the front, with its type and request (`protocol/framing.md`).
    fileprivate mutating func readFrame() -> (frame: ByteBuffer, type: UInt8, request: UInt32)? {
        guard let length = getInteger(at: readerIndex, endianness: .little, as: UInt32.self),
            let type = getInteger(at: readerIndex + 4, as: UInt8.self),
            let request = getInteger(at: readerIndex + 8, endianness: .little, as: UInt32.self),
            let frame = readSlice(length: 12 + Int(length))
        else { return nil }
        return (frame, type, request)
    }
}
