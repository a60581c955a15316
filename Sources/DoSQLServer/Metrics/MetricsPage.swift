import DoSQLEngine
import DoSQLProtocol
import DoSQLSession

/// What `GET /metrics` answers (`protocol/metrics.md`). Names and units follow Prometheus' conventions: base units,
/// `_total` for what only grows.
struct MetricsPage {
    private let reading: ServerReading
    private var writer = ExpositionWriter()

    /// The page. Reads `/proc`: not for an event loop.
    static func make(_ reading: ServerReading) -> [UInt8] {
        var page = MetricsPage(reading: reading)
        page.writeBuild()
        page.writeConnections()
        page.writeRequests()
        page.writeServer()
        page.writeTenants()
        page.writeWrites()
        page.writeSeries()
        page.writeProcess()
        return page.writer.bytes
    }

    private init(reading: ServerReading) {
        self.reading = reading
    }

    private mutating func writeBuild() {
        writer.begin("dosql_build_info", .gauge, "What runs; the value is always 1.")
        writer.sample(1, [("version", Server.version), ("sqlite", SQLiteLibrary.version)])
    }

    private mutating func writeConnections() {
        let metrics = reading.shards
        writer.begin("dosql_connections", .gauge, "Open connections, by what is spoken on them.")
        for face in FaceKind.allCases { writer.sample(metrics.open[face.rawValue], [("face", face.label)]) }
        writer.begin("dosql_connections_total", .counter, "Connections that began to speak a protocol.")
        for face in FaceKind.speaking { writer.sample(metrics.connections[face.rawValue], [("face", face.label)]) }
        writer.single(
            "dosql_connections_refused_total", .counter, metrics.connectionsRefused,
            "Connections beyond what the server takes at a time.")
        writer.begin("dosql_tls_connections", .gauge, "Open connections inside TLS, by what is spoken on them.")
        for face in FaceKind.allCases { writer.sample(metrics.secured[face.rawValue], [("face", face.label)]) }
        writer.begin("dosql_tls_handshakes_total", .counter, "TLS handshakes by how they ended.")
        for result in HandshakeResult.allCases {
            writer.sample(metrics.handshakes[result.rawValue], [("result", result.label)])
        }
        writer.begin("dosql_received_bytes_total", .counter, "Bytes received from clients.")
        for face in FaceKind.allCases { writer.sample(metrics.bytesReceived[face.rawValue], [("face", face.label)]) }
        writer.begin("dosql_sent_bytes_total", .counter, "Bytes sent to clients.")
        for face in FaceKind.allCases { writer.sample(metrics.bytesSent[face.rawValue], [("face", face.label)]) }
    }

    private mutating func writeRequests() {
        let metrics = reading.shards
        writer.begin(
            "dosql_requests_total", .counter, "Requests by the message they became, and the face they came through.")
        for face in FaceKind.speaking {
            for type in MessageType.allCases where type.isRequest {
                writer.sample(
                    metrics.requests(type, face), [("face", face.label), ("operation", type.name.lowercased())])
            }
        }
        writer.single(
            "dosql_requests_in_flight", .gauge, metrics.inFlight, "Requests that were handed over and have no answer.")
        writer.begin(
            "dosql_request_duration_seconds", .histogram, "How long requests took, by the face they came through.")
        for face in FaceKind.speaking { writeLatency(metrics.latency[face.rawValue], [("face", face.label)]) }
        writer.begin("dosql_errors_total", .counter, "Requests answered with an error, by its code.")
        for face in FaceKind.speaking {
            for (index, code) in ErrorCode.allCases.enumerated() {
                writer.sample(metrics.errors(index, face), [("face", face.label), ("code", code.name)])
            }
        }
        writer.begin("dosql_limits_met_total", .counter, "Errors that name a limit, by the limit.")
        for (limit, count) in Self.limits.merging(metrics.limitsMet, uniquingKeysWith: +).sorted(by: { $0.key < $1.key }
        ) {
            writer.sample(count, [("limit", limit)])
        }
        writer.begin(
            "dosql_authentication_failures_total", .counter, "Tokens that were not accepted, or no longer, by why.")
        for reason in AuthenticationFailure.allCases {
            writer.sample(metrics.authenticationFailures[reason.rawValue], [("reason", reason.label)])
        }
        writer.begin("dosql_http_responses_total", .counter, "HTTP responses by the class of their status.")
        for (index, count) in metrics.responses.enumerated() { writer.sample(count, [("class", "\(index + 1)xx")]) }
    }

