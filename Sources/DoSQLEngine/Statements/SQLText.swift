/// One SQL text as UTF-8 with its hash, so that looking it up costs neither a copy nor a second pass over its bytes.
public final class SQLText: Sendable, Hashable {
    /// The text.
    public let utf8: [UInt8]
    /// ``hash(_:)`` of it.
    public let hash: UInt64

    /// Copies the bytes.
    public init(_ bytes: Span<UInt8>) {
        utf8 = [UInt8](capacity: bytes.count) { output in
            for index in bytes.indices { output.append(bytes[index]) }
        }
        hash = SQLText.hash(bytes)
    }

    /// Takes a string's bytes.
    public convenience init(_ text: String) {
        let bytes = Array(text.utf8)
        self.init(bytes.span)
    }

    /// Whether the bytes are the same.
    public static func == (lhs: SQLText, rhs: SQLText) -> Bool {
        lhs === rhs || (lhs.hash == rhs.hash && lhs.utf8 == rhs.utf8)
    }

    /// Feeds the hash computed once.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(hash)
    }

    /// Whether the text is these bytes.
    func equals(_ bytes: Span<UInt8>) -> Bool {
        guard utf8.count == bytes.count else { return false }
        for index in bytes.indices where utf8[index] != bytes[index] { return false }
        return true
    }

    /// A hash of the bytes, eight at a time, with a seed of this process: not for the disk nor the wire.
    public static func hash(_ bytes: Span<UInt8>) -> UInt64 {
        let multiplier: UInt64 = 0x9e37_79b9_7f4a_7c15
        var state = seed ^ UInt64(truncatingIfNeeded: bytes.count) &* multiplier
        var offset = 0
        while offset + 8 <= bytes.count {
            var word: UInt64 = 0
            for byte in 0..<8 { word |= UInt64(bytes[offset + byte]) &<< UInt64(byte &* 8) }
            state = mix(state ^ word, multiplier)
            offset += 8
        }
        var word: UInt64 = 0
        while offset < bytes.count {
            word = word &<< 8 | UInt64(bytes[offset])
            offset += 1
        }
        return mix(mix(state ^ word, multiplier), seed | 1)
    }

    /// Multiplies to 128 bits and folds them, so that every bit depends on every other.
    private static func mix(_ value: UInt64, _ factor: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: factor)
        return product.high ^ product.low
    }

    /// Random, so that nobody can send texts that collide.
    private static let seed = UInt64.random(in: .min ... .max)
}
