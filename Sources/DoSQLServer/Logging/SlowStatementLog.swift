import DoSQLEngine
import DoSQLLoop
import DoSQLProtocol
import DoSQLSession
import Logging
import Synchronization

/// Logs statements that took long, each with how SQLite goes about it (`EXPLAIN QUERY PLAN`,
/// <https://www.sqlite.org/eqp.html>): a tenant's slow statements are mostly those without an index.
///
/// The plan is taken afterwards, on a thread for short work and a connection of the tenant's own, with nobody's rights and
/// within bounds. So it costs the request nothing, and may differ where the schema has changed meanwhile.
final class SlowStatementLog: Sendable {
    /// Lines a second, and plans with them; further ones are counted in the next line.
    static let linesMax = 10
    /// Lines of a plan.
    static let planLinesMax = 64
    /// Bytes of a plan.
    static let planBytesMax = 4096
    /// Nanoseconds that taking a plan may take.
    static let planTime: UInt64 = 250_000_000
    /// Bytes that SQLite may take for it.
    static let planMemoryMax = 8 << 20

    /// From how many nanoseconds on a statement is slow; `.max`: none is.
    let threshold: UInt64
    private let log: Logger
    private let lines: Mutex<(bucket: TokenBucket, left: Int)>

    /// - Parameter nanoseconds: from when on a statement is slow; 0: never.
    init(from nanoseconds: UInt64, log: Logger) {
        threshold = nanoseconds == 0 ? .max : nanoseconds
        self.log = log
        lines = Mutex((TokenBucket(rate: Self.linesMax, burst: Self.linesMax, now: MonotonicClock.nanoseconds()), 0))
    }

    /// Whether any statement can be slow.
    var isOn: Bool { threshold != .max }

    /// Logs a statement, when its plan is there. Returns at once.
    func report(_ statement: SlowStatement, _ caller: RequestCaller) {
        guard let left = mayLog() else { return }
        statement.tenant.context.openers.post(for: self) { [self] _ in
            write(statement, caller, plan: statement.sql.isWhole ? Self.plan(of: statement) : nil, left: left)
        }
    }

    /// How many were left out before this one; nil if it is left out too.
    private func mayLog() -> Int? {
        lines.withLock { lines in
            guard lines.bucket.take(1, now: MonotonicClock.nanoseconds()) == 1 else {
                lines.left += 1
                return nil
            }
            defer { lines.left = 0 }
            return lines.left
        }
    }

    private func write(_ statement: SlowStatement, _ caller: RequestCaller, plan: [String]?, left: Int) {
        var metadata: Logger.Metadata = [
            "tenant": "\(statement.tenant.name)", "face": "\(caller.face.label)", "request": "\(caller.name)",
            "peer": "\(caller.peer)", "sql": "\(statement.sql.shown)",
            "sqliteMicroseconds": .stringConvertible(statement.nanoseconds / 1000),
            "waitedMicroseconds": .stringConvertible(statement.waited / 1000),
            "rows": .stringConvertible(statement.rows),
        ]
        if let plan { metadata["plan"] = .array(plan.map { .string($0) }) }
        if left > 0 { metadata["leftOut"] = .stringConvertible(left) }
        log.warning("slow statement", metadata: metadata)
    }

    // MARK: Plans

    /// The plan, a line for each step, indented below what it is part of; nil where there is none to be had: the tenant is
    /// closed by now, or knows nothing of what the statement made in its transaction.
    private static func plan(of statement: SlowStatement) -> [String]? {
        let tenant = statement.tenant
        var opened: Connection?
        switch tenant.takeCursor(isBounded: false) {
        case .opened(let connection): opened = consume connection
        case .closed: return nil
        case .failed: return nil
        }
        guard let connection = opened.take() else { return nil }
        // Who may see the log may see all plans; nothing of the statement is carried out.
        connection.permission = nil
        connection.budget = Budget(deadline: Budget.now() &+ planTime, memoryMax: planMemoryMax)
        let plan = try? lines(of: statement.sql.shown, on: connection)
        connection.budget = .unlimited
        connection.permission = tenant.context.unserved
        tenant.returnCursor(connection)
        return plan
    }

    private static func lines(of sql: String, on connection: borrowing Connection) throws -> [String] {
        let statement = try connection.prepare("EXPLAIN QUERY PLAN " + sql)
        defer { statement.reset() }
        var depths: [Int64: Int] = [:]
        var lines: [String] = []
        var bytes = 0
        while try statement.step() {
            // id, parent, unused, detail
            let depth = depths[statement.int64(at: 1)].map { $0 + 1 } ?? 0
            depths[statement.int64(at: 0)] = depth
            let line = String(repeating: "  ", count: min(depth, 16)) + String(repairing: statement.text(at: 3))
            bytes += line.utf8.count
            guard lines.count < planLinesMax, bytes <= planBytesMax else {
                lines.append("…")
                break
            }
            lines.append(line)
        }
        return lines
    }
}
