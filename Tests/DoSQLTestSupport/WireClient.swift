public import DoSQLProtocol

/// A client that speaks frames and nothing more: every test sees exactly what a stranger's client would.
///
/// It belongs to one thread. Each `send…` gives the id of its request and returns at once; each verb (`open`, `query`, `run`…) waits for the answer and
/// throws its `ErrorMessage`. Replies that come while another one is awaited are kept in their order.
public final class WireClient {
    /// The socket, for tests that cut or starve it.
    public let socket: BlockingSocket
    /// How long an answer is waited for.
    public var patience = Deadline.patience
    /// The server's HELLO_OK, once `hello()` has been answered.
    public private(set) var helloOK: HelloOK?

    private var decoder = FrameDecoder(frameMax: Limits.frameLengthMax)
    private var replies: [Reply] = []
    private var columns: [UInt32: Int] = [:]
    private var requestLast: UInt32 = 0
    private var held: ByteWriter?
    private var isAtEnd = false
    /// The server this client talks to must outlive it.
    private let server: AnyObject?

    /// Connects and sends the preamble, and nothing else.
    public init(
        connectingTo address: String, preamble: [UInt8] = Preamble.bytes, receiveBuffer: Int? = nil,
        server: AnyObject? = nil
    ) throws {
        self.server = server
        socket = try BlockingSocket(connectingTo: address, receiveBuffer: receiveBuffer)
        if !preamble.isEmpty { try socket.send(preamble) }
    }

    // MARK: - Sending

    /// An id that no request of this client has had.
    public func nextRequest() -> UInt32 {
        requestLast += 1
        return requestLast
    }

    /// Sends bytes, whatever they are.
    public func send(_ bytes: [UInt8]) throws {
        if held != nil {
            held?.append(bytes)
        } else {
            try socket.send(bytes)
        }
    }

    /// Sends what `encode` writes for a new request, and gives the request's id.
    @discardableResult
    public func send(_ encode: (inout ByteWriter, UInt32) -> Void) throws -> UInt32 {
        let request = nextRequest()
        var writer = ByteWriter()
        encode(&writer, request)
        try send(writer.bytes)
        return request
    }

    /// Sends everything that `body` sends in one piece, so that it arrives in one flight.
    public func together<Result>(_ body: () throws -> Result) throws -> Result {
        precondition(held == nil, "One flight is being made already.")
        held = ByteWriter()
        defer { held = nil }
        let result = try body()
        if let bytes = held?.bytes { try socket.send(bytes) }
        return result
    }

    // MARK: - Receiving

    /// The next reply in the order in which they came; nil if the server has closed the connection.
    public func receive() throws -> Reply? {
        if !replies.isEmpty { return replies.removeFirst() }
        return try receiveFromSocket()
    }

    /// The next reply to `request`.
    public func receive(for request: UInt32) throws -> Reply {
        if let index = replies.firstIndex(where: { $0.request == request }) { return replies.remove(at: index) }
        while let reply = try receiveFromSocket() {
            if reply.request == request { return reply }
            if reply.request == 0, let error = reply.error { throw error }
            replies.append(reply)
        }
        throw TestSupportError("the server closed the connection before it answered request \(request)")
    }

    /// Whether a reply, or the connection's end, comes within `patience`. For what must not come; keep it short.
    public func hasReply(within patience: Duration) throws -> Bool {
        if !replies.isEmpty { return true }
        return try socket.hasInput(within: patience)
    }

    /// The whole answer to `request`; its error is thrown.
    @discardableResult
    public func answer(to request: UInt32) throws -> Answer {
        var answer = Answer()
        while true {
            let reply = try receive(for: request)
            switch reply.message {
            case .error(let error): throw error
            case .head(let columns):
                answer.columns = columns
                answer.isStreamed = true
            case .rows(let rows):
                answer.rows += rows
                answer.rowsFrameSizes.append(reply.bodySize)
            case .result(let columns, let rows, let outcome):
                answer.columns = columns
                answer.rows = rows
                answer.outcome = outcome
                return answer
            case .done(let done):
                answer.done = done
                answer.outcome = done.outcome
                return answer
            case .ok(let ok):
                answer.outcome = ok.outcome
                answer.incarnation = ok.incarnation
                return answer
            case .batchResult(let steps, let outcome):
                answer.steps = steps
                answer.outcome = outcome
                return answer
            case .grant: continue
            case .helloOK, .pong, .goAway, .description, .migrations, .tenantList:
                throw TestSupportError("request \(request) was answered with \(reply.message)")
            }
        }
    }

    /// The error with which `request` is answered; throws if it succeeds.
    @discardableResult
    public func failure(of request: UInt32) throws -> ErrorMessage {
        let answer: Answer
        do {
            answer = try self.answer(to: request)
        } catch let error as ErrorMessage {
            return error
        }
        throw TestSupportError("request \(request) did not fail: \(answer)")
    }

    /// Waits until the server has closed the connection; what came before is dropped.
    public func waitForEnd() throws {
        while try receive() != nil {}
    }

    /// Makes `request` forgettable: what a LOAD or a cancelled QUERY left behind is read past. Gives the terminal reply.
    @discardableResult
    public func terminal(of request: UInt32) throws -> Reply {
        while true {
            let reply = try receive(for: request)
            if reply.isTerminal { return reply }
        }
    }

    private func receiveFromSocket() throws -> Reply? {
        let deadline = Deadline(in: patience)
        var nothing: [UInt8] = []
        if let reply = try decode(&nothing) { return reply }
        while !isAtEnd {
            var bytes = try socket.receive(deadline)
            if bytes.isEmpty {
                isAtEnd = true
                break
            }
            if let reply = try decode(&bytes) { return reply }
        }
        return nil
    }

    private func decode(_ bytes: inout [UInt8]) throws -> Reply? {
        var input = bytes.span
        let reply: Reply?
        switch decoder.next(&input) {
        case .frame(let header, let body): reply = try Reply(header, body, columns: columns[header.request])
        case .assembled(let header, let body): reply = try Reply(header, body.span, columns: columns[header.request])
        case .tooLarge(let header), .unmeant(let header): throw TestSupportError("the server sent \(header)")
        case .needMore: reply = nil
        }
        decoder.keep(input)
        guard let reply else { return nil }
        if case .head(let names) = reply.message { columns[reply.request] = names.count }
        if case .helloOK(let message) = reply.message { helloOK = message }
        if reply.isTerminal { columns[reply.request] = nil }
        return reply
    }

    // MARK: - Leaving

    /// Ends the connection in an orderly way.
    public func close() { socket.close() }

    /// Cuts the connection with a reset.
    public func cut() { socket.reset() }
}
