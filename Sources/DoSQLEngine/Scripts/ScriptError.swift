/// Why a script ended early, and where.
public struct ScriptError: Error, Sendable, Hashable {
    /// What went wrong.
    public enum Reason: Sendable, Hashable {
        /// A statement did not compile, was refused, or failed.
        case statement(PrepareError)
        /// COMMIT or ROLLBACK without BEGIN, or SAVEPOINT outside a transaction.
        case transactionControl(keyword: String)
        /// `PRAGMA foreign_keys=OFF` where it has no effect: it must come before everything else.
        case foreignKeysInsideTransaction
        /// The text ended before the COMMIT of its BEGIN.
        case transactionLeftOpen
    }

    /// What went wrong.
    public let reason: Reason
    /// The statement's number, from 0, empty ones not counted.
    public let statementIndex: Int
    /// Where it begins, in bytes. SQLite's own ``SQLiteError/offset`` counts from here.
    public let statementOffset: Int
    /// How it begins.
    public let excerpt: String
    /// Whether something before it was committed and stays: only in a script with its own transactions.
    public var committedBefore: Bool
    /// Whether TEMP objects are left on the connection, which is then to be reopened.
    public var leftTemporaryObjects = false
}

extension ScriptError: CustomStringConvertible {
    /// Where and why, in a sentence.
    public var description: String {
        let what =
            switch reason {
            case .statement(let error): error.description
            case .transactionControl(let keyword): "\(keyword) without BEGIN."
            case .foreignKeysInsideTransaction:
                "PRAGMA foreign_keys=OFF has no effect inside a transaction: put it before all other statements."
            case .transactionLeftOpen: "The script ends inside a transaction, which was rolled back: COMMIT is missing."
            }
        return "statement \(statementIndex) (byte \(statementOffset), \(excerpt)): \(what)"
    }
}
