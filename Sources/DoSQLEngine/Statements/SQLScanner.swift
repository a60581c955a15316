/// The little of SQL's lexical grammar the engine needs: what separates statements, and the keyword one begins with.
///
/// Everything else is SQLite's to read: <https://www.sqlite.org/lang.html>.
enum SQLScanner {
    /// The offset of the first byte that is neither white space, a comment nor a semicolon; `count` if there is none.
    static func skipSeparators(_ sql: Span<UInt8>, from start: Int, semicolons: Bool = true) -> Int {
        var offset = start
        while offset < sql.count {
            switch sql[offset] {
            case UInt8(ascii: " "), 0x09, 0x0a, 0x0c, 0x0d:
                offset += 1
            case UInt8(ascii: ";") where semicolons:
                offset += 1
            case 0xef where offset + 2 < sql.count && sql[offset + 1] == 0xbb && sql[offset + 2] == 0xbf:
                offset += 3
            case UInt8(ascii: "-") where offset + 1 < sql.count && sql[offset + 1] == UInt8(ascii: "-"):
                while offset < sql.count, sql[offset] != 0x0a { offset += 1 }
            case UInt8(ascii: "/") where offset + 1 < sql.count && sql[offset + 1] == UInt8(ascii: "*"):
                // A comment that is never closed ends with the text.
                offset += 2
                while offset < sql.count, !(sql[offset] == UInt8(ascii: "/") && sql[offset - 1] == UInt8(ascii: "*")) {
                    offset += 1
                }
                offset = min(offset + 1, sql.count)
            default:
                return offset
            }
        }
        return offset
    }

    /// The next word in upper case and the offset after it; empty if there is something else.
    static func keyword(_ sql: Span<UInt8>, from start: Int, semicolons: Bool = true) -> (word: String, end: Int) {
        let first = skipSeparators(sql, from: start, semicolons: semicolons)
        var word = ""
        var offset = first
        // No keyword is longer than 17 bytes.
        while offset < sql.count, offset - first < 18 {
            let byte = sql[offset] & 0xdf
            guard (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) else { break }
            word.unicodeScalars.append(Unicode.Scalar(byte))
            offset += 1
        }
        return (word, offset)
    }

    /// Whether the text contains the reserved prefix anywhere, in any case.
    static func containsReservedPrefix(_ sql: Span<UInt8>) -> Bool { contains(Array(Denial.reservedPrefix.utf8), sql) }

    /// Whether the text contains the word anywhere, in any case, be it in a name or a string.
    static func containsSelect(_ sql: Span<UInt8>) -> Bool { contains(Array("select".utf8), sql) }

    /// Whether a name stands in the text, quoted or not, in any case: as a whole, not as a part of another one.
    static func contains(name: [UInt8], in sql: Span<UInt8>, from start: Int) -> Bool {
        guard !name.isEmpty else { return false }
        func isPart(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"), 0x80...:
                true
            default: false
            }
        }
        func folded(_ byte: UInt8) -> UInt8 {
            (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
        }
        var offset = start
        while offset + name.count <= sql.count {
            var length = 0
            while length < name.count, folded(sql[offset + length]) == folded(name[length]) { length += 1 }
            let end = offset + name.count
            if length == name.count, offset == start || !isPart(sql[offset - 1]) || !isPart(name[0]),
                end == sql.count || !isPart(sql[end]) || !isPart(name[name.count - 1])
            {
                return true
            }
            offset += 1
        }
        return false
    }

    private static func contains(_ word: [UInt8], _ sql: Span<UInt8>) -> Bool {
        var start = 0
        while start + word.count <= sql.count {
            var length = 0
            while length < word.count {
                let byte = sql[start + length]
                let folded = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
                guard folded == word[length] else { break }
                length += 1
            }
            if length == word.count { return true }
            start += 1
        }
        return false
    }
}
