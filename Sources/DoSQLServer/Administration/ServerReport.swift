import DoSQLEngine
import DoSQLLoop
import DoSQLProtocol
import DoSQLSession

/// How the server does (`protocol/administration.md`, server): what `/metrics` has, as JSON. What counts begins at 0 with
/// the server; whoever wants to know how fast it goes compares two reports.
package struct ServerReport: Codable, Sendable {
    /// What is spoken on connections (`binary`, `http`, `websocket`, `new`).
    package struct Face: Codable, Sendable {
        package let face: String
        /// Open connections, and those of them inside TLS.
        package let connections: UInt64
        package let tlsConnections: UInt64
        package let requests: UInt64
        package let errors: UInt64
        package let receivedBytes: UInt64
        package let sentBytes: UInt64
        /// Requests of each bucket by itself, one more than there are bounds.
        package let latency: [UInt64]
    }

    /// What some tenants, or one, have done.
    package struct Figures: Codable, Sendable {
        package let requests: UInt64
        package let errors: UInt64
        package let receivedBytes: UInt64
        package let sentBytes: UInt64
        package let latency: [UInt64]
    }

    /// A tenant that has series of its own (`protocol/metrics.md`, which tenants).
    package struct Tenant: Codable, Sendable {
        package let name: String
        package let figures: Figures
        package let rows: UInt64
        package let statementMs: Double
        package let slowStatements: UInt64
        package let requestsInFlight: Int
        package let writesWaiting: Int
        package let databaseBytes: Int64
        package let walBytes: Int64
    }

    /// One of the texts that took most time.
    package struct Statement: Codable, Sendable {
        package let tenant: String
        package let sql: String
        package let count: UInt64
        package let totalMs: Double
        package let maxMs: Double
        package let rows: UInt64
    }

    /// Threads that do one kind of work.
    package struct Pool: Codable, Sendable {
        package let name: String
        package let threads: Int
        package let working: Int
        package let waiting: Int
    }

    package struct Disk: Codable, Sendable {
        package let freeBytes: Int
        package let sizeBytes: Int
        package let freeBytesMin: Int
    }

    package struct Process: Codable, Sendable {
        package let processorSeconds: Double
        package let residentBytes: UInt64
        package let openFiles: Int
        package let openFilesMax: UInt64?
    }

    package let version: String
    package let time: String
    /// Since the server began.
    package let uptimeMs: Double
    /// The greatest nanoseconds of the buckets of every `latency`.
    package let latencyBounds: [UInt64]
    package let faces: [Face]
    package let requestsInFlight: UInt64
    package let bytesInFlight: Int
    package let bytesInFlightMax: Int
    package let heapBytes: Int
    package let heapBytesMax: Int
    package let connectionsRefused: UInt64
    package let authenticationFailures: UInt64
    package let tlsHandshakes: UInt64
    package let tlsHandshakesFailed: UInt64
    /// Errors by code, those only that there were; and those that name a limit, by its name.
    package let errors: [String: UInt64]
    package let limitsMet: [String: UInt64]
    package let pools: [Pool]
    package let tenantsOpen: Int
    package let tenantsKnown: Int
    package let writesWaiting: Int
    package let writesWaitingMax: Int
    package let walFrames: Int
    package let walFramesMax: Int
    package let commits: UInt64
    package let changes: UInt64
    /// Commits of writes outside transactions, and the writes that shared them.
    package let groups: UInt64
    package let groupedWrites: UInt64
    package let statements: UInt64
    package let statementMs: Double
    package let slowStatements: UInt64
    package let rows: UInt64
    package let disk: Disk?
    package let process: Process?
    package let tenants: [Tenant]
    /// What all tenants did that are not among those.
    package let otherTenants: Figures
    package let topStatements: [Statement]
}

extension ServerReport {
    /// Tenants whose statements are looked at: those whose statements took most time.
    private static let busiestMax = 16

    /// Messages that ask for something, and not only for a place to ask.
    private static let requestTypes = MessageType.allCases.filter {
        $0.isRequest && $0 != .hello && $0 != .open && $0 != .close
    }

