/// How rows are written, as the asker wants them (`protocol/json.md`, results).
public struct ResultStyle: Hashable, Sendable {
    /// What a row is.
    public enum Rows: String, CaseIterable, Hashable, Sendable {
        /// An object with a member for each column's name; of several columns of one name the last.
        case objects
        /// An array of values; the columns' names stand apart.
        case arrays
    }

    /// What an integer beyond ±(2^53−1) is, which a double may not hold.
    public enum Integers: String, CaseIterable, Hashable, Sendable {
        /// A string of its digits.
        case string
        /// A number like any other.
        case number
        /// `{"$int": "…"}`.
        case tagged
    }

    /// What a row is.
    public var rows: Rows
    /// What a large integer is.
    public var integers: Integers

    /// A style of these fields.
    public init(rows: Rows = .objects, integers: Integers = .string) {
        self.rows = rows
        self.integers = integers
    }
}
