import DoSQLProtocol
import Synchronization

/// A request's terminal answer and all rows that came before it.
struct CollectedAnswer: Sendable {
    var answer: Answer
    /// Nil unless a HEAD came.
    var columns: ColumnNames?
    var blocks: [RowBlock] = []

    /// The rows of RESULT, or of HEAD ROWS… DONE.
    func queryResult() throws(DoSQLError) -> QueryResult {
        switch answer {
        case .result(let block, let outcome):
            return QueryResult(columns: block.columns.names, blocks: [block], outcome: RunResult(outcome))
        case .done(let done):
            return QueryResult(columns: columns?.names ?? [], blocks: blocks, outcome: RunResult(done.outcome))
        case .ok, .batch, .description, .migrations, .tenants, .pong:
            throw .unexpected("another kind of answer")
        }
    }
}

/// Gathers a whole result, up to a bound, and gives the server credit as the rows come.
final class CollectingSink: AnswerSink {
    private struct State {
        var continuation: CheckedContinuation<CollectedAnswer, any Error>?
        var columns: ColumnNames?
        var blocks: [RowBlock] = []
        var bytes = 0
        var failure: DoSQLError?
    }

    private let state: Mutex<State>
    private let token: RequestToken
    private let connection: Connection
    private let bytesMax: Int

    init(
        _ continuation: CheckedContinuation<CollectedAnswer, any Error>, token: RequestToken, connection: Connection,
        bytesMax: Int
    ) {
        state = Mutex(State(continuation: continuation))
        self.token = token
        self.connection = connection
        self.bytesMax = bytesMax
    }

    func received(_ part: AnswerPart) {
        switch part {
        case .head(let columns, _):
            state.withLock { $0.columns = columns }
        case .rows(let block, let bytes):
            let fits = state.withLock { state in
                state.bytes += bytes
                guard state.bytes <= bytesMax else {
                    state.blocks = []
                    state.failure = .tooManyBytes(bytesMax)
                    return false
                }
                state.blocks.append(block)
                return true
            }
            connection.post(fits ? .credit(token, bytes: bytes) : .cancel(token))
        case .grant:
            break
        }
    }

    func finished(_ answer: Answer) {
        state.withLock { state in
            if let failure = state.failure {
                state.continuation?.resume(throwing: failure)
            } else {
                let collected = CollectedAnswer(answer: answer, columns: state.columns, blocks: state.blocks)
                state.continuation?.resume(returning: collected)
            }
            state.continuation = nil
        }
    }

    func failed(_ error: DoSQLError) {
        state.withLock { state in
            state.continuation?.resume(throwing: state.failure ?? error)
            state.continuation = nil
        }
    }
}

extension DoSQLError {
    static func tooManyBytes(_ bytesMax: Int) -> DoSQLError {
        var error = DoSQLError(
            .resultTooLarge, "the result has more than \(bytesMax) bytes of rows; stream it, or raise resultBytesMax")
        error.limit = Limit(name: "resultBytesMax", value: UInt64(bytesMax))
        return error
    }
}
