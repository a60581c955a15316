import DoSQLProtocol
import Synchronization

/// How much of a session's answers is on its way: made by threads and not delivered, or delivered and not taken by the
/// client.
///
/// Beyond ``Limits/answerBacklogMax``, and while the server's bytes are short, reads are not begun: they park, and cost
/// nothing, until the client has read, or others have. A write cannot wait so, because its tenant's line would wait with
/// it: it is refused before anything of it is done.
final class AnswerWindow: Sendable {
    private let inTransit = Atomic<Int>(0)
    private let backlog = Atomic<Int>(0)
    /// What of the backlog counts among the server's bytes here: what has gone to a transport may be counted there.
    private let counted = Atomic<Int>(0)
    private let isOver = Atomic<Bool>(false)
    private let parked = Mutex<[ReadSession]>([])
    private let total: BytesInFlight

    init(of total: BytesInFlight) {
        self.total = total
    }

    deinit { total.add(-inTransit.load(ordering: .relaxed) - counted.load(ordering: .relaxed)) }

    /// Whether another answer may be begun.
    var hasRoom: Bool { isOver.load(ordering: .acquiring) || (hasOwnRoom && !total.isShort) }

    private var hasOwnRoom: Bool {
        inTransit.load(ordering: .acquiring) + backlog.load(ordering: .acquiring) < Limits.answerBacklogMax
    }

    /// Whether results that are sent in parts have to wait, whatever their client has read.
    var isShort: Bool { total.isShort && !isOver.load(ordering: .acquiring) }

    /// A thread has made a frame.
    func made(_ bytes: Int) {
        inTransit.add(bytes, ordering: .releasing)
        total.add(bytes)
    }

    /// The session has it.
    func delivered(_ bytes: Int) {
        backlog.add(bytes, ordering: .releasing)
        counted.add(bytes, ordering: .releasing)
        inTransit.subtract(bytes, ordering: .releasing)
    }

    /// The session is gone.
    func dropped(_ bytes: Int) {
        inTransit.subtract(bytes, ordering: .releasing)
        total.add(-bytes)
    }

    /// So many bytes wait for the client now, of which so many count here. Of the session's loop.
    func setBacklog(_ bytes: Int, counted: Int) {
        backlog.store(bytes, ordering: .releasing)
        let before = self.counted.exchange(counted, ordering: .acquiringAndReleasing)
        total.add(counted - before)
    }

    /// Keeps a read until there is room; false if there is.
    func park(_ session: ReadSession) -> Bool {
        parked.withLock { parked in
            if hasRoom { return false }
            parked.append(session)
            return true
        }
    }

    /// Whether any read waits for room.
    var hasParked: Bool { parked.withLock { !$0.isEmpty } }

    /// The client is gone, and nothing waits for it any more.
    func end() {
        isOver.store(true, ordering: .releasing)
        setBacklog(0, counted: 0)
        resume()
    }

    /// Lets go on who waits, if there is room. Called when bytes were taken, and now and then.
    /// - Parameter isForced: also if there is none: one of them was given up, and each looks for itself.
    func resume(isForced: Bool = false) {
        guard isForced || hasRoom else { return }
        let sessions = parked.withLock { parked in
            defer { parked.removeAll() }
            return parked
        }
        for session in sessions { session.unpark() }
    }

    /// Why a write is refused now; nil if it is not.
    var refusal: Failure? {
        if isOver.load(ordering: .acquiring) { return nil }
        guard hasOwnRoom else {
            return .overloaded(
                "more answers wait for this client than may: it has to read first",
                limit: ("answerBacklogMax", Limits.answerBacklogMax), retryAfter: 100)
        }
        return total.isFull ? total.refusal : nil
    }
}
