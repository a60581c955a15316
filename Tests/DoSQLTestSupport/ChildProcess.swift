import FoundationEssentials
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A built product of the package as a child process, with a pipe for what it says. Its errors go where the tests' go, or
/// into a file.
struct ChildProcess {
    let pid: pid_t
    let output: LineReader

    init(_ product: String, _ arguments: [String], errors: String? = nil) throws {
        let executable = try Self.executable(product)
        var ends: [Int32] = [0, 0]
        guard unsafe pipe(&ends) == 0 else { throw TestSupportError("cannot make a pipe: errno \(errno)") }
        // Other children must not inherit the end that is read: they would keep nothing alive, but no descriptor is for free.
        _ = fcntl(ends[0], F_SETFD, FD_CLOEXEC)
        _ = fcntl(ends[1], F_SETFD, FD_CLOEXEC)
        output = LineReader(owning: ends[0])
        #if canImport(Glibc)
        var actions = unsafe posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        #else
        var actions: posix_spawn_file_actions_t?
        var attributes: posix_spawnattr_t?
        #endif
        // A test's thread blocks signals, and a child would inherit that and never hear SIGTERM.
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe posix_spawnattr_init(&attributes)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        unsafe posix_spawn_file_actions_init(&actions)
        unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        if let errors { unsafe posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT, 0o600) }
        var texts: [UnsafeMutablePointer<CChar>?] = unsafe ([executable] + arguments).map { unsafe strdup($0) }
        unsafe texts.append(nil)
        var pid: pid_t = 0
        let status = unsafe posix_spawn(&pid, executable, &actions, &attributes, texts, environ)
        for index in unsafe texts.indices { unsafe free(texts[index]) }
        unsafe posix_spawn_file_actions_destroy(&actions)
        unsafe posix_spawnattr_destroy(&attributes)
        _ = close(ends[1])
        guard status == 0 else { throw TestSupportError("cannot start \(executable): errno \(status)") }
        self.pid = pid
    }

    /// Waits for the end of a child and gives its status; nil if it does not come in time.
    static func reap(_ pid: pid_t, _ deadline: Deadline) -> Int32? {
        var status: Int32 = 0
        while true {
            let ended = unsafe waitpid(pid, &status, WNOHANG)
            if ended == pid { return status }
            if ended < 0, errno != EINTR { return nil }
            if deadline.isOver { return nil }
            usleep(1_000)
        }
    }

    /// A product in the folder of the build's products, where the tests' own executable is too.
    private static func executable(_ product: String) throws -> String {
        var folder = "/proc/self/exe"
        if let link = try? FileManager.default.destinationOfSymbolicLink(atPath: folder) {
            folder = link
        } else {
            folder = CommandLine.arguments[0]
        }
        while let slash = folder.lastIndex(of: "/") {
            folder = String(folder[..<slash])
            let candidate = folder + "/" + product
            if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
        }
        throw TestSupportError("there is no \(product) beside the tests; build the package first")
    }
}

/// Reads lines from a descriptor with a deadline.
final class LineReader: Sendable {
    private let number: Int32
    private let buffer = Mutex<[UInt8]>([])

    init(owning number: Int32) { self.number = number }

    deinit { _ = close(number) }

    /// Waits for the next line that begins with `prefix` and gives the rest of it.
    func line(after prefix: String) throws -> String {
        let deadline = Deadline()
        return try buffer.withLock { bytes in
            while true {
                while let end = bytes.firstIndex(of: 0x0A) {
                    let line = String(decoding: bytes[..<end], as: UTF8.self)
                    bytes.removeSubrange(...end)
                    if line.hasPrefix(prefix) { return String(line.dropFirst(prefix.count)) }
                }
                var request = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
                let ready = unsafe poll(&request, 1, deadline.milliseconds)
                if ready < 0 && errno == EINTR { continue }
                guard ready > 0 else { throw TestSupportError("dosql did not say \"\(prefix)…\" in time") }
                var part = [UInt8](repeating: 0, count: 4096)
                let count = unsafe read(number, &part, part.count)
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { throw TestSupportError("dosql ended before it said \"\(prefix)…\"") }
                bytes += part[..<count]
            }
        }
    }
}
