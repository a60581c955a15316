import Glibc

/// A file, pipe or terminal that is read and written by waiting for it: for command lines, never for a loop's thread.
public final class BlockingFile: Sendable {
    private let descriptor: Int32
    private let isOwned: Bool

    /// What is typed, or piped in.
    public static let standardInput = BlockingFile(standard: STDIN_FILENO)
    /// Where results go.
    public static let standardOutput = BlockingFile(standard: STDOUT_FILENO)
    /// Where errors and progress go.
    public static let standardError = BlockingFile(standard: STDERR_FILENO)

    private init(standard descriptor: Int32) {
        self.descriptor = descriptor
        isOwned = false
    }

    /// Opens a file to read it.
    public init(reading path: String) throws(LoopError) {
        descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        isOwned = true
        guard descriptor >= 0 else { throw LoopError(failed: "open \(path)") }
    }

    deinit {
        if isOwned, descriptor >= 0 { close(descriptor) }
    }

    /// Whether a person sits at the other end.
    public var isTerminal: Bool { isatty(descriptor) == 1 }

    /// The next bytes, at most `count`; none at the end.
    public func read(upTo count: Int = 65_536) throws(LoopError) -> [UInt8] {
        var failure: LoopError?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            var result = -1
            repeat {
                result = unsafe Glibc.read(descriptor, buffer.baseAddress, count)
            } while result < 0 && errno == EINTR
            if result < 0 { failure = LoopError(failed: "read") }
            filled = max(result, 0)
        }
        if let failure { throw failure }
        return bytes
    }

    /// Writes all bytes. ``LoopError/isPeerGone`` where nobody reads them any more, as behind `| head`.
    public func write(_ bytes: [UInt8]) throws(LoopError) {
        var written = 0
        while written < bytes.count {
            let result = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.write(descriptor, buffer.baseAddress?.advanced(by: written), buffer.count - written)
            }
            if result >= 0 {
                written += result
            } else if errno != EINTR {
                throw LoopError(failed: "write")
            }
        }
    }
}
