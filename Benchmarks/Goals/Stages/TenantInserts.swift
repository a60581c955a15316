import BenchmarkSupport
import DoSQLLoad
import DoSQLLoop

/// Durable INSERTs of one row, each connection into a tenant of its own: every run on fresh, empty tables.
final class TenantInserts: Stage {
    static let rows = ["5b"]
    private static let tenants = 64

    private(set) var cells: [Cell] = []
    let missing: [Program: String] = [:]

    init(_ bench: Workbench) throws {
        let server = try ServerProcess(executable: bench.dosql, folder: bench.path("tenants"))
        try Self.makeTables(at: server.address)
        server.stop()
        let bound = try BoundProcess(executable: bench.bound, folder: try bench.makeFolder("tenants"))
        try Self.makeTables(at: bound.address)
        bound.stop()
        cells = [
            Cell(CellID(.dosql, Work.tenantInserts)) { seconds in
                let fresh = try bench.freshServer(of: server.folder)
                defer { fresh.stop() }
                return try Self.insert(bench, fresh.address, fresh.usage, seconds)
            },
            Cell(CellID(.bound, Work.tenantInserts)) { seconds in
                let fresh = try bench.freshBound(of: bound.folder)
                defer { fresh.stop() }
                return try Self.insert(bench, fresh.address, fresh.usage, seconds)
            },
        ]
    }

    func close() {}

    private static func name(_ index: Int) -> String { "tenant-\(index)" }

    private static func makeTables(at address: ListenAddress) throws {
        for index in 0..<tenants { try Conversation.script(UsersTable.table, in: name(index), at: address) }
    }

    private static func insert(
        _ bench: Workbench, _ address: ListenAddress, _ usage: ProcessUsage, _ seconds: Double
    ) throws -> Figures {
        let traffic = Traffic(to: address, connections: tenants) { bench.table.inserts(tenant: name($0)) }
        let load = try Load.measure([traffic], seconds: seconds, cpuOf: usage)
        var there = 0
        for index in 0..<tenants {
            there += Int(try Conversation.integer("SELECT count(*) FROM users", of: name(index), at: address))
        }
        guard there == load.kinds[0].received else {
            throw BenchmarkError("\(load.kinds[0].received) rows should be there, and \(there) are")
        }
        return Figures(load)
    }
}
