public import DoSQLProtocol

/// What the rules of a stream need to know of a request: which messages share a rule.
public enum RequestKind: Sendable, Hashable {
    /// QUERY, QUERY_ONE, RUN, PUBLISH: may read or write, alone or inside a transaction.
    case statement
    /// BATCH: several statements as one.
    case batch
    /// DESCRIBE: compiles only.
    case describe
    /// LOAD: holds the turn to write while its rows arrive.
    case load
    /// SCRIPT, MIGRATE: own transactions, so not inside one.
    case script
    /// SUBSCRIBE: reads what is committed, so not inside a transaction. It runs until its HEAD is sent.
    case subscribe
    /// BEGIN.
    case begin
    /// COMMIT.
    case commit
    /// ROLLBACK.
    case rollback
    /// SAVEPOINT, RELEASE, ROLLBACK_TO.
    case savepoint
    /// CLOSE.
    case close

    /// Whether bounds on what a tenant has under way hold for it: not for what ends something.
    public var isBounded: Bool {
        switch self {
        case .commit, .rollback, .close: false
        default: true
        }
    }

    /// The kind of a request that goes on a bound stream, or nil for other messages.
    public init?(_ type: MessageType) {
        switch type {
        case .query, .queryOne, .run, .publish: self = .statement
        case .batch: self = .batch
        case .describe: self = .describe
        case .load: self = .load
        case .script, .migrate: self = .script
        case .subscribe: self = .subscribe
        case .begin: self = .begin
        case .commit: self = .commit
        case .rollback: self = .rollback
        case .savepoint, .release, .rollbackTo: self = .savepoint
        case .close: self = .close
        default: return nil
        }
    }
}
