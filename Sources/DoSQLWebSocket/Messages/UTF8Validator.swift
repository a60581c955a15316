/// Checks UTF-8 that comes in parts, and refuses it at the first byte that cannot go on (RFC 3629, section 4).
struct UTF8Validator {
    /// How many bytes the scalar that has begun still needs.
    private var missing: UInt8 = 0
    /// Where the next of them must lie: narrower than 80...BF behind E0, ED, F0 and F4.
    private var low: UInt8 = 0x80
    private var high: UInt8 = 0xBF

    /// Whether no scalar is left half-way.
    var isComplete: Bool { missing == 0 }

    /// Takes the next bytes; false if the text cannot be UTF-8 any more.
    mutating func accepts(_ bytes: Span<UInt8>) -> Bool {
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if missing > 0 {
                guard byte >= low, byte <= high else { return false }
                missing -= 1
                (low, high) = (0x80, 0xBF)
            } else if byte >= 0x80 {
                guard begins(with: byte) else { return false }
            } else {
                while index < bytes.count, bytes[index] < 0x80 { index &+= 1 }
            }
        }
        return true
    }

    private mutating func begins(with byte: UInt8) -> Bool {
        switch byte {
        case 0xC2...0xDF: missing = 1
        case 0xE0: (missing, low) = (2, 0xA0)
        case 0xED: (missing, high) = (2, 0x9F)
        case 0xE1...0xEF: missing = 2
        case 0xF0: (missing, low) = (3, 0x90)
        case 0xF1...0xF3: missing = 3
        case 0xF4: (missing, high) = (3, 0x8F)
        default: return false
        }
        return true
    }
}
