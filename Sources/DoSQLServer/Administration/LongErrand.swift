import DoSQLSession
import Synchronization

/// An operation that may take an hour: a backup, a check, a restore. It has a thread's turn of its own.
final class LongErrand: Sendable {
    /// What there is one of at a time.
    enum Subject: Hashable, Sendable {
        /// A tenant is copied, or something is done to its file.
        case maintenance(TenantName)
        /// A file is made a tenant's.
        case replacement(TenantName)
        /// A tenant's copy is on its way to a client, and takes room until that has it. It needs no thread.
        case copy(TenantName)

        var name: TenantName {
            switch self {
            case .maintenance(let name), .replacement(let name), .copy(let name): name
            }
        }

        var isOnThread: Bool {
            if case .copy = self { false } else { true }
        }
    }

    let subject: Subject
    private let ended: @Sendable () -> Void
    private let isOver = Atomic<Bool>(false)

    /// - Parameter ended: called once, when it is over.
    init(_ subject: Subject, ended: @escaping @Sendable () -> Void) {
        self.subject = subject
        self.ended = ended
    }

    deinit { end() }

    /// It is over: whoever is answered now may ask for the next one.
    func end() {
        if !isOver.exchange(true, ordering: .relaxed) { ended() }
    }
}
