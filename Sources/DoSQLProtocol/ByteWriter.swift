/// Writes the building blocks of frames behind one another into a growing array (`protocol/values.md`).
///
/// Every integer is written in its shortest form. The array can be moved in and out without a copy.
public struct ByteWriter: Sendable {
    /// What has been written. A caller may take the array out and put another one in.
    public var bytes: [UInt8]

    /// A writer behind what `bytes` holds already, in its storage.
    @inlinable
    public init(_ bytes: consuming [UInt8] = []) { self.bytes = bytes }

    /// A writer with room for `capacity` bytes.
    @inlinable
    public init(capacity: Int) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    /// How many bytes have been written.
    @inlinable
    @inline(always)
    public var count: Int { bytes.count }

    /// Whether nothing has been written.
    @inlinable
    @inline(always)
    public var isEmpty: Bool { bytes.isEmpty }

    /// Forgets everything that was written.
    @inlinable
    public mutating func removeAll(keepingCapacity: Bool = false) { bytes.removeAll(keepingCapacity: keepingCapacity) }

    /// Forgets what was written behind the first `count` bytes.
    @inlinable
    public mutating func truncate(to count: Int) { bytes.removeLast(bytes.count - count) }

    /// Makes room for `count` more bytes.
    @inlinable
    public mutating func reserve(_ count: Int) {
        let needed = bytes.count + count
        if needed > bytes.capacity { bytes.reserveCapacity(Swift.max(needed, 2 * bytes.capacity)) }
    }

    /// Moves the array out and leaves an empty one.
    @inlinable
    public mutating func take() -> [UInt8] {
        var taken: [UInt8] = []
        swap(&taken, &bytes)
        return taken
    }
}

// MARK: - Fixed width

extension ByteWriter {
    /// One byte.
    @inlinable
    @inline(always)
    public mutating func writeU8(_ value: UInt8) { bytes.append(value) }

    /// Two bytes, little-endian.
    @inlinable
    @inline(always)
    public mutating func writeU16(_ value: UInt16) {
        bytes.append(UInt8(truncatingIfNeeded: value))
        bytes.append(UInt8(truncatingIfNeeded: value &>> 8))
    }

    /// Four bytes, little-endian.
    @inlinable
    @inline(always)
    public mutating func writeU32(_ value: UInt32) {
        bytes.append(addingCapacity: 4) { output in output.appendU32(value) }
    }

    /// Eight bytes, little-endian.
    @inlinable
    @inline(always)
    public mutating func writeU64(_ value: UInt64) {
        bytes.append(addingCapacity: 8) { output in
            output.append(UInt8(truncatingIfNeeded: value))
            output.append(UInt8(truncatingIfNeeded: value &>> 8))
            output.append(UInt8(truncatingIfNeeded: value &>> 16))
            output.append(UInt8(truncatingIfNeeded: value &>> 24))
            output.append(UInt8(truncatingIfNeeded: value &>> 32))
            output.append(UInt8(truncatingIfNeeded: value &>> 40))
            output.append(UInt8(truncatingIfNeeded: value &>> 48))
            output.append(UInt8(truncatingIfNeeded: value &>> 56))
        }
    }

    /// Four bytes, two's complement, little-endian.
    @inlinable
    @inline(always)
    public mutating func writeI32(_ value: Int32) { writeU32(UInt32(bitPattern: value)) }

    /// Eight bytes, IEEE 754 binary64, little-endian.
    @inlinable
    @inline(always)
    public mutating func writeF64(_ value: Double) { writeU64(value.bitPattern) }

    /// Overwrites four bytes that were written at `position`.
    @inlinable
    public mutating func patchU32(at position: Int, _ value: UInt32) {
        var span = bytes.mutableSpan
        span[position] = UInt8(truncatingIfNeeded: value)
        span[position &+ 1] = UInt8(truncatingIfNeeded: value &>> 8)
        span[position &+ 2] = UInt8(truncatingIfNeeded: value &>> 16)
        span[position &+ 3] = UInt8(truncatingIfNeeded: value &>> 24)
    }
}

// MARK: - Varints