    /// Those that are there before they are met: a counter that appears with 1 has not grown, as Prometheus sees it.
    private static let limits = Dictionary(
        (Limits.told.map(\.name) + ["connectionsMax", "addressConnectionsMax", "bytesInFlightMax", "heapBytesMax"])
            .map { ($0, 0 as UInt64) }, uniquingKeysWith: { $1 })

    private mutating func writeLatency(_ latency: LatencyCounts, _ labels: [(name: String, value: String)]) {
        writer.histogramSample(LatencyCounts.bounds, latency.reading, dividedBy: 1_000_000_000, labels)
    }

    private mutating func writeServer() {
        let metrics = reading.shards
        writer.single(
            "dosql_in_flight_bytes", .gauge, metrics.bytesInFlight,
            "Bytes of bodies that wait and of answers that were not taken.")
        writer.single("dosql_in_flight_bytes_max", .gauge, metrics.bytesInFlightMax, "Their bound.")
        writer.single("dosql_heap_bytes", .gauge, SQLiteLibrary.memoryUsed, "Memory that SQLite holds.")
        writer.single("dosql_heap_bytes_max", .gauge, SQLiteLibrary.heapBytesMax, "Its bound; 0: none.")
        writer.begin("dosql_threads", .gauge, "Threads that work for tenants.")
        for pool in reading.pools { writer.sample(pool.figures.threads, [("pool", pool.name)]) }
        writer.begin("dosql_threads_working", .gauge, "Those of them that have work.")
        for pool in reading.pools { writer.sample(pool.figures.working, [("pool", pool.name)]) }
        writer.begin("dosql_threads_waited_for", .gauge, "Pieces of work that wait for a thread.")
        for pool in reading.pools { writer.sample(pool.figures.waiting, [("pool", pool.name)]) }
        guard let disk = reading.disk else { return }
        writer.single("dosql_disk_free_bytes", .gauge, disk.free, "Bytes left on the data folder's disk.")
        writer.single("dosql_disk_size_bytes", .gauge, disk.size, "Bytes of that disk.")
        writer.single(
            "dosql_disk_free_bytes_min", .gauge, reading.diskFreeMin, "Bytes left below which no database grows.")
    }

    private mutating func writeTenants() {
        let census = reading.census
        writer.single("dosql_tenants_open", .gauge, census.open, "Tenants whose file is open.")
        writer.single(
            "dosql_tenants_known", .gauge, census.known, "Tenants' names that were asked for and are remembered.")
        writer.single("dosql_writes_waiting", .gauge, census.waiting, "Requests in the lines of all tenants.")
        writer.single("dosql_writes_waiting_max", .gauge, census.waitingMax, "Requests in the longest line.")
        writer.single(
            "dosql_wal_frames", .gauge, census.walFrames, "Pages in the write-ahead logs of all open tenants.")
        writer.single("dosql_wal_frames_max", .gauge, census.walFramesMax, "Pages in the longest of them.")
        writer.single("dosql_rows_total", .counter, census.statements.rows, "Rows that statements gave.")
        writer.single("dosql_statements_total", .counter, census.statements.count, "Statements that ran.")
        writer.single(
            "dosql_statement_seconds_total", .counter, Double(census.statements.nanoseconds) / 1e9, "How long they ran."
        )
        writer.single("dosql_slow_statements_total", .counter, census.statements.slow, "Statements that ran for long.")
    }

