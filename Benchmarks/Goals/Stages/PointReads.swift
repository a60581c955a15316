import BenchmarkSupport
import DoSQLLoad

/// Point SELECT by primary key: one in flight, and many.
final class PointReads: Stage {
    static let rows = ["1", "2", "3"]
    static let pipelined = [LoadShape(connections: 8, depth: 16), LoadShape(connections: 64, depth: 128)]
    static let single = LoadShape(connections: 1, depth: 1)

    private(set) var cells: [Cell] = []
    private(set) var missing: [Program: String] = [:]
    private let server: ServerProcess
    private let bound: BoundProcess
    private let echo: EchoProcess
    private var postgreSQL: PostgreSQL?
    private var redis: Redis?

    init(_ bench: Workbench) throws {
        server = try bench.freshServer()
        bound = try bench.freshBound()
        echo = try EchoProcess(bench)
        do { postgreSQL = try PostgreSQL(bench) } catch let error as PeerMissing { missing[.postgreSQL] = "\(error)" }
        do { redis = try Redis(bench, isDurable: false) } catch let error as PeerMissing {
            missing[.redis] = "\(error)"
        }
        let inProcess = try InProcessReads(path: bench.freshFile(), rows: bench.table.rows)

        for shape in [Self.single] + Self.pipelined {
            let work = Work.pointRead(shape)
            cells += [
                Cell(CellID(.dosql, work)) { [server] in
                    try Load.pointReads(bench.table, at: server.address, shape, seconds: $0, cpuOf: server.usage)
                },
                Cell(CellID(.bound, work)) { [bound] in
                    try Load.pointReads(bench.table, at: bound.address, shape, seconds: $0, cpuOf: bound.usage)
                },
                Cell(CellID(.echo, work)) { [echo] in try echo.ask(shape, seconds: $0) },
            ]
            if let postgreSQL {
                cells.append(Cell(CellID(.postgreSQL, work)) { try postgreSQL.pointReads(shape, seconds: $0) })
            }
            if let redis { cells.append(Cell(CellID(.redis, work)) { try redis.gets(shape, seconds: $0) }) }
        }
        cells += [
            Cell(CellID(.inProcess, Work.oneThread)) { try inProcess.run(.asPeopleOpenIt, seconds: $0) },
            Cell(CellID(.inProcess, Work.twoThreads)) { try inProcess.run(.asPeopleOpenIt, threads: 2, seconds: $0) },
            Cell(CellID(.inProcessShared, Work.oneThread)) { try inProcess.run(.sharedTransaction, seconds: $0) },
        ]
    }

    func close() {
        server.stop()
        bound.stop()
        echo.stop()
        postgreSQL?.stop()
        redis?.stop()
    }
}
