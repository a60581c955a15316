import DoSQLProtocol
import Logging
import NIOCore

/// What a connection tells its owner. Called on the connection's event loop.
struct ConnectionObserver: Sendable {
    /// HELLO_OK has come.
    var ready: @Sendable () -> Void = {}
    /// The connection takes no new work.
    var draining: @Sendable (_ retryAfter: Duration?) -> Void = { _ in }
    /// The connection has had nothing to do for so long.
    var idle: @Sendable (TimeAmount) -> Void = { _ in }
    /// The connection is gone.
    var closed: @Sendable (DoSQLError) -> Void = { _ in }
}

/// A call or a change of mind on its way to the event loop.
enum ConnectionCommand: Sendable {
    case submit(Submission<any AnswerSink>, RequestToken, guardTime: TimeAmount?)
    case cancel(RequestToken)
    case credit(RequestToken, bytes: Int)
    case loadRows(RequestToken, [UInt8], isLast: Bool)
    case returnLease(Lease)
    case drain
    case close(DoSQLError)
}

/// The state machine's hands: cuts what comes into frames, encodes what goes, keeps the clocks.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var machine: ClientStateMachine<any AnswerSink>
    private var decoder: FrameDecoder
    private var writer = ByteWriter()
    private var heads: [UInt32: ColumnNames] = [:]
    private var guards: [UInt64: Scheduled<Void>] = [:]
    private var tick: RepeatedTask?
    private var context: ChannelHandlerContext?
    private var cause: DoSQLError?
    private var idleSince: NIODeadline
    private let eventLoop: any EventLoop
    private let hello: HelloContent
    private let tickInterval: TimeAmount
    private let observer: ConnectionObserver
    private let logger: Logger

    init(
        eventLoop: any EventLoop, hello: HelloContent, machine: ClientStateMachine<any AnswerSink>.Configuration,
        tickInterval: TimeAmount, observer: ConnectionObserver, logger: Logger
    ) {
        self.eventLoop = eventLoop
        self.machine = ClientStateMachine(machine, now: eventLoop.now)
        self.hello = hello
        self.tickInterval = tickInterval
        self.observer = observer
        self.logger = logger
        decoder = FrameDecoder(frameMax: Int(hello.frameMax))
        idleSince = eventLoop.now
    }
}

// MARK: - The channel's events

extension ConnectionHandler {
    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { greet() }
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) {
        greet()
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        machine.heard(now: eventLoop.now)
        receive(buffer)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        flush()
        closeIfDrained()
        context.fireChannelReadComplete()
    }

    func channelInactive(context: ChannelHandlerContext) {
        let cause = cause ?? DoSQLError(.connectionClosed, "the connection was closed by the server", isRetryable: true)
        tick?.cancel()
        tick = nil
        for (_, scheduled) in guards { scheduled.cancel() }
        guards = [:]
        let failures = machine.closed(because: cause)
        // Before the callers learn of it, who would otherwise be given this connection again.
        observer.closed(cause)
        for (sink, _, error) in failures { sink.failed(error) }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        close(.failedConnection(error))
    }

    private func greet() {
        send(machine.connected())
        flush()
        let handler = NIOLoopBound(self, eventLoop: eventLoop)
        tick = eventLoop.scheduleRepeatedTask(initialDelay: tickInterval, delay: tickInterval) { _ in
            handler.value.ticked()
        }
    }

    private func ticked() {
        let now = eventLoop.now
        switch machine.ticked(now: now) {
        case .send(let frames):
            send(frames)
            flush()
        case .close(let error):
            close(error)
        }
        if machine.isIdle { observer.idle(now - idleSince) } else { idleSince = now }
    }
}

// MARK: - What callers want

extension ConnectionHandler {
    /// Carries out what was handed over since the last time, and writes it at once.
    func perform(_ commands: [ConnectionCommand]) {
        for command in commands { perform(command) }
        flush()
        closeIfDrained()
    }

    private func perform(_ command: ConnectionCommand) {
        switch command {
        case .submit(let submission, let token, let guardTime):
            if token.isCancelled { return submission.sink.failed(.cancelledUnsent) }
            idleSince = eventLoop.now
            switch machine.submitted(submission, now: eventLoop.now) {
            case .send(let frames):
                send(frames)
                if let guardTime { schedule(guardTime, ticket: submission.ticket) }
            case .fail(let sink, let error): sink.failed(error)
            }
        case .cancel(let token):
            if let request = machine.cancelled(ticket: token.ticket) { send([.cancel(request: request)]) }
        case .credit(let token, let bytes):
            if let place = machine.place(ofTicket: token.ticket) {
                send([.credit(request: place.request, bytes: bytes)])
            }
        case .loadRows(let token, let body, let isLast):
            if let place = machine.place(ofTicket: token.ticket) {
                send([.loadRows(body, isLast: isLast, stream: place.stream, request: place.request)])
            }
        case .returnLease(let lease):
            send(machine.leaseReturned(lease))
        case .drain:
            send(machine.drained())
        case .close(let error):
            close(error)
        }
    }

    /// The server keeps deadlines; this is for the server that does not answer.
    private func schedule(_ time: TimeAmount, ticket: UInt64) {
        let handler = NIOLoopBound(self, eventLoop: eventLoop)
        guards[ticket] = eventLoop.scheduleTask(in: time) { handler.value.timedOut(ticket: ticket) }
    }

