import DoSQLProtocol
import DoSQLServer
import DoSQLTestSupport
import Logging
import Testing

/// What a server says of connections and requests, and what it never says.
struct RequestLogTests {
    private static let secret = "a value that is nobody's business"

    @Test func `at debug level each connection and request has a line, without values`() throws {
        let log = try TestLog(.debug)
        let server = try TestServer(log: log.logger)
        let client = try server.stranger()
        let connection = try #require(try client.hello().connection)
        try client.open("acme")
        try client.run("CREATE TABLE t(x UNIQUE)")
        let request = try client.sendRun("INSERT INTO t VALUES (?)", [.text(Self.secret)])
        _ = try client.receive(for: request)
        let line = try log.line { $0["request"] == "\(connection).\(request)" }
        #expect(line.level == "debug" && line.message == "request" && line["message"] == "RUN")
        #expect(line["tenant"] == "acme" && line["face"] == "binary")
        #expect(throws: ErrorMessage.self) { try client.run("INSERT INTO t VALUES (?)", [.text(Self.secret)]) }
        let failed = try log.line { $0.message == "request failed" }
        #expect(failed.level == "debug" && failed["code"] == "CONSTRAINT_UNIQUE" && failed["tenant"] == "acme")

        let http = try server.http("acme")
        let body = #"{"sql":"SELECT ? AS x","params":["\#(Self.secret)"]}"#
        _ = try http.post("/query?rows=arrays", body, headers: [("X-Request-ID", "mine")])
        let response = try log.line { $0.message == "response" && $0["request"] == "mine" }
        #expect(response["status"] == "200" && response["path"] == "/query" && response["method"] == "POST")
        let begun = try http.post("/transactions", "{}")
        let id = try #require(begun.text.split(separator: "\"").dropFirst(3).first)
        _ = try http.post("/%74ransactions/\(id)/query", #"{"sql":"SELECT 1 AS x"}"#)
        _ = try log.line { $0["path"] == "/transactions/{id}/query" && $0["status"] == "200" }
        _ = try http.post("/transactions/\(id)/rollback", "{}")
        http.socket.close()
        _ = try log.line { $0.message == "connection closed" && $0["face"] == "http" }
        #expect(!log.text.contains(Self.secret) && !log.text.contains(id))
        #expect(try log.all().contains { $0.message == "connection accepted" })
    }

    @Test func `above it there is none, and the level can change while the server runs`() throws {
        let log = try TestLog(.notice)
        let server = try TestServer(log: log.logger) { configuration in
            let threshold = log.threshold
            configuration.onReload = { threshold.level = .debug }
        }
        let client = try server.client("acme")
        try client.run("CREATE TABLE t(x)")
        #expect(try log.all().allSatisfy { $0.level != "debug" })
        server.reload()
        let request = try client.sendRun("INSERT INTO t VALUES (1)")
        _ = try client.receive(for: request)
        #expect(try log.line { $0.message == "request" }["request"].hasSuffix(".\(request)"))
    }

    @Test func `what fails by the server's fault is a warning, and the client is told by which name`() throws {
        let log = try TestLog(.warning)
        // No disk has so much room left.
        let server = try TestServer(log: log.logger) { $0.diskFreeMin = .max }
        let client = try server.stranger()
        let connection = try #require(try client.hello().connection)
        let error = try #require(throws: ErrorMessage.self) { try client.open("acme") }
        #expect(error.code == .storageFull && error.trace?.hasPrefix("\(connection).") == true)
        let line = try log.line { $0["request"] == error.trace }
        #expect(line.level == "warning" && line.message == "request failed" && line["code"] == "STORAGE_FULL")
        #expect(line["tenant"] == "acme" && !line["reason"].isEmpty)

        let http = try server.http("acme")
        let answer = try http.post("/query", #"{"sql":"SELECT 1"}"#)
        let name = try #require(answer.header("x-request-id"))
        #expect(answer.status == 507 && answer.text.hasSuffix(#","trace":"\#(name)"}"#))
        #expect(try log.line { $0["request"] == name }["face"] == "http")
        // A disk that is full fails every write: there are so many lines a second, and how many have none is told.
        let told = try Deadline.poll(for: .seconds(60)) {
            _ = try http.post("/query", #"{"sql":"SELECT 1"}"#)
            return try log.all().contains { Int($0["leftOut"]) ?? 0 > 0 }
        }
        #expect(told)
    }

    @Test func `a name of the request's own is given back, in errors too; anything else is replaced`() throws {
        let server = try TestServer()
        let client = try server.http("acme")
        let own = try client.post("/query", #"{"sql":"SELEC"}"#, headers: [("X-Request-ID", "mine-1")])
        #expect(own.header("x-request-id") == "mine-1" && own.text.hasSuffix(#","trace":"mine-1"}"#))
        let other = try client.post("/query", #"{"sql":"SELEC"}"#)
        #expect(other.header("x-request-id")?.isEmpty == false && !other.text.contains("trace"))
        for wrong in ["a b", "é", String(repeating: "x", count: 129)] {
            let answer = try client.post("/query", #"{"sql":"SELECT 1 AS x"}"#, headers: [("X-Request-ID", wrong)])
            let name = try #require(answer.header("x-request-id"))
            #expect(name != wrong && !name.isEmpty && answer.status == 200)
        }
    }
}
