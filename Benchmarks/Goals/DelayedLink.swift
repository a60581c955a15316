import DequeModule
import DoSQLLoop

/// A network between a load and a server: whatever it is given, in either direction, it hands over half a round trip
/// later, to the microsecond. It works in the turns of the load's own loop, of which it takes `onTurnEnd`.
final class DelayedLink {
    /// Where the load connects to.
    let address: ListenAddress
    private let server: ListenAddress
    private let delay: UInt64
    private let loop: EventLoop
    private var listener: Listener?
    private var ends: [End] = []

    init(to server: ListenAddress, roundTrip: Duration, on loop: EventLoop) throws {
        self.server = server
        self.loop = loop
        delay = UInt64(roundTrip / .nanoseconds(1)) / 2
        // Told by itself who has connected, and from then on.
        var accept: ((consuming Descriptor) -> Void)?
        let listener = try Listener(.tcp(host: "127.0.0.1", port: 0), on: loop) { accept?($0) }
        address = try ListenAddress(parsing: listener.boundAddress)
        self.listener = listener
        accept = { [unowned self] in join($0) }
        loop.onTurnEnd = { [unowned self] in turnEnds() }
    }

    /// Ends it, with its connections.
    func close() {
        loop.onTurnEnd = nil
        listener?.close()
        listener = nil
        for end in ends { end.stream.close() }
        ends = []
    }

    private func join(_ descriptor: consuming Descriptor) {
        do {
            let near = End(try SocketStream(adopting: descriptor, on: loop), delay: delay)
            let far = End(
                try SocketStream(adopting: try Descriptor.connected(to: server), on: loop), delay: delay)
            near.other = far
            far.other = near
            for end in [near, far] {
                ends.append(end)
                end.stream.start(end)
            }
        } catch {
            // The load notices that nobody answers it.
            listener?.close()
        }
    }

    /// Hands over what is due, and asks for another turn while something waits: a timer would be too coarse.
    private func turnEnds() {
        let now = MonotonicClock.nanoseconds()
        var isWaiting = false
        for end in ends where end.handOver(until: now) { isWaiting = true }
        if isWaiting { loop.requestTurn() }
    }

    /// One end of a connection, and what it has received for the other one.
    private final class End: StreamDelegate {
        let stream: SocketStream
        weak var other: End?
        private let delay: UInt64
        private var waiting = Deque<(due: UInt64, bytes: [UInt8])>()
        private var hasEnded = false

        init(_ stream: SocketStream, delay: UInt64) {
            self.stream = stream
            self.delay = delay
        }

        /// Whether something is left.
        func handOver(until now: UInt64) -> Bool {
            while let first = waiting.first, first.due <= now {
                var bytes = waiting.removeFirst().bytes
                if bytes.isEmpty { other?.stream.close() } else { other?.stream.send(&bytes) }
            }
            return !waiting.isEmpty
        }

        func received(_ bytes: Span<UInt8>) {
            var copy: [UInt8] = []
            copy.reserveCapacity(bytes.count)
            for index in bytes.indices { copy.append(bytes[index]) }
            waiting.append((MonotonicClock.nanoseconds() + delay, copy))
        }

        /// An end is nothing, as late as anything else.
        func receivedEnd() { waiting.append((MonotonicClock.nanoseconds() + delay, [])) }

        func closed(_ reason: CloseReason) { other?.stream.close() }
    }
}
