import DoSQLClient

/// Columns for people: numbers to the right, NULL as `NULL`, blobs as `x'…'`, one line a row.
///
///      id | name
///     ----+------
///       1 | ada
///     (1 row)
///
/// Widths come from the first rows; a longer value further down pushes its line out rather than being cut.
struct TableWriter: RowWriter {
    /// Rows that are held back to find the widths.
    static let sampleMax = 1000
    /// Bytes of a blob that are shown.
    static let blobMax = 32

    let hasHeader: Bool
    private var columns: [String] = []
    private var sample: [[Cell]] = []
    private var widths: [Int]?
    private var count = 0

    private struct Cell {
        var text: String
        var isNumber: Bool
    }

    init(hasHeader: Bool = true) { self.hasHeader = hasHeader }

    mutating func begin(_ columns: [String], into output: inout [UInt8]) {
        self.columns = columns.map { DisplayText.escaped($0) }
    }

    mutating func row(_ values: [DoSQLValue], into output: inout [UInt8]) {
        count += 1
        let cells = values.map(Self.cell)
        if let widths {
            Self.write(cells, widths, into: &output)
        } else {
            sample.append(cells)
            if sample.count >= Self.sampleMax { flushSample(into: &output) }
        }
    }

    mutating func end(into output: inout [UInt8]) {
        if widths == nil { flushSample(into: &output) }
        output.append(count == 1 ? "(1 row)\n" : "(\(count) rows)\n")
    }

    private mutating func flushSample(into output: inout [UInt8]) {
        var widths = hasHeader ? columns.map { DisplayText.width($0) } : columns.map { _ in 0 }
        for cells in sample {
            for (column, cell) in cells.enumerated() {
                widths[column] = max(widths[column], DisplayText.width(cell.text))
            }
        }
        if hasHeader {
            Self.write(columns.map { Cell(text: $0, isNumber: false) }, widths, into: &output)
            output.append(widths.map { String(repeating: "-", count: $0 + 2) }.joined(separator: "+") + "\n")
        }
        for cells in sample { Self.write(cells, widths, into: &output) }
        sample = []
        self.widths = widths
    }

    private static func write(_ cells: [Cell], _ widths: [Int], into output: inout [UInt8]) {
        for (column, cell) in cells.enumerated() {
            let padding = String(repeating: " ", count: max(0, widths[column] - DisplayText.width(cell.text)))
            let isLast = column == cells.count - 1
            output.append(column == 0 ? " " : " | ")
            output.append(cell.isNumber ? padding + cell.text : isLast ? cell.text : cell.text + padding)
        }
        output.append("\n")
    }

    private static func cell(_ value: DoSQLValue) -> Cell {
        switch value {
        case .null: Cell(text: "NULL", isNumber: false)
        case .integer(let integer): Cell(text: "\(integer)", isNumber: true)
        case .real(let real): Cell(text: "\(real)", isNumber: true)
        case .text(let text): Cell(text: DisplayText.escaped(text), isNumber: false)
        case .textBytes(let bytes):
            Cell(text: DisplayText.escaped(String(decoding: bytes, as: UTF8.self)), isNumber: false)
        case .blob(let bytes) where bytes.count > blobMax:
            Cell(text: "x'\(Hexadecimal.text(bytes.prefix(blobMax)))…' (\(bytes.count) bytes)", isNumber: false)
        case .blob(let bytes): Cell(text: "x'\(Hexadecimal.text(bytes))'", isNumber: false)
        }
    }
}
