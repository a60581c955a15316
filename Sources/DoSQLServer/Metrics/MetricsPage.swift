import DoSQLEngine
import DoSQLProtocol

/// What `GET /metrics` answers (`protocol/http.md`, metrics). Names and units follow Prometheus' conventions: base
/// units, `_total` for what only grows.
enum MetricsPage {
    /// The page. Reads `/proc`: not for an event loop.
    static func make(_ metrics: ShardMetrics, of tenants: TenantStore) -> [UInt8] {
        var writer = ExpositionWriter()
        writer.begin("dosql_build_info", .gauge, "What runs; the value is always 1.")
        writer.sample(1, [("version", Server.version), ("sqlite", SQLiteLibrary.version)])
        writeConnections(metrics, &writer)
        writeRequests(metrics, &writer)
        writeTenants(tenants, &writer)
        writeProcess(&writer)
        return writer.bytes
    }

    private static func writeConnections(_ metrics: ShardMetrics, _ writer: inout ExpositionWriter) {
        writer.begin("dosql_connections", .gauge, "Open connections, by what is spoken on them.")
        for face in FaceKind.allCases { writer.sample(metrics.open[face.rawValue], [("face", face.label)]) }
        writer.begin("dosql_connections_total", .counter, "Connections that began to speak a protocol.")
        for face in FaceKind.speaking { writer.sample(metrics.connections[face.rawValue], [("face", face.label)]) }
        writer.single(
            "dosql_connections_refused_total", .counter, metrics.connectionsRefused,
            "Connections beyond what the server takes at a time.")
        writer.begin("dosql_tls_handshakes_total", .counter, "TLS handshakes by how they ended.")
        for result in HandshakeResult.allCases {
            writer.sample(metrics.handshakes[result.rawValue], [("result", result.label)])
        }
        writer.single(
            "dosql_received_bytes_total", .counter, metrics.bytesReceived, "Bytes received from clients.")
        writer.single("dosql_sent_bytes_total", .counter, metrics.bytesSent, "Bytes sent to clients.")
    }

    private static func writeRequests(_ metrics: ShardMetrics, _ writer: inout ExpositionWriter) {
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
        writer.single(
            "dosql_in_flight_bytes", .gauge, metrics.bytesInFlight,
            "Bytes of bodies that wait, and of answers that no client has taken.")
        writer.begin("dosql_errors_total", .counter, "Requests answered with an error, by its code.")
        for (code, count) in zip(ErrorCode.allCases, metrics.errors) { writer.sample(count, [("code", code.name)]) }
        writer.begin(
            "dosql_authentication_failures_total", .counter, "Tokens that were not accepted, or no longer, by why.")
        for reason in AuthenticationFailure.allCases {
            writer.sample(metrics.authenticationFailures[reason.rawValue], [("reason", reason.label)])
        }
        writer.begin("dosql_http_responses_total", .counter, "HTTP responses by the class of their status.")
        for (index, count) in metrics.responses.enumerated() { writer.sample(count, [("class", "\(index + 1)xx")]) }
    }

    private static func writeTenants(_ tenants: TenantStore, _ writer: inout ExpositionWriter) {
        let census = tenants.census
        writer.single("dosql_tenants_open", .gauge, census.open, "Tenants whose file is open.")
        writer.single(
            "dosql_tenants_known", .gauge, census.known, "Tenants' names that were asked for since the start.")
        writer.single(
            "dosql_wal_frames", .gauge, census.walFrames, "Pages in the write-ahead logs of all open tenants.")
        let writes = tenants.context.metrics
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

    private static func writeProcess(_ writer: inout ExpositionWriter) {
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
