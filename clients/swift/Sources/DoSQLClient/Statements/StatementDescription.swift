/// What a statement is, without having been carried out (`protocol/messages.md`, DESCRIPTION).
public struct StatementDescription: Hashable, Sendable {
    /// A column of the result. Texts are empty where SQLite knows none.
    public struct Column: Hashable, Sendable {
        /// Its name in the result.
        public var name: String
        /// The type its table declares.
        public var declaredType: String
        /// The table it comes from.
        public var table: String
        /// The table's column it comes from.
        public var column: String
    }

    /// A line of `EXPLAIN QUERY PLAN`.
    public struct PlanStep: Hashable, Sendable {
        /// Its number.
        public var id: Int
        /// The number of the line it belongs under; 0 for the top.
        public var parent: Int
        /// SQLite's words.
        public var detail: String
    }

    /// Whether the statement changes nothing.
    public var isReadOnly: Bool
    /// The parameters' names with their prefix, in order; empty for `?`.
    public var parameters: [String]
    /// The result's columns.
    public var columns: [Column]
    /// The plan; empty unless it was asked for.
    public var plan: [PlanStep]
}
