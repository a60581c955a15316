/// Why the sandbox refused a statement. Its description is a sentence to show to whoever wrote the statement.
public enum Denial: Error, Sendable, Hashable {
    /// BEGIN, COMMIT, END or ROLLBACK where the server owns the transaction.
    case transactionControl(keyword: String)
    /// SAVEPOINT, RELEASE or ROLLBACK TO outside a transaction.
    case savepoint(keyword: String)
    case attach
    case detach
    case vacuum
    /// A TEMP table, view, trigger or index outside a transaction.
    case temporaryObject(name: String)
    /// A pragma that is not offered at all.
    case pragma(name: String)
    /// A pragma that may be read, but not set.
    case pragmaSetting(name: String)
    /// A pragma that may be set inside a transaction only.
    case pragmaOutsideTransaction(name: String)
    /// A table-valued pragma function that is not offered.
    case pragmaFunction(name: String)
    /// A name beginning with ``reservedPrefix``.
    case reservedName(String)
    case function(name: String)
    /// A built-in table that shows what others do on the same connection.
    case table(name: String)

    /// The beginning of the names that belong to the server.
    public static let reservedPrefix = "__dosql"
}

extension Denial: CustomStringConvertible {
    /// A sentence: what is refused, and what to do instead.
    public var description: String {
        switch self {
        case .transactionControl(let keyword):
            "\(keyword) is not a statement here: open an interactive transaction, or send the statements as one batch."
        case .savepoint(let keyword):
            "\(keyword) works inside an interactive transaction only."
        case .attach:
            "ATTACH is not available: a database is one file."
        case .detach:
            "DETACH is not available: a database is one file."
        case .vacuum:
            "VACUUM is not available as a statement: the server compacts and copies databases itself."
        case .temporaryObject(let name):
            "The temporary object \(name) is not available here: it would be seen by others. "
                + "Temporary objects work inside an interactive transaction."
        case .pragma(let name):
            "PRAGMA \(name) is not available."
        case .pragmaSetting(let name):
            "PRAGMA \(name) can be read, but not set: the server owns this setting."
        case .pragmaOutsideTransaction(let name):
            "PRAGMA \(name) can be set inside an interactive transaction only."
        case .pragmaFunction(let name):
            "The table \(name) is not available: pragma tables are offered for the schema only. Use the PRAGMA statement."
        case .reservedName(let name):
            "\(name) is reserved: names beginning with \(Denial.reservedPrefix) belong to the server."
        case .function(let name):
            "The function \(name)() is not available."
        case .table(let name):
            "The table \(name) is not available: it shows the statements of others."
        }
    }
}
