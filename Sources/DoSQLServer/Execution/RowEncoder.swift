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

    /// Begins the RESULT that answers a request: its header, the columns, and a row count that is open. Gives the position
    /// of the row count.
    static func beginResult(of statement: Statement, _ request: FrameHeader, into writer: inout ByteWriter) -> Int {
        let header = FrameHeader(
            length: 0, type: MessageType.result.rawValue, flags: [], stream: request.stream, request: request.request)
        if let columns = statement.encodedColumns {
            writer.bytes.append(addingCapacity: FrameHeader.size + columns.count + 4) { output in
                output.append(header)
                output.append(copying: columns.span)
                output.appendOpenRowCount()
            }
            return writer.count - 4
        }
        header.encode(into: &writer)
        writeColumns(of: statement, into: &writer)
        return writer.beginRows()
    }

    /// Bytes that a value takes at most beside those of its text or blob.
    private static let valueMax = 10
    /// Room that is made for a value before it is known.
    private static let valueRoom = 32

    /// The current row. Room is made for all of it at once, where its texts and blobs are short.
    @inline(__always)
    static func writeRow(of statement: Statement, columns: Int, into writer: inout ByteWriter) {
        var column = 0
        var room = columns &* valueRoom
        while column < columns {
            writer.bytes.append(addingCapacity: room) { output in
                while column < columns {
                    let missing = append(statement.value(at: column), to: &output)
                    guard missing == 0 else {
                        room = missing &+ (columns &- column) &* valueRoom
                        return
                    }
                    column &+= 1
                }
            }
        }
    }

    /// Appends a value if there is room for it; else gives how many bytes it needs, and 0 if it was appended.
    @inline(__always)
    @_lifetime(output: copy output)
    private static func append(_ value: borrowing ColumnValue, to output: inout OutputSpan<UInt8>) -> Int {
        let type = value.type
        switch type {
        case .text:
            let text = value.text
            let needed = valueMax &+ text.count
            guard needed <= output.freeCapacity else { return needed }
            output.beginText(count: text.count)
            output.append(copying: text)
        case .blob:
            let blob = value.blob
            let needed = valueMax &+ blob.count
            guard needed <= output.freeCapacity else { return needed }
            output.beginBlob(count: blob.count)
            output.append(copying: blob)
        case .integer, .real, .null:
            guard valueMax <= output.freeCapacity else { return valueMax }
            switch type {
            case .integer: output.appendInteger(value.int64)
            case .real: output.appendReal(value.double)
            default: output.appendNull()
            }
        }
        return 0
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
