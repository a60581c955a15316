import DoSQLLoop
import DoSQLProtocol
import DoSQLTestSupport
import Synchronization

/// Clients that write, each on a thread of its own, while events after so many answers get in their way.
final class Writers: Sendable {
    private let tenants: [String]
    private let count: Int
    private let seed: UInt64
    /// What happens after so many answers, on a thread that got one of them.
    struct Event: Sendable {
        let answers: Int
        let body: @Sendable () throws -> Void
    }

    private let isOver = Atomic<Bool>(false)
    /// How many answers there were, and how many events of the round.
    private let progress = Mutex<(answers: Int, events: Int)>((0, 0))
    private let next: Mutex<[Int]>
    private let results = Mutex<(entries: [Ledger.Entry], faults: [String])>(([], []))

    init(_ count: Int = 8, tenants: [String], seed: UInt64) {
        self.tenants = tenants
        self.count = count
        self.seed = seed
        next = Mutex(Array(repeating: 0, count: count))
    }

    /// One round. With the last event it is over: the writers stop, or their connections break.
    /// - Parameter cutInterval: a writer cuts its connection after one in so many answers, and comes back; nil: never.
    func write(to process: TestServerProcess, round: Int, cutInterval: Int? = nil, _ events: [Event]) throws -> (
        entries: [Ledger.Entry], faults: [String]
    ) {
        isOver.store(false, ordering: .sequentiallyConsistent)
        progress.withLock { $0 = (0, 0) }
        results.withLock { $0 = ([], []) }
        let threads = try (0..<count).map { writer in
            try WorkerThread(name: "writer-\(writer)") { [self] in
                run(writer, process, round, cutInterval, events)
            }
        }
        for thread in threads { thread.join() }
        return results.withLock { $0 }
    }

    private func run(
        _ writer: Int, _ process: TestServerProcess, _ round: Int, _ cutInterval: Int?, _ events: [Event]
    ) {
        var random = RandomNumbers(seed: seed &+ UInt64(round) &* 1000 &+ UInt64(writer))
        let tenant = tenants[writer % tenants.count]
        var number = next.withLock { $0[writer] }
        var entries: [Ledger.Entry] = []
        defer {
            next.withLock { $0[writer] = number }
            results.withLock { $0.entries += entries }
        }
        var connection = 0
        do {
            while let client = try client(of: tenant, on: process, events) {
                var inFlight: [(index: Int, requests: [UInt32])] = []
                while true {
                    let ends = isOver.load(ordering: .acquiring)
                    if ends && inFlight.isEmpty { return }
                    if !ends && inFlight.count < 8 {
                        for _ in 0..<Int.random(in: 1...8, using: &random) {
                            let operation = Operation(writer: writer, number: number, random: &random)
                            number += 1
                            // From here on it may be carried out.
                            entries.append(
                                .init(
                                    operation: operation, tenant: tenant, round: round, connection: connection,
                                    answer: .unknown))
                            inFlight.append((entries.count - 1, try operation.send(on: client)))
                        }
                    }
                    let (index, requests) = inFlight.removeFirst()
                    let (answer, leavesTransaction) = try Self.answer(to: requests, on: client)
                    entries[index].answer = answer
                    try answered(events)
                    let cuts = cutInterval.map { Int.random(in: 0..<$0, using: &random) == 0 } ?? false
                    // A transaction that was refused half-way would take in what was sent behind it.
                    if cuts || leavesTransaction { break }
                }
                client.cut()
                connection += 1
            }
        } catch {
            if !isOver.load(ordering: .acquiring) {
                results.withLock { $0.faults.append("writer \(writer): \(error)") }
            }
        }
    }

    /// Counts an answer, and carries out what is due, in order.
    private func answered(_ events: [Event]) throws {
        try progress.withLock { progress in
            progress.answers += 1
            while progress.events < events.count, events[progress.events].answers <= progress.answers {
                progress.events += 1
                if progress.events == events.count { isOver.store(true, ordering: .releasing) }
                try events[progress.events - 1].body()
            }
        }
    }

    /// A client, as soon as the server lets the tenant be opened; nil if the round is over before.
    private func client(of tenant: String, on process: TestServerProcess, _ events: [Event]) throws -> WireClient? {
        while !isOver.load(ordering: .acquiring) {
            do {
                return try process.client(tenant)
            } catch let error as ErrorMessage where error.isRetryable {
                try answered(events)
            }
        }
        return nil
    }

    /// What the last of the requests was answered, and whether it leaves a transaction open.
    private static func answer(to requests: [UInt32], on client: WireClient) throws -> (Ledger.Answer, Bool) {
        var answer = Ledger.Answer.unknown
        var leavesTransaction = false
        for request in requests {
            let reply = try client.terminal(of: request)
            if let error = reply.error {
                // The first failure says why; those behind it say SKIPPED, which is not executed either.
                answer = error.execution == .notExecuted ? .refused : .unclear
                leavesTransaction = error.transaction != .none
            } else if let outcome = reply.outcome {
                answer = .acknowledged(lsn: outcome.lsn)
                leavesTransaction = outcome.transaction != .none
            }
        }
        return (answer, leavesTransaction)
    }
}
