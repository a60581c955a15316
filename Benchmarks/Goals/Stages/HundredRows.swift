import BenchmarkSupport
import DoSQLLoad

/// SELECT of a hundred rows: what it costs, and how many bytes they are, beside the same as JSON.
final class HundredRows: Stage {
    static let rows = ["7"]
    static let shape = LoadShape(connections: 8, depth: 16)

    private(set) var cells: [Cell] = []
    let missing: [Program: String] = [:]
    private let server: ServerProcess
    private let bound: BoundProcess

    init(_ bench: Workbench) throws {
        server = try bench.freshServer()
        bound = try bench.freshBound()
        cells = [
            Cell(CellID(.dosql, Work.hundredRows)) { [server] in
                let traffic = Traffic(to: server.address, connections: Self.shape.connections) { _ in
                    bench.table.hundredRowReads(depth: Self.shape.depth)
                }
                return try Load.run(traffic, seconds: $0, cpuOf: server.usage)
            },
            Cell(CellID(.bound, Work.hundredRows)) { [bound] in
                let traffic = Traffic(to: bound.address, connections: Self.shape.connections) { _ in
                    bench.table.hundredRowReads(depth: Self.shape.depth)
                }
                return try Load.run(traffic, seconds: $0, cpuOf: bound.usage)
            },
            Cell(CellID(.dosqlHTTP, Work.hundredRowsJSON)) { [server] in
                let traffic = Traffic(to: server.address, connections: Self.shape.connections) { _ in
                    HTTPRequest.hundredRows(rows: bench.table.rows).dialogue()
                }
                return try Load.run(traffic, seconds: $0, cpuOf: server.usage)
            },
        ]
    }

    func close() {
        server.stop()
        bound.stop()
    }
}
