import DoSQLProtocol
import DoSQLSession
import DoSQLTestSupport
import Foundation
import Testing

@testable import DoSQLServer

/// Metrics of tenants: whose they are, and how many there are at most.
struct TenantMetricsTests {
    @Test func `a tenant's requests, errors, rows and bytes are its own`() throws {
        let server = try TestServer(loops: 2)
        let (acme, client) = (try server.http("acme"), try server.client("globex"))
        #expect(try acme.post("/run", #"{"sql":"CREATE TABLE t(x)"}"#).status == 200)
        #expect(try acme.post("/run", #"{"sql":"INSERT INTO t VALUES (1), (2), (3)"}"#).status == 200)
        for _ in 0..<4 { #expect(try acme.post("/query", #"{"sql":"SELECT x FROM t"}"#).status == 200) }
        #expect(try acme.post("/query", #"{"sql":"SELECT nothing"}"#).status == 400)
        #expect(try acme.post("/run", #"{"sql":"INSERT INTO nowhere VALUES (1)"}"#).status == 400)
        try client.query("SELECT 1")
        let page = try acme.metrics()
        func value(_ name: String, _ tenant: String, suffix: String = "") throws -> Double {
            try page.value("dosql_tenant_" + name, ["tenant": tenant], suffix: suffix)
        }
        #expect(try value("requests_total", "acme") == 8)
        #expect(try value("errors_total", "acme") == 2)
        #expect(try value("request_duration_seconds", "acme", suffix: "_count") >= 6)
        #expect(try value("request_duration_seconds", "acme", suffix: "_sum") > 0)
        #expect(try value("rows_total", "acme") == 12)
        #expect(try value("received_bytes_total", "acme") > 100)
        #expect(try value("sent_bytes_total", "acme") > 100)
        #expect(try value("database_bytes", "acme") >= 4096)
        #expect(try value("wal_bytes", "acme") > 0)
        #expect(try value("statement_seconds_total", "acme") > 0)
        #expect(try value("requests_total", "globex") == 1)
        #expect(try value("errors_total", "globex") == 0)
        #expect(try value("requests_total", "_other") == 0)
        #expect(try page.value("dosql_rows_total") >= 13)
        for face in ["http", "binary"] {
            #expect(try page.value("dosql_request_duration_seconds", ["face": face], suffix: "_count") > 0, "\(face)")
        }
        #expect(try page.value("dosql_request_duration_seconds", ["face": "websocket"], suffix: "_count") == 0)
        // What was told is not told again as more.
        #expect(try acme.metrics().value("dosql_tenant_requests_total", ["tenant": "acme"]) == 8)
    }

    @Test func `only so many tenants have series, and names that are no tenant's have none`() throws {
        let server = try TestServer(loops: 2) { $0.metrics.tenantSeriesMax = 2 }
        for (tenant, count) in [("a", 30), ("b", 20), ("c", 5)] {
            let client = try server.client(tenant)
            for _ in 0..<count { try client.query("SELECT 1") }
        }
        let stranger = try server.http("nobody")
        for _ in 0..<50 { _ = try stranger.get("/health") }
        let page = try stranger.metrics()
        let requests = try page.family("dosql_tenant_requests_total").samples
        #expect(Set(requests.compactMap { $0.labels["tenant"] }) == ["a", "b", "_other"])
        #expect(try page.value("dosql_tenant_requests_total", ["tenant": "a"]) == 30)
        #expect(try page.value("dosql_tenant_requests_total", ["tenant": "_other"]) >= 5)
        #expect(page.families.allSatisfy { $0.samples.count < 400 })
    }

    @Test func `a tenant that is deleted takes its series with it`() throws {
        let server = try TestServer(loops: 1)
        let app = try server.http("acme")
        #expect(try app.post("/run", #"{"sql":"CREATE TABLE t(x)"}"#).status == 200)
        #expect(try app.metrics().value("dosql_tenant_requests_total", ["tenant": "acme"]) == 1)
        let admin = try server.http()
        #expect(try admin.request("DELETE", "/admin/tenants/acme").status == 200)
        let names = try admin.metrics().family("dosql_tenant_requests_total").samples.map(\.labels)
        #expect(names == [["tenant": "_other"]])
    }

    @Test func `slow statements are counted, and what has left its tenant stays counted`() throws {
        let server = try TestServer(loops: 1) { $0.metrics.slowStatementTime = 1 }
        let app = try server.http("acme")
        #expect(try app.post("/run", #"{"sql":"CREATE TABLE t(x)"}"#).status == 200)
        #expect(try app.post("/query", #"{"sql":"SELECT x FROM t"}"#).status == 200)
        let before = try app.metrics()
        let slow = try before.value("dosql_slow_statements_total")
        #expect(try slow >= 2 && slow == before.value("dosql_statements_total"))
        #expect(try before.value("dosql_tenant_slow_statements_total", ["tenant": "acme"]) == slow)
        let admin = try server.http()
        #expect(try admin.request("DELETE", "/admin/tenants/acme").status == 200)
        #expect(try admin.metrics().value("dosql_slow_statements_total") >= slow)
    }

    @Test func `what waits in a tenant's line is told`() throws {
        let server = try TestServer(loops: 2) {
            $0.session.transactionIdleMax = 120_000_000_000
            $0.session.transactionTotalMax = 120_000_000_000
        }
        let (holder, writer, app) = (try server.client("acme"), try server.client("acme"), try server.http())
        try holder.run("CREATE TABLE t(x)")
        try holder.begin()
        try holder.run("INSERT INTO t VALUES (1)")
        let sent = try (0..<3).map { try writer.sendRun(.sql("INSERT INTO t VALUES (\($0))")) }
        #expect(
            try Deadline.poll {
                try app.metrics().value("dosql_tenant_writes_waiting", ["tenant": "acme"]) == 3
            })
        let page = try app.metrics()
        #expect(try page.value("dosql_writes_waiting") == 3 && page.value("dosql_writes_waiting_max") == 3)
        #expect(try page.value("dosql_tenant_requests_in_flight", ["tenant": "acme"]) >= 3)
        #expect(try page.value("dosql_in_flight_bytes") > 0)
        #expect(try page.value("dosql_in_flight_bytes_max") == 1_073_741_824)
        try holder.commit()
        for request in sent { #expect(try writer.terminal(of: request).error == nil) }
        #expect(try Deadline.poll { try app.metrics().value("dosql_writes_waiting") == 0 })
    }

    @Test func `a limit that is met is counted by its name`() throws {
        let server = try TestServer(loops: 1) {
            $0.tenant.tenantRateMax = 1
            $0.tenant.tenantBurstMax = 1
        }
        let app = try server.http("acme")
        let refused = try Deadline.poll { try app.post("/queryOne", #"{"sql":"SELECT 1"}"#).status == 503 }
        #expect(refused)
        let page = try app.metrics()
        #expect(try page.value("dosql_limits_met_total", ["limit": "tenantRateMax"]) >= 1)
        #expect(try page.value("dosql_limits_met_total", ["limit": "writeQueueMax"]) == 0)
        #expect(try page.value("dosql_errors_total", ["face": "http", "code": "OVERLOADED"]) >= 1)
    }

    @Test func `bytes stay with the face that moved them, also behind an upgrade`() throws {
        let server = try TestServer(loops: 1)
        let app = try server.http("acme")
        let hub = try server.webSocket("acme")
        func bytes(_ face: String) throws -> Double {
            try app.metrics().value("dosql_received_bytes_total", ["face": face])
        }
        let (http, before) = (try bytes("http"), try bytes("websocket"))
        #expect(http > 100)
        try hub.send(#"{"type":"query","id":1,"sql":"SELECT 1"}"#)
        #expect(try Deadline.poll { try bytes("websocket") > before + 30 })
        let page = try app.metrics()
        #expect(try page.value("dosql_requests_total", ["face": "websocket", "operation": "query"]) == 1)
        #expect(try bytes("http") >= http)
    }

    // MARK: The page

    @Test func `every metric is on the page, and nothing else is`() throws {
        let server = try TestServer(loops: 1)
        let app = try server.http("acme")
        #expect(try app.post("/run", #"{"sql":"CREATE TABLE t(x)"}"#).status == 200)
        let text = try String(
            contentsOf: URL(fileURLWithPath: #filePath).appending(path: "../../../../protocol/metrics.md")
                .standardizedFileURL, encoding: .utf8)
        let rows = text.split(separator: "\n").filter { $0.hasPrefix("| dosql_") || $0.hasPrefix("| process_") }
            .map {
                $0.split(separator: "|", omittingEmptySubsequences: false).map {
                    $0.trimmingCharacters(in: .whitespaces)
                }
            }
        var described: [String: (kind: String, labels: Set<String>)] = [:]
        for row in rows {
            for name in row[1].components(separatedBy: ", ") {
                described[name] = (row[2], Set(row[3].components(separatedBy: ", ").filter { !$0.isEmpty }))
            }
        }
        let page = try app.metrics()
        #expect(Set(page.families.map(\.name)) == Set(described.keys))
        for family in page.families where family.name.hasPrefix("dosql_") {
            let told = try #require(described[family.name])
            #expect(told.kind == family.kind, "\(family.name)")
            for sample in family.samples {
                #expect(Set(sample.labels.keys).subtracting(["le"]) == told.labels, "\(family.name)")
            }
        }
        let buckets = page.families.first { $0.name == "dosql_request_duration_seconds" }?.samples
            .filter { $0.labels["face"] == "http" }.compactMap { $0.labels["le"] }
        #expect(buckets?.count == LatencyCounts.bounds.count + 1)
        #expect(MetricsConfiguration().tenantSeriesMax == 20 && MetricsConfiguration().slowStatementTime == 100_000_000)
        #expect(text.contains("| tenantSeriesMax | 20 |") && text.contains("| slowStatementTime | 100 |"))
        var configuration = MetricsConfiguration()
        configuration.tenantSeriesMax = 1001
        configuration.slowStatementTime = 0
        #expect(configuration.faults.count == 2 && MetricsConfiguration().faults.isEmpty)
    }
}
