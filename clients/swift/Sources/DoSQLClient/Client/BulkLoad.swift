import DoSQLProtocol

/// Sends rows as far as the server grants (`protocol/flow-control.md`, *Bulk loads*).
struct BulkLoad {
    let connection: Connection
    let route: Route
    /// Bytes a LOAD_ROWS body aims at.
    static let frameAim = 32 * 1024

    func run<Rows: AsyncSequence>(
        _ sql: SQL, _ rows: Rows, deadline: Duration?
    ) async throws -> LoadResult where Rows.Element == [any DoSQLEncodable] {
        let sql = try sql.standalone()
        guard case .positional(let values) = sql.parameters, values.isEmpty else {
            throw DoSQLError(.encoding, "the statement of a load has no values of its own; they come with the rows")
        }
        var iterator = rows.makeAsyncIterator()
        // How many columns there are is said first: without a row there is nothing to say, and nothing to do.
        guard let first = try await iterator.next(isolation: #isolation) else {
            return LoadResult(rows: 0, outcome: .nothing)
        }
        let token = RequestToken()
        let sink = LoadSink()
        let body = RequestBody.load(sql.text, columns: first.count, deadline: deadline?.deadlineMilliseconds)
        connection.post(
            .submit(Submission(ticket: token.ticket, body: body, route: route, sink: sink), token, guardTime: nil))
        do {
            try await send(first, &iterator, token, sink)
        } catch {
            // The rows are not to be had: what was sent is undone, and the caller learns why.
            connection.cancel(token)
            _ = try? await sink.answer()
            throw error
        }
        // Only the waits are cancelled from outside: a closure of the standard library's would leave the caller's actor,
        // where the rows come from.
        return try await withTaskCancellationHandler {
            try await result(sink, token)
        } onCancel: {
            connection.cancel(token)
        }
    }

    private func send<Iterator: AsyncIteratorProtocol>(
        _ first: [any DoSQLEncodable], _ iterator: inout Iterator, _ token: RequestToken, _ sink: LoadSink
    ) async throws where Iterator.Element == [any DoSQLEncodable] {
        var row: [any DoSQLEncodable]? = first
        var number = 0
        while let current = row {
            var writer = ByteWriter(capacity: Self.frameAim)
            let position = writer.beginRows()
            var count = 0
            var next: [any DoSQLEncodable]? = current
            while let current = next, writer.count < Self.frameAim {
                try encode(current, width: first.count, number: number, into: &writer)
                count += 1
                number += 1
                next = try await iterator.next(isolation: #isolation)
            }
            writer.endRows(at: position, count: count)
            row = next
            // A sequence that ends because its task was cancelled has not given all its rows.
            try Task.checkCancellation()
            let size = writer.count
            let isGoingOn = await withTaskCancellationHandler {
                await sink.take(size)
            } onCancel: {
                connection.cancel(token)
            }
            guard isGoingOn else { return }
            connection.post(.loadRows(token, writer.take(), isLast: next == nil))
        }
    }

    private func encode(
        _ row: [any DoSQLEncodable], width: Int, number: Int, into writer: inout ByteWriter
    ) throws(DoSQLError) {
        do throws(DoSQLError) {
            guard row.count == width else {
                throw DoSQLError(.encoding, "a row of \(row.count) values among rows of \(width)")
            }
            for value in row { try value.dosqlValue.wire.encode(into: &writer) }
        } catch {
            var error = error
            error.row = number
            throw error
        }
    }

    private func result(_ sink: LoadSink, _ token: RequestToken) async throws -> LoadResult {
        do {
            guard case .done(let done) = try await sink.answer() else {
                throw DoSQLError.unexpected("another kind of answer")
            }
            return LoadResult(rows: Int(clamping: done.rowsLoaded ?? 0), outcome: RunResult(done.outcome))
        } catch let error as DoSQLError where error.code == .cancelled && token.isCancelled {
            throw CancellationError()
        }
    }
}
