import DoSQLProtocol

/// What the clients were told about each write, against which the database is judged.
struct Ledger: Sendable {
    enum Answer: Sendable, Hashable {
        /// It is durable.
        case acknowledged(lsn: UInt64)
        /// It was not carried out.
        case refused
        /// The answer never came.
        case unknown
        /// The answer was that nobody knows.
        case unclear
        /// It was not acknowledged, and an audit has found it, or found that it is not there. So it must stay.
        case settled(isThere: Bool)
    }

    struct Entry: Sendable {
        let operation: Operation
        let tenant: String
        /// Which of the kills it came before.
        let round: Int
        /// Which of its writer's connections in the round it was sent on: what one left behind may come after the next.
        var connection = 0
        var answer: Answer
    }

    var entries: [Entry] = []

    var acknowledged: Int {
        entries.count { if case .acknowledged = $0.answer { true } else { false } }
    }
}
