import DoSQLProtocol

extension ByteWriter {
    /// JSON that stands in our own source: braces, names.
    @inline(always)
    mutating func appendJSON(literal: String) { append(literal.utf8.span) }

    /// A JSON string of our own words or a message's, which are UTF-8.
    mutating func appendJSON(string: String) {
        appendJSON(utf8: string.utf8.span)
    }

    /// A JSON string of what is known to be UTF-8, escaped as JavaScript does.
    mutating func appendJSON(utf8 text: Span<UInt8>) {
        writeU8(UInt8(ascii: "\""))
        var run = 0
        var index = text.endOfPlainJSON(from: 0)
        while index < text.count {
            let byte = text[index]
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                if run < index { append(text.extracting(run..<index)) }
                appendEscape(byte)
                run = index &+ 1
            }
            index &+= 1
        }
        if run < text.count { append(run == 0 ? text : text.extracting(run..<text.count)) }
        writeU8(UInt8(ascii: "\""))
    }

    /// A text of SQLite's, which need not be UTF-8 (`protocol/json.md`, values).
    mutating func appendJSON(text: Span<UInt8>) {
        if text.endOfPlainJSON(from: 0) == text.count || text.firstInvalidUTF8 == nil {
            return appendJSON(utf8: text)
        }
        appendJSON(literal: "{\"$text\":\"")
        Base64.append(text, to: &self)
        appendJSON(literal: "\"}")
    }

    /// The digits of an integer.
    mutating func appendJSON(digits value: Int64) {
        if value < 0 { writeU8(UInt8(ascii: "-")) }
        appendJSON(digits: value.magnitude)
    }

    /// The digits of a count.
    mutating func appendJSON(digits value: UInt64) {
        if value < 10 { return writeU8(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value)) }
        var digits = [20 of UInt8](repeating: 0)
        var first = 20
        var rest = value
        repeat {
            first &-= 1
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            digits[first] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: digit)
            rest = quotient
        } while rest > 0
        bytes.append(addingCapacity: 20 &- first) { output in
            for index in first..<20 { output.append(digits[index]) }
        }
    }

    /// A real: the fewest digits that give it back, always with a fraction or an exponent, so that it is no integer.
    mutating func appendJSON(real value: Double) {
        if value.isFinite { return bytes.append(contentsOf: value.description.utf8) }
        // A message has no NaN: SQLite gives NULL instead.
        if value.isNaN { return appendJSON(literal: "null") }
        appendJSON(literal: value < 0 ? "{\"$double\":\"-Infinity\"}" : "{\"$double\":\"Infinity\"}")
    }

    private mutating func appendEscape(_ byte: UInt8) {
        writeU8(UInt8(ascii: "\\"))
        switch byte {
        case 0x08: writeU8(UInt8(ascii: "b"))
        case 0x09: writeU8(UInt8(ascii: "t"))
        case 0x0A: writeU8(UInt8(ascii: "n"))
        case 0x0C: writeU8(UInt8(ascii: "f"))
        case 0x0D: writeU8(UInt8(ascii: "r"))
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): writeU8(byte)
        default:
            appendJSON(literal: byte < 0x10 ? "u000" : "u001")
            let digit = byte & 0x0F
            writeU8(digit < 10 ? UInt8(ascii: "0") &+ digit : UInt8(ascii: "a") &+ digit &- 10)
        }
    }
}
