internal import CZlib

/// Compresses a stream of bytes (RFC 1951; zlib manual, `deflate`).
///
/// Ownership: zlib's state (about 256 KiB with the largest window) lives as long as this object. `reset()` makes it
/// ready for another stream, so one for each thread is enough. Not `Sendable`.
@safe
public final class Deflater {
    /// What has to come out now.
    public enum Flush: Sendable {
        /// Whatever suits the compressor: it may keep bytes back.
        case none
        /// Everything given so far; ends on a byte boundary with the empty block `00 00 FF FF` (RFC 7692, 7.2.1).
        case sync
        /// Everything, and the end of the stream. Only `reset()` may follow.
        case finish
    }

    /// How many bytes of output are asked for at a time, at least.
    private static let outputStep = 4 * 1024
    /// zlib's own default (zlib manual, `memLevel`).
    private static let memoryLevel: Int32 = 8

    private let stream: UnsafeMutablePointer<z_stream>
    private var isFinished = false

    /// A compressor for one stream after another. `level`: 1 is fast, 9 is small, 6 is zlib's compromise.
    public init(_ format: CompressionFormat, level: Int = 6) {
        precondition((1...9).contains(level), "A level of compression is 1 to 9")
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        // The macro deflateInit2 passes these two, so that a library of another layout refuses.
        let status = unsafe deflateInit2_(
            stream, Int32(level), Z_DEFLATED, format.zlibWindowBits, Self.memoryLevel, Z_DEFAULT_STRATEGY,
            ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(status == Z_OK, "zlib could not make a compressor: \(status)")
        unsafe self.stream = stream
    }

    deinit {
        unsafe deflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// Compresses bytes and appends what comes out.
    public func append(_ bytes: Span<UInt8>, into output: inout [UInt8], flush: Flush) {
        precondition(!isFinished, "A finished stream was continued without a reset")
        let mode = flush.zlibValue
        var rest = bytes
        repeat {
            // zlib counts in 32 bits.
            let part = rest.extracting(first: Int(UInt32.max))
            rest = rest.extracting(droppingFirst: part.count)
            let partMode = rest.isEmpty ? mode : Z_NO_FLUSH
            unsafe part.withUnsafeBufferPointer { input in
                unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                unsafe stream.pointee.avail_in = UInt32(input.count)
                run(partMode, into: &output)
                unsafe stream.pointee.next_in = nil
            }
        } while !rest.isEmpty
        if flush == .finish { isFinished = true }
    }

    /// Forgets the stream: what is appended next begins another.
    public func reset() {
        let status = unsafe deflateReset(stream)
        precondition(status == Z_OK, "zlib lost its state: \(status)")
        isFinished = false
    }

    /// Runs zlib until it leaves room: then it has taken the input and given what `mode` asks for.
    private func run(_ mode: Int32, into output: inout [UInt8]) {
        var isDone = false
        while !isDone {
            let step = max(Self.outputStep, unsafe Int(stream.pointee.avail_in) / 2)
            output.append(addingCapacity: step) { span in
                let room = min(span.freeCapacity, Int(UInt32.max))
                unsafe span.withUnsafeMutableBufferPointer { buffer, count in
                    unsafe stream.pointee.next_out = buffer.baseAddress?.advanced(by: count)
                    unsafe stream.pointee.avail_out = UInt32(room)
                    let status = unsafe deflate(stream, mode)
                    precondition(status != Z_STREAM_ERROR, "zlib lost its state")
                    let left = unsafe Int(stream.pointee.avail_out)
                    count += room - left
                    isDone = left > 0
                }
            }
        }
    }
}

extension Deflater.Flush {
    fileprivate var zlibValue: Int32 {
        switch self {
        case .none: Z_NO_FLUSH
        case .sync: Z_SYNC_FLUSH
        case .finish: Z_FINISH
        }
    }
}
