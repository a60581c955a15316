extension [UInt8] {
    /// Appends bytes in one copy. (The standard library's `append` of a span takes them one by one.)
    @inlinable
    @inline(__always)
    public mutating func append(copying bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }
}

extension OutputSpan<UInt8> {
    /// Appends bytes in one copy, for which there has to be room.
    @inlinable
    @inline(__always)
    @_lifetime(self: copy self)
    public mutating func append(copying bytes: Span<UInt8>) {
        precondition(bytes.count <= freeCapacity, "there is no room for so many bytes")
        unsafe bytes.withUnsafeBufferPointer { source in
            guard let start = source.baseAddress else { return }
            unsafe withUnsafeMutableBufferPointer { room, count in
                guard let base = room.baseAddress else { return }
                unsafe (base + count).initialize(from: start, count: source.count)
                count += source.count
            }
        }
    }
}
