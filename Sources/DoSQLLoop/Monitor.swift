internal import CLibuv
import Glibc

/// A lock and a condition to sleep on, for state that threads share.
///
/// Of the system's kind rather than `Synchronization.Mutex`, for two reasons: that one has no condition, and in
/// Swift 6.3 on Linux the thread sanitizer does not see it and reports every use as a race.
///
/// Ownership: both live at fixed addresses that this object allocates and frees.
@safe @usableFromInline
final class Monitor: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>

    @usableFromInline
    init() {
        unsafe mutex = .allocate(capacity: 1)
        unsafe mutex.initialize(to: pthread_mutex_t())
        unsafe pthread_mutex_init(mutex, nil)
        unsafe condition = .allocate(capacity: 1)
        unsafe condition.initialize(to: pthread_cond_t())
        // Deadlines are monotonic: a changed wall clock must neither wake nor delay a worker.
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        unsafe pthread_cond_init(condition, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
    }

    deinit {
        unsafe pthread_cond_destroy(condition)
        unsafe condition.deallocate()
        unsafe pthread_mutex_destroy(mutex)
        unsafe mutex.deallocate()
    }

    /// Runs a function that nobody else runs under this monitor meanwhile.
    @inlinable
    func locked<Result>(_ body: () -> Result) -> Result {
        lock()
        defer { unlock() }
        return body()
    }

    /// Gives the lock back, sleeps until woken or until the deadline (of `MonotonicClock`), and takes the lock again.
    /// `false` if the deadline has passed. Called under the lock; may also return for no reason.
    @usableFromInline
    func sleep(until deadline: UInt64?) -> Bool {
        guard let deadline else {
            unsafe pthread_cond_wait(condition, mutex)
            return true
        }
        var time = timespec(tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
        return unsafe pthread_cond_timedwait(condition, mutex, &time) != ETIMEDOUT
    }

    /// Wakes one of the sleepers.
    @usableFromInline
    func wakeOne() {
        unsafe pthread_cond_signal(condition)
    }

    /// Wakes all sleepers.
    @usableFromInline
    func wakeAll() {
        unsafe pthread_cond_broadcast(condition)
    }

    @usableFromInline
    func lock() {
        unsafe pthread_mutex_lock(mutex)
    }

    @usableFromInline
    func unlock() {
        unsafe pthread_mutex_unlock(mutex)
    }
}
