/// What a script did.
public struct ScriptResult: Sendable, Hashable {
    /// Nothing yet.
    public init() {}

    /// Statements run.
    public var statements = 0
    /// Rows changed by what was committed, by triggers as well.
    public var changes: Int64 = 0
    /// Whether anything was committed: rows, the schema, or a value in the file's header.
    public var changedAnything = false
    /// Whether the script brought its own BEGIN and COMMIT.
    public var ownsItsTransactions = false
    /// Whether TEMP objects are left on the connection, which is then to be reopened.
    public var leftTemporaryObjects = false
}
