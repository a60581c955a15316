internal import CLibuv
import Glibc

/// One connection, TCP or unix: bytes in, bytes out, closed once.
///
/// Ownership: the loop holds this object from `init` until the close callback, which frees the libuv handle; then the
/// delegate hears `closed` and is let go. So neither needs another owner, and a stream must be closed to end.
/// States: open → flushing (`closeAfterFlush`) → closing → closed; errors lead from each of the first two to closing.
@safe
public final class SocketStream {
    /// Up to how many queued bytes a stream counts as drained.
    public static let lowWaterMarkDefault = 64 * 1024

    private enum State {
        case open, flushing, closing, closed
    }

    /// The other end, as it was when the stream was made: `127.0.0.1:50312`, `[::1]:50312`, `unix`.
    public let peerAddress: String
    /// How many bytes were handed to the delegate.
    public private(set) var bytesReceived: UInt64 = 0
    /// How many bytes the system took.
    public private(set) var bytesSent: UInt64 = 0
    /// `drained` is called when the queue, having been above this, is at it or below.
    public var lowWaterMark = SocketStream.lowWaterMarkDefault

    /// How many bytes are taken from the system at a time, at most: what is taken must be kept by whoever cannot go on.
    public var readBytesMax = Int.max

    private let loop: EventLoop
    /// Memory for a `uv_tcp_t` or a `uv_pipe_t`; both begin as a `uv_stream_t`.
    private let handle: UnsafeMutablePointer<uv_stream_t>
    /// Retained by hand while the stream is open, so that a read costs no reference counting here.
    unowned(unsafe) private var delegate: (any StreamDelegate)?
    private var state = State.open
    private var reason = CloseReason.local
    private var isReading = false
    private var peerHasEnded = false
    private var everythingIsSent = false
    private var isAboveLowWaterMark = false
    private var flushTimer: Timer?
    /// What stands between the socket and the delegate; as a rule nothing does.
    private var transform: (any StreamTransform)?
    private var hasToldEnd = false
    private var isBroken = false

    /// Adopts a connected socket. It reads nothing until `start`.
    public init(adopting descriptor: consuming Descriptor, on loop: EventLoop) throws(LoopError) {
        loop.assertOnLoop()
        let number = descriptor.rawValue
        guard let address = SocketAddress.local(of: number) else { throw LoopError(failed: "adopt a connection") }
        let handle = try unsafe SocketStream.openHandle(number, isUnix: address.family == AF_UNIX, on: loop)
        // From here on libuv closes it.
        _ = descriptor.take()
        self.loop = loop
        unsafe self.handle = handle
        peerAddress = SocketAddress.peer(of: number)?.description ?? "unknown"
        unsafe handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
    }

    deinit {
        precondition(state == .closed, "A stream was released before it was closed")
    }

    /// Whether `send` still sends.
    public var isOpen: Bool { state == .open }

    /// How many bytes wait for the peer. They count until the system has taken them.
    public var queuedBytes: Int {
        unsafe state == .closed ? 0 : handle.pointee.write_queue_size
    }

    // MARK: Reading

    /// Begins to read. Called once.
    public func start(_ delegate: any StreamDelegate) {
        loop.assertOnLoop()
        precondition(unsafe self.delegate == nil && state != .closed, "A stream is started once, while it is open")
        _ = unsafe Unmanaged<AnyObject>.passRetained(delegate)
        unsafe self.delegate = delegate
        resumeReading()
    }

    /// Gives the stream another owner: what comes from now on goes to `delegate`. The former one hears nothing more, and
    /// is let go of; one that calls this within a call of the stream's must be held by somebody else for its time.
    public func handOver(to delegate: any StreamDelegate) {
        loop.assertOnLoop()
        guard let former = unsafe self.delegate else { preconditionFailure("A stream is handed over after its start") }
        unsafe Unmanaged<AnyObject>.passUnretained(former).release()
        _ = unsafe Unmanaged<AnyObject>.passRetained(delegate)
        unsafe self.delegate = delegate
    }

