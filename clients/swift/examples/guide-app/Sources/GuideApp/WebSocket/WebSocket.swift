import NIOCore
import NIOWebSocket
import ServiceLifecycle
import Synchronization

/// A WebSocket that was accepted: texts in, texts out (RFC 6455).
///
/// It answers pings, sends some, takes part in closing, and ends who breaks the rules or ``WebSocketLimits``.
final class WebSocket: Sendable {
    typealias Channel = NIOAsyncChannel<WebSocketInput, WebSocketFrame>

    /// The client's messages, for one reader. They end with the socket, behind the last one that came; where this side has
    /// closed it, those that still waited are dropped.
    var messages: Messages { Messages(socket: self) }

    private let channel: any NIOCore.Channel
    private let outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>
    private let waiting: AsyncStream<String>
    private let waitingEnd: AsyncStream<String>.Continuation
    private let state = Mutex(State())

    private struct State {
        var waitingBytes = 0
        /// Whether this side has sent its close frame, behind which it sends nothing.
        var hasClosed = false
        /// Whether that was this side's own wish: then the client is heard no more.
        var isRefused = false
        /// Whether anything came since that was last asked.
        var wasHeard = true
    }

    private init(_ channel: any NIOCore.Channel, _ outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>) {
        self.channel = channel
        self.outbound = outbound
        (waiting, waitingEnd) = AsyncStream.makeStream(
            bufferingPolicy: .bufferingOldest(WebSocketLimits.waitingMax))
    }

    /// Runs a session on a connection that has become a WebSocket, until both have ended.
    ///
    /// - Throws: what became of the connection, where it did not end well.
    static func serve(_ channel: Channel, _ session: @Sendable (WebSocket) async -> Void) async throws {
        try await channel.executeThenClose { inbound, outbound in
            let socket = WebSocket(channel.channel, outbound)
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await socket.ping() }
                group.addTask { await socket.watch() }
                group.addTask {
                    guard (try? await gracefulShutdown()) != nil else { return }
                    await socket.close(.goingAway, "The app shuts down")
                }
                async let served: Void = session(socket)
                await socket.read(inbound)
                await served
                group.cancelAll()
            }
        }
    }

    // MARK: Out

    /// Sends a message, as soon as the client has read enough of those before it.
    ///
    /// - Throws: ``Closed``; `CancellationError`; an error of the connection.
    func send(_ text: String) async throws {
        guard !state.withLock({ $0.hasClosed }) else { throw Closed() }
        try await outbound.write(WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(string: text)))
    }

    /// Nothing can be sent: the socket is closed.
    struct Closed: Error {}

    /// Closes the socket from this side. Messages that wait are dropped; the client has
    /// ``WebSocketLimits/closeTimeout`` to answer.
    func close(_ code: WebSocketErrorCode, _ reason: String) async {
        let isFirst = state.withLock { state in
            defer { state.isRefused = true }
            return !state.isRefused
        }
        guard isFirst else { return }
        // Whether the client answers or not, and also where it does not even read the frame.
        channel.eventLoop.scheduleTask(in: WebSocketLimits.closeTimeout) { [channel] in channel.close(promise: nil) }
        await sayGoodbye(code, reason)
    }

    private func sayGoodbye(_ code: WebSocketErrorCode?, _ reason: String = "") async {
        let isFirst = state.withLock { state in
            defer { state.hasClosed = true }
            return !state.hasClosed
        }
        guard isFirst else { return }
        var data = ByteBuffer()
        if let code {
            data.write(webSocketErrorCode: code)
            data.writeString(reason)
        }
        try? await outbound.write(WebSocketFrame(fin: true, opcode: .connectionClose, data: data))
    }

    // MARK: In

    /// Reads until the client has closed or is gone.
    private func read(_ inbound: NIOAsyncChannelInboundStream<WebSocketInput>) async {
        defer { waitingEnd.finish() }
        var assembler = MessageAssembler(messageMax: WebSocketLimits.messageMax)
        do {
            for try await input in inbound {
                state.withLock { $0.wasHeard = true }
                let meaning =
                    switch input {
                    case .frame(let frame): assembler.take(frame)
                    case .malformed(let code, let reason): MessageAssembler.Meaning.failure(code, reason)
                    }
                switch meaning {
                case .nothing: break
                case .message(let text): await take(text)
                case .ping(let data): try await outbound.write(WebSocketFrame(fin: true, opcode: .pong, data: data))
                // Answered with the same code, or itself the answer.
                case .close(let code): return await sayGoodbye(code)
                case .failure(let code, let reason): await close(code, reason)
                }
            }
        } catch {
            // Gone without good-bye.
        }
    }

    private func take(_ text: String) async {
        let (isRefused, waitingBytes) = state.withLock { state in
            if !state.isRefused { state.waitingBytes += text.utf8.count }
            return (state.isRefused, state.waitingBytes)
        }
        if isRefused { return }
        guard waitingBytes <= WebSocketLimits.waitingBytesMax, case .enqueued = waitingEnd.yield(text) else {
            return await close(.policyViolation, "Too many messages at once")
        }
    }

    /// The messages of a socket, in their order.
    struct Messages: AsyncSequence {
        let socket: WebSocket

        func makeAsyncIterator() -> Iterator {
            Iterator(socket: socket, base: socket.waiting.makeAsyncIterator())
        }

        struct Iterator: AsyncIteratorProtocol {
            let socket: WebSocket
            var base: AsyncStream<String>.Iterator

            mutating func next() async -> String? {
                while let text = await base.next() {
                    let isWanted = socket.state.withLock { state in
                        state.waitingBytes -= text.utf8.count
                        return !state.isRefused
                    }
                    if isWanted { return text }
                }
                return nil
            }
        }
    }

    // MARK: Signs of life

    /// Asks for signs of life, which also keeps proxies from thinking that the connection is dead.
    private func ping() async {
        while (try? await Task.sleep(for: WebSocketLimits.pingInterval)) != nil {
            try? await outbound.write(WebSocketFrame(fin: true, opcode: .ping, data: ByteBuffer()))
        }
    }

    /// Cuts the connection where none comes: its client is gone, or does not read what it is sent.
    private func watch() async {
        while (try? await Task.sleep(for: WebSocketLimits.silenceMax)) != nil {
            let wasHeard = state.withLock { state in
                defer { state.wasHeard = false }
                return state.wasHeard
            }
            if !wasHeard { return channel.close(promise: nil) }
        }
    }
}
