/// One row of a result: its cells by place and by name, or as a type of yours.
///
/// The row keeps the bytes of the frame it came in; nothing is decoded until it is asked for.
public struct Row: Sendable, RandomAccessCollection {
    let block: RowBlock
    let row: Int

    /// How the names of a type's properties become names of columns.
    public enum Naming: Sendable {
        /// As they are.
        case exact
        /// `userID` and `userId` become `user_id`.
        case snakeCase
    }

    /// The names of the columns, in order; names may repeat, as they may in SQL.
    public var columns: [String] { block.columns.names }

    /// 0.
    public var startIndex: Int { 0 }
    /// The number of columns.
    public var endIndex: Int { block.columns.names.count }

    /// The cell of a column by its place, from 0.
    public subscript(column: Int) -> Cell {
        precondition(indices.contains(column), "column \(column) of a row that has \(count)")
        return Cell(block: block, row: row, column: column)
    }

    /// The cell of the first column of this name; nil if there is none.
    public subscript(name: String) -> Cell? { block.columns.place(of: name).map { self[$0] } }

    /// The value of one column.
    ///
    /// - Parameters:
    ///   - name: the column's name.
    ///   - type: what it is to be read as.
    /// - Throws: ``DoSQLError`` with the code ``DoSQLError/Code/decoding``, also where there is no such column.
    public func decode<T: DoSQLDecodable>(_ name: String, as type: T.Type = T.self) throws(DoSQLError) -> T {
        guard let cell = self[name] else {
            throw DoSQLError(.decoding, "there is no column \"\(name)\"; there are \(columns)", execution: .executed)
        }
        return try cell.decode(type)
    }

    /// The whole row as a tuple, column by column: `try row.decode((Int, String?).self)`.
    ///
    /// - Throws: ``DoSQLError`` with the code ``DoSQLError/Code/decoding``, also where the row has not as many columns.
    public func decode<each Column: DoSQLDecodable>(
        _ type: (repeat each Column).Type = (repeat each Column).self
    ) throws(DoSQLError) -> (repeat each Column) {
        var wanted = 0
        for _ in repeat (each Column).self { wanted += 1 }
        guard wanted == count else {
            throw DoSQLError(.decoding, "a tuple of \(wanted) for a row of \(count) columns", execution: .executed)
        }
        var column = 0
        func next<T: DoSQLDecodable>(_: T.Type) throws(DoSQLError) -> T {
            defer { column += 1 }
            return try self[column].decode(T.self)
        }
        return (repeat try next((each Column).self))
    }

    /// The row as a `Decodable` type, its properties found by column name. A type that is a single value
    /// (``DoSQLDecodable``) is read from the first column.
    ///
    /// - Throws: ``DoSQLError`` with the code ``DoSQLError/Code/decoding``.
    public func decode<T: Decodable>(_ type: T.Type, naming: Naming = .exact) throws -> T {
        if let type = type as? any DoSQLDecodable.Type, let cell = first { return try type.init(dosqlCell: cell) as! T }
        return try T(from: RowDecoder(row: self, naming: naming))
    }
}

extension Row: CustomStringConvertible {
    /// Names and values, for people.
    public var description: String { "[" + map { "\($0.name): \($0.value)" }.joined(separator: ", ") + "]" }
}
