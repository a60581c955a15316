import DoSQLProtocol
import DoSQLTestSupport
import FoundationEssentials
import Testing

/// Everything that can go wrong at once, in rounds whose course a seed gives; after each the ledger and the databases agree.
///
/// `DOSQL_CRASH_ROUNDS` rounds, 50 without it; `DOSQL_CRASH_SEED` gives them the numbers of an earlier run. What fails prints the
/// two that repeat it alone, up to the threads' timing.
@Suite(.serialized)
struct StormTests {
    /// Rounds on one data folder, which each finds as the one before left it.
    private static let rounds = 10

    @Test func `Rounds of everything that can go wrong lose no acknowledged write and leave nothing half`() throws {
        let first = CrashTests.seed(for: "storm")
        let count = ProcessInfo.processInfo.environment["DOSQL_CRASH_ROUNDS"].flatMap { Int($0) } ?? 50
        var tally = Tally()
        for (index, start) in stride(from: 0, to: count, by: Self.rounds).enumerated() {
            let seed = first &+ UInt64(index)
            let replay = """
                DOSQL_CRASH_SEED=\(seed) DOSQL_CRASH_ROUNDS=\(Self.rounds) swift test --filter CrashTests.StormTests
                """
            let faults: [String]
            do {
                faults = try Self.weather(seed, rounds: min(Self.rounds, count - start), &tally)
            } catch {
                print("storm: to have it again: \(replay)")
                throw error
            }
            guard faults.isEmpty else {
                print("storm: to have it again: \(replay)")
                Issue.record("\(faults)\nto have it again: \(replay)")
                return
            }
        }
        print("storm: \(count) rounds, \(tally)")
        // Otherwise the storm met nobody at work.
        #expect(tally.acknowledged > 0)
        #expect(tally.refused > 0)
        #expect(tally.unanswered > 0)
    }

    /// What became of all writes.
    private struct Tally: CustomStringConvertible {
        var acknowledged = 0
        var refused = 0
        var unknown = 0
        var unanswered = 0

        mutating func add(_ entries: [Ledger.Entry]) {
            for entry in entries {
                switch entry.answer {
                case .acknowledged: acknowledged += 1
                case .refused: refused += 1
                case .unclear: unknown += 1
                case .unknown, .settled: unanswered += 1
                }
            }
        }

        var description: String {
            "\(acknowledged) writes acknowledged, \(refused) refused, \(unknown) unknown, \(unanswered) unanswered"
        }
    }

    /// Rounds on a data folder of their own; gives what was wrong after one of them.
    private static func weather(_ seed: UInt64, rounds: Int, _ tally: inout Tally) throws -> [String] {
        var random = RandomNumbers(seed: seed)
        let server = try CrashServer(
            vfs: "forgetful", flags: ["--checkpoint-pages", "40", "--disk-seed", "\(seed)"])
        try CrashTests.prepare(server)
        let writers = Writers(tenants: CrashTests.tenants, seed: seed)
        var ledger = Ledger()
        for round in 0..<rounds {
            let storm = Storm(&random)
            if !storm.flags.isEmpty { try server.restart(storm.flags) }
            let process = server.process
            let written = try writers.write(
                to: process, round: round, cutInterval: storm.cutInterval,
                storm.events(for: process, on: server.disk))
            // One that was told to stop has nothing left to do.
            var faults = written.faults
            if storm.ending == .stop, process.waitForExit() == nil { faults.append("the server did not stop in order") }
            ledger.entries += written.entries
            tally.add(written.entries)
            if storm.diesRecovering {
                // On the disk as it is, and in the middle of it.
                try server.restart()
                let client = try server.process.client()
                for (index, tenant) in CrashTests.tenants.enumerated() {
                    try client.sendOpen(tenant, stream: UInt16(index + 1))
                }
            }
            server.process.kill()
            try server.disk.endAll()
            try server.restart()
            for tenant in CrashTests.tenants {
                faults += try Audit(&ledger, tenant: tenant, on: server.process, mayHaveGaps: true).faults
            }
            if !faults.isEmpty { return faults.map { "round \(round), \(storm): \($0)" } }
        }
        return []
    }
}
