/// Reads the building blocks of a body, front to back (`protocol/values.md`, building blocks).
///
/// What it hands out as `Span` lives as long as the bytes it reads, not only as long as the reader.
/// Invariant: `0 ≤ offset ≤ bytes.count`.
public struct ByteReader: ~Escapable {
    /// All the bytes, also those already read.
    public let bytes: Span<UInt8>
    /// How many bytes have been read.
    @inlinable
    @inline(always)
    public var offset: Int { position }
    @usableFromInline var position: Int

    /// A reader in front of the first of `bytes`.
    @inlinable
    @inline(always)
    @_lifetime(copy bytes)
    public init(_ bytes: Span<UInt8>) {
        self.bytes = bytes
        self.position = 0
    }

    /// How many bytes have not been read.
    @inlinable
    @inline(always)
    public var remaining: Int { bytes.count &- position }

    /// Whether all bytes have been read.
    @inlinable
    @inline(always)
    public var isAtEnd: Bool { position == bytes.count }

    /// What has not been read, without reading it.
    @inlinable
    @inline(always)
    public var rest: Span<UInt8> {
        @_lifetime(copy self)
        get { bytes.extracting(position..<bytes.count) }
    }

    /// The bytes between two offsets of this reader, such as a part that was skipped.
    @inlinable
    @inline(always)
    @_lifetime(copy self)
    public func slice(_ range: Range<Int>) -> Span<UInt8> { bytes.extracting(range) }
}

// MARK: - Fixed width

extension ByteReader {
    /// One byte.
    @inlinable
    @inline(always)
    @_lifetime(self: copy self)
    public mutating func readU8() throws(DecodeError) -> UInt8 {
        guard position < bytes.count else { throw .truncated }
        let byte = bytes[position]
        position &+= 1
        return byte
    }

    /// Two bytes, little-endian.
    @inlinable
    @inline(always)
    @_lifetime(self: copy self)
    public mutating func readU16() throws(DecodeError) -> UInt16 {
        guard remaining >= 2 else { throw .truncated }
        let value = UInt16(bytes[position]) | UInt16(bytes[position &+ 1]) &<< 8
        position &+= 2
        return value
    }

    /// Four bytes, little-endian.
    @inlinable
    @inline(always)
    @_lifetime(self: copy self)
    public mutating func readU32() throws(DecodeError) -> UInt32 {
        guard remaining >= 4 else { throw .truncated }
        let value = bytes.littleEndianU32(at: position)
        position &+= 4
        return value
    }

    /// Eight bytes, little-endian.
    @inlinable
    @inline(always)
    @_lifetime(self: copy self)
    public mutating func readU64() throws(DecodeError) -> UInt64 {
        guard remaining >= 8 else { throw .truncated }
        let value = bytes.littleEndianU64(at: position)
        position &+= 8
        return value
    }

    /// Four bytes, two's complement, little-endian.
    @inlinable
    @_lifetime(self: copy self)
    public mutating func readI32() throws(DecodeError) -> Int32 { Int32(bitPattern: try readU32()) }

    /// Eight bytes, IEEE 754 binary64, little-endian. Every bit is kept.
    @inlinable
    @inline(always)
    @_lifetime(self: copy self)
    public mutating func readF64() throws(DecodeError) -> Double { Double(bitPattern: try readU64()) }
}

// MARK: - Varints

extension ByteReader {
    /// An unsigned LEB128 of at most ten bytes. Forms longer than the shortest are accepted.
    @inlinable
    @inline(always)
    @_lifetime(self: copy self)
    public mutating func readVarint() throws(DecodeError) -> UInt64 {
        guard position < bytes.count else { throw .truncated }
        let first = bytes[position]
        if first < 0x80 {
            position &+= 1
            return UInt64(first)
        }
        return try readLongVarint()
    }

    @usableFromInline
    @_lifetime(self: copy self)
    mutating func readLongVarint() throws(DecodeError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = try readU8()
            if shift == 63, byte > 1 { throw .varintOverlong }
            value |= UInt64(byte & 0x7F) &<< shift
            if byte < 0x80 { return value }
            shift &+= 7
        }
    }

    /// A signed integer in zigzag form.
    @inlinable
    @inline(always)
    @_lifetime(self: copy self)
    public mutating func readZigzag() throws(DecodeError) -> Int64 {
        let value = try readVarint()
        return Int64(bitPattern: value &>> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// A varint that counts things of which each takes at least `size` bytes of what follows.
    ///
    /// A count that the rest cannot hold is refused here, before anyone allocates by it.
    @inlinable
    @inline(always)
    @_lifetime(self: copy self)
    public mutating func readCount(ofSize size: Int = 1) throws(DecodeError) -> Int {
        let count = try readVarint()
        guard count <= UInt64(remaining / size) else { throw .truncated }
        return Int(truncatingIfNeeded: count)
    }

    /// A varint that fits 32 bits, such as a statement's number.
    @inlinable
    @_lifetime(self: copy self)
    public mutating func readVarint32() throws(DecodeError) -> UInt32 {
        guard let value = UInt32(exactly: try readVarint()) else { throw .outOfRange }
        return value
    }
}

// MARK: - Text and bytes

extension ByteReader {
    /// The next `count` bytes.
    @inlinable
    @inline(always)
    @_lifetime(copy self)
    @_lifetime(self: copy self)
    public mutating func readSpan(_ count: Int) throws(DecodeError) -> Span<UInt8> {
        guard count >= 0, count <= remaining else { throw .truncated }
        let start = position
        position &+= count
        return bytes.extracting(start..<position)
    }

    /// A varint length and as many bytes.
    @inlinable
    @inline(always)
    @_lifetime(copy self)
    @_lifetime(self: copy self)
    public mutating func readBytes() throws(DecodeError) -> Span<UInt8> {
        let count = try readCount()
        return try readSpan(count)
    }

    /// A text of the message's own: UTF-8 without NUL, which is checked.
    @inlinable
    @_lifetime(copy self)
    @_lifetime(self: copy self)
    public mutating func readText() throws(DecodeError) -> Span<UInt8> {
        let text = try readBytes()
        guard text.isMessageText else { throw .invalidText }
        return text
    }

    /// A text of the message's own as a `String`.
    @_lifetime(self: copy self)
    public mutating func readString() throws(DecodeError) -> String {
        let text = try readText()
        return String(unchecked: text)
    }

    /// Refuses what is left, for bodies that do not end in options.
    @inlinable
    @inline(always)
    public func expectEnd() throws(DecodeError) {
        guard isAtEnd else { throw .trailingBytes }
    }
}
