import DoSQLProtocol
import Synchronization

/// How much of a streamed result may be on its way: the client's credit, and a window of bytes that its socket has not
/// taken yet.
///
/// The thread that steps the statement spends; the loop gives. When either runs out the producer *parks*: it gives its
/// thread back, and whoever ends the shortage is told to resume it. So a slow reader costs one idle connection to the
/// database and at most ``windowMax`` bytes, whatever credit it gave.
final class Flow: Sendable {
    /// Bytes produced and not yet taken by the socket, for one result.
    static let windowMax = 1 << 20

    private struct State {
        var credit: Int
        var outstanding = 0
        var isParked = false
    }

    private let state: Mutex<State>

    init(credit: Int) {
        state = Mutex(State(credit: credit))
    }

    /// The producer made `bytes` of ROWS.
    /// - Returns: whether it may go on; false: it is parked now.
    func spend(_ bytes: Int) -> Bool {
        state.withLock { state in
            state.credit -= bytes
            state.outstanding += bytes
            state.isParked = !(state.credit > 0 && state.outstanding < Self.windowMax)
            return !state.isParked
        }
    }

    /// Before the first row: whether it may begin.
    func start() -> Bool { spend(0) }

    /// The client gave credit.
    /// - Returns: whether the caller has to resume the producer.
    func give(credit: Int) -> Bool {
        state.withLock { state in
            state.credit = state.credit.addingReportingOverflow(credit).overflow ? .max : state.credit + credit
            return Self.resumes(&state)
        }
    }

    /// The socket took `bytes`.
    /// - Returns: whether the caller has to resume the producer.
    func take(_ bytes: Int) -> Bool {
        state.withLock { state in
            state.outstanding -= bytes
            return Self.resumes(&state)
        }
    }

    /// The server has too many bytes in flight: the producer is parked, whatever its client has read.
    func park() { state.withLock { $0.isParked = true } }

    /// The server has room again.
    /// - Returns: whether the caller has to resume the producer.
    func retry() -> Bool { state.withLock { Self.resumes(&$0) } }

    /// Whether the producer waits for the client.
    var isParked: Bool { state.withLock { $0.isParked } }

    private static func resumes(_ state: inout State) -> Bool {
        guard state.isParked, state.credit > 0, state.outstanding < Self.windowMax else { return false }
        state.isParked = false
        return true
    }
}
