import DequeModule
import Logging
import NIOCore
import Synchronization

/// One connection, from any task: hands commands to the handler, many in one turn of the event loop.
final class Connection: Sendable {
    let id: Int
    private let channel: any Channel
    private let handler: NIOLoopBound<ConnectionHandler>
    private let mailbox = Mutex<[ConnectionCommand]>([])

    /// The handler must be in the channel's pipeline already.
    init(id: Int, channel: any Channel, handler: NIOLoopBound<ConnectionHandler>) {
        self.id = id
        self.channel = channel
        self.handler = handler
    }

    /// A stream of its own for whoever asks; it is opened by the first request that uses it.
    func lease(_ key: StreamKey) -> Lease { Lease(id: RequestToken().ticket, key: key) }

    /// Hands over a command. Commands are carried out in the order of these calls.
    func post(_ command: ConnectionCommand) {
        let isFirst = mailbox.withLock { commands in
            commands.append(command)
            return commands.count == 1
        }
        if isFirst { channel.eventLoop.execute { self.deliver() } }
    }

    private func deliver() {
        var commands: [ConnectionCommand] = []
        mailbox.withLock { swap(&commands, &$0) }
        handler.value.perform(commands)
    }

    /// Returns when the connection is gone.
    func waitUntilClosed() async { try? await channel.closeFuture.get() }
}

// MARK: - Calls

extension Connection {
    /// Sends a request and waits for its terminal answer, rows included.
    ///
    /// - Parameters:
    ///   - bytesMax: more bytes of rows than this end it with `RESULT_TOO_LARGE`.
    ///   - guardTime: after so long it fails on this side, whatever the server does.
    ///   - isShielded: the caller's cancellation is not told to the server.
    /// - Throws: `CancellationError` where the task was cancelled and the server gave the request up.
    func call(
        _ body: RequestBody, on route: Route, bytesMax: Int = .max, guardTime: TimeAmount? = nil,
        isShielded: Bool = false
    ) async throws -> CollectedAnswer {
        let token = RequestToken()
        if isShielded || body.endsTransaction {
            return try await send(body, on: route, token: token, bytesMax: bytesMax, guardTime: guardTime)
        }
        try Task.checkCancellation()
        return try await withTaskCancellationHandler {
            do {
                return try await send(body, on: route, token: token, bytesMax: bytesMax, guardTime: guardTime)
            } catch let error as DoSQLError where error.code == .cancelled && token.isCancelled {
                throw CancellationError()
            }
        } onCancel: {
            cancel(token)
        }
    }

    private func send(
        _ body: RequestBody, on route: Route, token: RequestToken, bytesMax: Int, guardTime: TimeAmount?
    ) async throws -> CollectedAnswer {
        try await withCheckedThrowingContinuation { continuation in
            let sink = CollectingSink(continuation, token: token, connection: self, bytesMax: bytesMax)
            post(
                .submit(
                    Submission(ticket: token.ticket, body: body, route: route, sink: sink), token, guardTime: guardTime)
            )
        }
    }

    /// Asks the server to give a request up; it is answered as ever.
    func cancel(_ token: RequestToken) {
        token.cancel()
        post(.cancel(token))
    }
}
