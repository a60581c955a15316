import DoSQLHTTP
import DoSQLLoop
import DoSQLWebSocket

/// One client, which begins with HTTP and may go on as a WebSocket.
final class EchoConnection: StreamDelegate {
    /// How many bytes may wait for the client before nothing more is read from it, in bytes.
    private static let queuedBytesMax = 1024 * 1024
    /// How long a client may take to read the rest and to close.
    private static let closeTimeout: Duration = .seconds(10)

    private enum Face {
        case http(RequestParser)
        case webSocket(WebSocketMachine)
    }

    private let stream: SocketStream
    private let shared: EchoShared
    private var face: Face
    private var isPaused = false
    /// The request under way.
    private var head: RequestHead?
    private var body: [UInt8] = []
    private var output: [UInt8] = []

    init(_ stream: SocketStream, _ shared: EchoShared) {
        self.stream = stream
        self.shared = shared
        face = .http(RequestParser(decoders: shared.decoders))
    }

    // MARK: Stream

    func received(_ bytes: Span<UInt8>) {
        switch face {
        case .http(let parser): parser.receive(bytes)
        case .webSocket(let machine): machine.receive(bytes)
        }
        advance()
    }

    func receivedEnd() { stream.closeAfterFlush(timeout: Self.closeTimeout) }

    func drained() {
        guard isPaused else { return }
        isPaused = false
        stream.resumeReading()
        advance()
    }

    func closed(_ reason: CloseReason) {}

    /// Answers what has come, until there is no more of it or too much is waiting for the client.
    private func advance() {
        while stream.isOpen {
            guard stream.queuedBytes <= Self.queuedBytesMax else {
                isPaused = true
                return stream.pauseReading()
            }
            guard step() else { return }
        }
    }

    /// Handles one event; false if there is none.
    private func step() -> Bool {
        switch face {
        case .http(let parser):
            guard let event = parser.next() else { return false }
            handle(event, parser)
        case .webSocket(let machine):
            guard let event = machine.next() else { return false }
            handle(event, machine)
        }
        return true
    }

    // MARK: HTTP

    private func handle(_ event: RequestEvent, _ parser: RequestParser) {
        switch event {
        case .head(let head):
            self.head = head
            if head.expectsContinue {
                output += ResponseHead.continueBytes
                stream.send(&output)
            }
        case .body(let bytes): body += bytes
        case .end:
            guard let head else { return }
            self.head = nil
            answer(head, parser)
            body = []
        case .fault(let fault):
            answer(status: fault.status, Array(fault.sentence.utf8), isLast: true)
        }
    }

    private func answer(_ head: RequestHead, _ parser: RequestParser) {
        let request = WebSocketRequest(
            method: head.method, isHTTP10: head.minorVersion == 0, values: { head.values($0) })
        switch request.handshake(codec: shared.codec) {
        case .notUpgrade:
            answer(status: 200, body, connection: head.responseConnection, hasBody: head.method != "HEAD")
            if !head.isKeepAlive { close() }
        case .refused(let refusal):
            answer(status: refusal.status, Array(refusal.reason.utf8), refusal.headers, isLast: true)
        case .accepted(let agreement):
            send(ResponseHead(status: 101, framing: .none, headers: block(agreement.headers)))
            let machine = WebSocketMachine(codec: shared.codec, variant: agreement.variant)
            face = .webSocket(machine)
            machine.receive(parser.takeRemainder().span)
        }
    }

    private func answer(status: Int, _ body: [UInt8], _ headers: [WebSocketHeader] = [], isLast: Bool) {
        answer(status: status, body, headers, connection: .close, hasBody: true)
        close()
    }

    private func answer(
        status: Int, _ body: [UInt8], _ headers: [WebSocketHeader] = [], connection: ResponseHead.Connection,
        hasBody: Bool
    ) {
        send(
            ResponseHead(
                status: status, framing: .length(body.count), connection: connection, headers: block(headers)),
            hasBody ? body : [])
    }

    private func block(_ headers: [WebSocketHeader]) -> HeaderBlock {
        var block = HeaderBlock()
        for header in headers { block.add(header.name, header.value) }
        return block
    }

    private func send(_ head: ResponseHead, _ body: [UInt8] = []) {
        head.encode(into: &output)
        output += body
        stream.send(&output)
    }

    // MARK: WebSocket

    private func handle(_ event: WebSocketEvent, _ machine: WebSocketMachine) {
        switch event {
        case .text(let text): machine.send(.text, text.span)
        case .binary(let bytes): machine.send(.binary, bytes.span)
        case .ping, .pong: break
        case .closed:
            stream.send(&machine.output)
            return close()
        }
        stream.send(&machine.output)
    }

    private func close() { stream.closeAfterFlush(timeout: Self.closeTimeout) }
}
