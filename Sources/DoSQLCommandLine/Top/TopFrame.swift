import DoSQLServer
import Foundation

/// One picture of ``TopState``, as lines of text that fit: names and SQL come from strangers, so nothing of theirs is
/// written that a terminal would obey.
struct TopFrame {
    /// A line, and whether it stands out.
    struct Line: Equatable {
        let text: String
        var isHeading = false
    }

    /// What may be taken up.
    struct Space {
        let columns: Int
        /// Nil: as many as there is to tell.
        let rows: Int?
    }

    private(set) var lines: [Line] = []
    private let space: Space

    /// The picture, at most `space.rows` lines of at most `space.columns` columns each.
    static func lines(of state: TopState, in space: Space) -> [Line] {
        var frame = TopFrame(space: space)
        frame.write(state)
        return space.rows.map { Array(frame.lines.prefix($0)) } ?? frame.lines
    }

    private init(space: Space) {
        self.space = space
    }

    private mutating func write(_ state: TopState) {
        guard let interval = state.interval else {
            add("\(state.address): \(state.problem ?? "waits for the server's first report")")
            return
        }
        writeHead(state, interval)
        writeServer(interval)
        let keys = TopOrder.allCases.map { "\($0.key) \($0.rawValue)" }.joined(separator: "  ")
        let help = space.rows == nil ? [] : [Line(text: fitted("q quit  space pause  sort by: \(keys)"))]
        let left = space.rows.map { max(0, $0 - lines.count - help.count) }
        // Tenants have more than half of what is left, statements what they leave.
        let statements = statementTable(interval)
        let tenants = tenantTable(state.order.sorted(interval.tenants), interval, order: state.order)
        let tenantRows = left.map { max($0 - statements.count - 1, ($0 + 1) / 2) } ?? tenants.count
        lines += tenants.prefix(tenantRows)
        let rest = left.map { $0 - min(tenantRows, tenants.count) }
        if rest ?? .max > 3 && statements.count > 1 {
            add("")
            lines += statements.prefix(rest.map { $0 - 1 } ?? statements.count)
        }
        if let rows = space.rows, !help.isEmpty {
            lines = Array(lines.prefix(max(0, rows - 1)))
            lines += help
        }
    }

    // MARK: The head

    private mutating func writeHead(_ state: TopState, _ interval: TopInterval) {
        let report = interval.report
        let clock = report.time.dropFirst(11).prefix(8)
        var title =
            "DoSQL \(report.version) at \(state.address)  up \(TopFigure.age(milliseconds: report.uptimeMs))  \(clock) UTC"
        if state.isPaused { title += "  PAUSED" }
        add(title, isHeading: true)
        if let problem = state.problem { add("NO ANSWER: \(problem)", isHeading: true) }
        let bound = report.latencyBounds.last
        let percentiles = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99)].map {
            "\($0.0) \(TopFigure.time(interval.latency.percentile($0.1), beyond: bound))"
        }
        add(
            "requests \(TopFigure.count(interval.requests))/s  errors \(TopFigure.count(interval.errors))/s  "
                + percentiles.joined(separator: "  ")
                + "  rows \(TopFigure.count(interval.rows))/s  slow \(TopFigure.count(interval.slowStatements))/s")
    }

    private mutating func writeServer(_ interval: TopInterval) {
        let report = interval.report
        let connections = report.faces.reduce(0) { $0 + $1.connections }
        let faces = report.faces.filter { $0.connections > 0 }.map { "\($0.face) \($0.connections)" }
        let secured = report.faces.reduce(0) { $0 + $1.tlsConnections }
        add(
            "connections \(connections)" + (faces.isEmpty ? "" : " (\(faces.joined(separator: ", ")))")
                + "  TLS \(secured), \(TopFigure.count(interval.handshakes)) handshakes/s, "
                + "\(TopFigure.count(interval.failedHandshakes)) not completed/s  "
                + "refused \(TopFigure.count(interval.refused))/s  tokens refused \(TopFigure.count(interval.tokenFailures))/s"
        )
        add(
            "in \(TopFigure.bytes(interval.received))/s  out \(TopFigure.bytes(interval.sent))/s  "
                + "in flight \(report.requestsInFlight) requests, \(Self.share(report.bytesInFlight, report.bytesInFlightMax))"
        )
        let group = interval.groupSize.map { " of \(TopFigure.count($0)) writes" } ?? ""
        add(
            "commits \(TopFigure.count(interval.commits))/s\(group)  "
                + "waiting writes \(report.writesWaiting), longest line \(report.writesWaitingMax)  "
                + "log \(report.walFrames) pages, longest \(report.walFramesMax)  "
                + "threads "
                + report.pools.map { "\($0.name) \($0.working)/\($0.threads)\($0.waiting > 0 ? "+\($0.waiting)" : "")" }
                .joined(separator: " "))
        var machine = "SQLite \(Self.share(report.heapBytes, report.heapBytesMax))"
        if let process = report.process {
            let processors = interval.processors.map { "\(Int(($0 * 100).rounded()))%" } ?? "-"
            machine +=
                "  memory \(TopFigure.bytes(Double(process.residentBytes)))  cpu \(processors)  files \(process.openFiles)"
            if let most = process.openFilesMax { machine += " of \(most)" }
        }
        if let disk = report.disk {
            machine +=
                "  disk \(TopFigure.bytes(Double(disk.freeBytes))) free of \(TopFigure.bytes(Double(disk.sizeBytes)))"
            if disk.freeBytes < disk.freeBytesMin { machine += ", TOO LITTLE" }
        }
        add(machine)
        let met = [("errors", interval.errorCodes), ("limits met", interval.limitsMet)].compactMap { title, all in
            all.isEmpty
                ? nil
                : "\(title): "
                    + all.prefix(4).map { "\($0.name) \(TopFigure.count($0.rate))/s" }.joined(separator: ", ")
        }
        if !met.isEmpty { add(met.joined(separator: "  ")) }
        add("")
    }

    private static func share(_ value: Int, _ bound: Int) -> String {
        TopFigure.bytes(Double(value)) + (bound > 0 ? " of \(TopFigure.bytes(Double(bound)))" : "")
    }

    // MARK: Tables

    private func tenantTable(_ tenants: [TopInterval.Tenant], _ interval: TopInterval, order: TopOrder) -> [Line] {
        let report = interval.report
        let bound = report.latencyBounds.last
        let width = min(32, max(12, space.columns - 82))
        let columns: [(title: String, width: Int, order: TopOrder?)] = [
            ("REQ/S", 8, .requests), ("ERR/S", 7, .errors), ("P50", 9, nil), ("P99", 9, .p99), ("ROWS/S", 8, nil),
            ("BUSY", 6, .busy), ("FLIGHT", 7, nil), ("QUEUE", 6, .queue), ("SIZE", 10, .size), ("LOG", 10, nil),
        ]
        let title = "TENANT (\(report.tenantsOpen) open of \(report.tenantsKnown))"
        let heading = columns.map { Self.right($0.order == order ? "*" + $0.title : $0.title, $0.width) }
        func row(_ name: String, _ cells: [String]) -> Line {
            Line(text: fitted(left(name, width) + zip(cells, columns).map { Self.right($0.0, $0.1.width) }.joined()))
        }
        func cells(_ tenant: TopInterval.Tenant) -> [String] {
            let own = tenant.own
            return [
                TopFigure.count(tenant.requests), TopFigure.count(tenant.errors),
                TopFigure.time(tenant.latency.percentile(0.5), beyond: bound),
                TopFigure.time(tenant.latency.percentile(0.99), beyond: bound),
                own.map { TopFigure.count($0.rows) } ?? "", own.map { "\(Int(($0.busy * 100).rounded()))%" } ?? "",
                own.map { "\($0.report.requestsInFlight)" } ?? "", own.map { "\($0.report.writesWaiting)" } ?? "",
                own.map { TopFigure.bytes(Double($0.report.databaseBytes)) } ?? "",
                own.map { TopFigure.bytes(Double($0.report.walBytes)) } ?? "",
            ]
        }
        var table = [
            Line(text: fitted(left((order == .name ? "*" : "") + title, width) + heading.joined()), isHeading: true)
        ]
        table += tenants.map { row($0.name, cells($0)) }
        if interval.others.requests > 0 { table.append(row("(all others)", cells(interval.others))) }
        return table
    }

    private func statementTable(_ interval: TopInterval) -> [Line] {
        let columns: [(title: String, width: Int)] = [
            ("MS/S", 8), ("CALLS/S", 8), ("MEAN", 9), ("MAX", 9), ("ROWS/S", 8),
        ]
        let heading = columns.map { Self.right($0.title, $0.width) }.joined()
        let width = min(20, max(8, space.columns - 82))
        var table = [Line(text: fitted("\(heading)  \(left("TENANT", width))  STATEMENT"), isHeading: true)]
        // What runs now first, then what took most time before.
        let sorted = interval.statements.sorted { ($1.time, $1.report.totalMs) < ($0.time, $0.report.totalMs) }
        for statement in sorted {
            let report = statement.report
            let mean = report.totalMs * 1e6 / Double(max(report.count, 1))
            let cells = [
                TopFigure.count(statement.time), TopFigure.count(statement.calls), TopFigure.time(mean),
                TopFigure.time(report.maxMs * 1e6), TopFigure.count(statement.rows),
            ]
            let figures = zip(cells, columns).map { Self.right($0.0, $0.1.width) }.joined()
            table.append(Line(text: fitted("\(figures)  \(left(report.tenant, width))  \(Self.oneLine(report.sql))")))
        }
        return table
    }

    // MARK: Text

    private mutating func add(_ text: String, isHeading: Bool = false) {
        lines.append(Line(text: fitted(text), isHeading: isHeading))
    }

    /// Without what a terminal would obey, and no wider than there is room.
    private func fitted(_ text: String) -> String { Self.cut(DisplayText.escaped(text), space.columns) }

    /// To the left of a column that is so wide.
    private func left(_ text: String, _ width: Int) -> String {
        let text = Self.cut(DisplayText.escaped(text), width)
        return text + String(repeating: " ", count: max(0, width - DisplayText.width(text)))
    }

    /// To the right of a column that is so wide; what is wider pushes the line out.
    private static func right(_ text: String, _ width: Int) -> String {
        " " + String(repeating: " ", count: max(0, width - 1 - DisplayText.width(text))) + text
    }

    /// A statement as one line.
    private static func oneLine(_ sql: String) -> String {
        sql.split { $0 == " " || $0 == "\n" || $0 == "\r\n" || $0 == "\r" || $0 == "\t" }.joined(separator: " ")
    }

    private static func cut(_ text: String, _ width: Int) -> String {
        guard DisplayText.width(text) > width else { return text }
        var cut = ""
        var taken = 0
        for character in text {
            let own = DisplayText.width(String(character))
            guard taken + own <= width - 1 else { break }
            cut.append(character)
            taken += own
        }
        return width > 0 ? cut + "…" : ""
    }
}
