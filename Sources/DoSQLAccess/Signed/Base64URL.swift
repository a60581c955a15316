/// Base64 with the alphabet of URLs, without padding (RFC 4648, 5; RFC 7515, 2).
enum Base64URL {
    /// Decodes a text; nil if it is not exactly what an encoder would have made. Anything else would give one token many
    /// spellings.
    static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard text.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3 + 2)
        var bits: UInt32 = 0
        var held: UInt32 = 0
        for byte in text {
            guard let digit = value(of: byte) else { return nil }
            bits = bits << 6 & 0xFFFF | digit
            held += 6
            if held >= 8 {
                held -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> held))
            }
        }
        // What is left over is zero in the one right form.
        return bits & (1 << held - 1) == 0 ? bytes : nil
    }

    /// The text of bytes.
    static func encode(_ bytes: some Sequence<UInt8>) -> String {
        var text = ""
        var bits: UInt32 = 0
        var held: UInt32 = 0
        for byte in bytes {
            bits = bits << 8 & 0xFFFF | UInt32(byte)
            held += 8
            while held >= 6 {
                held -= 6
                text.unicodeScalars.append(digit(bits >> held & 0x3F))
            }
        }
        if held > 0 { text.unicodeScalars.append(digit(bits << (6 - held) & 0x3F)) }
        return text
    }

    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".unicodeScalars)

    private static func digit(_ bits: UInt32) -> Unicode.Scalar { alphabet[Int(bits)] }

    private static func value(of byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "-"): 62
        case UInt8(ascii: "_"): 63
        default: nil
        }
    }
}
