/// Why a value could not be bound.
public enum BindError: Error, Sendable, Hashable {
    /// SQLite refused it: too big, no such parameter, or the statement is running.
    case sqlite(SQLiteError)
    /// The number is NaN. SQLite has no NaN and would store NULL instead: <https://www.sqlite.org/c3ref/bind_blob.html>.
    case notANumber(index: Int)
}

extension BindError: CustomStringConvertible {
    /// What to tell whoever sent the value.
    public var description: String {
        switch self {
        case .sqlite(let error): error.description
        case .notANumber(let index): "Parameter \(index) is NaN, which SQLite cannot store."
        }
    }
}
