internal import CLibuv
import Glibc

/// The clock that only moves forward, for threads that have no loop.
public enum MonotonicClock {
    /// Nanoseconds since an arbitrary start, the same one for all threads; about 20 ns a call.
    public static func nanoseconds() -> UInt64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }
}
