import BenchmarkSupport
import DoSQLLoad
import DoSQLLoop
import DoSQLProtocol
import Foundation

/// Many more tenants on the disk than may be open: what it costs to open one, and what an open one costs.
final class ManyTenants: Stage {
    static let rows = ["10"]
    private static let connections = 8
    /// Rows of a tenant's users table.
    private static let tableRows = 20

    private(set) var cells: [Cell] = []
    let missing: [Program: String] = [:]
    private let server: ServerProcess

    init(_ bench: Workbench) throws {
        let tenants = bench.isSmoke ? 100 : 10_000
        let openMax = bench.isSmoke ? 50 : 500
        let folder = bench.path("many")
        try Self.makeTenants(tenants, in: folder, bench)
        server = try Self.start(bench, folder, openMax: openMax)
        let spread: [(work: String, connections: Int, tenants: Int)] = [
            (Work.coldTenants, Self.connections, tenants), (Work.coldTenant, 1, tenants),
            (Work.warmTenants, Self.connections, openMax * 4 / 5),
        ]
        cells = spread.map { work, connections, tenants in
            Cell(CellID(.dosql, work)) { [server] in
                let traffic = Traffic(to: server.address, connections: connections) { _ in Self.visits(of: tenants) }
                return try Load.run(traffic, seconds: $0, cpuOf: server.usage)
            }
        }
        // On a folder of its own: it is written to.
        let other = bench.path("open")
        try Self.makeTenants(openMax, in: other, bench)
        for (work, opens) in [(Work.oneConnectionTenants, Self.open), (Work.threeConnectionTenants, Self.use)] {
            cells.append(
                Cell(CellID(.dosql, work)) { _ in
                    // As little page cache as a server takes.
                    let server = try Self.start(bench, other, openMax: openMax, cacheKiB: 64)
                    defer { server.stop() }
                    return try Self.memory(of: openMax, server, opens)
                })
        }
    }

    func close() { server.stop() }

    private static func start(
        _ bench: Workbench, _ folder: String, openMax: Int, cacheKiB: Int = 2048
    ) throws -> ServerProcess {
        try ServerProcess(
            executable: bench.dosql, folder: folder,
            flags: ["--cache", "\(cacheKiB)", "--max-open-tenants", "\(openMax)", "--no-create-tenants"])
    }

    private static func name(_ number: Int) -> String {
        let digits = "\(number)"
        return "t" + String(repeating: "0", count: 19 - digits.count) + digits
    }

    /// One is made by a server, the others are its copies.
    private static func makeTenants(_ count: Int, in folder: String, _ bench: Workbench) throws {
        let server = try ServerProcess(executable: bench.dosql, folder: folder)
        try UsersTable(rows: tableRows).load(into: server.address, tenant: name(1))
        server.stop()
        for number in 2...count {
            try FileManager.default.copyItem(
                atPath: "\(folder)/tenants/\(name(1))", toPath: "\(folder)/tenants/\(name(number))")
        }
        SystemDisk.sync()
    }

    // MARK: Visits

    /// Opens any tenant, reads a row, closes it: in one flight.
    private static func visits(of tenants: Int) -> Dialogue {
        var burst = Burst()
        burst.addFrame(random: [.text("t", upTo: UInt64(tenants))]) { writer, values in
            guard case .text(let name) = values[0] else { return }
            Open.encode(into: &writer, stream: 1, request: 1, tenant: name.repaired)
        }
        burst.addFrame(random: [.integer(upTo: UInt64(tableRows))]) { writer, values in
            Execute.encode(
                into: &writer, kind: .queryOne, stream: 1, request: 1, statement: .prepared(1),
                parameters: .positional(values))
        }
        burst.addFrame { writer, _ in Close.encode(into: &writer, stream: 1, request: 1) }
        var opening = ByteWriter(Preamble.bytes)
        Hello.encode(into: &opening, request: 1, client: "benchmark")
        Prepare.encode(into: &opening, request: 2, id: 1, sql: UsersTable.pointRead)
        return Dialogue(
            opening: opening.take(), openingAnswers: 2, steps: [burst], unit: .rounds, answers: FrameAnswers())
    }

    // MARK: Memory

    /// What a tenant is made to do: writes frames with request ids from `request` on, and says how many.
    private typealias Visit = @Sendable (_ writer: inout ByteWriter, _ stream: UInt16, _ request: UInt32) -> Int

    /// Opened, and no more: its writer's connection.
    private static let open: Visit = { writer, stream, request in
        Open.encode(into: &writer, stream: stream, request: request, tenant: name(Int(stream)))
        return 1
    }

    /// A write, a read on the loop, and a read transaction, which has a connection of its own.
    private static let use: Visit = { writer, stream, request in
        let count = open(&writer, stream, request)
        let read = StatementSource.sql(UsersTable.pointRead)
        let key = ParameterList.positional([.integer(7)])
        Execute.encode(
            into: &writer, kind: .run, stream: stream, request: request + 1,
            statement: .sql("UPDATE users SET bio = 'changed' WHERE id = 1"))
        Execute.encode(
            into: &writer, kind: .queryOne, stream: stream, request: request + 2, statement: read, parameters: key)
        Begin.encode(into: &writer, stream: stream, request: request + 3, mode: .read)
        Execute.encode(
            into: &writer, kind: .queryOne, stream: stream, request: request + 4, statement: read, parameters: key)
        Rollback.encode(into: &writer, stream: stream, request: request + 5)
        return count + 5
    }

    /// What a tenant adds to the server's memory, its pages of cache included; the first tenth of them does not
    /// count, since with them the server gets what it keeps for all.
    private static func memory(of tenants: Int, _ server: ServerProcess, _ visit: Visit) throws -> Figures {
        let first = tenants / 10
        func visitAll(_ numbers: ClosedRange<Int>) throws {
            var writer = ByteWriter(Preamble.bytes)
            Hello.encode(into: &writer, request: 1, client: "benchmark")
            var answers = 1
            for number in numbers { answers += visit(&writer, UInt16(number), UInt32(answers + 1)) }
            _ = try Conversation(server.address, sending: writer.take(), answers: answers).run()
        }
        try visitAll(1...first)
        let before = try server.usage.residentBytes()
        let began = MonotonicClock.nanoseconds()
        try visitAll(first + 1...tenants)
        let seconds = Double(MonotonicClock.nanoseconds() - began) / 1e9
        let count = Double(tenants - first)
        var figures = Figures(rate: count / seconds)
        figures.memory = Double(try server.usage.residentBytes() - before) / count
        return figures
    }
}
