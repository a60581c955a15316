internal import CLibuv
import Glibc

/// Processor time, user and system, as the kernel counts it: in nanoseconds, and with threads that have ended
/// (clock_gettime(2), clock_getcpuclockid(3)).
public enum ProcessorClock {
    /// Nanoseconds of the calling thread.
    public static func thread() -> UInt64 { nanoseconds(CLOCK_THREAD_CPUTIME_ID) ?? 0 }

    /// Nanoseconds of all threads of a process, which may be another one of the same user; nil: there is none.
    public static func process(_ processID: Int32) -> UInt64? {
        var clock = clockid_t()
        guard unsafe clock_getcpuclockid(processID, &clock) == 0 else { return nil }
        return nanoseconds(clock)
    }

    private static func nanoseconds(_ clock: clockid_t) -> UInt64? {
        var time = timespec()
        guard unsafe clock_gettime(clock, &time) == 0 else { return nil }
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }
}
