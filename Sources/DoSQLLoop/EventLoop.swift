internal import CLibuv
import Glibc

/// One libuv loop, confined to the thread that made it.
///
/// Invariant: every object made on a loop (timer, listener, stream, mailbox, signal watcher) is used and released
/// on the loop's thread; only `Mailbox.post` may come from elsewhere. The class is not `Sendable`, so the compiler
/// keeps it there; debug builds also check the thread.
///
/// A *turn* is: due timers, then one poll with all its reads, writes and mailboxes, then the closing of handles.
/// `onTurnEnd` runs after each of these groups of callbacks, so that what many callbacks prepared is done once.
///
/// Ownership: the loop's memory and its four own handles belong to this object and are given back by `close()`.
@safe
public final class EventLoop {
    /// The default size of the buffer that all streams of a loop read into.
    public static let receiveBufferSizeDefault = 64 * 1024

    let handle: UnsafeMutablePointer<uv_loop_t>
    /// One for all streams: bytes are borrowed for the time of one `received` and never kept here.
    let receiveBuffer: UnsafeMutableBufferPointer<UInt8>
    /// Arrays of finished writes, ready for the next stream whose array had to stay with libuv.
    var spareArrays = SpareArrays()

    private let check: UnsafeMutablePointer<uv_check_t>
    private let prepare: UnsafeMutablePointer<uv_prepare_t>
    private let idle: UnsafeMutablePointer<uv_idle_t>
    private let thread = pthread_self()
    private var turnRequested = false
    private var isClosed = false
    private var cachedNow: UInt64 = 0
    /// Whether a callback ran since `onTurnEnd` was last called: an empty turn costs nothing.
    var callbackRan = true

    /// Called on the loop after the callbacks of a turn, before the loop may block: the place to flush and to commit.
    ///
    /// Called at most twice a turn (after timers, after the poll), and only if some callback ran before it.
    public var onTurnEnd: (() -> Void)?

    /// Makes a loop that belongs to the calling thread.
    public init(receiveBufferSize: Int = EventLoop.receiveBufferSizeDefault) throws(LoopError) {
        precondition(receiveBufferSize > 0, "A loop cannot read into a buffer of no bytes")
        let loop = UnsafeMutablePointer<uv_loop_t>.allocate(capacity: 1)
        let status = unsafe uv_loop_init(loop)
        guard status == 0 else {
            unsafe loop.deallocate()
            throw LoopError("make an event loop", status: status)
        }
        unsafe handle = loop
        unsafe receiveBuffer = .allocate(capacity: receiveBufferSize)
        unsafe receiveBuffer.initialize(repeating: 0)
        unsafe check = .allocate(capacity: 1)
        unsafe prepare = .allocate(capacity: 1)
        unsafe idle = .allocate(capacity: 1)

        // These three cannot fail: they only set fields.
        unsafe uv_check_init(loop, check)
        unsafe uv_prepare_init(loop, prepare)
        unsafe uv_idle_init(loop, idle)
        let me = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe check.pointee.data = me
        unsafe prepare.pointee.data = me
        unsafe idle.pointee.data = me
        unsafe uv_check_start(check) { handle in
            unsafe Unmanaged<EventLoop>.fromOpaque(handle!.pointee.data)._withUnsafeGuaranteedRef { $0.polled() }
        }
        unsafe uv_prepare_start(prepare) { handle in
            unsafe Unmanaged<EventLoop>.fromOpaque(handle!.pointee.data)._withUnsafeGuaranteedRef { $0.willPoll() }
        }
    }

    deinit {
        close()
        unsafe receiveBuffer.deallocate()
    }

    /// Runs turns until `stop()`. May be called again afterwards.
    public func run() {
        assertOnLoop()
        // The check handle is always active, so only `stop()` ends this.
        unsafe uv_run(handle, UV_RUN_DEFAULT)
    }

    /// Lets `run()` return at the end of this turn (or of its first one, if it does not run yet).
    public func stop() {
        assertOnLoop()
        unsafe uv_stop(handle)
    }

    /// Asks for another turn that does not block, with an `onTurnEnd` after its poll: for work that goes on after
    /// the others have had their turn.
    public func requestTurn() {
        assertOnLoop()
        guard !turnRequested else { return }
        turnRequested = true
        unsafe uv_idle_start(idle) { _ in }
    }

    /// Monotonic nanoseconds, read once a group of callbacks: cheap, and equal for all requests that came together.
    public var now: UInt64 {
        if cachedNow == 0 { cachedNow = MonotonicClock.nanoseconds() }
        return cachedNow
    }

    /// Reads the clock again, after work that took long. Timers started from now on count from here.
    public func updateNow() {
        assertOnLoop()
        cachedNow = MonotonicClock.nanoseconds()
        unsafe uv_update_time(handle)
    }

    /// Gives the loop back to the system. Everything made on it must be closed or released by now: what is still
    /// open is a bug of its owner and stops the process with a sentence that names it.
    public func close() {
        let open = closeReportingOpenHandles()
        precondition(open.isEmpty, "A loop was closed while these are open on it: \(open.joined(separator: ", "))")
    }

    /// Closes the loop if nothing is open on it; else returns what is, and leaks the loop.
    func closeReportingOpenHandles() -> [String] {
        guard !isClosed else { return [] }
        assertOnLoop()
        isClosed = true
        onTurnEnd = nil
        unsafe closeAndFree(check)
        unsafe closeAndFree(prepare)
        unsafe closeAndFree(idle)

        // A close callback may release what closes further handles: run until nothing is closing any more.
        var open = unsafe OpenHandles(of: handle)
        while open.closingCount > 0 {
            unsafe uv_run(handle, UV_RUN_NOWAIT)
            unsafe open = OpenHandles(of: handle)
        }
        if unsafe open.names.isEmpty && uv_loop_close(handle) == 0 {
            unsafe handle.deallocate()
        }
        return open.names
    }

    /// Confinement is the compiler's work; this catches what `unsafe` code elsewhere may have smuggled.
    @inline(__always)
    func assertOnLoop() {
        assert(pthread_equal(thread, pthread_self()) != 0, "A loop was used on a thread that is not its own")
    }

    private func willPoll() {
        if callbackRan { endTurn() }
        cachedNow = 0
    }

    private func polled() {
        if turnRequested {
            turnRequested = false
            callbackRan = true
            unsafe uv_idle_stop(idle)
        }
        if callbackRan { endTurn() }
        cachedNow = 0
    }

    private func endTurn() {
        callbackRan = false
        onTurnEnd?()
    }
}

/// Closes a handle whose memory nobody else frees. libuv uses the memory until it calls back, so it is freed there.
func closeAndFree<Handle>(_ handle: UnsafeMutablePointer<Handle>) {
    let base = unsafe UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)
    unsafe uv_close(base) { unsafe UnsafeMutableRawPointer($0!).deallocate() }
}
