import BenchmarkSupport
import DoSQLLoop

/// The subscribers of one channel, and who publishes to it: all on one loop, in this process.
final class Audience: HubListener {
    /// Handshakes under way at a time: a listener's queue has an end.
    private static let handshakesMax = 64
    private static let channel = "room"

    private enum Phase {
        case idle, gathering, publishing
    }

    private let address: ListenAddress
    private let tenant: String
    private let size: Int
    private let deflates: Bool
    private let loop: EventLoop
    /// Monotonic nanoseconds at which it is given up.
    private let deadline: UInt64
    private var phase = Phase.idle
    private var subscribers: [HubConnection] = []
    private var publisher: HubConnection?
    /// How many have been told that they are subscribed.
    private var subscribed = 0
    private var failure: BenchmarkError?

    private let payload: String
    private var publication = Publication()
    private var publications: [Publication] = []
    private var isOver = false

    /// - Parameters:
    ///   - payload: the JSON that is published.
    ///   - deadline: monotonic nanoseconds after which whatever is under way fails.
    init(
        of size: Int, at address: ListenAddress, tenant: String, deflates: Bool, payload: String, deadline: UInt64
    ) throws {
        self.address = address
        self.tenant = tenant
        self.size = size
        self.deflates = deflates
        self.payload = payload
        self.deadline = deadline
        loop = try EventLoop()
    }

    // MARK: Gathering

    /// Makes sure that the channel's table is there, and whoever publishes.
    func openPublisher() throws {
        phase = .gathering
        publisher = try HubConnection(address, tenant: tenant, deflates: false, on: loop, listener: self)
        try run()
    }

    /// Connects and subscribes all.
    func gather() throws {
        phase = .gathering
        subscribed = 0
        try connect()
        try run()
    }

    private func connect() throws(LoopError) {
        while subscribers.count < size, subscribers.count - subscribed < Self.handshakesMax {
            subscribers.append(
                try HubConnection(address, tenant: tenant, deflates: deflates, on: loop, listener: self))
        }
    }

    func opened(_ connection: HubConnection) {
        if connection === publisher { return publish() }
        connection.send(#"{"type":"subscribe","channel":"\#(Self.channel)","id":1}"#)
    }

    // MARK: Publishing

    /// Publishes so often for so long, each time when the last message has reached all.
    func publish(every period: Duration, seconds: Double) throws -> [Publication] {
        // The loop has stood still meanwhile, and its clock with it.
        loop.updateNow()
        phase = .publishing
        publications = []
        publication = Publication()
        isOver = false
        let timer = Timer(on: loop) { [unowned self] in
            if !isOver && !publication.isUnderWay { publish() }
        }
        timer.start(every: period)
        let end = Timer(on: loop) { [unowned self] in
            isOver = true
            if !publication.isUnderWay { loop.stop() }
        }
        end.start(after: .milliseconds(Int(seconds * 1000)))
        try run()
        return publications
    }

    private func publish() {
        publication = Publication()
        publication.sentAt = MonotonicClock.nanoseconds()
        publisher?.send(#"{"type":"publish","channel":"\#(Self.channel)","data":\#(payload),"id":2}"#)
    }

    func received(on connection: HubConnection, at now: UInt64) {
        switch phase {
        case .gathering:
            if connection === publisher { return loop.stop() }
            subscribed += 1
            if subscribed == size { return loop.stop() }
            do throws(LoopError) { try connect() } catch { failed("\(error)") }
        case .publishing:
            if connection === publisher {
                publication.acknowledgedAt = now
            } else {
                if publication.received == 0 { publication.firstAt = now }
                publication.lastAt = now
                publication.received += 1
            }
            guard publication.received == size, publication.acknowledgedAt > 0 else { return }
            publications.append(publication)
            publication = Publication()
            if isOver { loop.stop() }
        case .idle: break
        }
    }

    // MARK: The loop

    private func run() throws {
        loop.updateNow()
        let now = MonotonicClock.nanoseconds()
        let timer = Timer(on: loop) { [unowned self] in
            failed("it took too long: \(subscribed) of \(size) subscribed, \(publication.received) have a message")
        }
        timer.start(after: .nanoseconds(Int64(deadline > now ? deadline - now : 0)))
        loop.run()
        phase = .idle
        if let failure { throw failure }
    }

    func failed(_ reason: String) {
        if failure == nil { failure = BenchmarkError(reason) }
        loop.stop()
    }

    /// Closes every connection.
    func dismiss() {
        for connection in subscribers { connection.close() }
        publisher?.close()
    }
}