    /// Whether there is a transform between the socket and the delegate.
    public var isTransformed: Bool { transform != nil }

    /// Puts a transform between the socket and the delegate, for good: from now on the delegate receives and sends what
    /// the transform makes of the socket's bytes. Everything else stays as it was: what is queued, and counted, is what
    /// goes over the wire.
    ///
    /// - Parameter bytes: what the delegate has received already and the transform is to have.
    public func use(_ transform: any StreamTransform, receiving bytes: Span<UInt8>) {
        loop.assertOnLoop()
        precondition(self.transform == nil, "A stream has one transform")
        guard state == .open else { return }
        self.transform = transform
        var output = loop.spareArrays.take()
        transform.begin(into: &output)
        transmit(&output)
        loop.spareArrays.giveBack(output)
        receive(bytes, through: transform)
    }

    /// Leaves what comes in the kernel, so that the peer has to wait. Meanwhile its end is not noticed either.
    public func pauseReading() {
        loop.assertOnLoop()
        guard state == .open, isReading else { return }
        isReading = false
        unsafe uv_read_stop(handle)
    }

    /// Reads again.
    public func resumeReading() {
        loop.assertOnLoop()
        guard state == .open else { return }
        read()
    }

    private func read() {
        guard !isReading, !peerHasEnded else { return }
        isReading = true
        let status = unsafe uv_read_start(
            handle,
            { handle, _, buffer in
                unsafe Unmanaged<SocketStream>.fromOpaque(handle!.pointee.data)._withUnsafeGuaranteedRef { stream in
                    let room = unsafe stream.loop.receiveBuffer
                    unsafe buffer!.pointee.base = UnsafeMutableRawPointer(room.baseAddress!)
                        .assumingMemoryBound(to: CChar.self)
                    unsafe buffer!.pointee.len = min(room.count, stream.readBytesMax)
                }
            },
            { handle, count, _ in
                // The loop holds the stream until its close callback, which cannot run inside this one.
                unsafe Unmanaged<SocketStream>.fromOpaque(handle!.pointee.data)._withUnsafeGuaranteedRef { stream in
                    stream.didRead(count)
                }
            })
        if status < 0 { close(because: .failed(LoopError("read from \(peerAddress)", status: status))) }
    }

    private func didRead(_ count: Int) {
        loop.callbackRan = true
        if count > 0 {
            // While flushing we only wait for the peer's end: a close with unread bytes would reset the connection
            // and take back what is on its way.
            guard state == .open else { return }
            bytesReceived &+= UInt64(count)
            let bytes = unsafe UnsafeBufferPointer(rebasing: UnsafeBufferPointer(loop.receiveBuffer)[..<count])
            if let transform { return unsafe receive(bytes.span, through: transform) }
            unsafe delegate?.received(bytes.span)
        } else if count == Int(UV_EOF.rawValue) {
            isReading = false
            peerHasEnded = true
            if state == .open {
                tellEnd()
            } else if everythingIsSent {
                close(because: .flushed)
            }
        } else if count < 0 {
            isReading = false
            close(because: .failed(LoopError("read from \(peerAddress)", status: Int32(count))))
        }
    }

    private func tellEnd() {
        guard !hasToldEnd else { return }
        hasToldEnd = true
        unsafe delegate?.receivedEnd()
    }

    /// What the transform makes of one read is one call of the delegate's, as without one.
    private func receive(_ bytes: Span<UInt8>, through transform: any StreamTransform) {
        // Behind the end that the peer has told there is nothing to be read.
        guard !hasToldEnd else { return }
        var plain = loop.spareArrays.take()
        var output = loop.spareArrays.take()
        let outcome = transform.receive(bytes, into: &plain, answering: &output)
        transmit(&output)
        loop.spareArrays.giveBack(output)
        if !plain.isEmpty { unsafe delegate?.received(plain.span) }
        loop.spareArrays.giveBack(plain)
        guard state == .open else { return }
        switch outcome {
        case .goesOn: break
        case .ended: tellEnd()
        case .broken: breakOff()
        }
    }

