import DoSQLProtocol

extension JSONReader {
    /// Reads a string. Its escapes and its UTF-8 are checked here, once.
    @_lifetime(copy self)
    @_lifetime(self: copy self)
    public mutating func readString() throws(JSONFault) -> JSONString {
        guard try peek() == .string else { throw unexpected("a string") }
        let start = offset &+ 1
        var index = start
        var isASCII = true
        var hasNUL = false
        var saved = 0
        while true {
            index = bytes.endOfPlainJSON(from: index)
            guard index < bytes.count else { throw JSONFault("a string is not closed", offset: start &- 1) }
            let byte = bytes[index]
            if byte == UInt8(ascii: "\"") { break }
            if byte == UInt8(ascii: "\\") {
                let escape = try scanEscape(at: index)
                saved &+= escape.written &- escape.meant
                hasNUL = hasNUL || escape.isNUL
                index &+= escape.written
            } else if byte < 0x20 {
                throw JSONFault("a control character stands in a string: write it as an escape", offset: index)
            } else {
                isASCII = false
                repeat { index &+= 1 } while index < bytes.count && bytes[index] >= 0x80
            }
        }
        let raw = bytes.extracting(start..<index)
        if !isASCII, let bad = raw.firstInvalidUTF8 {
            throw JSONFault("a string is not UTF-8", offset: start &+ bad)
        }
        offset = index &+ 1
        return JSONString(raw: raw, count: raw.count &- saved, hasNUL: hasNUL)
    }

    /// Checks the escape whose backslash is at `start`, and says how many bytes it takes as written and as meant.
    private func scanEscape(at start: Int) throws(JSONFault) -> (written: Int, meant: Int, isNUL: Bool) {
        guard start &+ 1 < bytes.count else { throw JSONFault("a string is not closed", offset: start) }
        switch bytes[start &+ 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return (2, 1, false)
        case UInt8(ascii: "u"):
            guard let unit = bytes.hexadecimalUnit(at: start &+ 2) else {
                throw JSONFault("four hexadecimal digits must follow \\u", offset: start)
            }
            if unit < 0x80 { return (6, 1, unit == 0) }
            if unit < 0x800 { return (6, 2, false) }
            if unit < 0xD800 || unit > 0xDFFF { return (6, 3, false) }
            guard unit < 0xDC00, start &+ 7 < bytes.count, bytes[start &+ 6] == UInt8(ascii: "\\"),
                bytes[start &+ 7] == UInt8(ascii: "u"), let low = bytes.hexadecimalUnit(at: start &+ 8),
                low >= 0xDC00, low <= 0xDFFF
            else { throw JSONFault("a surrogate stands alone", offset: start) }
            return (12, 4, false)
        default:
            throw JSONFault("a backslash stands before what is no escape", offset: start)
        }
    }
}

extension Span where Element == UInt8 {
    /// The first index from `start` on whose byte is a quote, a backslash, a control character or not ASCII.
    @inline(always)
    func endOfPlainJSON(from start: Int) -> Int {
        var index = start
        // Eight bytes at a time: a subtraction that borrows shows in a byte's high bit. A borrow goes on to higher bytes,
        // so the lowest bit that is set is right, and all below it are plain.
        while index &+ 8 <= count {
            let word = littleEndianU64(at: index)
            let ones: UInt64 = 0x0101_0101_0101_0101
            let quotes = (word ^ 0x2222_2222_2222_2222) &- ones
            let backslashes = (word ^ 0x5C5C_5C5C_5C5C_5C5C) &- ones
            let controls = word &- 0x2020_2020_2020_2020
            let special = (quotes | backslashes | controls | word) & 0x8080_8080_8080_8080
            guard special == 0 else { return index &+ special.trailingZeroBitCount / 8 }
            index &+= 8
        }
        while index < count, JSONByte.isPlain(self[index]) { index &+= 1 }
        return index
    }

    /// Where the first byte stands that cannot be UTF-8; nil if all is.
    var firstInvalidUTF8: Int? {
        do {
            _ = try UTF8Span(validating: self)
            return nil
        } catch {
            return error.byteOffsets.lowerBound
        }
    }

    /// The number that four hexadecimal digits make.
    func hexadecimalUnit(at start: Int) -> UInt32? {
        guard start &+ 4 <= count else { return nil }
        var unit: UInt32 = 0
        for index in start..<start &+ 4 {
            guard let digit = JSONByte.hexadecimalDigit(self[index]) else { return nil }
            unit = unit &<< 4 | digit
        }
        return unit
    }
}

/// What single bytes mean in a JSON string (RFC 8259 §7).
enum JSONByte {
    /// Whether a byte stands for itself: ASCII, but no control character, quote or backslash.
    @inline(always)
    static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x80 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") <= 9 }

    static func hexadecimalDigit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte &- UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte &- UInt8(ascii: "a") &+ 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte &- UInt8(ascii: "A") &+ 10)
        default: nil
        }
    }
}
