import BenchmarkSupport
import DoSQLLoad

/// Point reads at a fixed rate, alone, and while somebody reads the whole table of the same tenant again and again.
final class LongScan: Stage {
    static let rows = ["6"]
    /// Point reads a second: few enough that neither side is ever short of time.
    private static let rate = 2000.0
    private static let connections = 8

    private(set) var cells: [Cell] = []
    let missing: [Program: String] = [:]
    private let server: ServerProcess

    init(_ bench: Workbench) throws {
        server = try bench.freshServer()
        let reads = Traffic(to: server.address, connections: Self.connections, pace: .rate(Self.rate)) { _ in
            bench.table.pointReads()
        }
        let scans = Traffic(to: server.address, connections: 1) { _ in bench.table.scans() }
        cells = [
            Cell(CellID(.dosql, Work.readsAlone)) { [server] in
                try Load.run(reads, seconds: $0, cpuOf: server.usage)
            },
            Cell([CellID(.dosql, Work.readsBesideScan), CellID(.dosql, Work.scans)]) { [server] in
                let load = try Load.measure([reads, scans], seconds: $0, cpuOf: server.usage)
                return [Figures(load, kind: 0), Figures(load, kind: 1)]
            },
        ]
    }

    func close() { server.stop() }
}
