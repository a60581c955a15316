/// All rows of a statement, and what became of it.
public struct QueryResult: Sendable, RandomAccessCollection {
    let blocks: [RowBlock]
    /// The number of the first row of each block.
    private let starts: [Int]
    /// The names of the columns, in order.
    public let columns: [String]
    /// How many rows there are.
    public let count: Int
    /// Changes, rowid and LSN, for a statement that writes and gives rows (`RETURNING`).
    public let outcome: RunResult

    init(columns: [String], blocks: [RowBlock], outcome: RunResult) {
        self.columns = columns
        self.blocks = blocks.filter { $0.count > 0 }
        self.outcome = outcome
        var starts: [Int] = []
        var count = 0
        for block in self.blocks {
            starts.append(count)
            count += block.count
        }
        self.starts = starts
        self.count = count
    }

    /// 0.
    public var startIndex: Int { 0 }
    /// The number of rows.
    public var endIndex: Int { count }

    /// The row of a number, from 0.
    public subscript(row: Int) -> Row {
        precondition(indices.contains(row), "row \(row) of a result that has \(count)")
        var low = 0
        var high = starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= row { low = middle } else { high = middle }
        }
        return Row(block: blocks[low], row: row - starts[low])
    }

    /// All rows as a `Decodable` type; see ``Row/decode(_:naming:)``.
    ///
    /// - Throws: ``DoSQLError`` with the code ``DoSQLError/Code/decoding``.
    public func decode<T: Decodable>(_ type: T.Type, naming: Row.Naming = .exact) throws -> [T] {
        try map { try $0.decode(type, naming: naming) }
    }

    /// All rows as tuples; see ``Row/decode(_:)``.
    ///
    /// - Throws: ``DoSQLError`` with the code ``DoSQLError/Code/decoding``.
    public func decode<each Column: DoSQLDecodable>(
        _ type: (repeat each Column).Type
    ) throws(DoSQLError) -> [(repeat each Column)] {
        var rows: [(repeat each Column)] = []
        rows.reserveCapacity(count)
        for row in self { rows.append(try row.decode(type)) }
        return rows
    }
}