    /// How long a peer whose bytes could not be transformed may take to read why.
    private static let breakTime: Duration = .seconds(1)

    private func breakOff() {
        guard state == .open else { return }
        isBroken = true
        closeAfterFlush(timeout: Self.breakTime)
    }

    // MARK: Writing

    /// Sends what is in the array and empties it.
    ///
    /// What the system takes at once (as a rule all) is not copied, and the array keeps its capacity. The rest moves
    /// to the queue with its array, and the caller gets another, empty one. Through a transform the array stays with the
    /// caller, and keeps its capacity unless that is large. On a stream that is not open the bytes
    /// are dropped: `closed` comes or has come.
    public func send(_ buffer: inout [UInt8]) {
        loop.assertOnLoop()
        guard state == .open else { return buffer.removeAll(keepingCapacity: true) }
        guard let transform else { return transmit(&buffer) }
        var output = loop.spareArrays.take()
        let isSent = transform.send(buffer.span, into: &output)
        if buffer.capacity > SpareArrays.capacityMax { buffer = [] } else { buffer.removeAll(keepingCapacity: true) }
        transmit(&output)
        loop.spareArrays.giveBack(output)
        if !isSent { breakOff() }
    }

    /// Puts bytes on the wire.
    private func transmit(_ buffer: inout [UInt8]) {
        let count = buffer.count
        guard count > 0 else { return }
        var written = 0
        if unsafe handle.pointee.write_queue_size == 0 {
            let status = unsafe buffer.withUnsafeMutableBufferPointer { elements in
                let start = unsafe UnsafeMutableRawPointer(elements.baseAddress!).assumingMemoryBound(to: CChar.self)
                var slice = unsafe uv_buf_t(base: start, len: count)
                return unsafe uv_try_write(handle, &slice, 1)
            }
            if status >= 0 {
                written = Int(status)
                bytesSent &+= UInt64(written)
            } else if status != UV_EAGAIN.rawValue {
                buffer.removeAll(keepingCapacity: true)
                return close(because: .failed(LoopError("write to \(peerAddress)", status: status)))
            }
        }
        if written == count {
            buffer.removeAll(keepingCapacity: true)
        } else {
            var rest = loop.spareArrays.take()
            swap(&rest, &buffer)
            queue(WriteRequest(rest, from: written, stream: self))
        }
    }

    private func queue(_ request: WriteRequest) {
        var slice = unsafe request.buffer
        unsafe request.handle.pointee.data = Unmanaged.passRetained(request).toOpaque()
        let status = unsafe uv_write(request.handle, handle, &slice, 1) { handle, status in
            let request = unsafe Unmanaged<WriteRequest>.fromOpaque(handle!.pointee.data).takeRetainedValue()
            request.stream.finished(request, status)
        }
        guard status == 0 else {
            // libuv has not taken it, so nobody will call back.
            unsafe Unmanaged.passUnretained(request).release()
            return close(because: .failed(LoopError("write to \(peerAddress)", status: status)))
        }
        if queuedBytes > lowWaterMark { isAboveLowWaterMark = true }
    }

    private func finished(_ request: WriteRequest, _ status: Int32) {
        loop.callbackRan = true
        if status == 0 {
            bytesSent &+= UInt64(request.count)
            loop.spareArrays.giveBack(request.takeArray())
        }
        guard state == .open || state == .flushing else { return }
        guard status == 0 else {
            return close(because: .failed(LoopError("write to \(peerAddress)", status: status)))
        }
        if isAboveLowWaterMark && queuedBytes <= lowWaterMark {
            isAboveLowWaterMark = false
            if state == .open { unsafe delegate?.drained() }
        }
    }

    // MARK: Closing

    /// Closes at once; what is queued is dropped. The delegate hears `closed(.local)` later in this turn.
    public func close() {
        close(because: .local)
    }

