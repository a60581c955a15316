import DoSQLProtocol

/// Base64 with the alphabet of RFC 4648 §4, padded, without line breaks.
enum Base64 {
    /// Decodes a text; nil if it is not exactly what an encoder would have made.
    static func decode(_ text: Span<UInt8>) -> [UInt8]? {
        guard text.count % 4 == 0 else { return nil }
        if text.isEmpty { return [] }
        let isPadded = text[text.count &- 1] == padding
        let isPaddedTwice = isPadded && text[text.count &- 2] == padding
        let digits = text.count &- (isPaddedTwice ? 2 : isPadded ? 1 : 0)
        var isValid = true
        let bytes = [UInt8](capacity: text.count / 4 * 3) { output in
            var bits: UInt32 = 0
            var held: UInt32 = 0
            for index in 0..<digits {
                guard let digit = value(of: text[index]) else {
                    isValid = false
                    return
                }
                bits = bits &<< 6 | digit
                held &+= 6
                if held >= 8 {
                    held &-= 8
                    output.append(UInt8(truncatingIfNeeded: bits &>> held))
                }
            }
            // What is left over is zero in the one right form.
            isValid = bits & ((1 &<< held) &- 1) == 0
        }
        return isValid ? bytes : nil
    }

    /// Appends the text of bytes.
    static func append(_ bytes: Span<UInt8>, to writer: inout ByteWriter) {
        writer.bytes.append(addingCapacity: (bytes.count + 2) / 3 * 4) { output in
            var index = 0
            while index &+ 3 <= bytes.count {
                let bits =
                    UInt32(bytes[index]) &<< 16 | UInt32(bytes[index &+ 1]) &<< 8 | UInt32(bytes[index &+ 2])
                output.append(digit(bits &>> 18))
                output.append(digit(bits &>> 12))
                output.append(digit(bits &>> 6))
                output.append(digit(bits))
                index &+= 3
            }
            let left = bytes.count &- index
            if left == 0 { return }
            let bits = UInt32(bytes[index]) &<< 16 | (left == 2 ? UInt32(bytes[index &+ 1]) &<< 8 : 0)
            output.append(digit(bits &>> 18))
            output.append(digit(bits &>> 12))
            output.append(left == 2 ? digit(bits &>> 6) : padding)
            output.append(padding)
        }
    }

    private static var padding: UInt8 { UInt8(ascii: "=") }

    private static func digit(_ bits: UInt32) -> UInt8 {
        let value = UInt8(truncatingIfNeeded: bits & 0x3F)
        return switch value {
        case 0..<26: value &+ UInt8(ascii: "A")
        case 26..<52: value &- 26 &+ UInt8(ascii: "a")
        case 52..<62: value &- 52 &+ UInt8(ascii: "0")
        case 62: UInt8(ascii: "+")
        default: UInt8(ascii: "/")
        }
    }

    private static func value(of digit: UInt8) -> UInt32? {
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(digit &- UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(digit &- UInt8(ascii: "a") &+ 26)
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit &- UInt8(ascii: "0") &+ 52)
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
