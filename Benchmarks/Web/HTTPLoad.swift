import BenchmarkSupport
import DoSQLLoop
import DoSQLTLS

/// A closed loop of HTTP requests over connections that stay open: each sends `depth` requests, waits for all answers,
/// and sends again.
final class HTTPLoad {
    private let loop: EventLoop
    private let measurement: Measurement
    private var requesters: [Requester] = []

    /// Connects.
    /// - Parameters:
    ///   - rows: keys are 1 to this.
    ///   - tls: what connections are secured with; nil: they are not.
    init(
        address: ListenAddress, shape: LoadShape, request: HTTPRequest, rows: Int, tls: TLSClientContext? = nil
    ) throws {
        loop = try EventLoop(receiveBufferSize: 1 << 20)
        measurement = Measurement(on: loop, connections: shape.connections)
        for index in 0..<shape.connections {
            let stream = try SocketStream(adopting: try Descriptor.connected(to: address), on: loop)
            requesters.append(
                Requester(
                    stream, measurement, request: request, depth: shape.depth, rows: rows, seed: UInt64(index),
                    tls: try tls.map { try TLSClientTransform($0) }))
        }
    }

    /// Asks for so long.
    func run(seconds: Double, cpuOf server: ProcessUsage) throws -> Figures {
        for requester in requesters { requester.begin() }
        return try measurement.run(seconds: seconds, cpuOf: server) { [unowned self] in
            for requester in requesters { requester.stop() }
        }
    }
}

/// One connection of a load.
private final class Requester: StreamDelegate {
    private let stream: SocketStream
    private let measurement: Measurement
    private var answers = HTTPAnswers()
    private var random: SplitMix
    private var burst: [UInt8] = []
    private var keyOffsets: [Int] = []
    private let rows: UInt64
    private let depth: Int
    private var missing = 0
    private var sentAt: UInt64 = 0
    private let tls: TLSClientTransform?

    init(
        _ stream: SocketStream, _ measurement: Measurement, request: HTTPRequest, depth: Int, rows: Int, seed: UInt64,
        tls: TLSClientTransform?
    ) {
        self.stream = stream
        self.tls = tls
        self.measurement = measurement
        self.depth = depth
        self.rows = UInt64(rows)
        random = SplitMix(state: seed)
        for index in 0..<depth {
            burst += request.bytes
            if let offset = request.keyOffset { keyOffsets.append(index * request.bytes.count + offset) }
        }
    }

    func begin() {
        stream.start(self)
        let nothing: [UInt8] = []
        if let tls { stream.use(tls, receiving: nothing.span) }
        sendBurst()
    }

    func stop() { stream.close() }

    func received(_ bytes: Span<UInt8>) {
        let now = MonotonicClock.nanoseconds()
        do throws(BenchmarkError) {
            for _ in 0..<(try answers.completed(by: bytes)) {
                missing -= 1
                measurement.record(now - sentAt)
            }
        } catch {
            return measurement.failed(error.description)
        }
        if missing == 0 { sendBurst() }
    }

    private func sendBurst() {
        for offset in keyOffsets {
            var key = 1 + random.next() % rows
            for place in stride(from: offset + HTTPRequest.keyWidth - 1, through: offset, by: -1) {
                burst[place] = key == 0 ? UInt8(ascii: " ") : UInt8(ascii: "0") + UInt8(key % 10)
                key /= 10
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