extension ByteWriter {
    /// An unsigned LEB128 in its shortest form.
    @inlinable
    @inline(always)
    public mutating func writeVarint(_ value: UInt64) {
        if value < 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: value))
        } else {
            writeLongVarint(value)
        }
    }

    /// A count in the form of a varint.
    @inlinable
    @inline(always)
    public mutating func writeVarint(_ value: Int) { writeVarint(UInt64(value)) }

    @usableFromInline
    mutating func writeLongVarint(_ value: UInt64) {
        bytes.append(addingCapacity: 10) { output in output.appendVarint(value) }
    }

    /// A signed integer in zigzag form.
    @inlinable
    public mutating func writeZigzag(_ value: Int64) {
        writeVarint(UInt64(bitPattern: (value &<< 1) ^ (value &>> 63)))
    }
}

// MARK: - Text and bytes

extension ByteWriter {
    /// Bytes as they are, without a length.
    @inlinable
    @inline(always)
    public mutating func append(_ span: Span<UInt8>) { bytes.append(span) }

    /// Bytes as they are, without a length.
    @inlinable
    @inline(always)
    public mutating func append(_ array: [UInt8]) { bytes.append(contentsOf: array) }

    /// A varint length and the bytes.
    @inlinable
    public mutating func writeBytes(_ span: Span<UInt8>) {
        writeVarint(span.count)
        append(span)
    }

    /// A varint length and the bytes.
    @inlinable
    public mutating func writeBytes(_ array: [UInt8]) {
        writeVarint(array.count)
        bytes.append(contentsOf: array)
    }

    /// A text of the message's own, which the caller knows to be UTF-8 without NUL.
    @inlinable
    public mutating func writeText(_ text: Span<UInt8>) { writeBytes(text) }

    /// A text of the message's own from a source that need not be UTF-8 without NUL, such as a column's name: U+FFFD
    /// stands for whatever is not.
    public mutating func writeText(repairing text: Span<UInt8>) {
        if text.isMessageText { return writeText(text) }
        let repaired = String(repairing: text).unicodeScalars.map { $0.value == 0 ? "\u{FFFD}" : $0 }
        writeText(String(String.UnicodeScalarView(repaired)))
    }

    /// A text of the message's own.
    @inlinable
    public mutating func writeText(_ text: String) {
        let utf8 = text.utf8
        writeVarint(utf8.count)
        bytes.append(contentsOf: utf8)
    }
}

// MARK: - Options

extension ByteWriter {
    /// An option whose type is varint (`protocol/values.md`, options).
    @inlinable
    public mutating func writeOption(_ tag: UInt8, varint value: UInt64) {
        writeU8(tag)
        writeVarint(ByteWriter.varintSize(value))
        writeVarint(value)
    }

    /// An option whose type is bytes or text (`protocol/values.md`, options).
    @inlinable
    public mutating func writeOption(_ tag: UInt8, bytes: Span<UInt8>) {
        writeU8(tag)
        writeBytes(bytes)
    }

    /// An option whose type is bytes (`protocol/values.md`, options).
    @inlinable
    public mutating func writeOption(_ tag: UInt8, bytes: [UInt8]) {
        writeU8(tag)
        writeBytes(bytes)
    }

    /// An option whose type is text (`protocol/values.md`, options).
    @inlinable
    public mutating func writeOption(_ tag: UInt8, text: String) {
        writeU8(tag)
        writeText(text)
    }

    /// How many bytes the shortest form of a varint takes.
    @inlinable
    public static func varintSize(_ value: UInt64) -> Int {
        (70 &- (value | 1).leadingZeroBitCount) / 7
    }
}

// MARK: - Frames

extension ByteWriter {
    /// Writes a header whose length is still open, and returns its position for `endFrame(at:)` (`protocol/framing.md`).
    @inlinable
    public mutating func beginFrame(
        _ type: MessageType, flags: FrameFlags = [], stream: UInt16 = 0, request: UInt32
    ) -> Int {
        let position = bytes.count
        FrameHeader(length: 0, type: type.rawValue, flags: flags, stream: stream, request: request).encode(into: &self)
        return position
    }

    /// Fills in the length of the frame that begins at `position` and ends here.
    @inlinable
    public mutating func endFrame(at position: Int) {
        patchU32(at: position, UInt32(bytes.count &- position &- FrameHeader.size))
    }
}
