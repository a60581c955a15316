import DoSQLLoop
import DoSQLProtocol
import Histogram

/// A closed loop of pipelined point reads: each connection sends `depth` requests, waits for all answers, and sends
/// again.
///
/// The frames differ in their key and request id only, so they are encoded once and patched.
final class PointReadLoad {
    private let loop: EventLoop
    private let shape: LoadShape
    private let rows: Int
    private var readers: [Reader] = []
    private var histogram = Histogram<UInt64>(numberOfSignificantValueDigits: .three)
    private var answered = 0
    private var isMeasuring = false
    private var failure: BenchmarkError?
    private var closed = 0

    init(address: ListenAddress, shape: LoadShape, rows: Int) throws {
        loop = try EventLoop(receiveBufferSize: 1 << 20)
        self.shape = shape
        self.rows = rows
        for index in 0..<shape.connections {
            let stream = try SocketStream(adopting: try Descriptor.connected(to: address), on: loop)
            readers.append(Reader(stream, load: self, seed: UInt64(index)))
        }
    }

    func run(seconds: Double, cpuOf server: ServerProcess) throws -> Figures {
        for reader in readers { reader.begin(depth: shape.depth, rows: rows) }
        var cpuBefore = 0.0
        var began: UInt64 = 0
        var ended: UInt64 = 0
        var cpuAfter = 0.0
        let end = Timer(on: loop) { [unowned self] in
            ended = MonotonicClock.nanoseconds()
            cpuAfter = server.cpuSeconds()
            for reader in readers { reader.stop() }
        }
        let warm = Timer(on: loop) { [unowned self] in
            histogram.reset()
            answered = 0
            isMeasuring = true
            cpuBefore = server.cpuSeconds()
            began = MonotonicClock.nanoseconds()
            end.start(after: .milliseconds(Int(seconds * 1000)))
        }
        warm.start(after: .milliseconds(300))
        loop.run()
        if let failure { throw failure }
        let time = Double(ended - began) / 1e9
        return Figures(
            rate: Double(answered) / time, p50: Double(histogram.valueAtPercentile(50)) / 1000,
            p99: Double(histogram.valueAtPercentile(99)) / 1000, cpu: (cpuAfter - cpuBefore) * 1e6 / Double(answered))
    }

    fileprivate func record(_ nanoseconds: UInt64) {
        guard isMeasuring else { return }
        answered += 1
        histogram.record(nanoseconds)
    }

    fileprivate func failed(_ reason: String) {
        if failure == nil { failure = BenchmarkError(reason) }
        for reader in readers { reader.stop() }
    }

    fileprivate func readerClosed() {
        closed += 1
        if closed == readers.count {
            isMeasuring = false
            loop.stop()
        }
    }
}

/// One connection of a load.
private final class Reader: StreamDelegate {
    private let stream: SocketStream
    private unowned let load: PointReadLoad
    private var decoder = FrameDecoder(frameMax: Limits.frameMax)
    private var random: SplitMix
    private var burst: [UInt8] = []
    private var keyOffsets: [Int] = []
    private var rows: UInt64 = 0
    private var depth = 0
    private var missing = 0
    private var sentAt: UInt64 = 0
    private var isReady = false

    init(_ stream: SocketStream, load: PointReadLoad, seed: UInt64) {
        self.stream = stream
        self.load = load
        random = SplitMix(state: seed)
    }

    func begin(depth: Int, rows: Int) {
        self.depth = depth
        self.rows = UInt64(rows)
        var writer = ByteWriter()
        for index in 0..<depth {
            // A fixed-width key (tag 0x08), so that it can be patched where it stands.
            let parameter: [UInt8] = [0x08, 0, 0, 0, 0, 0, 0, 0, 0]
            Execute.encode(
                into: &writer, kind: .queryOne, stream: 1, request: UInt32(100 + index), statement: .prepared(1),
                parameters: .encoded(form: .positional, count: 1, bytes: parameter))
            keyOffsets.append(writer.count - 8)
        }
        burst = writer.take()
        var opening = ByteWriter(Preamble.bytes)
        Hello.encode(into: &opening, request: 1, client: "round-trip")
        Open.encode(into: &opening, stream: 1, request: 2, tenant: "bench")
        Prepare.encode(into: &opening, request: 3, id: 1, sql: UsersTable.pointRead)
        missing = 3
        stream.start(self)
        var bytes = opening.take()
        stream.send(&bytes)
    }

    func stop() { stream.close() }

    func received(_ bytes: Span<UInt8>) {
        let now = MonotonicClock.nanoseconds()
        var input = bytes
        var decoder = FrameDecoder()
        swap(&decoder, &self.decoder)
        defer { swap(&decoder, &self.decoder) }
        loop: while true {
            switch decoder.next(&input) {
            case .frame(let header, let body): answered(header, body, now)
            case .assembled(let header, let body): answered(header, body.span, now)
            case .tooLarge, .unmeant: return load.failed("the server sent a frame that is too long")
            case .needMore: break loop
            }
        }
        if missing == 0 { sendBurst() }
    }

    private func answered(_ header: FrameHeader, _ body: Span<UInt8>, _ now: UInt64) {
        missing -= 1
        if header.type == MessageType.error.rawValue {
            return load.failed((try? ErrorMessage(body))?.description ?? "an error that cannot be read")
        }
        guard isReady else {
            if missing == 0 { isReady = true }
            return
        }
        load.record(now - sentAt)
    }

    private func sendBurst() {
        for offset in keyOffsets {
            var key = 1 + random.next() % rows
            for byte in 0..<8 {
                burst[offset + byte] = UInt8(truncatingIfNeeded: key)
                key >>= 8
            }
        }
        missing = depth
        sentAt = MonotonicClock.nanoseconds()
        var copy = burst
        stream.send(&copy)
    }

    func receivedEnd() { load.failed("the server closed a connection") }

    func closed(_ reason: CloseReason) { load.readerClosed() }
}

/// A small generator of keys, the same in every run.
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
