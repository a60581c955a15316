import BenchmarkSupport
import DoSQLLoad
import DoSQLLoop

/// INSERT of one row, each a durable transaction of its own: every run on a fresh copy of the table.
final class DurableInserts: Stage {
    static let rows = ["4"]
    static let shapes = [
        LoadShape(connections: 1, depth: 1), LoadShape(connections: 8, depth: 16),
        LoadShape(connections: 64, depth: 1), LoadShape(connections: 64, depth: 16),
    ]
    /// Where PostgreSQL's best is looked for.
    static let postgreSQLShapes = [1, 8, 16, 64].map { LoadShape(connections: $0, depth: 1) }

    private(set) var cells: [Cell] = []
    private(set) var missing: [Program: String] = [:]
    private var postgreSQL: PostgreSQL?
    private var redis: Redis?

    init(_ bench: Workbench) throws {
        do { postgreSQL = try PostgreSQL(bench) } catch let error as PeerMissing { missing[.postgreSQL] = "\(error)" }
        do { redis = try Redis(bench, isDurable: true) } catch let error as PeerMissing {
            missing[.redisAlways] = "\(error)"
        }
        for shape in Self.shapes {
            let work = Work.insert(shape)
            cells += [
                Cell(CellID(.dosql, work)) { seconds in
                    let server = try bench.freshServer()
                    defer { server.stop() }
                    return try Self.insert(bench, shape, at: server.address, cpuOf: server.usage, seconds)
                },
                Cell(CellID(.bound, work)) { seconds in
                    let bound = try bench.freshBound()
                    defer { bound.stop() }
                    return try Self.insert(bench, shape, at: bound.address, cpuOf: bound.usage, seconds)
                },
            ]
            if let redis { cells.append(Cell(CellID(.redisAlways, work)) { try redis.sets(shape, seconds: $0) }) }
        }
        if let postgreSQL {
            cells += Self.postgreSQLShapes.map { shape in
                Cell(CellID(.postgreSQL, Work.insert(shape))) { try postgreSQL.inserts(shape, seconds: $0) }
            }
        }
    }

    func close() {
        postgreSQL?.stop()
        redis?.stop()
    }

    /// Inserts, and looks whether every row that was acknowledged is there.
    private static func insert(
        _ bench: Workbench, _ shape: LoadShape, at address: ListenAddress, cpuOf usage: ProcessUsage, _ seconds: Double
    ) throws -> Figures {
        let traffic = Traffic(to: address, connections: shape.connections) { _ in
            bench.table.inserts(depth: shape.depth)
        }
        let load = try Load.measure([traffic], seconds: seconds, cpuOf: usage)
        try Acknowledged.check(bench.table.rows + load.kinds[0].received, at: address)
        return Figures(load)
    }
}
