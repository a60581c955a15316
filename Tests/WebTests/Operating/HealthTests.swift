import DoSQLTestSupport
import Foundation
import Testing

@testable import DoSQLServer

/// GET /health, /health/live and /health/ready.
struct HealthTests {
    private let server: TestServer

    init() throws { server = try TestServer(loops: 2) }

    @Test func `a server is healthy in the guide's words`() throws {
        let answer = try server.http().get("/health")
        #expect(answer.status == 200 && answer.header("content-type") == "application/json")
        let pattern = /\{"status":"healthy","timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"\}/
        #expect(answer.text.wholeMatch(of: pattern) != nil, "\(answer.text)")
    }

    @Test func `a server without its data folder is not, until it has it back`() throws {
        let app = try server.http()
        let (format, away) = (server.dataFolder + "/FORMAT", server.dataFolder + "/FORMAT.away")
        try FileManager.default.moveItem(atPath: format, toPath: away)
        let answer = try app.get("/health")
        #expect(answer.status == 503)
        #expect(answer.text == #"{"status":"unhealthy","error":"the data folder is not there any more"}"#)
        try FileManager.default.moveItem(atPath: away, toPath: format)
        #expect(try app.get("/health").status == 200)
    }

    @Test func `a tenant that answers is healthy, whichever way it is named`() throws {
        let app = try server.http("acme")
        #expect(try app.post("/run", #"{"sql":"CREATE TABLE t(x)"}"#).status == 200)
        #expect(try app.get("/health").status == 200)
        let stranger = try server.http()
        #expect(try stranger.get("/t/acme/health").text.hasPrefix(#"{"status":"healthy","timestamp":""#))
        // The connection goes on with what is not about health.
        #expect(try stranger.post("/t/acme/queryOne", #"{"sql":"SELECT 1 AS n"}"#).text.contains(#"{"n":1}"#))
    }

    @Test func `a tenant that is not there is told so and not created`() throws {
        let app = try server.http()
        let answer = try app.get("/t/nobody/health")
        #expect(answer.status == 404)
        #expect(answer.text == #"{"status":"unhealthy","error":"there is no tenant nobody"}"#)
        #expect(!FileManager.default.fileExists(atPath: server.dataFolder + "/tenants/nobody"))
        // It may still be created by whoever uses it, on the same connection.
        #expect(try app.post("/t/nobody/queryOne", #"{"sql":"SELECT 1"}"#).status == 200)
        #expect(try app.get("/t/nobody/health").status == 200)
    }

    @Test func `a tenant whose file is damaged is not healthy, and its server is`() throws {
        let folder = server.dataFolder + "/tenants/broken"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(repeating: 0x2A, count: 8192).write(to: URL(fileURLWithPath: folder + "/main.sqlite"))
        let app = try server.http()
        let answer = try app.get("/t/broken/health")
        #expect(answer.status == 503)
        #expect(answer.text == #"{"status":"unhealthy","error":"file is not a database"}"#)
        #expect(try app.get("/health").status == 200)
    }

    @Test func `a name that cannot be a tenant's is refused, and so are two names`() throws {
        let app = try server.http()
        let invalid = try app.get("/t/%22quoted%22/health")
        #expect(invalid.status == 400 && invalid.text.hasPrefix(#"{"status":"unhealthy","error":""#))
        #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(invalid.body)) }
        let two = try app.request("GET", "/t/acme/health", headers: [("X-Tenant-ID", "other")])
        #expect(two.status == 400 && two.text.contains(#""code":"TENANT_NAME_INVALID""#))
    }

    @Test func `what lives and takes requests says so`() throws {
        let app = try server.http()
        #expect(try app.get("/health/live").text == #"{"status":"live"}"#)
        #expect(try app.get("/health/ready").text == #"{"status":"ready"}"#)
        for path in ["/health", "/health/live", "/health/ready"] {
            let head = try app.request("HEAD", path)
            #expect(head.status == 200 && head.body.isEmpty && head.header("content-length") != "0")
            let other = try app.request("POST", path, body: "{}")
            #expect(other.status == 405 && other.header("allow") == "GET, HEAD")
        }
    }

    @Test func `a server that stops is not ready`() {
        let report = OperatingReport.readiness(isDraining: true)
        #expect(report.status == 503)
        #expect(String(decoding: report.body, as: UTF8.self) == #"{"status":"draining"}"#)
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (951_782_400_001, "2000-02-29T00:00:00.001Z"),
        (1_795_666_539_123, "2026-11-26T04:15:39.123Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    ])
    func `times are written as JavaScript writes them`(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).description == text)
    }
}
