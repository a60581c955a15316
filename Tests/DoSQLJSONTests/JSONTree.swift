import DoSQLJSON
import DoSQLProtocol

/// A whole JSON text as the reader understood it, in a notation of its own, so that tests compare meanings: strings
/// with every byte beyond printable ASCII in hex, integers with `i`, reals with `r`.
enum JSONTree {
    static func describe(_ bytes: [UInt8]) throws(JSONFault) -> String {
        var reader = JSONReader(bytes.span)
        let text = try describe(&reader)
        try reader.expectEnd()
        return text
    }

    static func describe(_ text: String) throws(JSONFault) -> String { try describe(Array(text.utf8)) }

    @_lifetime(reader: copy reader)
    private static func describe(_ reader: inout JSONReader) throws(JSONFault) -> String {
        switch try reader.peek() {
        case .null:
            try reader.readNull()
            return "null"
        case .boolean: return try reader.readBool() ? "true" : "false"
        case .string: return describe(string: try reader.readString().bytes)
        case .number:
            switch try reader.readNumber() {
            case .integer(let value): return "i\(value)"
            case .real(let value): return "r\(value)"
            }
        case .array:
            var parts: [String] = []
            try reader.beginArray()
            while try reader.nextElement() { parts.append(try describe(&reader)) }
            return "[" + parts.joined(separator: " ") + "]"
        case .object:
            var parts: [String] = []
            try reader.beginObject()
            while let name = try reader.nextMember() {
                let shown = describe(string: name.bytes)
                parts.append(shown + ":" + (try describe(&reader)))
            }
            return "{" + parts.joined(separator: " ") + "}"
        }
    }

    private static func describe(string bytes: [UInt8]) -> String {
        var text = "'"
        for byte in bytes {
            if byte >= 0x20, byte < 0x7F {
                text.unicodeScalars.append(UnicodeScalar(byte))
            } else {
                text += "<" + (byte < 0x10 ? "0" : "") + String(byte, radix: 16) + ">"
            }
        }
        return text + "'"
    }
}

/// Whether the reader can pass over the bytes to their end.
func isJSON(_ bytes: [UInt8]) -> Bool { JSONData.isJSON(bytes.span) }

/// Whether the reader can pass over the text to its end.
func isJSON(_ text: String) -> Bool { isJSON(Array(text.utf8)) }

/// A generator whose numbers are the same in every run (splitmix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
