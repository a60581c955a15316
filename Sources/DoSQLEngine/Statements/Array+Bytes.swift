extension [UInt8] {
    /// Appends bytes in one copy. (The standard library's `append` of a span takes them one by one.)
    @inlinable
    @inline(__always)
    public mutating func append(copying bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }
}
