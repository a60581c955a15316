/// The rows of a statement as they come.
///
/// The server sends only as far as it has credit, and credit goes back as rows are consumed: a slow consumer holds a few
/// frames, never the result (`protocol/flow-control.md`). It can be iterated once. Whoever leaves the loop early cancels
/// the statement; one that is not iterated at all is cancelled when it is released. A consumer that does not go on for
/// a minute (`cursorStallMax`) gets ``DoSQLError/Code/cursorStalled``.
public struct RowSequence: AsyncSequence, Sendable {
    /// One row.
    public typealias Element = Row

    /// The names of the columns, in order.
    public let columns: [String]
    private let lifetime: Lifetime

    /// Cancels what is left when nobody has it any more.
    fileprivate final class Lifetime: Sendable {
        let sink: RowStreamSink
        init(_ sink: RowStreamSink) { self.sink = sink }
        deinit { sink.cancel() }
    }

    init(columns: ColumnNames, sink: RowStreamSink) {
        self.columns = columns.names
        lifetime = Lifetime(sink)
    }

    /// An iterator. Only the first one made gets all rows.
    public func makeAsyncIterator() -> Iterator { Iterator(lifetime: lifetime) }

    /// Walks the rows.
    public struct Iterator: AsyncIteratorProtocol {
        private let lifetime: Lifetime
        private var block: RowBlock?
        private var credit = 0
        private var nextRow = 0

        fileprivate init(lifetime: Lifetime) { self.lifetime = lifetime }

        /// The next row; nil behind the last.
        ///
        /// - Throws: ``DoSQLError``, or `CancellationError` where the task was cancelled.
        public mutating func next() async throws -> Row? { try await next(isolation: nil) }

        /// The next row, on the caller's actor; nil behind the last.
        ///
        /// - Throws: ``DoSQLError``, or `CancellationError` where the task was cancelled.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws -> Row? {
            while true {
                if let block, nextRow < block.count {
                    defer { nextRow += 1 }
                    return Row(block: block, row: nextRow)
                }
                let consumed = credit
                block = nil
                credit = 0
                guard let next = try await lifetime.sink.next(consumed: consumed) else { return nil }
                block = next.block
                credit = next.credit
                nextRow = 0
            }
        }
    }
}
