import DoSQLProtocol

/// A JSON number, exactly: without a fraction and an exponent it is an integer (`protocol/json.md`, values).
public enum JSONNumber: Hashable, Sendable {
    /// A 64-bit integer.
    case integer(Int64)
    /// The double next to what was written; finite.
    case real(Double)
}

extension JSONNumber {
    /// The integer of a text that is nothing but a JSON integer of 64 bits.
    static func integer(_ text: Span<UInt8>) -> Int64? {
        var reader = JSONReader(text)
        guard isNumberFirst(text), case .integer(let value)? = try? reader.readNumber() else { return nil }
        return reader.offset == text.count ? value : nil
    }

    /// The double of a text that is nothing but a JSON number.
    static func real(_ text: Span<UInt8>) -> Double? {
        var reader = JSONReader(text)
        guard isNumberFirst(text), let value = try? reader.readReal() else { return nil }
        return reader.offset == text.count ? value : nil
    }

    /// A reader would pass over white space in front.
    private static func isNumberFirst(_ text: Span<UInt8>) -> Bool {
        !text.isEmpty && (text[0] == UInt8(ascii: "-") || JSONByte.isDigit(text[0]))
    }
}

extension JSONReader {
    /// Reads a number. An integer beyond 64 bits is refused rather than rounded, a real beyond all doubles too.
    @_lifetime(self: copy self)
    public mutating func readNumber() throws(JSONFault) -> JSONNumber {
        guard try peek() == .number else { throw unexpected("a number") }
        let start = offset
        let scan = try scanNumber()
        if scan.isReal { return .real(try real(scan, start..<offset)) }
        guard let value = scan.integer else {
            throw JSONFault("the integer \(quote(start..<offset)) is beyond 64 bits", offset: start)
        }
        return .integer(value)
    }

    /// Reads a number as a double, also one that is written as an integer.
    @_lifetime(self: copy self)
    mutating func readReal() throws(JSONFault) -> Double {
        guard try peek() == .number else { throw unexpected("a number") }
        let start = offset
        return try real(try scanNumber(), start..<offset)
    }

    private func real(_ scan: NumberScan, _ range: Range<Int>) throws(JSONFault) -> Double {
        let value = scan.real ?? Double(String(repairing: bytes.extracting(range))) ?? .infinity
        guard value.isFinite else {
            throw JSONFault("the number \(quote(range)) is beyond what a double can hold", offset: range.lowerBound)
        }
        return value
    }

    /// Passes over a number by the grammar of RFC 8259 §6 and gathers its digits.
    @_lifetime(self: copy self)
    mutating func scanNumber() throws(JSONFault) -> NumberScan {
        var scan = NumberScan()
        if offset < bytes.count, bytes[offset] == UInt8(ascii: "-") {
            scan.isNegative = true
            offset &+= 1
        }
        let first = offset
        try scanDigits(&scan)
        if bytes[first] == UInt8(ascii: "0"), offset > first &+ 1 {
            throw JSONFault("not JSON: a number begins with a zero that is not its only digit", offset: first)
        }
        if offset < bytes.count, bytes[offset] == UInt8(ascii: ".") {
            scan.isReal = true
            offset &+= 1
            let fraction = offset
            try scanDigits(&scan)
            scan.exponent = fraction &- offset
        }
        if offset < bytes.count, bytes[offset] | 0x20 == UInt8(ascii: "e") {
            scan.isReal = true
            offset &+= 1
            scan.exponent &+= try scanExponent()
        }
        return scan
    }

    @_lifetime(self: copy self)
    private mutating func scanDigits(_ scan: inout NumberScan) throws(JSONFault) {
        let start = offset
        while offset < bytes.count {
            let digit = bytes[offset] &- UInt8(ascii: "0")
            guard digit <= 9 else { break }
            scan.append(digit)
            offset &+= 1
        }
        guard offset > start else { throw unexpected("a digit") }
    }

    @_lifetime(self: copy self)
    private mutating func scanExponent() throws(JSONFault) -> Int {
        var isNegative = false
        if offset < bytes.count, bytes[offset] == UInt8(ascii: "-") || bytes[offset] == UInt8(ascii: "+") {
            isNegative = bytes[offset] == UInt8(ascii: "-")
            offset &+= 1
        }
        let start = offset
        var exponent = 0
        while offset < bytes.count {
            let digit = bytes[offset] &- UInt8(ascii: "0")
            guard digit <= 9 else { break }
            // Beyond this every number is zero or too large, and is left to the slow way.
            if exponent < 100_000 { exponent = exponent &* 10 &+ Int(digit) }
            offset &+= 1
        }
        guard offset > start else { throw unexpected("a digit") }
        return isNegative ? 0 &- exponent : exponent
    }

    private func quote(_ range: Range<Int>) -> String {
        let shown = range.prefix(JSONLimits.quotedMax)
        let text = String(repairing: bytes.extracting(shown))
        return shown.count < range.count ? text + "…" : text
    }
}

/// The digits of a number, gathered as far as 64 bits hold them.
struct NumberScan {
    var isNegative = false
    /// Whether it has a fraction or an exponent.
    var isReal = false
    /// All digits as one integer, unless `isTooLong`.
    private var digits: UInt64 = 0
    private var isTooLong = false
    /// The power of ten by which the digits are multiplied.
    var exponent = 0

    @inline(always)
    mutating func append(_ digit: UInt8) {
        // Up to here another digit always fits.
        if digits < 1_844_674_407_370_955_161 {
            digits = digits &* 10 &+ UInt64(digit)
            return
        }
        let (product, isOver) = digits.multipliedReportingOverflow(by: 10)
        let (sum, isOverToo) = product.addingReportingOverflow(UInt64(digit))
        digits = sum
        isTooLong = isTooLong || isOver || isOverToo
    }

    /// The number as an integer; nil if 64 bits do not hold it.
    var integer: Int64? {
        if isTooLong { return nil }
        if !isNegative { return Int64(exactly: digits) }
        guard digits <= 1 << 63 else { return nil }
        return Int64(truncatingIfNeeded: 0 &- digits)
    }

    /// The number as a double, where one rounding gives it exactly: digits and power of ten are doubles themselves.
    var real: Double? {
        guard !isTooLong, digits <= 1 << 53, exponent >= -22, exponent <= 22 else { return nil }
        var power = 1.0
        for _ in 0..<exponent.magnitude { power *= 10 }
        let magnitude = exponent < 0 ? Double(digits) / power : Double(digits) * power
        return isNegative ? -magnitude : magnitude
    }
}
