#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The few file operations a database's durability rests on besides SQLite's own.
///
/// All of them block for as long as the disk takes: never call them on an event loop.
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

        /// Whether the disk, or what its owner may take of it, is full.
        public var isFull: Bool { errorNumber == ENOSPC || errorNumber == EDQUOT }

        /// Whether there is nothing under the path.
        public var isMissing: Bool { errorNumber == ENOENT }

        /// Whether something else has the name.
        public var isTaken: Bool { errorNumber == EEXIST || errorNumber == ENOTEMPTY }
    }

    /// What `stat` tells of a file.
    public struct Facts: Sendable, Hashable {
        /// Bytes.
        public let size: Int64
        /// Milliseconds since 1970 of the last change of its content.
        public let modified: Int64
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

    /// Puts a file in the place of another, so that whoever opens the path, at any moment and after a power cut, finds the
    /// one or the other, whole: written beside it, synced, renamed, and the folder synced.
    ///
    /// A file that was there keeps its owner and its mode, so that a server which could read it still can; through a
    /// symbolic link it is the link's target that is replaced. Blocks for as long as the disk takes.
    /// - Parameters:
    ///   - path: the file.
    ///   - bytes: what it holds from now on.
    ///   - mode: the permissions of a file that was not there.
    public static func replace(_ path: String, with bytes: [UInt8], mode: UInt32 = 0o600) throws(Failure) {
        var path = path
        if let target = unsafe realpath(path, nil) {
            path = unsafe String(cString: target)
            unsafe free(target)
        }
        var template = Array("\(path).XXXXXX".utf8CString)
        // Only its owner may read it until it has the mode it should have.
        let descriptor = unsafe mkstemp(&template)
        guard descriptor >= 0 else { throw Failure(operation: "create", path: path, errorNumber: errno) }
        let temporary = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        do throws(Failure) {
            try fill(descriptor, at: temporary, with: bytes, like: path, mode: mode)
            try rename(temporary, to: path)
        } catch {
            unsafe unlink(temporary)
            throw error
        }
        let folder = path.lastIndex(of: "/").map { path[..<$0] }
        try syncDirectory(folder.map { $0.isEmpty ? "/" : String($0) } ?? ".")
    }

    /// Writes a new file, gives it the owner and the mode of another, or a mode, syncs and closes it.
    private static func fill(
        _ descriptor: Int32, at path: String, with bytes: [UInt8], like model: String, mode: UInt32
    ) throws(Failure) {
        var failure: Failure?
        func check(_ operation: String, _ result: Int) -> Bool {
            if result >= 0 { return true }
            if failure == nil { failure = Failure(operation: operation, path: path, errorNumber: errno) }
            return false
        }
        var written = 0
        while written < bytes.count {
            let result = unsafe bytes.withUnsafeBytes {
                unsafe write(descriptor, $0.baseAddress! + written, $0.count - written)
            }
            if result < 0 && errno == EINTR { continue }
            guard check("write", result) else { break }
            written += result
        }
        var old = stat()
        if unsafe stat(model, &old) == 0 {
            // The owner first: giving a file away takes some of its mode.
            if old.st_uid != geteuid() || old.st_gid != getegid() {
                _ = check("chown", Int(fchown(descriptor, old.st_uid, old.st_gid)))
            }
            _ = check("chmod", Int(fchmod(descriptor, old.st_mode & 0o7777)))
        } else {
            _ = check("chmod", Int(fchmod(descriptor, mode_t(mode))))
        }
        _ = check("fsync", Int(fsync(descriptor)))
        _ = check("close", Int(close(descriptor)))
        if let failure { throw failure }
    }

    /// Whether there is something at a path, be it a link that leads nowhere.
    public static func exists(_ path: String) -> Bool {
        var information = stat()
        return unsafe lstat(path, &information) == 0 || errno != ENOENT
    }

    /// Makes the entries of a directory durable: a file just created in it survives a power cut only after this.
    ///
    /// SQLite does it for the journal files it creates, but not for the directories a new tenant needs.
    public static func syncDirectory(_ path: String) throws(Failure) {
        try sync(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    }

    /// Makes the content of a file durable. Not for a database that is open: closing any descriptor of a file drops the
    /// process's locks on it.
    public static func syncFile(_ path: String) throws(Failure) {
        try sync(path, O_RDONLY | O_CLOEXEC)
    }

    private static func sync(_ path: String, _ flags: Int32) throws(Failure) {
        let descriptor = unsafe open(path, flags)
        guard descriptor >= 0 else { throw Failure(operation: "open", path: path, errorNumber: errno) }
        // The number is read before `close`, which may set its own.
        let errorNumber = fsync(descriptor) == 0 ? 0 : errno
        _ = close(descriptor)
        guard errorNumber == 0 else { throw Failure(operation: "fsync", path: path, errorNumber: errorNumber) }
    }

    /// Gives a file or a folder another path, in one step: it is under the one or the other, whatever happens. A folder
    /// takes no name that a folder with something in it has.
    public static func rename(_ path: String, to other: String) throws(Failure) {
        guard Self.systemRename(path, other) == 0 else {
            throw Failure(operation: "rename", path: path, errorNumber: errno)
        }
    }

    private static func systemRename(_ path: String, _ other: String) -> Int32 {
        #if canImport(Glibc)
        unsafe Glibc.rename(path, other)
        #else
        unsafe Darwin.rename(path, other)
        #endif
    }

    /// Makes a folder that only its owner may look into; its parent is there.
    public static func createFolder(_ path: String) throws(Failure) {
        guard unsafe mkdir(path, 0o700) == 0 else {
            throw Failure(operation: "mkdir", path: path, errorNumber: errno)
        }
    }

    /// What is known of a file; nil if there is none, or none that may be asked about.
    public static func facts(of path: String) -> Facts? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        #if canImport(Glibc)
        let time = status.st_mtim
        #else
        let time = status.st_mtimespec
        #endif
        return Facts(size: Int64(status.st_size), modified: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