    private func timedOut(ticket: UInt64) {
        guards[ticket] = nil
        guard let (sink, body, request) = machine.abandoned(ticket: ticket) else { return }
        send([.cancel(request: request)])
        flush()
        let execution: DoSQLError.Execution = body.repeatability == .read ? .notExecuted : .unknown
        sink.failed(
            DoSQLError(
                .timeout, "the server did not answer within the deadline", isRetryable: body.repeatability != .write,
                execution: execution))
    }
}

// MARK: - Frames out

extension ConnectionHandler {
    private func send(_ frames: [ClientFrame]) {
        for frame in frames { frame.encode(into: &writer, hello: hello) }
    }

    private func flush() {
        guard let context, !writer.isEmpty else { return }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: writer.take())), promise: nil)
    }

    private func closeIfDrained() {
        if machine.isDrained { close(DoSQLError(.connectionClosed, "the connection was drained", isRetryable: true)) }
    }

    private func close(_ error: DoSQLError) {
        if cause == nil { cause = error }
        logger.debug("closing the connection", metadata: ["dosql.reason": "\(error)"])
        context?.close(promise: nil)
    }
}

// MARK: - Frames in

extension ConnectionHandler {
    private func receive(_ buffer: ByteBuffer) {
        var input = buffer.readableBytesUInt8Span
        while cause == nil {
            switch decoder.next(&input) {
            case .frame(let header, let body): read(header, body)
            case .assembled(let header, let body): read(header, body.span)
            case .tooLarge, .unmeant:
                close(
                    DoSQLError(.frameTooLarge, "the server sent a frame beyond the agreed bound", execution: .unknown))
            case .needMore:
                return
            }
        }
    }

    private func read(_ header: FrameHeader, _ body: Span<UInt8>) {
        do throws(DecodeError) {
            try received(header, body)
        } catch {
            close(DoSQLError(.malformed, "an answer cannot be decoded: \(error)", execution: .unknown))
        }
    }

    private func received(_ header: FrameHeader, _ body: Span<UInt8>) throws(DecodeError) {
        let request = header.request
        switch try header.validate(sentBy: .server) {
        case .helloOK:
            switch machine.helloAccepted(try HelloOK(body), request: request) {
            case .ready: observer.ready()
            case .close(let error): close(error)
            }
        case .goAway: goAway(try GoAway(body))
        case .error: failed(try ErrorMessage(body), request: request)
        case .head:
            let message = try HeadMessage(body)
            let columns = ColumnNames(try message.columns.copy())
            heads[request] = columns
            part(
                .head(columns, message.position.map { FeedPosition(id: $0, oldest: message.oldest) }), request: request)
        case .rows:
            guard let columns = heads[request] else { return close(.unexpected("rows without a head")) }
            let message = try RowsMessage(body, columns: columns.names.count)
            part(.rows(try RowBlock(message.rows, columns: columns), bytes: body.count), request: request)
        case .grant: part(.grant(bytes: Int(clamping: try Grant(body).bytes)), request: request)
        case .pong: answered(.pong, request: request)
        case .ok: answered(.ok(try OK(body)), request: request)
        case .result:
            let message = try ResultMessage(body)
            let columns = ColumnNames(try message.columns.copy())
            answered(.result(try RowBlock(message.rows, columns: columns), message.outcome), request: request)
        case .done: answered(.done(try Done(body)), request: request)
        case .batchResult: answered(.batch(try BatchResult(decoding: body)), request: request)
        case .description: answered(.description(try Description(body)), request: request)
        case .migrations: answered(.migrations(try Migrations(body)), request: request)
        case .tenantList: answered(.tenants(try TenantList(body)), request: request)
        case .hello, .ping, .cancel, .credit, .prepare, .unprepare, .tenants, .open, .close, .query, .queryOne, .run,
            .batch, .script, .describe, .load, .loadRows, .subscribe, .publish, .begin, .commit, .rollback, .savepoint,
            .release, .rollbackTo, .migrate:
            throw .reservedType(header.type)
        }
    }

    private func part(_ part: AnswerPart, request: UInt32) {
        switch machine.partReceived(request: request) {
        case .deliver(let sink): sink.received(part)
        case .ignore: break
        case .close(let error): close(error)
        }
    }

    private func answered(_ answer: Answer, request: UInt32) {
        heads[request] = nil
        switch machine.answerReceived(request: request, transaction: answer.transaction, now: eventLoop.now) {
        case .deliver(let sink, let ticket, let frames):
            guards.removeValue(forKey: ticket)?.cancel()
            send(frames)
            sink.finished(answer)
        case .send(let frames): send(frames)
        case .close(let error): close(error)
        }
    }

    private func failed(_ message: ErrorMessage, request: UInt32) {
        heads[request] = nil
        switch machine.errorReceived(message, request: request, now: eventLoop.now) {
        case .fail(let sink, let ticket, let error, let frames):
            guards.removeValue(forKey: ticket)?.cancel()
            send(frames)
            sink.failed(error)
        case .send(let frames): send(frames)
        case .close(let error): close(error)
        }
    }

    private func goAway(_ message: GoAway) {
        logger.debug("the server is going away", metadata: ["dosql.message": "\(message.message)"])
        send(machine.drained())
        observer.draining(message.retryAfter.map { .milliseconds(Int64(clamping: $0)) })
    }
}

extension DoSQLError {
    /// The caller's task was cancelled before its request was sent.
    static var cancelledUnsent: DoSQLError { DoSQLError(.cancelled, "cancelled before it was sent", isRetryable: true) }
}
