public import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// What the statements that run now may take: checked between opcodes, every ``EngineLimits/budgetInterval`` of them.
///
/// A statement that exceeds it fails with `SQLITE_INTERRUPT`, and ``Connection/budgetExhaustion`` says why.
/// One long opcode is not stopped by it (a `count(*)` of a big table is one): ``Interrupter`` stops most of these.
/// <https://www.sqlite.org/c3ref/progress_handler.html>
public struct Budget: Sendable {
    /// Why a statement was stopped.
    public enum Exhaustion: Sendable, Hashable {
        /// Its time had passed.
        case deadline
        /// Somebody raised the flag.
        case cancelled
        /// It wanted more memory than it may have.
        case memory
    }

    /// Nanoseconds of the monotonic clock (``now()``) after which a statement stops; `UInt64.max` for never.
    public var deadline: UInt64
    /// A flag any thread may raise to stop it.
    public var cancellation: CancellationFlag?
    /// Bytes that SQLite may take for it, beyond those it holds when the budget is set: sorting, temporary tables, values,
    /// pages. Beyond them the statement fails with `SQLITE_NOMEM`. The bound is the thread's that sets the budget, and ends
    /// when that thread sets another one.
    public var memoryMax: Int?

    /// Takes the bounds; without them, nothing is bounded.
    @inlinable
    public init(deadline: UInt64 = .max, cancellation: CancellationFlag? = nil, memoryMax: Int? = nil) {
        self.deadline = deadline
        self.cancellation = cancellation
        self.memoryMax = memoryMax
    }

    /// No bound at all.
    public static var unlimited: Budget { Budget() }

    /// The clock deadlines are measured by: `CLOCK_MONOTONIC`, which is also libuv's `uv_hrtime`.
    public static func now() -> UInt64 {
        #if canImport(Darwin)
        return clock_gettime_nsec_np(CLOCK_UPTIME_RAW)
        #else
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
        #endif
    }
}

/// A flag that one thread raises and a statement on another one sees.
public final class CancellationFlag: Sendable {
    @usableFromInline let raised = Atomic<Bool>(false)

    /// Not raised.
    public init() {}

    /// Stops the statement that looks at this flag, at its next look.
    public func cancel() {
        raised.store(true, ordering: .relaxed)
    }

    /// Whether ``cancel()`` was called.
    public var isCancelled: Bool { raised.load(ordering: .relaxed) }
}
