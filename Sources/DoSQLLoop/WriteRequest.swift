internal import CLibuv

/// Bytes that the kernel did not take at once, with the libuv request that writes them.
///
/// Ownership: libuv uses the request and the bytes until its callback; the stream passes this object to it retained
/// and takes it back there. An array's elements lie in one heap object that stays where it is while nobody changes
/// the array, and nobody can: this object holds it privately.
@safe
final class WriteRequest {
    let handle: UnsafeMutablePointer<uv_write_t>
    let stream: SocketStream
    private var bytes: [UInt8]
    /// How many bytes at the start were written before.
    private let offset: Int

    init(_ bytes: consuming [UInt8], from offset: Int, stream: SocketStream) {
        self.bytes = bytes
        self.offset = offset
        self.stream = stream
        unsafe handle = .allocate(capacity: 1)
    }

    deinit {
        unsafe handle.deallocate()
    }

    var count: Int { bytes.count - offset }

    /// What libuv shall write, valid as long as this object lives.
    var buffer: uv_buf_t {
        @unsafe get {
            unsafe bytes.withUnsafeBufferPointer { elements in
                let start = unsafe UnsafeMutableRawPointer(mutating: elements.baseAddress! + offset)
                return unsafe uv_buf_t(base: start.assumingMemoryBound(to: CChar.self), len: elements.count - offset)
            }
        }
    }

    /// Takes the array for its next use; the bytes must have been written.
    func takeArray() -> [UInt8] {
        var empty: [UInt8] = []
        swap(&empty, &bytes)
        return empty
    }
}
