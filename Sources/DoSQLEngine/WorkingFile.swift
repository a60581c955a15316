#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// A file of the process's own that is written from its beginning or read from anywhere: an upload, a backup. Never a
/// database that is open, whose locks closing it would drop.
///
/// It blocks for as long as the disk takes: not for an event loop.
public struct WorkingFile: ~Copyable, Sendable {
    private let descriptor: Int32
    /// Where it lies, or lay.
    public let path: String

    /// Makes a file that is not there yet, for its owner only.
    public init(creating path: String) throws(FileSystem.Failure) {
        self.path = path
        descriptor = unsafe open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw FileSystem.Failure(operation: "create", path: path, errorNumber: errno)
        }
    }

    /// Opens a file to read it.
    public init(reading path: String) throws(FileSystem.Failure) {
        self.path = path
        descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileSystem.Failure(operation: "open", path: path, errorNumber: errno) }
    }

    deinit {
        if descriptor >= 0 { _ = close(descriptor) }
    }

    /// Bytes it has.
    public var size: Int64 {
        get throws(FileSystem.Failure) {
            var status = stat()
            guard unsafe fstat(descriptor, &status) == 0 else {
                throw FileSystem.Failure(operation: "fstat", path: path, errorNumber: errno)
            }
            return Int64(status.st_size)
        }
    }

    /// Writes all bytes behind those written before.
    public func write(_ bytes: [UInt8]) throws(FileSystem.Failure) {
        var written = 0
        while written < bytes.count {
            let result = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Self.systemWrite(descriptor, buffer.baseAddress?.advanced(by: written), buffer.count - written)
            }
            if result >= 0 {
                written += result
            } else if errno != EINTR {
                throw FileSystem.Failure(operation: "write", path: path, errorNumber: errno)
            }
        }
    }

    /// Up to `count` bytes from `offset` on; fewer only at the end.
    public func read(_ count: Int, at offset: Int64) throws(FileSystem.Failure) -> [UInt8] {
        var errorNumber: Int32 = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = 0
            while filled < count {
                let result = unsafe pread(
                    descriptor, buffer.baseAddress?.advanced(by: filled), count - filled, off_t(offset) + off_t(filled))
                if result > 0 {
                    filled += result
                } else if result == 0 {
                    return
                } else if errno != EINTR {
                    errorNumber = errno
                    return
                }
            }
        }
        guard errorNumber == 0 else {
            throw FileSystem.Failure(operation: "read", path: path, errorNumber: errorNumber)
        }
        return bytes
    }

    /// Makes what was written durable.
    public func sync() throws(FileSystem.Failure) {
        guard fsync(descriptor) == 0 else {
            throw FileSystem.Failure(operation: "fsync", path: path, errorNumber: errno)
        }
    }

    /// Takes its name away: its space is free when this value ends, however the process ends.
    public func unlink() throws(FileSystem.Failure) {
        guard Self.systemUnlink(path) == 0 else {
            throw FileSystem.Failure(operation: "unlink", path: path, errorNumber: errno)
        }
    }

    private static func systemUnlink(_ path: String) -> Int32 {
        #if canImport(Glibc)
        unsafe Glibc.unlink(path)
        #else
        unsafe Darwin.unlink(path)
        #endif
    }

    private static func systemWrite(_ descriptor: Int32, _ start: UnsafeRawPointer?, _ count: Int) -> Int {
        #if canImport(Glibc)
        unsafe Glibc.write(descriptor, start, count)
        #else
        unsafe Darwin.write(descriptor, start, count)
        #endif
    }
}
