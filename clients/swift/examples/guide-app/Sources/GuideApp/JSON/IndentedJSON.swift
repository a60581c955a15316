/// JSON as people read it.
enum IndentedJSON {
    /// JSON text, with each member and each element on a line of its own and two spaces a level, as JavaScript's
    /// `JSON.stringify(value, null, 2)` has it. (Foundation's own form has a space in front of the colon as well.)
    ///
    /// - Parameter json: valid JSON in UTF-8 without space between its tokens.
    static func bytes(of json: [UInt8]) -> [UInt8] {
        var indented: [UInt8] = []
        var depth = 0
        var isInString = false
        var isEscaped = false

        func breakLine() {
            indented.append(UInt8(ascii: "\n"))
            indented.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * depth))
        }

        for (index, byte) in json.enumerated() {
            if isInString {
                indented.append(byte)
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""):
                isInString = true
                indented.append(byte)
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                indented.append(byte)
                // In ASCII the closing bracket is two behind the opening one. Empty ones stay together.
                if json[index + 1] != byte + 2 { breakLine() }
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if json[index - 1] != byte - 2 { breakLine() }
                indented.append(byte)
            case UInt8(ascii: ","):
                indented.append(byte)
                breakLine()
            case UInt8(ascii: ":"):
                indented += [byte, UInt8(ascii: " ")]
            default:
                indented.append(byte)
            }
        }
        return indented
    }
}
