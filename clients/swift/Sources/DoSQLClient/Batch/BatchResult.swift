import DoSQLProtocol

/// What became of a batch, step by step (`protocol/batches.md`, BATCH_RESULT).
public struct BatchResult: Sendable {
    /// What became of one step.
    public enum StepResult: Sendable {
        /// It ran: its rows as wanted, and its changes.
        case done(QueryResult)
        /// It failed, and was tolerated or the batch goes on at errors.
        case failed(DoSQLError)
        /// Its condition was false, or the batch had stopped before it.
        case skipped
    }

    /// One for each step.
    public let steps: [StepResult]
    /// The sum of the changes, the last rowid inserted, and the LSN of the whole.
    public let outcome: RunResult
    /// The stream's transaction after it.
    let transaction: TransactionState

    /// What became of `step`.
    public subscript(step: Batch.Step) -> StepResult { steps[step.index] }

    /// The rows that `step` gave.
    ///
    /// - Throws: the step's own ``DoSQLError`` if it failed; ``DoSQLError/Code/skipped`` if it was skipped.
    public func rows(of step: Batch.Step) throws(DoSQLError) -> QueryResult {
        switch self[step] {
        case .done(let result): return result
        case .failed(let error): throw error
        case .skipped: throw DoSQLError(.skipped, "step \(step.index) was skipped")
        }
    }

    /// The rowid of the last row that `step` inserted; nil if it did not run or inserted none.
    public func lastInsertRowid(of step: Batch.Step) -> Int64? {
        guard case .done(let result) = self[step], result.outcome.lastInsertRowid != 0 else { return nil }
        return result.outcome.lastInsertRowid
    }

    /// How many rows `step` changed; 0 if it did not run.
    public func changes(of step: Batch.Step) -> Int {
        guard case .done(let result) = self[step] else { return 0 }
        return result.outcome.changes
    }
}
