import DoSQLProtocol
import NIOCore
import NIOPosix
import Synchronization

/// A server on the loopback whose answers the test writes. What the test does not answer is answered as a server without
/// data would: handshakes, streams, prepared statements, transactions' beginnings and ends.
final class FakeServer: Sendable {
    /// One frame from a client.
    struct Received: Sendable {
        var connection: Int
        var type: MessageType
        var flags: FrameFlags
        var stream: UInt16
        var request: UInt32
        var body: [UInt8]
        var reply: Reply

        /// The SQL of a statement that was sent as text.
        var sql: String? {
            var reader = ByteReader(body.span)
            guard let statement = try? reader.readStatement() else { return nil }
            return if case .sql(let text) = statement { String(repairing: text) } else { nil }
        }
    }

    /// Writes frames to one client, from anywhere.
    struct Reply: Sendable {
        let channel: any Channel

        func send(_ encode: (inout ByteWriter) -> Void) {
            var writer = ByteWriter()
            encode(&writer)
            channel.writeAndFlush(ByteBuffer(bytes: writer.take()), promise: nil)
        }

        func close() { channel.close(promise: nil) }
    }

    /// Answers a frame; false leaves it to the server's own ways.
    typealias Answers = @Sendable (Received) -> Bool

    private struct State {
        var log: [Received] = []
        var seen: [MessageType: Int] = [:]
        var waiters: [(type: MessageType, continuation: CheckedContinuation<Received, Never>)] = []
        var connections = 0
    }

    private let state = Mutex(State())
    private let answers: Answers
    private let listener = Mutex<(any Channel)?>(nil)

    init(_ answers: @escaping Answers = { _ in false }) { self.answers = answers }

    /// Listens, runs the body with the port, and stops.
    func serve<Result>(_ body: (Int) async throws -> Result) async throws -> Result {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let number = self.state.withLock { state in
                        state.connections += 1
                        return state.connections
                    }
                    try channel.pipeline.syncOperations.addHandler(FakeServerHandler(server: self, connection: number))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        guard let port = channel.localAddress?.port else { preconditionFailure("bound to a port") }
        do {
            let result = try await body(port)
            try await channel.close()
            return result
        } catch {
            try? await channel.close()
            throw error
        }
    }

    /// Everything that has come.
    var log: [Received] { state.withLock { $0.log } }

    /// The names of everything that has come on streams, in order.
    var dialogue: [String] { log.map(\.type.name) }

    /// The next frame of this type that was not asked for before.
    func next(_ type: MessageType) async -> Received {
        await withCheckedContinuation { continuation in
            state.withLock { state in
                let skipped = state.seen[type, default: 0]
                let found = state.log.lazy.filter { $0.type == type }.dropFirst(skipped).first
                state.seen[type] = skipped + 1
                if let found {
                    continuation.resume(returning: found)
                } else {
                    state.waiters.append((type, continuation))
                }
            }
        }
    }

    fileprivate func received(_ frame: Received) {
        let waiter = state.withLock { state in
            state.log.append(frame)
            return state.waiters.firstIndex { $0.type == frame.type }.map { state.waiters.remove(at: $0) }
        }
        if !answers(frame) { answer(frame) }
        waiter?.continuation.resume(returning: frame)
    }

    private func answer(_ frame: Received) {
        switch frame.type {
        case .hello:
            frame.reply.send { writer in
                HelloOK(serverID: .random(), server: "Fake/1").encode(into: &writer, request: frame.request)
            }
        case .begin: frame.ok(transaction: frame.body.first == 0 ? .read : .write)
        case .open, .close, .prepare, .unprepare, .commit, .rollback: frame.ok()
        case .savepoint, .release, .rollbackTo: frame.ok(transaction: .write)
        case .run, .publish: frame.done()
        case .query, .queryOne: frame.result(columns: ["n"], rows: [[.integer(1)]])
        case .ping:
            frame.reply.send { Pong.encode(into: &$0, request: frame.request, payload: frame.body.span) }
        default: break
        }
    }
}

