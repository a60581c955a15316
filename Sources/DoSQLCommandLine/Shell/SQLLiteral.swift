import DoSQLClient

/// Values and names as SQL writes them, so that SQLite reads exactly the same again.
enum SQLLiteral {
    /// Appends a value.
    static func append(_ value: DoSQLValue, to output: inout [UInt8]) {
        switch value {
        case .null: output.append("NULL")
        case .integer(let integer): output.append("\(integer)")
        case .real(let real): output.append(RealLiteral(real).text)
        // A NUL would end the statement's text.
        case .text(let text) where text.utf8.contains(0): append(textBytes: Array(text.utf8), to: &output)
        case .text(let text): append(quoted: text.utf8, by: UInt8(ascii: "'"), to: &output)
        case .textBytes(let bytes): append(textBytes: bytes, to: &output)
        case .blob(let bytes): output.append("X'\(Hexadecimal.text(bytes))'")
        }
    }

    /// A name in double quotes.
    static func name(_ name: String) -> String {
        var output: [UInt8] = []
        append(quoted: name.utf8, by: UInt8(ascii: "\""), to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    private static func append(textBytes bytes: [UInt8], to output: inout [UInt8]) {
        output.append("CAST(X'\(Hexadecimal.text(bytes))' AS TEXT)")
    }

    private static func append(quoted text: some Sequence<UInt8>, by quote: UInt8, to output: inout [UInt8]) {
        output.append(quote)
        for byte in text {
            if byte == quote { output.append(quote) }
            output.append(byte)
        }
        output.append(quote)
    }
}
