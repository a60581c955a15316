import DoSQLClient
import Synchronization

/// Where tenants stand among their migrations, as rows.
final class MigrationTable: Sendable {
    private let format: OutputFormat
    private let rows = Mutex<[[DoSQLValue]]>([])

    init(format: OutputFormat) { self.format = format }

    /// Adds a tenant.
    func add(_ report: MigrationReport, of tenant: String) {
        let new = report.entries.map { entry -> [DoSQLValue] in
            let isPending = entry.state == .pending
            return [
                .text(tenant), .text(entry.id), .text(isPending ? "pending" : "applied"),
                entry.appliedAt.map { .text($0) } ?? .null,
                isPending ? .null : .integer(entry.duration.wholeMilliseconds),
            ]
        }
        rows.withLock { $0 += new }
    }

    /// Prints all of them.
    func write() throws {
        var writer = format.writer()
        var output: [UInt8] = []
        writer.begin(["tenant", "migration", "state", "applied_at", "milliseconds"], into: &output)
        for row in rows.withLock({ $0 }) { writer.row(row, into: &output) }
        writer.end(into: &output)
        try Output.write(output)
    }
}

extension Duration {
    /// Milliseconds, rounded down.
    var wholeMilliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
