/// Why a text did not become a statement.
public enum PrepareError: Error, Sendable, Hashable {
    /// SQLite could not compile it.
    case sqlite(SQLiteError)
    /// The sandbox refused it.
    case denied(Denial)
    /// Whoever is served lacks a right that it needs: a sentence that names it.
    case forbidden(String)
    /// One statement was asked for, and a second one begins at this byte.
    case severalStatements(offset: Int)
    /// One statement was asked for, and there is none: white space and comments only.
    case empty
}

extension PrepareError: CustomStringConvertible {
    /// SQLite's or the sandbox's words.
    public var description: String {
        switch self {
        case .sqlite(let error): error.description
        case .denied(let denial): denial.description
        case .forbidden(let sentence): sentence
        case .severalStatements(let offset):
            "A second statement begins at byte \(offset): send one at a time, or a script."
        case .empty: "There is no statement in this text."
        }
    }
}
