package import DoSQLLoop

/// Asks a server, or several, for a time: all connections on one event loop, on the calling thread.
package final class LoadGenerator {
    private struct Kind {
        let recorder = Recorder()
        let pace: Traffic.Pace
        var connections: [LoadConnection] = []
        var streams: [SocketStream] = []
        /// When the next burst is to be sent, and by which connection; paced only.
        var due: UInt64 = 0
        var next = 0
        /// Bytes that were received before anything was asked.
        var openingBytes: UInt64 = 0

        var bytesReceived: UInt64 { streams.reduce(0) { $0 + $1.bytesReceived } }
    }

    /// Bytes that are read at once.
    private static let receiveSize = 1 << 20
    /// How long answers may take that are missing at the end.
    private static let drainTime: Duration = .seconds(60)
    /// Where the next burst is further away than this, the loop sleeps.
    private static let sleepMin: UInt64 = 2_000_000

    package let loop: EventLoop
    private var traffic: [Traffic] = []
    private var kinds: [Kind] = []
    private var opening = 0
    private var open = 0
    private var isPacing = false
    private var isStopped = false
    private var failure: LoadError?
    private var onReady: (() -> Void)?
    private var pacer: Timer?

    package init() throws {
        loop = try EventLoop(receiveBufferSize: Self.receiveSize)
    }

    /// Adds what is to be done; its figures have its place.
    package func add(_ traffic: Traffic) { self.traffic.append(traffic) }

    /// Asks, first unmeasured, then measured. Called once.
    /// - Parameter serverCPU: seconds of processor time that the server has used so far.
    package func run(
        warmUp: Double = 0.2, seconds: Double, serverCPU: @escaping () -> Double = { .nan }
    ) throws -> LoadFigures {
        var figures = LoadFigures(seconds: 0, kinds: [], generatorCPU: 0, serverCPU: 0)
        var began: UInt64 = 0
        let end = Timer(on: loop) { [unowned self] in
            figures.seconds = Double(MonotonicClock.nanoseconds() - began) / 1e9
            figures.serverCPU = serverCPU() - figures.serverCPU
            figures.generatorCPU = Double(ProcessorClock.thread()) / 1e9 - figures.generatorCPU
            for kind in kinds { kind.recorder.isMeasuring = false }
            figures.kinds = kinds.map { Self.summary($0, seconds: figures.seconds) }
            drain()
        }
        let warm = Timer(on: loop) { [unowned self] in
            for kind in kinds { kind.recorder.isMeasuring = true }
            figures.serverCPU = serverCPU()
            figures.generatorCPU = Double(ProcessorClock.thread()) / 1e9
            began = MonotonicClock.nanoseconds()
            loop.updateNow()
            end.start(after: .milliseconds(max(1, Int(seconds * 1000))))
        }
        onReady = { [unowned self] in
            for index in kinds.indices { kinds[index].openingBytes = kinds[index].bytesReceived }
            for kind in kinds { for connection in kind.connections { connection.begin() } }
            beginPacing()
            loop.updateNow()
            warm.start(after: .milliseconds(max(1, Int(warmUp * 1000))))
        }
        try connect()
        for kind in kinds { for connection in kind.connections { connection.open() } }
        loop.run()
        onReady = nil
        pacer = nil
        drainTimer = nil
        loop.onTurnEnd = nil
        let finished = kinds
        kinds = []
        if let failure { throw failure }
        for (index, kind) in finished.enumerated() {
            figures.kinds[index].sent = kind.recorder.sent
            figures.kinds[index].received = kind.recorder.received
            let bytes = Double(kind.bytesReceived - kind.openingBytes)
            figures.kinds[index].bytesPerAnswer = bytes / Double(max(1, kind.recorder.received))
        }
        return figures
    }

    private func connect() throws {
        do {
            for traffic in traffic {
                kinds.append(Kind(pace: traffic.pace))
                let place = kinds.count - 1
                for index in 0..<traffic.connections {
                    let dialogue = try traffic.dialogue(index)
                    let stream = try SocketStream(adopting: try Descriptor.connected(to: traffic.address), on: loop)
                    kinds[place].streams.append(stream)
                    kinds[place].connections.append(
                        LoadConnection(
                            stream, dialogue, transform: try traffic.transform?(), isPaced: traffic.isPaced,
                            recorder: kinds[place].recorder,
                            seed: MonotonicClock.nanoseconds() ^ UInt64(place << 32 + index), owner: self))
                }
            }
        } catch {
            onReady = nil
            for kind in kinds { for stream in kind.streams { stream.close() } }
            kinds = []
            throw error
        }
        open = kinds.reduce(0) { $0 + $1.connections.count }
        opening = open
    }

    private static func summary(_ kind: Kind, seconds: Double) -> LoadFigures.Kind {
        let count = kind.recorder.counted
        return LoadFigures.Kind(
            count: count, rate: Double(count) / seconds, latency: kind.recorder.latency, sent: 0, received: 0,
            bytesPerAnswer: 0)
    }

    // MARK: Pacing

    private func beginPacing() {
        let now = MonotonicClock.nanoseconds()
        for index in kinds.indices {
            guard case .rate = kinds[index].pace else { continue }
            isPacing = true
            kinds[index].due = now
        }
        guard isPacing else { return }
        // Wakes the loop where the next burst is far away: a timer's milliseconds are too coarse for one that is near.
        pacer = Timer(on: loop) {}
        loop.onTurnEnd = { [unowned self] in pace() }
        loop.requestTurn()
    }

    private func pace() {
        guard isPacing else { return }
        let now = MonotonicClock.nanoseconds()
        var nearest = UInt64.max
        for index in kinds.indices {
            guard case .rate(let rate) = kinds[index].pace else { continue }
            let period = UInt64(1e9 / rate)
            while kinds[index].due <= now {
                let kind = kinds[index]
                kind.connections[kind.next].send(due: kind.due)
                kinds[index].next = (kind.next + 1) % kind.connections.count
                kinds[index].due += period
            }
            nearest = min(nearest, kinds[index].due)
        }
        if nearest - now > Self.sleepMin {
            loop.updateNow()
            pacer?.start(after: .milliseconds(Int((nearest - now) / 1_000_000) - 1))
        } else {
            loop.requestTurn()
        }
    }

    // MARK: What connections tell

    func connectionIsReady() {
        opening -= 1
        if opening == 0 { onReady?() }
    }

    func failed(_ error: LoadError) {
        if isStopped && open == 0 { return }
        if failure == nil { failure = error }
        isPacing = false
        for kind in kinds { for connection in kind.connections { connection.close() } }
    }

    func connectionClosed() {
        open -= 1
        if open == 0 {
            isPacing = false
            loop.stop()
        }
    }

    private var drainTimer: Timer?

    private func drain() {
        isPacing = false
        isStopped = true
        let timer = Timer(on: loop) { [unowned self] in
            failed(LoadError("the last answers did not come within \(Self.drainTime)"))
        }
        timer.start(after: Self.drainTime)
        drainTimer = timer
        for kind in kinds { for connection in kind.connections { connection.stop() } }
    }
}
