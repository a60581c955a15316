import DoSQLEngine
import DoSQLProtocol

extension Description {
    /// The answer to a DESCRIBE: compiles, and carries nothing out.
    static func frame(for job: Job, on connection: borrowing Connection) throws(Failure) -> [UInt8] {
        var writer = ByteWriter(capacity: 256)
        let body = job.body
        try encode(
            body.span, statements: job.statements, stream: job.address.stream, request: job.address.request,
            on: connection, into: &writer,
            bodyMax: job.replyMax)
        return writer.take()
    }

    /// Writes the frame of the answer to a DESCRIBE.
    static func encode(
        _ body: Span<UInt8>, statements: StatementTable, stream: UInt16, request: UInt32,
        on connection: borrowing Connection,
        into writer: inout ByteWriter, bodyMax: Int
    ) throws(Failure) {
        let describe: Describe
        do throws(DecodeError) { describe = try Describe(body) } catch { throw Failure(error) }
        let statement = try StatementRunner.prepare(describe.statement, statements: statements, on: connection)
        let count = statement.parameterCount
        var description = Description(
            isReadOnly: statement.access.isRead,
            parameters: count == 0 ? [] : (1...count).map { statement.parameterName($0) ?? "" },
            columns: (0..<statement.columnCount).map { index in
                Column(
                    name: statement.columnName(index), declaredType: statement.declaredType(index) ?? "",
                    originTable: statement.originTable(index) ?? "", originColumn: statement.originColumn(index) ?? "")
            })
        if describe.withPlan {
            do throws(PrepareError) {
                description.plan = try connection.explainQueryPlan(statement.sql).map { step in
                    PlanNode(id: UInt64(clamping: step.id), parent: UInt64(clamping: step.parent), detail: step.detail)
                }
            } catch {
                throw Failure(error)
            }
        }
        let start = writer.count
        description.encode(into: &writer, stream: stream, request: request)
        guard writer.count - start - FrameHeader.size <= bodyMax else {
            writer.truncate(to: start)
            throw .resultTooLarge(bodyMax)
        }
    }
}
