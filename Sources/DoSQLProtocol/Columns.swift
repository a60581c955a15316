/// The names of columns as they lie in the bytes, checked (`protocol/values.md`, columns).
public struct ColumnsView: ~Escapable {
    /// How many columns there are.
    public let count: Int
    /// The names behind one another, each with its length.
    public let bytes: Span<UInt8>

    @usableFromInline
    @_lifetime(copy bytes)
    init(count: Int, bytes: Span<UInt8>) {
        self.count = count
        self.bytes = bytes
    }

    /// Copies the names.
    public func copy() throws(DecodeError) -> [String] {
        var names: [String] = []
        names.reserveCapacity(count)
        var reader = ByteReader(bytes)
        for _ in 0..<count { names.append(try reader.readString()) }
        return names
    }
}

extension ByteReader {
    /// Reads columns, and checks every name.
    @_lifetime(copy self)
    @_lifetime(self: copy self)
    public mutating func readColumns() throws(DecodeError) -> ColumnsView {
        let count = try readCount()
        let start = offset
        for _ in 0..<count { _ = try readText() }
        return ColumnsView(count: count, bytes: slice(start..<offset))
    }
}

extension ByteWriter {
    /// What stands before the names of columns; as many texts must follow.
    @inlinable
    public mutating func writeColumnsHeader(count: Int) { writeVarint(count) }

    /// Writes columns.
    public mutating func writeColumns(_ names: [String]) {
        writeColumnsHeader(count: names.count)
        for name in names { writeText(name) }
    }
}
