import BenchmarkSupport
import DoSQLLoad
import DoSQLLoop
import DoSQLProtocol
import Synchronization

/// A tenant that takes what it can: point reads, a thousand in flight, and cross joins that never end.
///
/// Its threads give way to the one that measures, with which they share a processor.
final class GreedyTenant {
    static let name = "greedy"
    /// Rows of three tables beside one another: more than anybody will ever see.
    static let crossJoin = "SELECT count(*) FROM users AS a, users AS b, users AS c WHERE a.name > b.email || c.role"

    private let outcome = Outcome()
    private var threads: [WorkerThread] = []

    /// Begins; it ends by itself after `seconds`. Returns when it is under way.
    init(
        at address: ListenAddress, flood: LoadShape, joins: Int, rows: Int, seconds: Double, cpuOf usage: ProcessUsage
    ) throws {
        let begun = WorkQueue<Void>()
        let end = MonotonicClock.nanoseconds() + UInt64(seconds * 1e9)
        for _ in 0..<joins { threads.append(try Self.joining(at: address, until: end, begun)) }
        threads.append(
            try Self.flooding(
                at: address, flood, rows: rows, seconds: seconds - 0.3, cpuOf: usage, begun, outcome))
        for _ in 0...joins { _ = begun.take() }
    }

    /// Waits for its end.
    func figures() throws -> Figures {
        for thread in threads { thread.join() }
        guard let result = outcome.get() else { throw BenchmarkError("the flood came to nothing") }
        return try result.get()
    }

    private static func joining(at address: ListenAddress, until end: UInt64, _ begun: WorkQueue<Void>) throws
        -> WorkerThread
    {
        try WorkerThread(name: "join", niceness: 19) { join(at: address, until: end, begun) }
    }

    private static func flooding(
        at address: ListenAddress, _ shape: LoadShape, rows: Int, seconds: Double, cpuOf usage: ProcessUsage,
        _ begun: WorkQueue<Void>, _ outcome: Outcome
    ) throws -> WorkerThread {
        try WorkerThread(name: "flood", niceness: 19) {
            do {
                begun.post(())
                let figures = try Load.pointReads(
                    UsersTable(rows: rows), at: address, shape, tenant: name, seconds: seconds, cpuOf: usage)
                outcome.set(.success(figures))
            } catch {
                begun.post(())
                outcome.set(.failure(BenchmarkError("the flood: \(error)")))
            }
        }
    }

    private static func join(at address: ListenAddress, until end: UInt64, _ begun: WorkQueue<Void>) {
        begun.post(())
        guard let loop = try? EventLoop(), let descriptor = try? Descriptor.connected(to: address),
            let stream = try? SocketStream(adopting: descriptor, on: loop)
        else { return }
        let joiner = Joiner(stream, on: loop)
        joiner.begin(until: end)
        loop.run()
        joiner.end()
        loop.close()
    }
}

/// What the flood came to, from its thread.
private final class Outcome: Sendable {
    private let result = Mutex<Result<Figures, BenchmarkError>?>(nil)

    func set(_ value: Result<Figures, BenchmarkError>) { result.withLock { $0 = value } }
    func get() -> Result<Figures, BenchmarkError>? { result.withLock { $0 } }
}

/// One connection that asks for a cross join again and again, whatever becomes of it.
private final class Joiner: StreamDelegate {
    private let loop: EventLoop
    private let stream: SocketStream
    private var decoder = FrameDecoder(frameMax: Limits.frameMax)
    private var timer: Timer?
    private var request: UInt32 = 2

    init(_ stream: SocketStream, on loop: EventLoop) {
        self.stream = stream
        self.loop = loop
    }

    func begin(until end: UInt64) {
        let now = MonotonicClock.nanoseconds()
        let timer = Timer(on: loop) { [unowned self] in stream.close() }
        timer.start(after: .milliseconds(end > now ? Int((end - now) / 1_000_000) : 1))
        self.timer = timer
        stream.start(self)
        var writer = ByteWriter(Preamble.bytes)
        Hello.encode(into: &writer, request: 1, client: "benchmark")
        Open.encode(into: &writer, stream: 1, request: 2, tenant: GreedyTenant.name)
        ask(&writer)
    }

    func end() { timer = nil }

    private func ask(_ writer: inout ByteWriter) {
        request += 1
        Execute.encode(
            into: &writer, kind: .query, stream: 1, request: request, statement: .sql(GreedyTenant.crossJoin))
        var bytes = writer.take()
        stream.send(&bytes)
    }

    func received(_ bytes: Span<UInt8>) {
        var input = bytes
        var isAnswered = false
        loop: while true {
            switch decoder.next(&input) {
            case .frame(let header, _), .assembled(let header, _): if header.request == request { isAnswered = true }
            case .tooLarge, .unmeant: return stream.close()
            case .needMore: break loop
            }
        }
        guard isAnswered else { return }
        var writer = ByteWriter()
        ask(&writer)
    }

    func receivedEnd() { stream.close() }
    func closed(_ reason: CloseReason) { loop.stop() }
}
