public import DoSQLProtocol

/// A request's answer with all its frames put together.
public struct Answer: Sendable {
    /// The columns' names.
    public var columns: [String] = []
    /// All rows.
    public var rows: [[Value]] = []
    /// What became of the request.
    public var outcome = Outcome()
    /// Whether rows came in ROWS frames.
    public var isStreamed = false
    /// The bodies' sizes of its ROWS frames.
    public var rowsFrameSizes: [Int] = []
    /// The options of DONE, if it ended so.
    public var done: Done?
    /// The steps of a BATCH_RESULT.
    public var steps: [StepResult] = []
    /// The incarnation that OPEN gave.
    public var incarnation: Identity?

    /// The one value of a result of one row and column; NULL if it is not one.
    public var value: Value {
        rows.count == 1 && rows[0].count == 1 ? rows[0][0] : .null
    }
}
