import DoSQLClient

/// Writes one result, row by row, as bytes.
protocol RowWriter {
    /// The result begins.
    mutating func begin(_ columns: [String], into output: inout [UInt8])
    /// A row, with as many values as there are columns.
    mutating func row(_ values: [DoSQLValue], into output: inout [UInt8])
    /// There are no more rows.
    mutating func end(into output: inout [UInt8])
}

extension [UInt8] {
    /// Appends a text's UTF-8.
    mutating func append(_ text: String) { append(contentsOf: text.utf8) }
}
