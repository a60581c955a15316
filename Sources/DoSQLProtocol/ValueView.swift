/// One of SQLite's values, or in a batch a reference, as it lies in the bytes (`protocol/values.md`, SQLite values).
public enum ValueView: ~Escapable {
    /// NULL.
    case null
    /// A 64-bit integer.
    case integer(Int64)
    /// A double, every bit kept.
    case real(Double)
    /// A text's bytes, which need not be UTF-8.
    case text(Span<UInt8>)
    /// A blob's bytes.
    case blob(Span<UInt8>)
    /// What an earlier step of the batch gave (`protocol/batches.md`, references).
    case reference(Reference)
}

/// The tags of values (`protocol/values.md`, SQLite values).
@usableFromInline
enum ValueTag {
    @inlinable static var null: UInt8 { 0x00 }
    @inlinable static var real: UInt8 { 0x09 }
    @inlinable static var text: UInt8 { 0x0A }
    @inlinable static var blob: UInt8 { 0x0B }
    @inlinable static var reference: UInt8 { 0x0C }
    @inlinable static var smallInteger: UInt8 { 0x40 }
    @inlinable static var shortText: UInt8 { 0x80 }
    @inlinable static var shortBlob: UInt8 { 0xC0 }
}

extension ByteReader {
    /// Reads one value; a reference only where `allowReferences` says so.
    @inlinable
    @_lifetime(copy self)
    @_lifetime(self: copy self)
    public mutating func readValue(allowReferences: Bool = false) throws(DecodeError) -> ValueView {
        let tag = try readU8()
        if tag >= ValueTag.shortText {
            let content = try readSpan(Int(tag & 0x3F))
            return tag < ValueTag.shortBlob ? .text(content) : .blob(content)
        }
        if tag >= ValueTag.smallInteger { return .integer(Int64(tag & 0x3F)) }
        switch tag {
        case ValueTag.null: return .null
        case 0x01...0x08: return .integer(try readInteger(size: Int(tag)))
        case ValueTag.real: return .real(try readF64())
        case ValueTag.text: return .text(try readBytes())
        case ValueTag.blob: return .blob(try readBytes())
        case ValueTag.reference where allowReferences: return .reference(try readReference())
        default: throw .badTag(tag)
        }
    }

    /// Passes over one value, with the checks of `readValue`.
    @inlinable
    @_lifetime(self: copy self)
    public mutating func skipValue(allowReferences: Bool = false) throws(DecodeError) {
        let tag = try readU8()
        if tag >= ValueTag.shortText { return try skip(Int(tag & 0x3F)) }
        if tag >= ValueTag.smallInteger { return }
        switch tag {
        case ValueTag.null: return
        case 0x01...0x08: try skip(Int(tag))
        case ValueTag.real: try skip(8)
        case ValueTag.text, ValueTag.blob: try skip(try readCount())
        case ValueTag.reference where allowReferences: _ = try readReference()
        default: throw .badTag(tag)
        }
    }

    /// Passes over `count` values.
    @inlinable
    @_lifetime(self: copy self)
    public mutating func skipValues(_ count: Int, allowReferences: Bool = false) throws(DecodeError) {
        for _ in 0..<count { try skipValue(allowReferences: allowReferences) }
    }

    /// Passes over `count` bytes.
    @inlinable
    @inline(always)
    @_lifetime(self: copy self)
    public mutating func skip(_ count: Int) throws(DecodeError) {
        guard count <= remaining else { throw .truncated }
        position &+= count
    }

    @inlinable
    @inline(always)
    @_lifetime(self: copy self)
    mutating func readInteger(size: Int) throws(DecodeError) -> Int64 {
        guard size <= remaining else { throw .truncated }
        var value: UInt64 = 0
        var shift: UInt64 = 0
        for index in position..<position &+ size {
            value |= UInt64(bytes[index]) &<< shift
            shift &+= 8
        }
        position &+= size
        let unused = 64 &- shift
        return Int64(bitPattern: value &<< unused) &>> Int64(unused)
    }
}

extension ByteWriter {
    /// NULL as a value.
    @inlinable
    @inline(always)
    public mutating func writeNull() { writeU8(ValueTag.null) }

    /// An integer as a value, in its shortest form.
    @inlinable
    @inline(always)
    public mutating func writeInteger(_ value: Int64) {
        if UInt64(bitPattern: value) < 64 {
            writeU8(ValueTag.smallInteger | UInt8(truncatingIfNeeded: value))
        } else {
            writeWideInteger(value)
        }
    }

    @inlinable
    mutating func writeWideInteger(_ value: Int64) {
        let magnitudeBits = 64 &- (value ^ (value &>> 63)).leadingZeroBitCount
        let size = magnitudeBits / 8 &+ 1
        bytes.append(addingCapacity: 9) { output in
            output.append(UInt8(truncatingIfNeeded: size))
            var rest = value
            for _ in 0..<size {
                output.append(UInt8(truncatingIfNeeded: rest))
                rest &>>= 8
            }
        }
    }

    /// A real as a value.
    @inlinable
    @inline(always)
    public mutating func writeReal(_ value: Double) {
        writeU8(ValueTag.real)
        writeF64(value)
    }

    /// A text as a value: any bytes.
    @inlinable
    public mutating func writeTextValue(_ content: Span<UInt8>) {
        writeTag(short: ValueTag.shortText, long: ValueTag.text, count: content.count)
        append(content)
    }

    /// The beginning of a text as a value, whose `count` bytes the caller writes.
    @inlinable
    @inline(always)
    public mutating func beginTextValue(count: Int) {
        writeTag(short: ValueTag.shortText, long: ValueTag.text, count: count)
    }

    /// The beginning of a blob as a value, whose `count` bytes the caller writes.
    @inlinable
    @inline(always)
    public mutating func beginBlobValue(count: Int) {
        writeTag(short: ValueTag.shortBlob, long: ValueTag.blob, count: count)
    }

    /// A string as a value.
    @inlinable
    public mutating func writeText(value content: String) {
        let utf8 = content.utf8
        writeTag(short: ValueTag.shortText, long: ValueTag.text, count: utf8.count)
        bytes.append(contentsOf: utf8)
    }

    /// A blob as a value.
    @inlinable
    public mutating func writeBlobValue(_ content: Span<UInt8>) {
        writeTag(short: ValueTag.shortBlob, long: ValueTag.blob, count: content.count)
        append(content)
    }

    @inlinable
    @inline(always)
    mutating func writeTag(short: UInt8, long: UInt8, count: Int) {
        if count < 64 {
            writeU8(short | UInt8(truncatingIfNeeded: count))
        } else {
            writeU8(long)
            writeVarint(count)
        }
    }
}
