internal import CLibuv
import Glibc

/// A listening socket, TCP or unix, that hands over accepted descriptors; any loop may adopt them.
///
/// libuv's own listener closes connections when the process has no descriptor left. This one stops asking for some
/// time instead: the connections wait in the kernel's backlog.
///
/// Ownership: this object owns the socket, its poll handle and, for a unix socket, the file. When it is released or
/// closed (on its loop) listening ends and the file is removed, unless somebody else has replaced it.
@safe
public final class Listener {
    /// How many connections the kernel keeps for us while we are busy.
    public static let backlogDefault: Int32 = 1024
    /// How many connections are taken before others on the loop have their turn.
    public static let acceptsPerTurnMax = 64
    /// How long accepting rests when there is no descriptor left.
    public static let exhaustedPause: Duration = .milliseconds(100)

    /// Where it listens, with the port that the system chose: `127.0.0.1:3775`, `[::1]:3775`, `unix:/path`.
    public let boundAddress: String
    /// Called when accepting has to rest because the system refused a descriptor; it goes on by itself.
    public var onExhausted: ((LoopError) -> Void)?

    private let loop: EventLoop
    private let accepted: (consuming Descriptor) -> Void
    /// `nil` once closed.
    private var socket: ListeningSocket?
    private let poll: UnsafeMutablePointer<uv_poll_t>
    private var isPaused = false
    private var retry: Timer?

    /// Binds, listens and starts to accept. Host names are resolved now, and the first address that can be bound is
    /// taken, IPv4 before IPv6.
    public init(
        _ address: ListenAddress, on loop: EventLoop, backlog: Int32 = Listener.backlogDefault,
        accepted: @escaping (consuming Descriptor) -> Void
    ) throws(LoopError) {
        loop.assertOnLoop()
        let socket = try ListeningSocket.open(address, backlog: backlog)
        let poll = UnsafeMutablePointer<uv_poll_t>.allocate(capacity: 1)
        let status = unsafe uv_poll_init(loop.handle, poll, socket.descriptor.rawValue)
        guard status == 0 else {
            unsafe poll.deallocate()
            throw LoopError("watch \(address)", status: status)
        }
        self.loop = loop
        self.accepted = accepted
        boundAddress = socket.boundAddress
        unsafe self.poll = poll
        self.socket = consume socket
        unsafe poll.pointee.data = Unmanaged.passUnretained(self).toOpaque()
        watch()
    }

    deinit {
        close()
    }

    /// Stops to accept; connections wait in the backlog.
    public func pause() {
        loop.assertOnLoop()
        guard socket != nil, !isPaused else { return }
        isPaused = true
        unsafe uv_poll_stop(poll)
    }

    /// Accepts again.
    public func resume() {
        loop.assertOnLoop()
        guard socket != nil, isPaused else { return }
        isPaused = false
        if !isExhausted { watch() }
    }

    /// Whether accepting rests because there was no descriptor left.
    public var isExhausted: Bool { retry?.isRunning ?? false }

    /// Stops to listen and removes the socket file. Connections that wait in the backlog are refused.
    public func close() {
        guard socket != nil else { return }
        loop.assertOnLoop()
        retry = nil
        // Before the descriptor is closed, as libuv wants it.
        unsafe closeAndFree(poll)
        socket = nil
    }

    private func watch() {
        // It fails only for a descriptor that the kernel cannot poll, and sockets can be polled.
        let status = unsafe uv_poll_start(poll, Int32(UV_READABLE.rawValue)) { handle, _, _ in
            let listener = unsafe Unmanaged<Listener>.fromOpaque(handle!.pointee.data).takeUnretainedValue()
            listener.loop.callbackRan = true
            listener.acceptWaiting()
        }
        precondition(status == 0, "A listening socket could not be polled")
    }

    private func acceptWaiting() {
        for _ in 0..<Self.acceptsPerTurnMax {
            // The callback may pause or close.
            guard socket != nil, !isPaused, let number = socket?.descriptor.rawValue else { return }
            if let connection = Descriptor(acceptedBy: number) {
                accepted(connection)
                continue
            }
            switch errno {
            case EAGAIN: return
            case EMFILE, ENFILE, ENOBUFS, ENOMEM: return rest(LoopError(failed: "accept on \(boundAddress)"))
            default: continue  // The connection was gone before we took it: accept(2) reports its errors as ours.
            }
        }
    }

    private func rest(_ error: LoopError) {
        unsafe uv_poll_stop(poll)
        let timer =
            retry
            ?? Timer(on: loop) { [unowned self] in
                if socket != nil && !isPaused { watch() }
            }
        retry = timer
        timer.start(after: Self.exhaustedPause)
        onExhausted?(error)
    }
}
