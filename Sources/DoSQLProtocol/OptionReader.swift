/// Walks the options at the end of a body (`protocol/values.md`, options) and refuses a tag that occurs twice.
public struct OptionReader: ~Escapable {
    @usableFromInline var reader: ByteReader
    @usableFromInline var seenLow: UInt128 = 0
    @usableFromInline var seenHigh: UInt128 = 0

    /// The options of all that `reader` has not read.
    @inlinable
    @_lifetime(copy reader)
    public init(_ reader: ByteReader) { self.reader = reader }

    /// The next option, or nil behind the last.
    @inlinable
    @_lifetime(copy self)
    @_lifetime(self: copy self)
    public mutating func next() throws(DecodeError) -> OptionView? {
        if reader.isAtEnd { return nil }
        return try nextOption()
    }

    @usableFromInline
    @_lifetime(copy self)
    @_lifetime(self: copy self)
    mutating func nextOption() throws(DecodeError) -> OptionView {
        let tag = try reader.readU8()
        let bit = (1 as UInt128) &<< UInt128(tag & 0x7F)
        if tag < 0x80 {
            guard seenLow & bit == 0 else { throw .duplicateOption(tag) }
            seenLow |= bit
        } else {
            guard seenHigh & bit == 0 else { throw .duplicateOption(tag) }
            seenHigh |= bit
        }
        return OptionView(tag: tag, bytes: try reader.readBytes())
    }

    /// Reads the options of a body for which none are given out.
    @inlinable
    @_lifetime(self: copy self)
    public mutating func ignoreAll() throws(DecodeError) {
        while let option = try next() { try option.ignore() }
    }
}

/// One option as it lies in the bytes (`protocol/values.md`, options).
public struct OptionView: ~Escapable {
    /// What it is; from `0x80` up it must be understood.
    public let tag: UInt8
    /// What it says.
    public let bytes: Span<UInt8>

    @usableFromInline
    @_lifetime(copy bytes)
    init(tag: UInt8, bytes: Span<UInt8>) {
        self.tag = tag
        self.bytes = bytes
    }

    /// What it says as a varint.
    public func varint() throws(DecodeError) -> UInt64 {
        var reader = ByteReader(bytes)
        let value = try reader.readVarint()
        try reader.expectEnd()
        return value
    }

    /// What it says as a text of the message's own.
    public func string() throws(DecodeError) -> String {
        guard bytes.isMessageText else { throw .invalidText }
        return String(unchecked: bytes)
    }

    /// Passes over an option that this version does not know, if it may be.
    public func ignore() throws(DecodeError) {
        guard tag < 0x80 else { throw .unknownCriticalOption(tag) }
    }
}

extension ByteReader {
    /// Reads the options of a body for which none are given out.
    @inlinable
    @_lifetime(self: copy self)
    public mutating func ignoreOptions() throws(DecodeError) {
        if isAtEnd { return }
        var options = OptionReader(self)
        try options.ignoreAll()
        position = bytes.count
    }
}
