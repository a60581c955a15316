import DoSQLEngine
import DoSQLProtocol

/// Writes what a statement gives straight from SQLite's memory into a frame: no value is boxed on the way
/// (`protocol/values.md`, Columns and Rows).
enum RowEncoder {
    /// The names of the columns. Right only after the first step: a changed schema shows then.
    static func writeColumns(of statement: Statement, into writer: inout ByteWriter) {
        if let encoded = statement.encodedColumns { return writer.bytes.append(copying: encoded.span) }
        let start = writer.count
        let count = statement.columnCount
        writer.writeVarint(count)
        for index in 0..<count { writer.writeText(statement.columnNameBytes(index)) }
        statement.encodedColumns = [UInt8](copying: writer.bytes.span.extracting(start...))
    }

    /// The current row.
    @inline(__always)
    static func writeRow(of statement: Statement, columns: Int, into writer: inout ByteWriter) {
        for index in 0..<columns {
            switch statement.columnType(index) {
            case .integer: writer.writeInteger(statement.int64(at: index))
            case .real: writer.writeReal(statement.double(at: index))
            case .text:
                let text = statement.text(at: index)
                writer.beginTextValue(count: text.count)
                writer.bytes.append(copying: text)
            case .blob:
                let blob = statement.blob(at: index)
                writer.beginBlobValue(count: blob.count)
                writer.bytes.append(copying: blob)
            case .null: writer.writeNull()
            }
        }
    }

    /// The current row as values of their own, for references and comparisons.
    static func values(of statement: Statement, columns: Int) -> [Value] {
        (0..<columns).map { index in
            switch statement.columnType(index) {
            case .integer: return .integer(statement.int64(at: index))
            case .real: return .real(statement.double(at: index))
            case .text: return .text(Text(statement.text(at: index)))
            case .blob: return .blob([UInt8](copying: statement.blob(at: index)))
            case .null: return .null
            }
        }
    }
}
