import DequeModule
import DoSQLProtocol
import Synchronization

/// Rows between the event loop and the task that consumes them.
///
/// What may wait here is bounded by the credit the server has: it is given back block by block, when the consumer is done
/// with one. Invariant: `waiter` is set only while `blocks` is empty and `end` is nil.
final class RowStreamSink: AnswerSink {
    private enum End {
        case finished
        case failed(DoSQLError)
    }

    private struct State {
        var columns: ColumnNames?
        var position: FeedPosition?
        var blocks: Deque<(block: RowBlock, credit: Int)> = []
        var end: End?
        var starter: CheckedContinuation<ColumnNames, any Error>?
        var waiter: CheckedContinuation<(block: RowBlock, credit: Int)?, any Error>?
        /// Credit of consumed blocks that has not been told yet.
        var owed = 0
        /// Nobody wants the rest: whatever was left is gone, and must not look like the end.
        var isCancelled = false
    }

    private let state = Mutex(State())
    let token = RequestToken()
    private let connection: Connection
    private let creditStep: Int
    private let onEnd: @Sendable () -> Void

    /// - Parameters:
    ///   - creditStep: credit is told when so much has gathered.
    ///   - onEnd: called once, when the terminal answer is there.
    init(connection: Connection, creditStep: Int, onEnd: @escaping @Sendable () -> Void) {
        self.connection = connection
        self.creditStep = creditStep
        self.onEnd = onEnd
    }

    // MARK: The event loop's side

    func received(_ part: AnswerPart) {
        switch part {
        case .head(let columns, let position):
            state.withLock { state in
                state.columns = columns
                state.position = position
                state.starter?.resume(returning: columns)
                state.starter = nil
            }
        case .rows(let block, let bytes): offer(block, credit: bytes)
        case .grant: break
        }
    }

    func finished(_ answer: Answer) {
        if case .result(let block, _) = answer {
            state.withLock { state in
                state.columns = block.columns
                state.starter?.resume(returning: block.columns)
                state.starter = nil
            }
            offer(block, credit: 0)
        }
        end(.finished)
    }

    func failed(_ error: DoSQLError) { end(.failed(error)) }

    private func offer(_ block: RowBlock, credit: Int) {
        state.withLock { state in
            if let waiter = state.waiter {
                state.waiter = nil
                waiter.resume(returning: (block, credit))
            } else if !state.isCancelled {
                state.blocks.append((block, credit))
            }
        }
    }

    private func end(_ end: End) {
        state.withLock { state in
            state.end = end
            switch end {
            case .finished:
                // DONE without a HEAD: a statement without rows.
                state.starter?.resume(returning: ColumnNames([]))
                if state.isCancelled {
                    state.waiter?.resume(throwing: CancellationError())
                } else {
                    state.waiter?.resume(returning: nil)
                }
            case .failed(let error):
                state.starter?.resume(throwing: thrown(error))
                state.waiter?.resume(throwing: thrown(error))
            }
            state.starter = nil
            state.waiter = nil
        }
        onEnd()
    }

    private func thrown(_ error: DoSQLError) -> any Error {
        error.code == .cancelled && token.isCancelled ? CancellationError() : error
    }

    // MARK: The consumer's side

    /// Sends the request, and returns when the first part of its answer is there.
    func start(_ body: RequestBody, on route: Route) async throws -> ColumnNames {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                state.withLock { $0.starter = continuation }
                connection.post(
                    .submit(
                        Submission(ticket: token.ticket, body: body, route: route, sink: self), token, guardTime: nil))
            }
        } onCancel: {
            cancel()
        }
    }

    /// Where a subscription that has started begins; nil of any other request.
    var position: FeedPosition? { state.withLock { $0.position } }

    /// The next block, after the one before it has been consumed; nil behind the last.
    func next(consumed credit: Int) async throws -> (block: RowBlock, credit: Int)? {
        giveBack(credit)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                state.withLock { state in
                    if let next = state.blocks.popFirst() {
                        continuation.resume(returning: next)
                        return
                    }
                    switch state.end {
                    case .finished where state.isCancelled: continuation.resume(throwing: CancellationError())
                    case .finished: continuation.resume(returning: nil)
                    case .failed(let error): continuation.resume(throwing: thrown(error))
                    case nil: state.waiter = continuation
                    }
                }
            }
        } onCancel: {
            cancel()
        }
    }

    private func giveBack(_ credit: Int) {
        let told: Int = state.withLock { state in
            state.owed += credit
            guard state.end == nil, state.owed >= creditStep else { return 0 }
            defer { state.owed = 0 }
            return state.owed
        }
        if told > 0 { connection.post(.credit(token, bytes: told)) }
    }

    /// Nobody wants more rows.
    func cancel() {
        let isOver = state.withLock { state in
            state.blocks = []
            state.isCancelled = true
            return state.end != nil
        }
        if !isOver { connection.cancel(token) }
    }
}