    /// Sends what is queued, tells the peer that no more comes, waits for its end, and closes; at the latest after
    /// `timeout`. From now on nothing is received, and `send` drops its bytes.
    public func closeAfterFlush(timeout: Duration) {
        loop.assertOnLoop()
        guard state == .open else { return }
        if let transform {
            var output = loop.spareArrays.take()
            transform.end(into: &output)
            transmit(&output)
            loop.spareArrays.giveBack(output)
            // It may have failed.
            guard state == .open else { return }
        }
        state = .flushing
        let timer = Timer(on: loop) { [unowned self] in
            close(because: everythingIsSent ? .flushed : .flushTimedOut)
        }
        timer.start(after: timeout)
        flushTimer = timer

        // libuv shuts down after the writes queued before.
        let request = UnsafeMutablePointer<uv_shutdown_t>.allocate(capacity: 1)
        unsafe request.pointee.data = Unmanaged.passUnretained(self).toOpaque()
        let status = unsafe uv_shutdown(request, handle) { request, status in
            // Called at the latest, as cancelled, before the close callback lets go of the stream.
            let stream = unsafe Unmanaged<SocketStream>.fromOpaque(request!.pointee.data).takeUnretainedValue()
            unsafe request!.deallocate()
            stream.didShutDown(status)
        }
        guard status == 0 else {
            unsafe request.deallocate()
            return close(because: .failed(LoopError("shut down \(peerAddress)", status: status)))
        }
        read()
    }

    private func didShutDown(_ status: Int32) {
        loop.callbackRan = true
        guard state == .flushing else { return }
        guard status == 0 else {
            return close(because: .failed(LoopError("shut down \(peerAddress)", status: status)))
        }
        everythingIsSent = true
        if peerHasEnded { close(because: .flushed) }
    }

    private func close(because reason: CloseReason) {
        loop.assertOnLoop()
        guard state == .open || state == .flushing else { return }
        state = .closing
        self.reason = isBroken ? .broken : reason
        flushTimer = nil
        let base = unsafe UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)
        unsafe uv_close(base) { handle in
            let stream = unsafe Unmanaged<SocketStream>.fromOpaque(handle!.pointee.data).takeRetainedValue()
            stream.didClose()
        }
    }

    private func didClose() {
        loop.callbackRan = true
        state = .closed
        unsafe UnsafeMutableRawPointer(handle).deallocate()
        guard let delegate = unsafe delegate else { return }
        unsafe self.delegate = nil
        delegate.closed(reason)
        unsafe Unmanaged<AnyObject>.passUnretained(delegate).release()
    }

    // MARK: Opening

    private static func openHandle(
        _ descriptor: Int32, isUnix: Bool, on loop: EventLoop
    ) throws(LoopError) -> UnsafeMutablePointer<uv_stream_t> {
        let size = unsafe max(MemoryLayout<uv_tcp_t>.size, MemoryLayout<uv_pipe_t>.size)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
        var status: Int32
        if isUnix {
            let pipe = unsafe memory.assumingMemoryBound(to: uv_pipe_t.self)
            unsafe uv_pipe_init(loop.handle, pipe, 0)
            status = unsafe uv_pipe_open(pipe, descriptor)
        } else {
            let tcp = unsafe memory.assumingMemoryBound(to: uv_tcp_t.self)
            unsafe uv_tcp_init(loop.handle, tcp)
            status = unsafe uv_tcp_open(tcp, descriptor)
            // Neither is worth refusing a connection that does not want it.
            if status == 0 {
                unsafe uv_tcp_nodelay(tcp, 1)
                unsafe uv_tcp_keepalive(tcp, 1, keepAliveDelay)
            }
        }
        let handle = unsafe memory.assumingMemoryBound(to: uv_stream_t.self)
        guard status == 0 else {
            // The handle does not know the descriptor yet; whoever called still owns that.
            unsafe closeAndFree(handle)
            throw LoopError("adopt a connection", status: status)
        }
        return unsafe handle
    }

    /// Seconds of silence after which the kernel asks whether the peer is still there.
    private static let keepAliveDelay: UInt32 = 60
}