extension FakeServer.Received {
    func ok(transaction: TransactionState = .none, replayed: Bool = false, lsn: UInt64 = 0) {
        reply.send { writer in
            OK(Outcome(replayed: replayed, transaction: transaction, lsn: lsn)).encode(
                into: &writer, stream: stream, request: request)
        }
    }

    func done(transaction: TransactionState = .none, changes: UInt64 = 1, lastInsertRowid: Int64 = 7) {
        reply.send { writer in
            Done(
                Outcome(
                    changed: true, transaction: transaction, changes: changes, lastInsertRowid: lastInsertRowid, lsn: 42
                )
            ).encode(into: &writer, stream: stream, request: request)
        }
    }

    func result(columns: [String], rows: [[Value]], transaction: TransactionState = .none) {
        reply.send { writer in
            ResultMessage.encode(
                into: &writer, stream: stream, request: request, columns: columns, rows: rows,
                outcome: Outcome(transaction: transaction))
        }
    }

    func head(_ columns: [String]) {
        reply.send { HeadMessage.encode(into: &$0, stream: stream, request: request, columns: columns) }
    }

    /// HEAD of a subscription.
    func subscribed(to feed: Feed = .messages, position: Int64, oldest: Int64? = nil) {
        reply.send { writer in
            HeadMessage.encode(
                into: &writer, stream: stream, request: request, columns: feed.columns, position: position,
                oldest: oldest)
        }
    }

    /// ROWS with a message for each of these ids, whose data is the id.
    func messages(_ ids: some Sequence<Int64>, channel: String = "room") {
        rows(
            ids.map { id in
                [.integer(id), .text(Text(channel)), .text(Text("\(id)")), .text("2026-11-26 09:30:00")]
            })
    }

    /// What a SUBSCRIBE says.
    var subscription: Subscribe? { try? Subscribe(body.span) }

    func rows(_ rows: [[Value]]) {
        reply.send { RowsMessage.encode(into: &$0, stream: stream, request: request, rows: rows) }
    }

    func error(
        _ code: ErrorCode, _ message: String = "", transaction: TransactionState = .none,
        execution: Execution = .notExecuted, retryAfter: UInt64? = nil, oldest: Int64? = nil
    ) {
        reply.send { writer in
            ErrorMessage(
                code, message, execution: execution, transaction: transaction, retryAfter: retryAfter, oldest: oldest
            ).encode(into: &writer, stream: stream, request: request)
        }
    }
}

/// Cuts what a client sends into frames.
private final class FakeServerHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let server: FakeServer
    private let connection: Int
    private var decoder = FrameDecoder(frameMax: Limits.frameMax)
    private var preambleLeft = Preamble.size

    init(server: FakeServer, connection: Int) {
        self.server = server
        self.connection = connection
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        let skipped = min(preambleLeft, buffer.readableBytes)
        buffer.moveReaderIndex(forwardBy: skipped)
        preambleLeft -= skipped
        var input = buffer.readableBytesUInt8Span
        while true {
            switch decoder.next(&input) {
            case .frame(let header, let body): received(header, [UInt8](copying: body), context)
            case .assembled(let header, let body): received(header, body, context)
            case .tooLarge, .unmeant: preconditionFailure("the client sent a frame beyond the bound")
            case .needMore: return
            }
        }
    }

    private func received(_ header: FrameHeader, _ body: [UInt8], _ context: ChannelHandlerContext) {
        guard let type = try? header.validate(sentBy: .client) else {
            preconditionFailure("the client sent a header that the pages do not allow: \(header)")
        }
        server.received(
            FakeServer.Received(
                connection: connection, type: type, flags: header.flags, stream: header.stream, request: header.request,
                body: body, reply: FakeServer.Reply(channel: context.channel)))
    }
}
