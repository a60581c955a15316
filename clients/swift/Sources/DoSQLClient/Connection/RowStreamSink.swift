import DequeModule
import DoSQLProtocol
import Synchronization

/// Rows between the event loop and the task that consumes them.
///
/// What may wait here is bounded by the credit the server has: it is given back block by block, when the consumer is done
/// with one. Invariant: `waiter` is set only while `blocks` is empty and `end` is nil.
///
/// A continuation is never resumed under the lock: to resume a task takes its status lock, and under that one its
/// cancellation handler, which takes this lock, may be running.
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
            let starter = state.withLock { state in
                state.columns = columns
                state.position = position
                return state.starter.take()
            }
            starter?.resume(returning: columns)
        case .rows(let block, let bytes): offer(block, credit: bytes)
        case .grant: break
        }
    }

    func finished(_ answer: Answer) {
        if case .result(let block, _) = answer {
            let starter = state.withLock { state in
                state.columns = block.columns
                return state.starter.take()
            }
            starter?.resume(returning: block.columns)
            offer(block, credit: 0)
        }
        end(.finished)
    }

    func failed(_ error: DoSQLError) { end(.failed(error)) }

    private func offer(_ block: RowBlock, credit: Int) {
        let waiter = state.withLock { state in
            let waiter = state.waiter.take()
            if waiter == nil, !state.isCancelled { state.blocks.append((block, credit)) }
            return waiter
        }
        waiter?.resume(returning: (block, credit))
    }

    private func end(_ end: End) {
        let (starter, waiter, isCancelled) = state.withLock { state in
            state.end = end
            return (state.starter.take(), state.waiter.take(), state.isCancelled)
        }
        switch end {
        case .finished:
            // DONE without a HEAD: a statement without rows.
            starter?.resume(returning: ColumnNames([]))
            if isCancelled { waiter?.resume(throwing: CancellationError()) } else { waiter?.resume(returning: nil) }
        case .failed(let error):
            starter?.resume(throwing: thrown(error))
            waiter?.resume(throwing: thrown(error))
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
                let result: Result<(block: RowBlock, credit: Int)?, any Error>? = state.withLock { state in
                    if let next = state.blocks.popFirst() { return .success(next) }
                    switch state.end {
                    case .finished where state.isCancelled: return .failure(CancellationError())
                    case .finished: return .success(nil)
                    case .failed(let error): return .failure(thrown(error))
                    case nil:
                        state.waiter = continuation
                        return nil
                    }
                }
                if let result { continuation.resume(with: result) }
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
