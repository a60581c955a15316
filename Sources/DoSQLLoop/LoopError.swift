internal import CLibuv
import Glibc

/// What the operating system refused, and what the loop was doing when it did.
public struct LoopError: Error, Equatable, Sendable {
    /// The `errno` of the system (positive).
    public let code: Int32
    /// What was tried, as the object of "cannot …": `bind 127.0.0.1:3775`.
    public let operation: String
    /// What the operator can do about it, when there is something to say.
    public let hint: String?

    /// An error with the `errno` of a call that failed.
    public init(_ operation: String, code: Int32, hint: String? = nil) {
        self.code = code
        self.operation = operation
        self.hint = hint
    }

    /// The error of the system call that has just failed.
    init(failed operation: String, hint: String? = nil) {
        self.init(operation, code: errno, hint: hint)
    }

    /// libuv returns `-errno`.
    init(_ operation: String, status: Int32) {
        self.init(operation, code: -status)
    }

    /// Whether the peer broke the connection off (reset, or gone while we were writing).
    public var isPeerGone: Bool { code == ECONNRESET || code == EPIPE || code == ETIMEDOUT }

    /// Whether the process or the system has no descriptor left.
    public var isOutOfDescriptors: Bool { code == EMFILE || code == ENFILE }
}

extension LoopError: CustomStringConvertible {
    /// One sentence, with what to do about it if there is something.
    public var description: String {
        let reason = unsafe String(cString: strerror(code))
        let sentence = "cannot \(operation): \(reason)"
        return hint.map { "\(sentence) (\($0))" } ?? sentence
    }
}

/// Throws what a libuv call reports as a negative status.
func check(_ status: Int32, _ operation: @autoclosure () -> String) throws(LoopError) {
    if status < 0 { throw LoopError(operation(), status: status) }
}