    /// - Parameter statements: texts that are told. Reads `/proc` and the disk: not for an event loop.
    init(_ reading: ServerReading, of store: TenantStore, statements textsMax: Int) {
        let metrics = reading.shards
        let census = reading.census
        version = Server.version
        time = Timestamp(milliseconds: WallClock.milliseconds()).description
        uptimeMs = Double(MonotonicClock.nanoseconds() &- store.context.startedAt) / 1e6
        latencyBounds = LatencyCounts.bounds
        faces = FaceKind.allCases.map { face in
            Face(
                face: face.label, connections: metrics.open[face.rawValue],
                tlsConnections: metrics.secured[face.rawValue],
                requests: Self.requestTypes.reduce(0) { $0 + metrics.requests($1, face) },
                errors: ErrorCode.allCases.indices.reduce(0) { $0 + metrics.errors($1, face) },
                receivedBytes: metrics.bytesReceived[face.rawValue], sentBytes: metrics.bytesSent[face.rawValue],
                latency: metrics.latency[face.rawValue].counts)
        }
        requestsInFlight = metrics.inFlight
        bytesInFlight = metrics.bytesInFlight
        bytesInFlightMax = metrics.bytesInFlightMax
        heapBytes = SQLiteLibrary.memoryUsed
        heapBytesMax = SQLiteLibrary.heapBytesMax
        connectionsRefused = metrics.connectionsRefused
        authenticationFailures = metrics.authenticationFailures.reduce(0, +)
        tlsHandshakes = metrics.handshakes.reduce(0, +)
        tlsHandshakesFailed = tlsHandshakes - metrics.handshakes[HandshakeResult.completed.rawValue]
        errors = Dictionary(
            uniqueKeysWithValues: ErrorCode.allCases.enumerated().compactMap { index, code in
                let count = FaceKind.allCases.reduce(0) { $0 + metrics.errors(index, $1) }
                return count > 0 ? (code.name, count) : nil
            })
        limitsMet = metrics.limitsMet
        pools = reading.pools.map {
            Pool(name: $0.name, threads: $0.figures.threads, working: $0.figures.working, waiting: $0.figures.waiting)
        }
        tenantsOpen = census.open
        tenantsKnown = census.known
        writesWaiting = census.waiting
        writesWaitingMax = census.waitingMax
        walFrames = census.walFrames
        walFramesMax = census.walFramesMax
        commits = reading.writes.commitCount
        changes = reading.writes.changeCount
        let groupSize = reading.writes.groupSize.reading
        groups = groupSize.cumulative.last ?? 0
        groupedWrites = groupSize.sum
        statements = census.statements.count
        statementMs = Double(census.statements.nanoseconds) / 1e6
        slowStatements = census.statements.slow
        rows = census.statements.rows
        disk = reading.disk.map { Disk(freeBytes: $0.free, sizeBytes: $0.size, freeBytesMin: reading.diskFreeMin) }
        process = ProcessFigures().map {
            Process(
                processorSeconds: $0.processorSeconds, residentBytes: $0.residentMemory, openFiles: $0.descriptors,
                openFilesMax: $0.descriptorsMax)
        }
        tenants = reading.series.map { series in
            Tenant(
                name: series.name.description, figures: Figures(series.figures), rows: series.statements.rows,
                statementMs: Double(series.statements.nanoseconds) / 1e6, slowStatements: series.statements.slow,
                requestsInFlight: series.inFlight, writesWaiting: series.waiting, databaseBytes: series.databaseBytes,
                walBytes: series.walBytes)
        }
        otherTenants = Figures(reading.other)
        topStatements = Self.longest(textsMax, of: store)
    }

    private static func longest(_ count: Int, of store: TenantStore) -> [Statement] {
        let all = store.busiest(busiestMax).flatMap { tenant in
            tenant.statements.longest(count).map { (tenant.name, $0) }
        }
        return all.sorted { $0.1.runs.nanoseconds > $1.1.runs.nanoseconds }.prefix(count).map { name, entry in
            Statement(
                tenant: name.description, sql: entry.sql, count: entry.runs.count,
                totalMs: Double(entry.runs.nanoseconds) / 1e6, maxMs: Double(entry.runs.longest) / 1e6,
                rows: entry.runs.rows)
        }
    }
}

extension ServerReport.Figures {
    init(_ figures: TenantFigures) {
        requests = figures.requests
        errors = figures.errors
        receivedBytes = figures.bytesReceived
        sentBytes = figures.bytesSent
        latency = figures.latency.counts
    }
}
