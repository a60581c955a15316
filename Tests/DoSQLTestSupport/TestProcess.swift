#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A product of the package as a child process of a test, which ends with it.
public final class TestProcess: Sendable {
    private let pid: pid_t
    private let output: LineReader

    /// Starts it.
    public init(_ product: String, _ arguments: [String]) throws {
        let child = try ChildProcess(product, arguments)
        pid = child.pid
        output = child.output
    }

    deinit {
        #if canImport(Glibc)
        _ = Glibc.kill(pid, SIGKILL)
        #else
        _ = Darwin.kill(pid, SIGKILL)
        #endif
        _ = ChildProcess.reap(pid, Deadline())
    }

    /// Waits for the next line of its output that begins with `prefix` and gives the rest of it.
    public func outputLine(after prefix: String) throws -> String { try output.line(after: prefix) }
}