    private mutating func writeWrites() {
        let writes = reading.writes
        writer.single(
            "dosql_commits_total", .counter, writes.commitCount,
            "Durable commits of writes and transactions; those of scripts and migrations are not in it.")
        writer.single(
            "dosql_changes_total", .counter, writes.changeCount, "Changes made durable: a log sequence number each.")
        writer.histogram(
            "dosql_commit_writes", writes.groupSize, "Writes outside transactions that shared a durable commit.")
        writer.histogram(
            "dosql_commit_duration_seconds", writes.commitTime, dividedBy: 1_000_000_000,
            "How long a COMMIT took, whether it succeeded or not.")
        writer.begin("dosql_checkpoints_total", .counter, "Checkpoints by what became of them.")
        for result in WriteMetrics.Checkpoint.allCases {
            writer.sample(writes.count(of: result), [("result", result.label)])
        }
    }

    // MARK: Tenants

    /// The tenant of what all did that have no series of their own: no tenant can be called so.
    static let otherTenants = "_other"

    private mutating func writeSeries() {
        counter("dosql_tenant_requests_total", "Requests on streams of a tenant.") { $0.requests }
        counter("dosql_tenant_errors_total", "Those of them that were answered with an error.") { $0.errors }
        counter("dosql_tenant_received_bytes_total", "Bytes of their bodies.") { $0.bytesReceived }
        counter("dosql_tenant_sent_bytes_total", "Bytes of their answers.") { $0.bytesSent }
        writer.begin("dosql_tenant_request_duration_seconds", .histogram, "How long they took.")
        for series in reading.series { writeLatency(series.figures.latency, [("tenant", series.name.description)]) }
        writeLatency(reading.other.latency, [("tenant", Self.otherTenants)])
        guard !reading.series.isEmpty else { return }
        own("dosql_tenant_rows_total", .counter, "Rows that a tenant's statements gave.") { $0.statements.rows }
        own("dosql_tenant_statement_seconds_total", .counter, "How long they ran.") {
            Double($0.statements.nanoseconds) / 1e9
        }
        own("dosql_tenant_slow_statements_total", .counter, "Those that ran for long.") { $0.statements.slow }
        own("dosql_tenant_requests_in_flight", .gauge, "Requests that wait or run on a thread.") { $0.inFlight }
        own("dosql_tenant_writes_waiting", .gauge, "Requests in a tenant's line.") { $0.waiting }
        own("dosql_tenant_database_bytes", .gauge, "Bytes of a tenant's database file.") { $0.databaseBytes }
        own("dosql_tenant_wal_bytes", .gauge, "Bytes of its write-ahead log.") { $0.walBytes }
    }

    private mutating func counter(_ name: String, _ help: String, _ value: (TenantFigures) -> UInt64) {
        writer.begin(name, .counter, help)
        for series in reading.series { writer.sample(value(series.figures), [("tenant", series.name.description)]) }
        writer.sample(value(reading.other), [("tenant", Self.otherTenants)])
    }

    private mutating func own(
        _ name: String, _ kind: ExpositionWriter.Kind, _ help: String,
        _ value: (TenantSeries) -> some CustomStringConvertible
    ) {
        writer.begin(name, kind, help)
        for series in reading.series { writer.sample(value(series), [("tenant", series.name.description)]) }
    }

    // MARK: The process

    private mutating func writeProcess() {
        guard let process = ProcessFigures() else { return }
        writer.single(
            "process_cpu_seconds_total", .counter, process.processorSeconds,
            "Seconds of processor time, in user and system mode.")
        writer.single(
            "process_start_time_seconds", .gauge, process.startTime, "When the process began, in seconds since 1970.")
        writer.single("process_resident_memory_bytes", .gauge, process.residentMemory, "Memory that is resident.")
        writer.single("process_virtual_memory_bytes", .gauge, process.virtualMemory, "Address space in use.")
        writer.single("process_open_fds", .gauge, process.descriptors, "Open file descriptors.")
        guard let descriptorsMax = process.descriptorsMax else { return }
        writer.single("process_max_fds", .gauge, descriptorsMax, "File descriptors that may be open.")
    }
}
