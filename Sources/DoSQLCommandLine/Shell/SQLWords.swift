/// The words, quoted names and signs of a short statement; comments, space and the semicolon at its end are left out.
struct SQLWords {
    /// In order; a quoted name without its quotes, any other sign as it is.
    let all: [String]

    init(_ sql: String) {
        var words: [String] = []
        var rest = Substring(sql).unicodeScalars[...]
        while let first = rest.first {
            if first.properties.isWhitespace {
                rest = rest.dropFirst()
            } else if rest.starts(with: "--".unicodeScalars) {
                rest = rest.drop { $0 != "\n" }
            } else if rest.starts(with: "/*".unicodeScalars) {
                rest = rest.dropFirst(2)
                while !rest.isEmpty, !rest.starts(with: "*/".unicodeScalars) { rest = rest.dropFirst() }
                rest = rest.dropFirst(2)
            } else if let closing = Self.closing(first) {
                words.append(Self.name(&rest, until: closing))
            } else if Self.isWord(first) {
                let word = rest.prefix(while: Self.isWord)
                words.append(String(word))
                rest = rest[word.endIndex...]
            } else {
                words.append(String(first))
                rest = rest.dropFirst()
            }
        }
        while words.last == ";" { words.removeLast() }
        all = words
    }

    private static func closing(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
        switch scalar {
        case "\"", "'", "`": scalar
        case "[": "]"
        default: nil
        }
    }

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || scalar == "$" || scalar.value >= 0x80 || ("a"..."z").contains(scalar)
            || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
    }

    private static func name(_ rest: inout Substring.UnicodeScalarView, until closing: Unicode.Scalar) -> String {
        var name = String.UnicodeScalarView()
        rest = rest.dropFirst()
        while let scalar = rest.popFirst() {
            if scalar == closing {
                // A doubled quote is one of the name's own.
                guard closing != "]", rest.first == closing else { break }
                rest = rest.dropFirst()
            }
            name.append(scalar)
        }
        return String(name)
    }
}
