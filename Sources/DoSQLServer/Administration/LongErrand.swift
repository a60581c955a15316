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

        var name: TenantName {
            switch self {
            case .maintenance(let name), .replacement(let name): name
            }
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
