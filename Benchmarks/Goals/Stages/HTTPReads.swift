import BenchmarkSupport
import DoSQLLoad
import DoSQLLoop

/// A point read as JSON over HTTP/1.1, over connections that stay open. All are asked the same, byte for byte.
final class HTTPReads: Stage {
    static let rows = ["9"]
    static let shape = LoadShape(connections: 64, depth: 1)

    private(set) var cells: [Cell] = []
    private(set) var missing: [Program: String] = [:]
    private let server: ServerProcess
    private let bound: BoundProcess
    private var nginx: Nginx?
    private var node: NodeServer?

    init(_ bench: Workbench) throws {
        server = try bench.freshServer()
        bound = try bench.freshBound(flags: ["--http"])
        do { nginx = try Nginx(bench) } catch let error as PeerMissing { missing[.nginx] = "\(error)" }
        do { node = try NodeServer(bench) } catch let error as PeerMissing { missing[.node] = "\(error)" }
        let rows = bench.table.rows
        func cell(_ program: Program, _ address: ListenAddress, _ usage: ProcessUsage, isConstant: Bool = false) -> Cell
        {
            Cell(CellID(program, Work.httpRead)) {
                let traffic = Traffic(to: address, connections: Self.shape.connections) { _ in
                    HTTPRequest.pointRead(rows: rows, isConstant: isConstant).dialogue(depth: Self.shape.depth)
                }
                return try Load.run(traffic, seconds: $0, cpuOf: usage)
            }
        }
        cells = [
            cell(.dosqlHTTP, server.address, server.usage), cell(.boundHTTP, bound.address, bound.usage),
        ]
        if let nginx { cells.append(cell(.nginx, nginx.address, nginx.usage, isConstant: true)) }
        if let node { cells.append(cell(.node, node.address, node.usage)) }
    }

    func close() {
        server.stop()
        bound.stop()
        nginx?.stop()
        node?.stop()
    }
}
