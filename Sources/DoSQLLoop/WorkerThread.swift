internal import CLibuv
import Glibc
import Synchronization

/// A named thread that runs one function. Signals go elsewhere, and the stack is large enough for SQLite.
public final class WorkerThread: Sendable {
    /// Virtual memory; only what is touched costs anything.
    public static let stackSizeDefault = 8 * 1024 * 1024

    /// `nil` once joined: a thread may be joined only once.
    private let thread: Mutex<pthread_t?>

    /// Starts a thread. Its name is cut to the 15 bytes that Linux keeps.
    /// - Parameter niceness: how far it gives way to the process's other threads, 0 to 19: `setpriority(2)`, which on Linux
    ///   is a thread's own.
    public init(
        name: String, stackSize: Int = WorkerThread.stackSizeDefault, niceness: Int32 = 0,
        body: sending @escaping () -> Void
    ) throws(LoopError) {
        var attributes = pthread_attr_t()
        unsafe pthread_attr_init(&attributes)
        defer { unsafe pthread_attr_destroy(&attributes) }
        unsafe pthread_attr_setstacksize(&attributes, stackSize)

        // A new thread inherits the mask, so it is never without it. Faults of the thread itself stay visible.
        var blocked = sigset_t()
        var former = sigset_t()
        unsafe sigfillset(&blocked)
        for fault in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGPROF] { unsafe sigdelset(&blocked, fault) }
        unsafe pthread_sigmask(SIG_BLOCK, &blocked, &former)
        defer { unsafe pthread_sigmask(SIG_SETMASK, &former, nil) }

        let start = unsafe Unmanaged.passRetained(ThreadStart(body, niceness: niceness))
        var thread = pthread_t()
        let status = unsafe pthread_create(
            &thread, &attributes,
            { start in
                unsafe Unmanaged<ThreadStart>.fromOpaque(start!).takeRetainedValue().run()
                return nil
            }, start.toOpaque())
        guard status == 0 else {
            unsafe start.release()
            throw LoopError("start the thread \(name)", code: status)
        }
        unsafe dosql_name_thread(thread, String(decoding: name.utf8.prefix(15), as: UTF8.self))
        self.thread = Mutex(thread)
    }

    deinit {
        if let thread = thread.withLock({ $0.take() }) { pthread_detach(thread) }
    }

    /// Waits until the function has returned. Later calls, and a call from the thread itself, return at once.
    public func join() {
        let mine = thread.withLock { thread -> pthread_t? in
            guard let number = thread, pthread_equal(number, pthread_self()) == 0 else { return nil }
            thread = nil
            return number
        }
        if let mine { pthread_join(mine, nil) }
    }
}

/// Carries a function over to its thread.
private final class ThreadStart {
    private var body: (() -> Void)?
    private let niceness: Int32

    init(_ body: sending @escaping () -> Void, niceness: Int32) {
        self.body = body
        self.niceness = niceness
    }

    /// Lets go of what the function captured before the thread ends.
    func run() {
        // Whoever may not give way need not.
        if niceness != 0 { _ = dosql_nice_thread(niceness) }
        body.take()?()
    }
}
