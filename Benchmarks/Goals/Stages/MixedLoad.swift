import BenchmarkSupport
import DoSQLLoad
import DoSQLLoop

/// Point reads while others write durably, one request in flight on each connection: every run on a fresh copy.
final class MixedLoad: Stage {
    static let rows = ["5"]
    private static let connections = 8

    private(set) var cells: [Cell] = []
    let missing: [Program: String] = [:]

    init(_ bench: Workbench) throws {
        cells = [
            Cell([CellID(.dosql, Work.readsBesideWrites), CellID(.dosql, Work.writesBesideReads)]) { seconds in
                let server = try bench.freshServer()
                defer { server.stop() }
                return try Self.ask(bench, server.address, server.usage, seconds)
            },
            Cell([CellID(.bound, Work.readsBesideWrites), CellID(.bound, Work.writesBesideReads)]) { seconds in
                let bound = try bench.freshBound()
                defer { bound.stop() }
                return try Self.ask(bench, bound.address, bound.usage, seconds)
            },
        ]
    }

    func close() {}

    private static func ask(
        _ bench: Workbench, _ address: ListenAddress, _ usage: ProcessUsage, _ seconds: Double
    ) throws -> [Figures] {
        let load = try Load.measure(
            [
                Traffic(to: address, connections: connections) { _ in bench.table.pointReads() },
                Traffic(to: address, connections: connections) { _ in bench.table.inserts() },
            ], seconds: seconds, cpuOf: usage)
        try Acknowledged.check(bench.table.rows + load.kinds[1].received, at: address)
        return [Figures(load, kind: 0), Figures(load, kind: 1)]
    }
}
