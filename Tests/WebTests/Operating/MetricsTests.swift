import DoSQLServer
import DoSQLSession
import DoSQLTestSupport
import Testing

/// GET /metrics.
struct MetricsTests {
    private let server: TestServer
    private let app: HTTPClient

    init() throws {
        server = try TestServer(loops: 2)
        app = try server.http("acme")
    }

    @Test func `the page is Prometheus' text format, and names what runs`() throws {
        let answer = try app.get("/metrics")
        #expect(answer.status == 200)
        #expect(answer.header("content-type") == "text/plain; version=0.0.4; charset=utf-8")
        let page = try Exposition(answer.text)
        let build = try #require(try page.family("dosql_build_info").samples.first)
        #expect(build.value == 1 && build.labels["version"]?.isEmpty == false && build.labels["sqlite"] != nil)
        for name in ["process_resident_memory_bytes", "process_open_fds", "process_start_time_seconds"] {
            #expect(try page.value(name) > 0, "\(name)")
        }
        #expect(try page.value("process_cpu_seconds_total") >= 0)
        let head = try app.request("HEAD", "/metrics")
        #expect(head.status == 200 && head.body.isEmpty)
    }

    @Test func `requests, errors and responses are counted by what they are`() throws {
        let before = try app.metrics()
        #expect(try app.post("/run", #"{"sql":"CREATE TABLE t(x UNIQUE)"}"#).status == 200)
        for _ in 0..<3 { #expect(try app.post("/queryOne", #"{"sql":"SELECT 1"}"#).status == 200) }
        #expect(try app.post("/query", #"{"sql":"SELECT nothing"}"#).status == 400)
        #expect(try app.post("/query", "no JSON").status == 400)
        #expect(try app.post("/run", #"{"sql":"INSERT INTO t VALUES (1)"}"#).status == 200)
        #expect(try app.post("/run", #"{"sql":"INSERT INTO t VALUES (1)"}"#).status == 409)
        #expect(try app.get("/nowhere").status == 404)
        let after = try app.metrics()
        func moved(_ name: String, _ labels: [String: String]) throws -> Double {
            try after.value(name, labels) - before.value(name, labels)
        }
        #expect(try moved("dosql_requests_total", ["face": "http", "operation": "run"]) == 3)
        #expect(try moved("dosql_requests_total", ["face": "http", "operation": "query_one"]) == 3)
        // What is no JSON never became a request.
        #expect(try moved("dosql_requests_total", ["face": "http", "operation": "query"]) == 1)
        #expect(try moved("dosql_requests_total", ["face": "binary", "operation": "query"]) == 0)
        #expect(try moved("dosql_errors_total", ["face": "http", "code": "SQL_ERROR"]) == 1)
        #expect(try moved("dosql_errors_total", ["face": "http", "code": "MALFORMED"]) == 1)
        #expect(try moved("dosql_errors_total", ["face": "http", "code": "CONSTRAINT_UNIQUE"]) == 1)
        // The first page itself is in the second.
        #expect(try moved("dosql_http_responses_total", ["class": "2xx"]) == 6)
        #expect(try moved("dosql_http_responses_total", ["class": "4xx"]) == 4)
        #expect(try moved("dosql_received_bytes_total", ["face": "http"]) > 500)
        #expect(try moved("dosql_sent_bytes_total", ["face": "http"]) > 500)
    }

    @Test func `connections and requests of the binary face are its own`() throws {
        let client = try server.client("acme")
        _ = try client.query("SELECT 1")
        let page = try app.metrics()
        #expect(try page.value("dosql_connections", ["face": "binary"]) == 1)
        #expect(try page.value("dosql_connections", ["face": "http"]) == 1)
        #expect(try page.value("dosql_connections_total", ["face": "binary"]) == 1)
        #expect(try page.value("dosql_requests_total", ["face": "binary", "operation": "hello"]) == 1)
        #expect(try page.value("dosql_requests_total", ["face": "binary", "operation": "query"]) == 1)
        client.close()
        #expect(try Deadline.poll { try app.metrics().value("dosql_connections", ["face": "binary"]) == 0 })
        let later = try app.metrics()
        #expect(try later.value("dosql_connections_total", ["face": "binary"]) == 1)
        #expect(try later.value("dosql_requests_total", ["face": "binary", "operation": "query"]) == 1)
    }

    @Test func `commits, their writes and their tenants are counted`() throws {
        let before = try app.metrics()
        #expect(try app.post("/run", #"{"sql":"CREATE TABLE t(x)"}"#).status == 200)
        for number in 0..<5 {
            #expect(try app.post("/run", #"{"sql":"INSERT INTO t VALUES (?)","params":[\#(number)]}"#).status == 200)
        }
        let after = try app.metrics()
        func moved(_ name: String, suffix: String = "") throws -> Double {
            try after.value(name, suffix: suffix) - before.value(name, suffix: suffix)
        }
        // One after another: each had a commit of its own.
        #expect(try moved("dosql_commits_total") == 6)
        #expect(try moved("dosql_changes_total") == 6)
        #expect(try moved("dosql_commit_writes", suffix: "_count") == 6)
        #expect(try moved("dosql_commit_writes", suffix: "_sum") == 6)
        #expect(try moved("dosql_commit_duration_seconds", suffix: "_count") == 6)
        #expect(try moved("dosql_commit_duration_seconds", suffix: "_sum") > 0)
        #expect(try after.value("dosql_tenants_open") == 1)
        #expect(try after.value("dosql_tenants_known") == 1)
        #expect(try after.value("dosql_wal_frames") > 0)
        try server.restart()
        let again = try server.http("acme")
        #expect(try again.post("/queryOne", #"{"sql":"SELECT count(*) AS n FROM t"}"#).text.contains(#"{"n":5}"#))
        // What is in the file from before is nobody's change.
        #expect(try again.metrics().value("dosql_changes_total") == 0)
    }

    @Test func `a checkpoint is counted when there was one`() throws {
        let server = try TestServer(loops: 1) { $0.checkpointPages = 1 }
        let app = try server.http("acme")
        #expect(try app.post("/run", #"{"sql":"CREATE TABLE t(x)"}"#).status == 200)
        #expect(
            try Deadline.poll { try app.metrics().value("dosql_checkpoints_total", ["result": "complete"]) > 0 })
    }

    @Test func `a request that waits for its turn is in flight until it is answered`() throws {
        let server = try TestServer(loops: 2) {
            $0.session.transactionIdleMax = 120_000_000_000
            $0.session.transactionTotalMax = 120_000_000_000
            $0.session.transactionWaitMax = 120_000_000_000
        }
        let (holder, waiter, app) = (try server.http("acme"), try server.http("acme"), try server.http())
        let begun = try holder.post("/transactions", "")
        #expect(begun.status == 201, "\(begun.text)")
        let id = try #require(begun.text.split(separator: "\"").dropFirst(3).first.map(String.init))
        try waiter.send("POST", "/run", body: #"{"sql":"CREATE TABLE t(x)"}"#)
        #expect(try Deadline.poll { try app.metrics().value("dosql_requests_in_flight") == 1 })
        #expect(try holder.post("/transactions/\(id)/rollback", "").status == 200)
        #expect(try waiter.answer().status == 200)
        #expect(try app.metrics().value("dosql_requests_in_flight") == 0)
    }
}
