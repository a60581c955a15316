#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The few file operations a database's durability rests on besides SQLite's own.
public enum FileSystem {
    /// What the operating system refused.
    public struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
        /// The system call that failed.
        public let operation: String
        /// The path it was given.
        public let path: String
        /// `errno`, as it was right after.
        public let errorNumber: Int32

        /// The call, the path and the system's own words.
        public var description: String {
            let reason = unsafe strerror(errorNumber).map { unsafe String(cString: $0) } ?? "error \(errorNumber)"
            return "\(operation) \(path): \(reason)"
        }
    }

    /// How much room there is, in bytes.
    public struct Space: Sendable, Hashable {
        /// What a process without privileges may still write.
        public let free: Int
        /// All of it.
        public let size: Int
    }

    /// The room on the disk that holds a file or folder; nil if the system does not tell. `statvfs(3)`: no disk is read.
    public static func space(at path: String) -> Space? {
        var status = statvfs()
        guard unsafe statvfs(path, &status) == 0 else { return nil }
        let unit = Int(clamping: status.f_frsize)
        return Space(free: unit * Int(clamping: status.f_bavail), size: unit * Int(clamping: status.f_blocks))
    }

    /// Makes the entries of a directory durable: a file just created in it survives a power cut only after this.
    ///
    /// SQLite does it for the journal files it creates, but not for the directories a new tenant needs.
    /// Blocks for as long as the disk takes: never call it on an event loop.
    public static func syncDirectory(_ path: String) throws(Failure) {
        let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(operation: "open", path: path, errorNumber: errno) }
        // The number is read before `close`, which may set its own.
        let errorNumber = fsync(descriptor) == 0 ? 0 : errno
        _ = close(descriptor)
        guard errorNumber == 0 else { throw Failure(operation: "fsync", path: path, errorNumber: errorNumber) }
    }
}
