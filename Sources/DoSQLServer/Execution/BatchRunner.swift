import DoSQLEngine
import DoSQLProtocol

/// Carries out the steps of a batch inside a transaction that is open already (`protocol/batches.md`).
enum BatchRunner {
    /// Savepoints of steps, below which the caller keeps its own.
    private static let savepointDepth = 8

    /// Runs all steps and writes the count and the step results of BATCH_RESULT.
    /// - Throws: the failure that undoes the whole batch; the caller takes it back.
    static func run(
        _ batch: borrowing Batch, statements: StatementTable, on connection: borrowing Connection, isReadOnly: Bool,
        into writer: inout ByteWriter, bytesMax: Int, interruption: () -> Failure
    ) throws(Failure) -> Effects {
        let memory = BatchMemory()
        var total = Effects()
        var isStopped = false
        writer.writeVarint(batch.count)
        var steps = batch.makeReader()
        for number in 0..<batch.count {
            let next: StepView?
            do throws(DecodeError) { next = try steps.next() } catch { throw Failure(error) }
            guard let step = next else { break }
            memory.begin()
            let start = writer.count
            do throws(Failure) {
                let isDue = isStopped ? false : try isDue(step, memory)
                guard isDue else {
                    memory.finish(.skipped)
                    writer.writeStepSkipped()
                    continue
                }
                let isAlone = batch.onError == .rollback && !step.isTolerated
                total.add(
                    try run(
                        step, number, memory, statements: statements, on: connection, isReadOnly: isReadOnly,
                        ownSavepoint: !isAlone, into: &writer, bytesMax: bytesMax, interruption: interruption))
            } catch {
                var failure = error
                failure.step = failure.step ?? number
                let endsAll =
                    connection.isAutocommit || failure.code == .resultTooLarge || failure.code == .deadlineExceeded
                    || failure.code == .cancelled || failure.isOutdatedStatement
                if endsAll || (batch.onError == .rollback && !step.isTolerated) { throw failure }
                memory.finish(.failed)
                writer.truncate(to: start)
                writer.writeStepFailed(failure.message(transaction: .none))
                if batch.onError == .stop && !step.isTolerated { isStopped = true }
            }
            if writer.count > bytesMax { throw .resultTooLarge(bytesMax) }
        }
        return total
    }

    /// Whether every step only reads, as far as the schema of `connection` can tell.
    static func isRead(_ batch: borrowing Batch, statements: StatementTable, on connection: borrowing Connection)
        -> Bool
    {
        var steps = batch.makeReader()
        for _ in 0..<batch.count {
            guard let step = try? steps.next(),
                let statement = try? StatementRunner.prepare(step.statement, statements: statements, on: connection),
                statement.isSurelyRead
            else { return false }
        }
        return true
    }

    private static func isDue(_ step: borrowing StepView, _ memory: BatchMemory) throws(Failure) -> Bool {
        guard !step.condition.isEmpty else { return true }
        return try judge(step.condition, memory)
    }

    private static func judge(_ expression: Span<UInt8>, _ memory: BatchMemory) throws(Failure) -> Bool {
        let parsed: DoSQLProtocol.Expression
        do throws(DecodeError) { parsed = try DoSQLProtocol.Expression(decoding: expression) } catch {
            throw Failure(error)
        }
        return try parsed.evaluate(memory)
    }

    private static func run(
        _ step: borrowing StepView, _ number: Int, _ memory: BatchMemory, statements: StatementTable,
        on connection: borrowing Connection, isReadOnly: Bool, ownSavepoint: Bool, into writer: inout ByteWriter,
        bytesMax: Int,
        interruption: () -> Failure
    ) throws(Failure) -> Effects {
        let statement = try StatementRunner.prepare(step.statement, statements: statements, on: connection)
        if let control = statement.access.transactionControl {
            throw Failure(
                .transactionControl, "\(control.keyword) is not a step of a batch: a batch is a transaction itself")
        }
        guard !isReadOnly || statement.access.isRead else { throw .readOnly }
        // References are bound before the step counts as begun: its own number is not among them.
        try ParameterBinder.bind(step.parameters, to: statement, batch: memory)
        if ownSavepoint { try savepoint(connection) }
        do throws(Failure) {
            writer.writeStepDone()
            let want: StatementRunner.Want =
                switch step.want {
                case .none: .none
                case .first: .first
                case .all: .all
                }
            if want == .none {
                writer.writeColumnsHeader(count: 0)
                writer.writeU32(0)
            }
            let result = try StatementRunner.carryOut(
                statement, want: want, on: connection, into: &writer, bytesMax: bytesMax, interruption: interruption,
                rememberFirstRow: memory.rememberFirstRow(of:columns:))
            memory.finish(result.effects, rows: result.rows, columns: statement.columnCount)
            writer.writeStepEnd(changes: result.effects.changes, lastInsertRowid: result.effects.lastInsertRowid)
            if !step.assertion.isEmpty, try !judge(step.assertion, memory) {
                let message = Text(step.message).repaired
                throw Failure(
                    .assertionFailed, message.isEmpty ? "the assertion of step \(number) does not hold" : message)
            }
            if ownSavepoint { try release(connection) }
            return result.effects
        } catch {
            if ownSavepoint && !connection.isAutocommit { try undo(connection) }
            throw error
        }
    }

    private static func savepoint(_ connection: borrowing Connection) throws(Failure) {
        do throws(SQLiteError) { try connection.savepoint(savepointDepth) } catch { throw Failure(error) }
    }

    private static func release(_ connection: borrowing Connection) throws(Failure) {
        do throws(SQLiteError) { try connection.release(savepointDepth) } catch { throw Failure(error) }
    }

    private static func undo(_ connection: borrowing Connection) throws(Failure) {
        do throws(SQLiteError) {
            try connection.rollbackTo(savepointDepth)
            try connection.release(savepointDepth)
        } catch {
            throw Failure(error)
        }
    }
}
