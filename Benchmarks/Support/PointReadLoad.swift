package import DoSQLLoop
import DoSQLProtocol

/// A closed loop of pipelined point reads: each connection sends `depth` requests, waits for all answers, and sends
/// again.
///
/// The frames differ in their key and request id only, so they are encoded once and patched.
package final class PointReadLoad {
    private let loop: EventLoop
    private let shape: LoadShape
    private let rows: Int
    private let measurement: Measurement
    private var readers: [Reader] = []

    /// Connects.
    /// - Parameter rows: how many the tenant's users table has.
    package init(address: ListenAddress, shape: LoadShape, rows: Int, tenant: String = "bench") throws {
        loop = try EventLoop(receiveBufferSize: 1 << 20)
        self.shape = shape
        self.rows = rows
        measurement = Measurement(on: loop, connections: shape.connections)
        for index in 0..<shape.connections {
            let stream = try SocketStream(adopting: try Descriptor.connected(to: address), on: loop)
            readers.append(Reader(stream, measurement, tenant: tenant, seed: UInt64(index)))
        }
    }

    /// Asks for so long.
    package func run(seconds: Double, cpuOf server: ProcessUsage) throws -> Figures {
        for reader in readers { reader.begin(depth: shape.depth, rows: rows) }
        return try measurement.run(seconds: seconds, cpuOf: server) { [unowned self] in
            for reader in readers { reader.stop() }
        }
    }
}

/// One connection of a load.
private final class Reader: StreamDelegate {
    private let stream: SocketStream
    private let measurement: Measurement
    private let tenant: String
    private var decoder = FrameDecoder(frameMax: Limits.frameMax)
    private var random: SplitMix
    private var burst: [UInt8] = []
    private var keyOffsets: [Int] = []
    private var rows: UInt64 = 0
    private var depth = 0
    private var missing = 0
    private var sentAt: UInt64 = 0
    private var isReady = false

    init(_ stream: SocketStream, _ measurement: Measurement, tenant: String, seed: UInt64) {
        self.stream = stream
        self.measurement = measurement
        self.tenant = tenant
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
        Hello.encode(into: &opening, request: 1, client: "benchmark")
        Open.encode(into: &opening, stream: 1, request: 2, tenant: tenant)
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
            case .tooLarge, .unmeant: return measurement.failed("the server sent a frame that is too long")
            case .needMore: break loop
            }
        }
        if missing == 0 { sendBurst() }
    }

    private func answered(_ header: FrameHeader, _ body: Span<UInt8>, _ now: UInt64) {
        missing -= 1
        if header.type == MessageType.error.rawValue {
            return measurement.failed((try? ErrorMessage(body))?.description ?? "an error that cannot be read")
        }
        guard isReady else {
            if missing == 0 { isReady = true }
            return
        }
        measurement.record(now - sentAt)
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

    func receivedEnd() { measurement.failed("the server closed a connection") }

    func closed(_ reason: CloseReason) { measurement.connectionClosed() }
}
