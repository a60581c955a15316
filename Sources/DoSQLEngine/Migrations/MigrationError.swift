/// Why migrations were not applied. Those before the named one are, and stay.
public enum MigrationError: Error, Sendable, Hashable {
    /// Two migrations have one id.
    case duplicate(id: String)
    /// An applied migration was edited.
    case changed(id: String, appliedChecksum: String, givenChecksum: String)
    /// A migration belongs before one that is applied already.
    case outOfOrder(id: String, lastApplied: String)
    /// BEGIN, COMMIT, ROLLBACK, SAVEPOINT or RELEASE inside a migration.
    case transactionControl(id: String, statementIndex: Int, keyword: String)
    /// `PRAGMA foreign_keys` elsewhere than at the beginning (OFF) and the end (ON).
    case foreignKeysInside(id: String, statementIndex: Int)
    /// Rows refer to none after a migration that ran without foreign keys.
    case foreignKeyViolations(id: String, violations: [Connection.ForeignKeyViolation])
    /// A statement did not compile, was refused, or failed.
    case failed(id: String, statementIndex: Int, excerpt: String, error: PrepareError)
    /// It makes a table that the server has made before, and the rows in it do not fit.
    case rowsDoNotFit(id: String, statementIndex: Int, table: String, error: SQLiteError)
    /// The statements ran, and their transaction could not be committed.
    case commitFailed(id: String, error: SQLiteError)
    /// The table of migrations could not be read.
    case unreadable(SQLiteError)
}

extension MigrationError: CustomStringConvertible {
    /// Which migration, why, and what to do.
    public var description: String {
        switch self {
        case .duplicate(let id):
            "Two migrations are named \(id)."
        case .changed(let id, let applied, let given):
            "Migration \(id) was applied with checksum \(applied), and now has \(given): "
                + "restore the file, and write the change as a new migration."
        case .outOfOrder(let id, let lastApplied):
            "Migration \(id) belongs before \(lastApplied), which is applied already: give it a higher number."
        case .transactionControl(let id, let index, let keyword):
            "Migration \(id), statement \(index): \(keyword) is not for a migration, which is a transaction of its own."
        case .foreignKeysInside(let id, let index):
            "Migration \(id), statement \(index): PRAGMA foreign_keys has no effect here. "
                + "OFF stands at the very beginning; ON may stand at the very end."
        case .foreignKeyViolations(let id, let violations):
            "Migration \(id) leaves \(violations.count) rows that violate a foreign key, the first in "
                + "\(violations.first.map { "\($0.table), referring to \($0.parent)" } ?? "no table")."
        case .failed(let id, let index, let excerpt, let error):
            "Migration \(id), statement \(index) (\(excerpt)): \(error.description)"
        case .rowsDoNotFit(let id, let index, let table, let error):
            "Migration \(id), statement \(index), makes the table \(table), which publishing to it has made already, "
                + "and the rows that were published do not fit: \(error.description)"
        case .commitFailed(let id, let error):
            "Migration \(id) could not be committed: \(error.description)"
        case .unreadable(let error):
            "The table of migrations could not be read: \(error.description)"
        }
    }
}
