/// The building blocks of `ByteWriter` where room has been made for several of them at once (`protocol/values.md`).
extension OutputSpan where Element == UInt8 {
    /// Four bytes, little-endian.
    @inlinable
    @inline(always)
    @_lifetime(self: copy self)
    mutating func appendU32(_ value: UInt32) {
        append(UInt8(truncatingIfNeeded: value))
        append(UInt8(truncatingIfNeeded: value &>> 8))
        append(UInt8(truncatingIfNeeded: value &>> 16))
        append(UInt8(truncatingIfNeeded: value &>> 24))
    }

    /// An unsigned LEB128 in its shortest form: at most ten bytes.
    @inlinable
    @inline(always)
    @_lifetime(self: copy self)
    mutating func appendVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest &>>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }

    /// A header's twelve bytes (`protocol/framing.md`, frame).
    @inlinable
    @inline(always)
    @_lifetime(self: copy self)
    public mutating func append(_ header: FrameHeader) {
        appendU32(header.length)
        appendU32(UInt32(header.type) | UInt32(header.flags.rawValue) &<< 8 | UInt32(header.stream) &<< 16)
        appendU32(header.request)
    }

    /// A row count that is still open, for `ByteWriter.endRows(at:count:)`: four bytes.
    @inlinable
    @inline(always)
    @_lifetime(self: copy self)
    public mutating func appendOpenRowCount() { appendU32(0) }
}

/// Values (`protocol/values.md`, values). None takes more than ten bytes beside those of its text or blob.
extension OutputSpan where Element == UInt8 {
    /// NULL.
    @inlinable
    @inline(always)
    @_lifetime(self: copy self)
    public mutating func appendNull() { append(ValueTag.null) }

    /// An integer in its shortest form.
    @inlinable
    @inline(always)
    @_lifetime(self: copy self)
    public mutating func appendInteger(_ value: Int64) {
        if UInt64(bitPattern: value) < 64 {
            append(ValueTag.smallInteger | UInt8(truncatingIfNeeded: value))
        } else {
            let magnitudeBits = 64 &- (value ^ (value &>> 63)).leadingZeroBitCount
            let size = magnitudeBits / 8 &+ 1
            append(UInt8(truncatingIfNeeded: size))
            var rest = value
            for _ in 0..<size {
                append(UInt8(truncatingIfNeeded: rest))
                rest &>>= 8
            }
        }
    }

    /// A real.
    @inlinable
    @inline(always)
    @_lifetime(self: copy self)
    public mutating func appendReal(_ value: Double) {
        append(ValueTag.real)
        appendU32(UInt32(truncatingIfNeeded: value.bitPattern))
        appendU32(UInt32(truncatingIfNeeded: value.bitPattern &>> 32))
    }

    /// The beginning of a text, whose `count` bytes the caller appends.
    @inlinable
    @inline(always)
    @_lifetime(self: copy self)
    public mutating func beginText(count: Int) { appendTag(short: ValueTag.shortText, long: ValueTag.text, count) }

    /// The beginning of a blob, whose `count` bytes the caller appends.
    @inlinable
    @inline(always)
    @_lifetime(self: copy self)
    public mutating func beginBlob(count: Int) { appendTag(short: ValueTag.shortBlob, long: ValueTag.blob, count) }

    @inlinable
    @inline(always)
    @_lifetime(self: copy self)
    mutating func appendTag(short: UInt8, long: UInt8, _ count: Int) {
        if count < 64 {
            append(short | UInt8(truncatingIfNeeded: count))
        } else {
            append(long)
            appendVarint(UInt64(count))
        }
    }
}
