import DoSQLServer
import DoSQLTestSupport
import Testing

/// Calls that wait in a transaction over HTTP for the one before: they are bounded, and they count.
struct TransactionCallTests {
    private static let slow =
        "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c WHERE n < 0"

    private func body(_ bytes: Int) -> String {
        HTTPClient.statement("SELECT length(?) AS n", #"["\#(String(repeating: "x", count: bytes))"]"#)
    }

    /// A server whose statements may take as long as a busy machine makes them.
    private func server(_ settings: (inout Configuration) -> Void = { _ in }) throws -> TestServer {
        try TestServer(loops: 2) {
            $0.tenant.statementTimeMax = 600_000
            settings(&$0)
        }
    }

    /// A transaction in which something runs that does not end, and who called it.
    private func occupied(_ server: TestServer) throws -> (id: String, runner: HTTPClient) {
        let runner = try server.http("acme")
        let id = try runner.begin(#"{"mode":"read"}"#)
        try runner.send("POST", "/transactions/\(id)/query", body: HTTPClient.statement(Self.slow))
        let app = try server.http()
        #expect(try Deadline.poll { try app.metrics().value("dosql_requests_in_flight") == 1 })
        return (id, runner)
    }

    @Test func `one more than may wait is OVERLOADED at once, and those before it are not`() throws {
        let server = try server { $0.http.transactionCallsMax = 3 }
        let (id, runner) = try occupied(server)
        let callers = try (0..<8).map { _ in
            let caller = try server.http("acme")
            try caller.send("POST", "/transactions/\(id)/queryOne", body: HTTPClient.statement("SELECT 7 AS n"))
            return caller
        }
        // Five hear so while the first still runs.
        var waiting = callers
        var refused: [HTTPAnswer] = []
        let areRefused = try Deadline.poll {
            for index in waiting.indices.reversed() where try waiting[index].socket.hasInput(within: .milliseconds(1)) {
                refused.append(try waiting.remove(at: index).answer())
            }
            return refused.count == 5
        }
        #expect(areRefused)
        for answer in refused {
            #expect(answer.status == 503 && answer.code == "OVERLOADED" && answer.header("retry-after") == "1")
            #expect(answer.text.contains("httpTransactionCallsMax") && answer.text.contains(#""transaction":"read""#))
        }
        // What ends it may wait in any case.
        let ender = try server.http("acme")
        try ender.send("POST", "/transactions/\(id)/rollback", body: "")
        runner.socket.close()
        for caller in waiting { #expect(try caller.answer().text.contains(#""row":{"n":7}"#)) }
        #expect(try ender.answer().status == 200)
    }

    @Test func `their bytes are bounded, and count among those in flight`() throws {
        let server = try server { $0.http.transactionCallBytesMax = 150_000 }
        let (id, runner) = try occupied(server)
        let app = try server.http()
        let before = try app.metrics().value("dosql_in_flight_bytes")
        let waiter = try server.http("acme")
        try waiter.send("POST", "/transactions/\(id)/queryOne", body: body(100_000))
        #expect(try Deadline.poll { try app.metrics().value("dosql_in_flight_bytes") >= before + 100_000 })
        let refused = try server.http("acme").post("/transactions/\(id)/queryOne", body(60_000))
        #expect(refused.code == "OVERLOADED" && refused.text.contains("httpTransactionCallBytesMax"), "\(refused.text)")
        let fits = try server.http("acme")
        try fits.send("POST", "/transactions/\(id)/queryOne", body: body(10_000))
        #expect(try Deadline.poll { try app.metrics().value("dosql_in_flight_bytes") >= before + 110_000 })
        runner.socket.close()
        #expect(try waiter.answer().text.contains(#""row":{"n":100000}"#))
        #expect(try fits.answer().text.contains(#""row":{"n":10000}"#))
        #expect(try app.post("/transactions/\(id)/rollback", "").status == 200)
        #expect(try Deadline.poll { try app.metrics().value("dosql_in_flight_bytes") == 0 })
    }

    @Test func `callers that are gone, and a transaction that ends, leave nothing behind`() throws {
        let server = try server()
        let (id, runner) = try occupied(server)
        let callers = try (0..<10).map { _ in
            let caller = try server.http("acme")
            try caller.send("POST", "/transactions/\(id)/queryOne", body: body(50_000))
            return caller
        }
        let app = try server.http()
        #expect(try Deadline.poll { try app.metrics().value("dosql_in_flight_bytes") >= 500_000 })
        for caller in callers.dropFirst(2) { caller.socket.close() }
        #expect(try Deadline.poll { try app.metrics().value("dosql_in_flight_bytes") < 200_000 })
        runner.socket.close()
        for caller in callers.prefix(2) { #expect(try caller.answer().status == 200) }
        #expect(try app.post("/transactions/\(id)/rollback", "").status == 200)
        #expect(try Deadline.poll { try app.metrics().value("dosql_in_flight_bytes") == 0 })
    }

    @Test func `a tenant leaves others some of the transactions`() throws {
        let server = try TestServer(loops: 1) { $0.http.transactionsMax = 32 }
        let greedy = try server.http("greedy")
        let answers = try (0..<32).map { _ in try greedy.post("/transactions", #"{"mode":"read"}"#) }
        #expect(answers.filter { $0.status == 201 }.count == 16)
        let refused = try #require(answers.last)
        #expect(refused.code == "OVERLOADED" && refused.text.contains("httpTenantTransactionsMax"), "\(refused.text)")
        for number in 0..<8 {
            let other = try server.http("other\(number)")
            for _ in 0..<2 { #expect(try other.post("/transactions", #"{"mode":"read"}"#).status == 201) }
        }
        #expect(try server.http("late").post("/transactions", "{}").text.contains("httpTransactionsMax"))
    }
}
