internal import CLibuv

/// A timer of a loop: once or repeating, started again as often as one likes without allocation.
///
/// Ownership: this object owns the libuv handle. When it is released (on the loop) the timer is cancelled and the
/// handle closed; libuv's close callback frees its memory. Resolution is a millisecond; it never fires early.
@safe
public final class Timer {
    private let handle: UnsafeMutablePointer<uv_timer_t>
    private let loop: EventLoop
    private let fired: () -> Void

    /// Makes a timer that does not run yet.
    public init(on loop: EventLoop, fired: @escaping () -> Void) {
        loop.assertOnLoop()
        self.loop = loop
        self.fired = fired
        unsafe handle = .allocate(capacity: 1)
        unsafe uv_timer_init(loop.handle, handle)
        unsafe handle.pointee.data = Unmanaged.passUnretained(self).toOpaque()
    }

    deinit {
        unsafe closeAndFree(handle)
    }

    /// Fires once after `delay`. A timer that runs already starts anew.
    public func start(after delay: Duration) {
        start(after: delay.milliseconds, every: 0)
    }

    /// Fires every `period`, the first time after one.
    public func start(every period: Duration) {
        let period = max(period.milliseconds, 1)
        start(after: period, every: period)
    }

    /// Stops the timer; it can be started again.
    public func cancel() {
        loop.assertOnLoop()
        unsafe uv_timer_stop(handle)
    }

    /// Whether it is going to fire.
    public var isRunning: Bool {
        unsafe uv_is_active(UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)) != 0
    }

    private func start(after delay: UInt64, every period: UInt64) {
        loop.assertOnLoop()
        // It can only fail on a missing callback or a closing handle, and this object is alive.
        unsafe uv_timer_start(
            handle,
            { handle in
                // Held for the call: the callback may release the timer.
                let timer = unsafe Unmanaged<Timer>.fromOpaque(handle!.pointee.data).takeUnretainedValue()
                timer.loop.callbackRan = true
                timer.fired()
            }, delay, period)
    }
}
