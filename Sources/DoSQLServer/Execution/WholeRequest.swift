import DoSQLEngine
import DoSQLProtocol

/// Carries out a QUERY, QUERY_ONE, RUN, BATCH or PUBLISH that is answered in one frame, inside a transaction that is open
/// already.
enum WholeRequest {
    /// The numbers an answer may carry as its LSN.
    struct Numbers {
        /// The newest change.
        var current: UInt64
        /// What this request's change is called, if it changes anything; 0 inside a transaction.
        var own: UInt64
    }

    /// Runs the request.
    /// - Throws: why it failed; the caller takes back what it did.
    static func run(
        _ job: Job, on connection: borrowing Connection, isReadOnly: Bool, transaction: TransactionState,
        numbers: Numbers, feeds: FeedPublisher?
    ) throws(Failure) -> Answer {
        do throws(Failure) {
            return try carryOut(
                job, on: connection, isReadOnly: isReadOnly, transaction: transaction, numbers: numbers, feeds: feeds)
        } catch {
            guard error.code == .resultTooLarge, job.limits.resultBytesMax < job.replyMax else { throw error }
            throw .resultBytesExceeded(job.limits.resultBytesMax)
        }
    }

    private static func carryOut(
        _ job: Job, on connection: borrowing Connection, isReadOnly: Bool, transaction: TransactionState,
        numbers: Numbers, feeds: FeedPublisher?
    ) throws(Failure) -> Answer {
        var writer = ByteWriter(capacity: 96)
        let stream = job.address.stream
        let request = job.address.request
        let body = job.body
        let effects: Effects
        let frame: Int
        let bytesMax = min(job.replyMax, job.limits.resultBytesMax) + FrameHeader.size
        switch job.type {
        case .batch:
            let batch: Batch
            do throws(DecodeError) { batch = try Batch(body.span) } catch { throw Failure(error) }
            frame = writer.beginFrame(.batchResult, stream: stream, request: request)
            effects = try BatchRunner.run(
                batch, statements: job.statements, on: connection, isReadOnly: isReadOnly, into: &writer,
                bytesMax: bytesMax,
                interruption: { job.interruption })
        case .publish:
            guard !isReadOnly, let feeds else { throw .readOnly }
            let publish: Publish
            do throws(DecodeError) { publish = try Publish(body.span) } catch { throw Failure(error) }
            effects = try feeds.publish(
                publish, permission: job.permission, on: connection, interruption: { job.interruption })
            frame = writer.beginFrame(.done, stream: stream, request: request)
        default:
            let execute = try Execute(body.span, of: job)
            let statement = try StatementRunner.prepare(execute.statement, statements: job.statements, on: connection)
            guard !isReadOnly || statement.access.isRead else { throw .readOnly }
            try ParameterBinder.bind(execute.parameters, to: statement)
            let want: StatementRunner.Want = execute.kind == .query ? .all : execute.kind == .queryOne ? .first : .none
            frame = writer.beginFrame(want == .none ? .done : .result, stream: stream, request: request)
            effects = try StatementRunner.carryOut(
                statement, want: want, on: connection, into: &writer, bytesMax: bytesMax,
                interruption: { job.interruption }
            ).effects
        }
        let outcomeOffset = writer.count
        effects.outcome(transaction: transaction, lsn: effects.changed ? numbers.own : numbers.current).encode(
            into: &writer)
        writer.endFrame(at: frame)
        guard writer.count <= bytesMax else { throw .resultTooLarge(job.replyMax) }
        return Answer(frame: writer.take(), outcomeOffset: outcomeOffset, effects: effects)
    }
}
