import DoSQLProtocol
import Synchronization

/// How much of a session's answers is on its way: made by threads and not delivered, or delivered and not taken by the
/// client.
///
/// Beyond ``Limits/answerBacklogMax`` reads that are answered whole are not begun: they park, and cost nothing, until the
/// client has read. A write cannot wait so, because its tenant's line would wait with it: it is refused before anything
/// of it is done.
final class AnswerWindow: Sendable {
    private let inTransit = Atomic<Int>(0)
    private let backlog = Atomic<Int>(0)
    private let isOver = Atomic<Bool>(false)
    private let parked = Mutex<[ReadSession]>([])
    private let total: BytesInFlight

    init(of total: BytesInFlight) {
        self.total = total
    }

    deinit { total.add(-inTransit.load(ordering: .relaxed) - backlog.load(ordering: .relaxed)) }

    /// Whether another answer may be begun.
    var hasRoom: Bool {
        isOver.load(ordering: .acquiring)
            || inTransit.load(ordering: .acquiring) + backlog.load(ordering: .acquiring) < Limits.answerBacklogMax
    }

    /// A thread has made a frame.
    func made(_ bytes: Int) {
        inTransit.add(bytes, ordering: .releasing)
        total.add(bytes)
    }

    /// The loop has it.
    func delivered(_ bytes: Int) {
        inTransit.subtract(bytes, ordering: .releasing)
        total.add(-bytes)
    }

    /// So many bytes wait for the client now.
    func setBacklog(_ bytes: Int) {
        let before = backlog.exchange(bytes, ordering: .acquiringAndReleasing)
        total.add(bytes - before)
    }

    /// Keeps a read until there is room; false if there is.
    func park(_ session: ReadSession) -> Bool {
        parked.withLock { parked in
            if hasRoom { return false }
            parked.append(session)
            return true
        }
    }

    /// The client is gone, and nothing waits for it any more.
    func end() {
        isOver.store(true, ordering: .releasing)
        setBacklog(0)
        resume()
    }

    /// Lets go on who waits, if there is room. Called when bytes were taken.
    func resume() {
        guard hasRoom else { return }
        let sessions = parked.withLock { parked in
            defer { parked.removeAll() }
            return parked
        }
        for session in sessions { session.unpark() }
    }

    /// Why a write is refused.
    static var refusal: Failure {
        .overloaded(
            "more answers wait for this client than may: it has to read first",
            limit: ("answerBacklogMax", Limits.answerBacklogMax), retryAfter: 100)
    }
}
