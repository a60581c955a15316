/// Reads a JSON text in one way only (RFC 8259): UTF-8, no member twice in an object, no lone surrogates, nothing behind
/// the value, and no deeper than a bound.
///
/// Two readers of a token who disagree about it are how claims are smuggled past the one that checks. Here what was
/// verified is read once, and a text that another parser could read differently is refused.
struct JSONParser {
    /// Why a text is refused: what was expected, and the byte where.
    struct Fault: Error, Hashable, CustomStringConvertible {
        let expected: String
        let offset: Int

        var description: String { "\(expected) at byte \(offset)" }
    }

    private let bytes: [UInt8]
    private var index = 0
    private let depthMax: Int

    private init(_ bytes: [UInt8], depthMax: Int) {
        self.bytes = bytes
        self.depthMax = depthMax
    }

    /// Reads a whole text.
    static func parse(
        _ bytes: [UInt8], depthMax: Int = AccessLimits.jsonDepthMax
    ) throws(Fault) -> JSONValue {
        guard String(validating: bytes, as: UTF8.self) != nil else { throw Fault(expected: "UTF-8", offset: 0) }
        var parser = JSONParser(bytes, depthMax: depthMax)
        parser.skipSpace()
        let value = try parser.value(depth: 0)
        parser.skipSpace()
        guard parser.index == bytes.count else { throw parser.fault("the end") }
        return value
    }

    private var byte: UInt8? { index < bytes.count ? bytes[index] : nil }

    private func fault(_ expected: String) -> Fault { Fault(expected: expected, offset: index) }

    private mutating func skipSpace() {
        while let byte, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
    }

    private mutating func take(_ expected: UInt8) -> Bool {
        guard byte == expected else { return false }
        index += 1
        return true
    }

    private mutating func take(_ word: StaticString, as value: JSONValue) throws(Fault) -> JSONValue {
        let expected = Array(word.description.utf8)
        guard bytes[index...].starts(with: expected) else { throw fault(word.description) }
        index += expected.count
        return value
    }

    private mutating func value(depth: Int) throws(Fault) -> JSONValue {
        switch byte {
        case UInt8(ascii: "{"): return try object(depth: depth + 1)
        case UInt8(ascii: "["): return try array(depth: depth + 1)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try take("true", as: .bool(true))
        case UInt8(ascii: "f"): return try take("false", as: .bool(false))
        case UInt8(ascii: "n"): return try take("null", as: .null)
        default: return .number(try number())
        }
    }

    private mutating func object(depth: Int) throws(Fault) -> JSONValue {
        guard depth <= depthMax else { throw fault("at most \(depthMax) levels") }
        index += 1
        var members: [String: JSONValue] = [:]
        skipSpace()
        if take(UInt8(ascii: "}")) { return .object(members) }
        while true {
            skipSpace()
            guard byte == UInt8(ascii: "\"") else { throw fault("a member's name") }
            let name = try string()
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw fault("a colon") }
            skipSpace()
            let value = try value(depth: depth)
            guard members.updateValue(value, forKey: name) == nil else { throw fault("each member once") }
            skipSpace()
            if take(UInt8(ascii: "}")) { return .object(members) }
            guard take(UInt8(ascii: ",")) else { throw fault("a comma or the object's end") }
        }
    }

    private mutating func array(depth: Int) throws(Fault) -> JSONValue {
        guard depth <= depthMax else { throw fault("at most \(depthMax) levels") }
        index += 1
        var elements: [JSONValue] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return .array(elements) }
        while true {
            skipSpace()
            elements.append(try value(depth: depth))
            skipSpace()
            if take(UInt8(ascii: "]")) { return .array(elements) }
            guard take(UInt8(ascii: ",")) else { throw fault("a comma or the list's end") }
        }
    }

    private mutating func string() throws(Fault) -> String {
        index += 1
        var text: [UInt8] = []
        while let byte {
            index += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): text += try escaped()
            case 0..<0x20: throw fault("no control characters")
            default: text.append(byte)
            }
        }
        throw fault("the string's end")
    }

    private mutating func escaped() throws(Fault) -> Unicode.Scalar.UTF8View {
        guard let byte else { throw fault("an escape") }
        index += 1
        let scalar: Unicode.Scalar
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): scalar = Unicode.Scalar(byte)
        case UInt8(ascii: "b"): scalar = "\u{08}"
        case UInt8(ascii: "f"): scalar = "\u{0C}"
        case UInt8(ascii: "n"): scalar = "\n"
        case UInt8(ascii: "r"): scalar = "\r"
        case UInt8(ascii: "t"): scalar = "\t"
        case UInt8(ascii: "u"): scalar = try codePoint()
        default: throw fault("an escape")
        }
        return scalar.utf8
    }

    private mutating func codePoint() throws(Fault) -> Unicode.Scalar {
        let high = try unit()
        if let scalar = Unicode.Scalar(high) { return scalar }
        // A high surrogate is followed by a low one, or stands for nothing.
        guard high < 0xDC00, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw fault("a surrogate pair") }
        let low = try unit()
        guard (0xDC00...0xDFFF).contains(low),
            let scalar = Unicode.Scalar(0x10000 + (UInt32(high) - 0xD800) << 10 + (UInt32(low) - 0xDC00))
        else { throw fault("a surrogate pair") }
        return scalar
    }

    private mutating func unit() throws(Fault) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard let byte, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw fault("four hexadecimal digits")
            }
            value = value << 4 | UInt16(digit)
            index += 1
        }
        return value
    }

    private mutating func number() throws(Fault) -> Double {
        let start = index
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try digits() }
        if take(UInt8(ascii: ".")) { try digits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
        guard let value = Double(String(decoding: bytes[start..<index], as: UTF8.self)), value.isFinite else {
            throw fault("a number")
        }
        return value
    }

    private mutating func digits() throws(Fault) {
        let start = index
        while let byte, (0x30...0x39).contains(byte) { index += 1 }
        guard index > start else { throw fault("a value") }
    }
}
