import DoSQLProtocol
import Synchronization

/// The credit of a bulk load, and its end (`protocol/flow-control.md`, *Bulk loads*).
final class LoadSink: AnswerSink {
    private struct State {
        var credit = 0
        /// The first grant: no more can ever be had at once.
        var window: Int?
        var result: Result<Answer, DoSQLError>?
        var creditWaiter: (bytes: Int, CheckedContinuation<Bool, Never>)?
        var endWaiter: CheckedContinuation<Answer, any Error>?

        /// A row that is larger than the whole window goes when the window is empty.
        func canSend(_ bytes: Int) -> Bool { window.map { credit >= min(bytes, $0) } ?? false }
    }

    private let state = Mutex(State())

    func received(_ part: AnswerPart) {
        guard case .grant(let bytes) = part else { return }
        state.withLock { state in
            state.credit += bytes
            state.window = state.window ?? bytes
            if let (wanted, waiter) = state.creditWaiter, state.canSend(wanted) {
                state.creditWaiter = nil
                state.credit -= wanted
                waiter.resume(returning: true)
            }
        }
    }

    func finished(_ answer: Answer) { end(.success(answer)) }
    func failed(_ error: DoSQLError) { end(.failure(error)) }

    private func end(_ result: Result<Answer, DoSQLError>) {
        state.withLock { state in
            state.result = result
            state.creditWaiter?.1.resume(returning: false)
            state.creditWaiter = nil
            state.endWaiter?.resume(with: result.mapError { $0 as any Error })
            state.endWaiter = nil
        }
    }

    /// Takes credit for a frame, waiting for it if need be; false if the load is over.
    func take(_ bytes: Int) async -> Bool {
        await withCheckedContinuation { continuation in
            state.withLock { state in
                if state.result != nil {
                    continuation.resume(returning: false)
                } else if state.canSend(bytes) {
                    state.credit -= bytes
                    continuation.resume(returning: true)
                } else {
                    state.creditWaiter = (bytes, continuation)
                }
            }
        }
    }

    /// Waits for the terminal answer.
    func answer() async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            state.withLock { state in
                if let result = state.result {
                    continuation.resume(with: result.mapError { $0 as any Error })
                } else {
                    state.endWaiter = continuation
                }
            }
        }
    }
}
