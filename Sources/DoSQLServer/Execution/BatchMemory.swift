import DoSQLProtocol

/// What a batch remembers of its steps, for references and expressions (`protocol/batches.md`).
final class BatchMemory: ExpressionContext {
    private struct Step {
        var status: DoSQLProtocol.Expression.StepStatus
        var effects = Effects()
        var rows = 0
        var columns = 0
        var firstRow: [Value]?
    }

    private var steps: [Step] = []

    /// Begins the next step; whatever it does is recorded on it.
    func begin() { steps.append(Step(status: .done)) }

    func rememberFirstRow(columns: Int, _ row: [Value]) {
        steps[steps.count - 1].columns = columns
        steps[steps.count - 1].firstRow = row
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
            return step.firstRow?[column] ?? .null
        }
    }
}
