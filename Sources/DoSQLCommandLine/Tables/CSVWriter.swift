import DoSQLClient

/// RFC 4180 with LF at the ends of lines: names first; NULL is an empty field, the empty text is `""`, blobs are
/// hexadecimal digits.
struct CSVWriter: RowWriter {
    let hasHeader: Bool

    init(hasHeader: Bool = true) { self.hasHeader = hasHeader }

    func begin(_ columns: [String], into output: inout [UInt8]) {
        guard hasHeader else { return }
        write(columns.map { .text($0) }, into: &output)
    }

    func row(_ values: [DoSQLValue], into output: inout [UInt8]) { write(values, into: &output) }

    func end(into output: inout [UInt8]) {}

    private func write(_ values: [DoSQLValue], into output: inout [UInt8]) {
        for (column, value) in values.enumerated() {
            if column > 0 { output.append(UInt8(ascii: ",")) }
            switch value {
            case .null: break
            case .integer(let integer): output.append("\(integer)")
            case .real(let real): output.append("\(real)")
            case .text(let text): Self.field(Array(text.utf8), into: &output)
            case .textBytes(let bytes): Self.field(bytes, into: &output)
            case .blob(let bytes): output.append(Hexadecimal.text(bytes))
            }
        }
        output.append(UInt8(ascii: "\n"))
    }

    private static func field(_ bytes: [UInt8], into output: inout [UInt8]) {
        let quote = UInt8(ascii: "\"")
        let isPlain = bytes.allSatisfy { $0 != quote && $0 != UInt8(ascii: ",") && $0 != 0x0A && $0 != 0x0D }
        if isPlain, !bytes.isEmpty {
            output += bytes
            return
        }
        output.append(quote)
        for byte in bytes {
            if byte == quote { output.append(quote) }
            output.append(byte)
        }
        output.append(quote)
    }
}
