internal import CZlib

/// Decompresses a stream of bytes, with a bound on what comes out (RFC 1951, 1952; zlib manual, `inflate`).
///
/// What follows the end of a stream is taken for another one: members of a gzip file (RFC 1952, 2.2), and blocks behind
/// a final one (RFC 7692, 7.2.3.4).
///
/// Ownership: zlib's state (about 40 KiB) lives as long as this object. `reset()` makes it ready for other bytes, so
/// one for each thread is enough. Not `Sendable`.
@safe
public final class Inflater {
    /// How many bytes of output are asked for at a time, at least.
    private static let outputStep = 4 * 1024
    /// And at most: a short input does not claim much memory before it has shown what it holds.
    private static let outputStepMax = 256 * 1024

    private let stream: UnsafeMutablePointer<z_stream>
    private var produced = 0
    /// Whether nothing of a stream that has begun is missing.
    private var isBetweenStreams = true
    private var failure: InflateError?

    /// A decompressor for one stream after another. A raw stream's window may be smaller than `windowBits`.
    public init(_ format: CompressionFormat) {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        let status = unsafe inflateInit2_(
            stream, format.zlibWindowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(status == Z_OK, "zlib could not make a decompressor: \(status)")
        unsafe self.stream = stream
    }

    deinit {
        unsafe inflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// Decompresses bytes and appends what comes out.
    ///
    /// `outputMax`: how many bytes may come out since the last `reset()`. After an error `output` is as it was before,
    /// and only `reset()` helps.
    public func append(
        _ bytes: Span<UInt8>, into output: inout [UInt8], outputMax: Int
    ) throws(InflateError) {
        if let failure { throw failure }
        let before = output.count
        var failure: InflateError?
        var rest = bytes
        while !rest.isEmpty && failure == nil {
            // zlib counts in 32 bits.
            let part = rest.extracting(first: Int(UInt32.max))
            rest = rest.extracting(droppingFirst: part.count)
            unsafe part.withUnsafeBufferPointer { input in
                unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                unsafe stream.pointee.avail_in = UInt32(input.count)
                failure = run(into: &output, outputMax: outputMax)
                unsafe stream.pointee.next_in = nil
            }
        }
        guard let failure else { return }
        self.failure = failure
        output.removeSubrange(before...)
        throw failure
    }

    /// Says that no more comes: throws `truncated` in the middle of a stream.
    public func finish() throws(InflateError) {
        if let failure { throw failure }
        guard isBetweenStreams else { throw .truncated }
    }

    /// Forgets what came: what is appended next begins another stream.
    public func reset() {
        restart()
        produced = 0
        failure = nil
    }

    private func restart() {
        let status = unsafe inflateReset(stream)
        precondition(status == Z_OK, "zlib lost its state: \(status)")
        isBetweenStreams = true
    }

    /// Runs zlib until it leaves room, which says that it has no more to give for this input.
    private func run(into output: inout [UInt8], outputMax: Int) -> InflateError? {
        while true {
            let wanted = unsafe Int(stream.pointee.avail_in).multipliedReportingOverflow(by: 4).partialValue
            // One byte beyond the bound shows that there is one.
            let left = max(0, outputMax - produced)
            let step = min(max(Self.outputStep, min(wanted, Self.outputStepMax)), left < .max ? left + 1 : left)
            let hadInput = unsafe stream.pointee.avail_in > 0
            var status = Z_OK
            var written = 0
            output.append(addingCapacity: step) { span in
                unsafe span.withUnsafeMutableBufferPointer { buffer, count in
                    unsafe stream.pointee.next_out = buffer.baseAddress?.advanced(by: count)
                    unsafe stream.pointee.avail_out = UInt32(step)
                    status = unsafe inflate(stream, Z_NO_FLUSH)
                    written = unsafe step - Int(stream.pointee.avail_out)
                    count += written
                }
            }
            produced += written
            if produced > outputMax { return .outputTooLarge(max: outputMax) }
            switch status {
            case Z_STREAM_END:
                restart()
                if unsafe stream.pointee.avail_in == 0 { return nil }
            case Z_OK, Z_BUF_ERROR:
                if hadInput { isBetweenStreams = false }
                // Z_BUF_ERROR is no error: nothing more can be done with this input.
                if written < step { return unsafe stream.pointee.avail_in == 0 ? nil : .corrupt }
            default: return .corrupt
            }
        }
    }
}
