import BenchmarkSupport
import DoSQLClient
import DoSQLLoad
import DoSQLLoop
import DoSQLProtocol
import FoundationEssentials
import Synchronization

/// Point reads by the Swift client library in this process, beside the load generator with as many in flight.
final class ClientReads: Stage {
    static let rows = ["11"]
    private static let tasks = 64

    private(set) var cells: [Cell] = []
    let missing: [Program: String] = [:]
    private let server: ServerProcess

    init(_ bench: Workbench) throws {
        server = try bench.freshServer()
        cells = [
            Cell(CellID(.dosqlClient, Work.clientReads)) { [server] in
                try Self.ask(bench.table.rows, server, seconds: $0)
            },
            Cell(CellID(.dosql, Work.clientReads)) { [server] in
                let shape = LoadShape(connections: 1, depth: Self.tasks)
                return try Load.pointReads(bench.table, at: server.address, shape, seconds: $0, cpuOf: server.usage)
            },
        ]
    }

    func close() { server.stop() }

    private static func ask(_ rows: Int, _ server: ServerProcess, seconds: Double) throws -> Figures {
        guard case .tcp(let host, let port) = server.address else { throw BenchmarkError("a server without a port") }
        let usage = server.usage
        let outcome = WorkQueue<Result<Figures, BenchmarkError>>()
        let configuration = DoSQLClient.Configuration(endpoint: .host(host, port: Int(port)), tenant: "bench")
        Task.detached {
            do {
                outcome.post(
                    .success(
                        try await withDoSQLClient(configuration) { client in
                            try await measure(client.tenant("bench"), rows: rows, usage, seconds: seconds)
                        }))
            } catch {
                outcome.post(.failure(BenchmarkError("the client: \(error)")))
            }
        }
        guard let result = outcome.take() else { throw BenchmarkError("the client is gone") }
        return try result.get()
    }

    private static func measure(
        _ tenant: Tenant, rows: Int, _ usage: ProcessUsage, seconds: Double
    ) async throws -> Figures {
        let ourselves = ProcessUsage(of: ProcessInfo.processInfo.processIdentifier)
        _ = try await read(tenant, rows: rows, until: MonotonicClock.nanoseconds() + UInt64(min(0.2, seconds) * 1e9))
        let (server, client) = (usage.cpuSeconds(), ourselves.cpuSeconds())
        let began = MonotonicClock.nanoseconds()
        let count = try await read(tenant, rows: rows, until: began + UInt64(seconds * 1e9))
        let time = Double(MonotonicClock.nanoseconds() - began) / 1e9
        let (serverCPU, clientCPU) = (usage.cpuSeconds() - server, ourselves.cpuSeconds() - client)
        var figures = Figures(
            rate: Double(count) / time, p50: time * Double(tasks) / Double(max(1, count)) * 1e6,
            cpu: serverCPU / Double(max(1, count)) * 1e6)
        figures.generatorCPU = clientCPU / Double(max(1, count)) * 1e6
        figures.busy = serverCPU / time
        figures.generatorBusy = clientCPU / time
        return figures
    }

    /// How many rows all tasks have read.
    private static func read(_ tenant: Tenant, rows: Int, until end: UInt64) async throws -> Int {
        try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<tasks {
                group.addTask {
                    var random = SplitMix(state: UInt64(number))
                    var count = 0
                    while MonotonicClock.nanoseconds() < end {
                        let id = Int(random.next(upTo: UInt64(rows)))
                        let row = try await tenant.queryOne("SELECT id, name, email, role FROM users WHERE id = \(id)")
                        guard let row, try row.decode((Int, String, String, String).self).1 == "User Name \(id)" else {
                            throw BenchmarkError("a wrong answer, for the key \(id)")
                        }
                        count += 1
                    }
                    return count
                }
            }
            return try await group.reduce(0, +)
        }
    }
}
