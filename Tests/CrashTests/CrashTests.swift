import DoSQLProtocol
import DoSQLTestSupport
import FoundationEssentials
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// `kill -9` in the middle of everything: what was acknowledged is there, what was not is there as a whole or not at all.
///
/// Every run draws new numbers and prints their seed; `DOSQL_CRASH_SEED` gives it the numbers of an earlier one.
@Suite(.serialized)
struct CrashTests {
    static let tenants = ["north", "south"]

    static func seed(for test: String) -> UInt64 {
        let seed =
            ProcessInfo.processInfo.environment["DOSQL_CRASH_SEED"].flatMap(UInt64.init)
            ?? UInt64.random(in: 0..<1_000_000)
        print("\(test): DOSQL_CRASH_SEED=\(seed)")
        return seed
    }

    static func prepare(_ server: CrashServer) throws {
        for tenant in tenants { try server.process.client(tenant).script(Operation.schema) }
    }

    @Test(arguments: ["unix-excl", "forgetful"])
    func `Twenty kills lose nothing that was acknowledged and leave nothing half`(vfs: String) throws {
        let seed = Self.seed(for: "kills on \(vfs)")
        var random = RandomNumbers(seed: seed)
        let server = try CrashServer(vfs: vfs, flags: ["--checkpoint-pages", "100"])
        try Self.prepare(server)
        let writers = Writers(tenants: Self.tenants, seed: seed)
        var ledger = Ledger()
        var unanswered = 0
        var unansweredFound = 0
        var repeated = 0
        for round in 0..<20 {
            let process = server.process
            let target = Int.random(in: 1...300, using: &random)
            let written = try writers.write(to: process, round: round, [.init(answers: target) { process.kill() }])
            #expect(written.faults.isEmpty)
            ledger.entries += written.entries
            unanswered += written.entries.count { $0.answer == .unknown }
            try server.restart()
            // Sometimes it dies again while it recovers.
            if Int.random(in: 0..<4, using: &random) == 0 {
                let client = try server.process.client()
                for (index, tenant) in Self.tenants.enumerated() {
                    try client.sendOpen(tenant, stream: UInt16(index + 1))
                }
                try server.restart()
            }
            for tenant in Self.tenants {
                let audit = try Audit(&ledger, tenant: tenant, on: server.process)
                #expect(audit.faults.isEmpty, "round \(round), seed \(seed)")
                unansweredFound += audit.unansweredFound
                repeated += audit.repeated
            }
        }
        print(
            "20 kills on \(vfs): \(ledger.acknowledged) writes acknowledged and there, \(unanswered) unanswered, of which \(unansweredFound) there, \(repeated) keys sent again"
        )
        // Otherwise the kills met nobody at work.
        #expect(unanswered > 0)
        #expect(repeated > 0)
    }

    @Test(arguments: ["unix-excl", "forgetful"])
    func `A kill while tenants are made keeps those whose OPEN was answered, and each as it was`(vfs: String) throws {
        let seed = Self.seed(for: "new tenants on \(vfs)")
        var random = RandomNumbers(seed: seed)
        let server = try CrashServer(vfs: vfs)
        var made: [String: Identity] = [:]
        for round in 0..<5 {
            let client = try server.process.client()
            let names = (0..<10).map { "tenant-\(round)-\($0)" }
            let requests = try client.together {
                try names.enumerated().map { try client.sendOpen($1, stream: UInt16($0 + 1)) }
            }
            for index in 0..<Int.random(in: 1..<10, using: &random) {
                made[names[index]] = try client.answer(to: requests[index]).incarnation
            }
            try server.restart()
            let next = try server.process.client()
            for (name, incarnation) in made {
                #expect(try next.open(name, mayCreate: false).incarnation == incarnation, "\(name), seed \(seed)")
                try next.close(stream: 1)
            }
            // The others are made anew, or are as they were.
            for name in names where made[name] == nil {
                made[name] = try next.open(name).incarnation
                try next.close(stream: 1)
            }
        }
    }

    @Test func `Stopping in order under eight writers loses nothing either`() throws {
        let seed = Self.seed(for: "stopping")
        let server = try CrashServer(vfs: "forgetful")
        try Self.prepare(server)
        let writers = Writers(tenants: Self.tenants, seed: seed)
        var ledger = Ledger()
        for round in 0..<2 {
            let process = server.process
            ledger.entries += try writers.write(
                to: process, round: round, [.init(answers: 200) { process.signal(SIGTERM) }]
            ).entries
            #expect(process.waitForExit() == 0)
            try server.restart()
            for tenant in Self.tenants {
                let audit = try Audit(&ledger, tenant: tenant, on: server.process)
                #expect(audit.faults.isEmpty, "round \(round), seed \(seed)")
            }
        }
    }

    @Test func `A disk that skips its syncs is noticed`() throws {
        let seed = Self.seed(for: "skipped syncs")
        let server = try CrashServer(vfs: "forgetful")
        try Self.prepare(server)
        let writers = Writers(tenants: Self.tenants, seed: seed)
        var ledger = Ledger()
        let process = server.process
        // What was synced before is there.
        ledger.entries += try writers.write(to: process, round: 0, [.init(answers: 100) {}]).entries
        let safe = ledger.acknowledged
        try server.disk.begin(.skipSync)
        ledger.entries += try writers.write(to: process, round: 1, [.init(answers: 200) { process.kill() }]).entries
        try server.disk.end(.skipSync)
        try server.restart()
        var lost = 0
        for tenant in Self.tenants {
            let audit = try Audit(&ledger, tenant: tenant, on: server.process, mayLoseTail: true)
            #expect(audit.faults.isEmpty, "seed \(seed)")
            lost += audit.lost
        }
        print("skipped syncs: \(lost) of \(ledger.acknowledged) acknowledged writes lost, \(safe) were synced before")
        #expect(lost > 0)
        #expect(lost <= ledger.acknowledged - safe)
    }

    @Test func `With synchronous normal a power cut takes the last writes, and only those`() throws {
        let seed = Self.seed(for: "synchronous normal")
        let server = try CrashServer(
            vfs: "forgetful", flags: ["--synchronous", "normal", "--checkpoint-pages", "1000"])
        try Self.prepare(server)
        // Stopped in order, it makes a checkpoint, and with it the schema durable.
        #expect(server.process.terminate() == 0)
        try server.restart()
        let writers = Writers(tenants: Self.tenants, seed: seed)
        // A checkpoint, which syncs, is made now and then: so long, and a part of it is safe. A cut right behind one takes nothing.
        var ledger = Ledger()
        var lost = 0
        for round in 0..<5 where lost == 0 {
            let process = server.process
            ledger.entries += try writers.write(to: process, round: round, [.init(answers: 3000) { process.kill() }])
                .entries
            try server.restart()
            for tenant in Self.tenants {
                let audit = try Audit(&ledger, tenant: tenant, on: server.process, mayLoseTail: true)
                #expect(audit.faults.isEmpty, "seed \(seed)")
                lost += audit.lost
            }
        }
        print("synchronous normal: \(lost) of \(ledger.acknowledged) acknowledged writes lost")
        #expect(lost > 0)
    }
}
