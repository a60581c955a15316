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
}
