extension Span where Element == UInt8 {
    /// Four bytes from `index` on, little-endian: one load after inlining.
    @inlinable
    @inline(always)
    public func littleEndianU32(at index: Int) -> UInt32 {
        UInt32(self[index])
            | UInt32(self[index &+ 1]) &<< 8
            | UInt32(self[index &+ 2]) &<< 16
            | UInt32(self[index &+ 3]) &<< 24
    }

    /// Eight bytes from `index` on, little-endian: one load after inlining.
    @inlinable
    @inline(always)
    public func littleEndianU64(at index: Int) -> UInt64 {
        let low =
            UInt64(self[index])
            | UInt64(self[index &+ 1]) &<< 8
            | UInt64(self[index &+ 2]) &<< 16
            | UInt64(self[index &+ 3]) &<< 24
        let high =
            UInt64(self[index &+ 4])
            | UInt64(self[index &+ 5]) &<< 8
            | UInt64(self[index &+ 6]) &<< 16
            | UInt64(self[index &+ 7]) &<< 24
        return low | high &<< 32
    }

    /// Whether this may be a text of a message's own: UTF-8 without NUL (`protocol/values.md`, building blocks).
    @inlinable
    public var isMessageText: Bool {
        var index = 0
        while index < count, self[index] &- 1 < 0x7F { index &+= 1 }
        return index == count || isMessageText(from: index)
    }

    @usableFromInline
    func isMessageText(from start: Int) -> Bool {
        for index in start..<count where self[index] == 0 { return false }
        return (try? UTF8Span(validating: self)) != nil
    }

    /// Whether both hold the same bytes.
    public func hasSameBytes(as other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        for index in indices where self[index] != other[index] { return false }
        return true
    }
}

extension Array where Element == UInt8 {
    /// The bytes of a span, copied.
    @inlinable
    public init(copying span: Span<UInt8>) {
        self.init(capacity: span.count) { output in
            for index in span.indices { output.append(span[index]) }
        }
    }

    /// Appends the bytes of a span.
    @inlinable
    @inline(always)
    public mutating func append(_ span: Span<UInt8>) {
        append(addingCapacity: span.count) { output in
            for index in span.indices { output.append(span[index]) }
        }
    }
}

extension String {
    /// The text of bytes, where they are UTF-8.
    public init?(validating bytes: Span<UInt8>) {
        guard let text = try? UTF8Span(validating: bytes) else { return nil }
        self.init(copying: text)
    }

    /// The text of bytes, with U+FFFD for whatever is not UTF-8.
    public init(repairing bytes: Span<UInt8>) {
        if let text = String(validating: bytes) {
            self = text
        } else {
            self = String(decoding: [UInt8](copying: bytes), as: UTF8.self)
        }
    }

    /// The text of bytes that have been validated before.
    init(unchecked bytes: Span<UInt8>) { self.init(repairing: bytes) }
}
