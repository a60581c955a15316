internal import CLibuv

/// The part of a mailbox that libuv knows: rung on any thread, answered on the loop.
///
/// Ownership: the loop holds this object from `init` until the close callback, which frees the handle. `ring()` is
/// allowed until `close()`: the mailbox calls both under its lock. `answered` is touched on the loop only.
@safe @usableFromInline
final class Doorbell: @unchecked Sendable {
    private let handle: UnsafeMutablePointer<uv_async_t>
    private let loop: EventLoop
    private var answered: (() -> Void)?

    @usableFromInline
    init(on loop: EventLoop) throws(LoopError) {
        loop.assertOnLoop()
        self.loop = loop
        let handle = UnsafeMutablePointer<uv_async_t>.allocate(capacity: 1)
        unsafe self.handle = handle
        let status = unsafe uv_async_init(loop.handle, handle) { handle in
            let doorbell = unsafe Unmanaged<Doorbell>.fromOpaque(handle!.pointee.data).takeUnretainedValue()
            doorbell.loop.callbackRan = true
            doorbell.answered?()
        }
        guard status == 0 else {
            unsafe handle.deallocate()
            throw LoopError("make a mailbox", status: status)
        }
        unsafe handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
    }

    /// Says what to do on the loop when it rang. Once, before anybody rings.
    @usableFromInline
    func answer(with body: @escaping () -> Void) {
        answered = body
    }

    /// Wakes the loop. Many rings before the answer are one.
    @usableFromInline
    func ring() {
        unsafe uv_async_send(handle)
    }

    /// Takes the bell down; on the loop.
    @usableFromInline
    func close() {
        loop.assertOnLoop()
        let base = unsafe UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)
        unsafe uv_close(base) { handle in
            let doorbell = unsafe Unmanaged<Doorbell>.fromOpaque(handle!.pointee.data).takeRetainedValue()
            doorbell.loop.callbackRan = true
            doorbell.answered = nil
            unsafe handle!.deallocate()
        }
    }
}
