/// JSON as it is written into files of keys.
enum JSONText {
    /// A string with its quotation marks (RFC 8259, 7).
    static func string(_ text: String) -> String {
        var json = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": json += "\\\""
            case "\\": json += "\\\\"
            case "\u{00}"..<" ":
                let digits = String(scalar.value, radix: 16)
                json += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: json.unicodeScalars.append(scalar)
            }
        }
        return json + "\""
    }

    /// A list of strings.
    static func strings(_ texts: [String]) -> String {
        "[\(texts.map(string).joined(separator: ", "))]"
    }
}
