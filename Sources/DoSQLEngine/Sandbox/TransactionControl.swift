/// A statement that begins, ends or marks a transaction: <https://www.sqlite.org/lang_transaction.html>.
public enum TransactionControl: Sendable, Hashable {
    /// BEGIN; `isImmediate` for BEGIN IMMEDIATE and BEGIN EXCLUSIVE, which are the same in WAL mode.
    case begin(isImmediate: Bool)
    /// COMMIT or END.
    case commit
    case rollback
    case savepoint(name: String)
    case release(name: String)
    case rollbackTo(name: String)

    /// The statement's keyword, for messages.
    public var keyword: String {
        switch self {
        case .begin: "BEGIN"
        case .commit: "COMMIT"
        case .rollback: "ROLLBACK"
        case .savepoint: "SAVEPOINT"
        case .release: "RELEASE"
        case .rollbackTo: "ROLLBACK TO"
        }
    }
}
