import DoSQLProtocol

/// A message that HTTP can send, by the word that its path ends in: the one table of them.
enum Operation: String, CaseIterable {
    case query, queryOne, run, batch, script, migrate
    /// The guide's form of a batch.
    case transaction
    case savepoint, release, rollbackTo, commit, rollback
    /// A row of a feed; its paths name the feed.
    case publish

    /// One that goes on a tenant's stream.
    init?(path: String) {
        self.init(rawValue: path)
        if isOfTransaction || self == .publish { return nil }
    }

    /// One that goes on the stream of a transaction.
    init?(inTransaction path: String) {
        self.init(rawValue: path)
        switch self {
        case .script, .migrate, .transaction, .publish: return nil
        default: break
        }
    }

    private var isOfTransaction: Bool {
        switch self {
        case .savepoint, .release, .rollbackTo, .commit, .rollback: true
        default: false
        }
    }

    /// The message it becomes (`protocol/messages.md`).
    var message: MessageType {
        switch self {
        case .query: .query
        case .queryOne: .queryOne
        case .run: .run
        case .batch, .transaction: .batch
        case .script: .script
        case .migrate: .migrate
        case .savepoint: .savepoint
        case .release: .release
        case .rollbackTo: .rollbackTo
        case .commit: .commit
        case .rollback: .rollback
        case .publish: .publish
        }
    }
}
