import DoSQLEngine
import DoSQLProtocol

/// What a batch remembers of its steps, for references and expressions (`protocol/batches.md`).
final class BatchMemory: ExpressionContext {
    private struct Step {
        var status: DoSQLProtocol.Expression.StepStatus
        var effects = Effects()
        var rows = 0
        var columns = 0
        var firstRow: [Value]?
        /// Whether its first row was more than may be remembered.
        var isForgotten = false
    }

    private var steps: [Step] = []
    /// Bytes that are remembered: rows of a thousand steps, each as long as a value may be, would be no bound at all.
    private var bytes = 0

    /// Begins the next step; whatever it does is recorded on it.
    func begin() { steps.append(Step(status: .done)) }

    /// Remembers the row on which a statement of the last step stands.
    func rememberFirstRow(of statement: Statement, columns: Int) {
        let last = steps.count - 1
        steps[last].columns = columns
        var size = columns * MemoryLayout<Value>.stride
        for index in 0..<columns {
            switch statement.columnType(index) {
            case .text: size += statement.text(at: index).count
            case .blob: size += statement.blob(at: index).count
            case .integer, .real, .null: break
            }
        }
        guard bytes + size <= Limits.batchMemoryMax else { return steps[last].isForgotten = true }
        bytes += size
        steps[last].firstRow = RowEncoder.values(of: statement, columns: columns)
    }

    func finish(_ effects: Effects, rows: Int, columns: Int) {
        steps[steps.count - 1].effects = effects
        steps[steps.count - 1].rows = rows
        steps[steps.count - 1].columns = columns
    }

    /// It failed, or was skipped: nothing of it remains.
    func finish(_ status: DoSQLProtocol.Expression.StepStatus) {
        steps[steps.count - 1] = Step(status: status)
    }

    func status(ofStep step: Int) -> DoSQLProtocol.Expression.StepStatus { steps[step].status }

    func value(of reference: Reference) throws(Failure) -> Value {
        let step = steps[reference.step]
        guard step.status == .done else { return .null }
        switch reference {
        case .lastInsertRowid: return .integer(step.effects.lastInsertRowid)
        case .changes: return .integer(Int64(clamping: step.effects.changes))
        case .rowCount: return .integer(Int64(step.rows))
        case .column(let number, let column):
            guard column < step.columns else {
                throw Failure(
                    .batchReference,
                    "step \(number) gives \(step.columns) columns, so there is no column \(column) to refer to")
            }
            if step.isForgotten {
                throw Failure(
                    .resultTooLarge,
                    "the first row of step \(number) was not kept: those of a batch have at most "
                        + "\(Limits.batchMemoryMax) bytes",
                    limit: ("batchMemoryMax", Limits.batchMemoryMax))
            }
            return step.firstRow?[column] ?? .null
        }
    }
}
