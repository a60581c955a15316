public import DoSQLProtocol

/// A JSON string as it lies in the bytes, checked: its escapes are escapes and its text is UTF-8.
public struct JSONString: ~Escapable {
    /// What stands between the quotes.
    public let raw: Span<UInt8>
    /// How many bytes of UTF-8 it means. Every escape is longer than what it means.
    public let count: Int
    /// Whether it means a NUL somewhere, which a message's own texts may not.
    public let hasNUL: Bool

    @_lifetime(copy raw)
    init(raw: Span<UInt8>, count: Int, hasNUL: Bool) {
        self.raw = raw
        self.count = count
        self.hasNUL = hasNUL
    }

    /// Whether it is written with escapes.
    public var hasEscapes: Bool { raw.count != count }

    /// Appends the bytes that are meant.
    public func append(to writer: inout ByteWriter) {
        if !hasEscapes { return writer.append(raw) }
        var index = 0
        var run = 0
        while index < raw.count {
            guard raw[index] == UInt8(ascii: "\\") else {
                index &+= 1
                continue
            }
            if run < index { writer.append(raw.extracting(run..<index)) }
            index &+= appendEscape(at: index, to: &writer)
            run = index
        }
        if run < index { writer.append(raw.extracting(run..<index)) }
    }

    /// The bytes that are meant.
    public var bytes: [UInt8] {
        var writer = ByteWriter(capacity: count)
        append(to: &writer)
        return writer.bytes
    }

    /// The text that is meant.
    public var string: String {
        guard hasEscapes else { return String(repairing: raw) }
        let bytes = bytes
        return String(repairing: bytes.span)
    }

    /// The beginning of the text, as an error may quote it: short, and without NUL.
    var quoted: String {
        let isLong = count > JSONLimits.quotedMax
        let bytes = bytes.prefix(JSONLimits.quotedMax).map { $0 == 0 ? UInt8(ascii: "?") : $0 }
        return String(decoding: bytes, as: UTF8.self) + (isLong ? "…" : "")
    }

    /// Whether it means this text.
    public func means(_ text: String) -> Bool {
        let utf8 = text.utf8
        guard count == utf8.count else { return false }
        if hasEscapes { return bytes.elementsEqual(utf8) }
        var index = 0
        for byte in utf8 {
            guard raw[index] == byte else { return false }
            index &+= 1
        }
        return true
    }

    /// Appends what the escape at `start` means, and gives the bytes it takes as written.
    private func appendEscape(at start: Int, to writer: inout ByteWriter) -> Int {
        switch raw[start &+ 1] {
        case UInt8(ascii: "b"): writer.writeU8(0x08)
        case UInt8(ascii: "f"): writer.writeU8(0x0C)
        case UInt8(ascii: "n"): writer.writeU8(0x0A)
        case UInt8(ascii: "r"): writer.writeU8(0x0D)
        case UInt8(ascii: "t"): writer.writeU8(0x09)
        case UInt8(ascii: "u"):
            guard let unit = raw.hexadecimalUnit(at: start &+ 2) else { preconditionFailure("Escapes were checked.") }
            guard unit >= 0xD800, unit <= 0xDFFF, let low = raw.hexadecimalUnit(at: start &+ 8) else {
                writer.append(scalar: unit)
                return 6
            }
            writer.append(scalar: 0x10000 &+ (unit & 0x3FF) &<< 10 | low & 0x3FF)
            return 12
        case let byte: writer.writeU8(byte)
        }
        return 2
    }
}

extension ByteWriter {
    /// A Unicode scalar value as UTF-8.
    fileprivate mutating func append(scalar value: UInt32) {
        func continuation(_ shift: UInt32) -> UInt8 { 0x80 | UInt8(truncatingIfNeeded: value &>> shift & 0x3F) }
        switch value {
        case 0..<0x80: writeU8(UInt8(truncatingIfNeeded: value))
        case 0x80..<0x800:
            writeU8(0xC0 | UInt8(truncatingIfNeeded: value &>> 6))
            writeU8(continuation(0))
        case 0x800..<0x10000:
            writeU8(0xE0 | UInt8(truncatingIfNeeded: value &>> 12))
            writeU8(continuation(6))
            writeU8(continuation(0))
        default:
            writeU8(0xF0 | UInt8(truncatingIfNeeded: value &>> 18))
            writeU8(continuation(12))
            writeU8(continuation(6))
            writeU8(continuation(0))
        }
    }
}
