import Glibc

/// The file of a unix socket: made by `bind`, readable by its owner only, removed at the end if it is still ours.
struct SocketFile {
    private let path: String
    private let device: dev_t
    private let inode: ino_t

    /// Binds a socket to a path. A file left by a process that is gone is replaced; a living listener is not.
    init(binding socket: Int32, to path: String) throws(LoopError) {
        let address = SocketAddress(path: path)
        var status = unsafe address.lend { unsafe bind(socket, $0, $1) }
        if status != 0 && errno == EADDRINUSE {
            try Self.removeStale(path, address)
            status = unsafe address.lend { unsafe bind(socket, $0, $1) }
        }
        guard status == 0 else { throw LoopError(failed: "bind unix:\(path)") }
        // Nobody can connect before `listen`, so nobody slips in before the mode is set.
        guard unsafe chmod(path, S_IRUSR | S_IWUSR) == 0 else {
            let error = LoopError(failed: "protect unix:\(path)")
            unsafe unlink(path)
            throw error
        }
        var information = stat()
        guard unsafe lstat(path, &information) == 0 else { throw LoopError(failed: "find unix:\(path)") }
        self.path = path
        device = information.st_dev
        inode = information.st_ino
    }

    /// Removes the file, unless a successor has put its own there.
    func remove() {
        var information = stat()
        guard unsafe lstat(path, &information) == 0 else { return }
        if information.st_dev == device && information.st_ino == inode { unsafe unlink(path) }
    }

    private static func removeStale(_ path: String, _ address: SocketAddress) throws(LoopError) {
        var information = stat()
        guard unsafe lstat(path, &information) == 0 else { return }
        guard information.st_mode & S_IFMT == S_IFSOCK else {
            throw LoopError("bind unix:\(path)", code: EADDRINUSE, hint: "there is a file that is no socket")
        }
        let probe = try Descriptor(socketOf: AF_UNIX)
        let status = unsafe address.lend { unsafe connect(probe.rawValue, $0, $1) }
        // Only "refused" says that no process has it open: a full backlog answers EAGAIN.
        guard status != 0 && errno == ECONNREFUSED else {
            throw LoopError("bind unix:\(path)", code: EADDRINUSE, hint: "another process listens there")
        }
        unsafe unlink(path)
    }
}
