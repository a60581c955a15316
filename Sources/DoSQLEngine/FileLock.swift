#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// An exclusive `flock` on a file, held until the value ends: one process owns a data folder.
///
/// `unix-excl` trusts that no second process opens a live database; this is what makes the trust true. The system
/// releases it when the process dies, however it dies, so no stale lock needs cleaning up.
public struct FileLock: ~Copyable, Sendable {
    private let descriptor: Int32

    /// Takes the lock at once or not at all, creating the file if needed.
    /// - Throws: ``FileSystem/Failure``; its `errorNumber` is `EWOULDBLOCK` if another process holds the lock.
    public init(path: String) throws(FileSystem.Failure) {
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileSystem.Failure(operation: "open", path: path, errorNumber: errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let errorNumber = errno
            _ = close(descriptor)
            throw FileSystem.Failure(operation: "lock", path: path, errorNumber: errorNumber)
        }
        self.descriptor = descriptor
    }

    deinit {
        _ = close(descriptor)
    }

    /// Whether a failure to lock means that somebody else has it.
    public static func isHeldByAnother(_ failure: FileSystem.Failure) -> Bool {
        failure.operation == "lock" && failure.errorNumber == EWOULDBLOCK
    }
}
