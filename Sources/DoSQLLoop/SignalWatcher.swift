internal import CLibuv

/// Tells a loop about a signal, as an ordinary callback.
///
/// Threads of this target block signals, so the process's first thread takes them; libuv carries them to the loop
/// that watches. Ownership: as `Timer`. When it is released the signal has its former effect again.
@safe
public final class SignalWatcher {
    private let handle: UnsafeMutablePointer<uv_signal_t>
    private let loop: EventLoop
    private let received: () -> Void

    /// Watches until it is released; `received` is called once for every signal (signals that pile up may merge).
    public init(_ signal: Signal, on loop: EventLoop, received: @escaping () -> Void) throws(LoopError) {
        loop.assertOnLoop()
        self.loop = loop
        self.received = received
        let handle = UnsafeMutablePointer<uv_signal_t>.allocate(capacity: 1)
        let status = unsafe uv_signal_init(loop.handle, handle)
        guard status == 0 else {
            // Not a handle of the loop yet, and `deinit` does not run for a half-made object.
            unsafe handle.deallocate()
            throw LoopError("watch signal \(signal.rawValue)", status: status)
        }
        unsafe self.handle = handle
        unsafe handle.pointee.data = Unmanaged.passUnretained(self).toOpaque()
        try check(
            unsafe uv_signal_start(
                handle,
                { handle, _ in
                    let watcher = unsafe Unmanaged<SignalWatcher>.fromOpaque(handle!.pointee.data).takeUnretainedValue()
                    watcher.loop.callbackRan = true
                    watcher.received()
                }, signal.rawValue), "watch signal \(signal.rawValue)")
    }

    deinit {
        unsafe closeAndFree(handle)
    }
}
