import DoSQLProtocol
import DoSQLServer
import DoSQLTestSupport
import Testing

/// The bytes that wait in the whole server: bounded by its budget, whoever they are for (`protocol/limits.md`,
/// bytesInFlightMax).
struct BudgetTests {
    /// Bytes of one answer.
    private static let answerBytes = 1_000_000
    /// Threads that may each be making one when the budget is used up, and what is short.
    private static let overshoot = 16 * answerBytes
    private static let bytesMax = 48 << 20
    private static let select = "SELECT zeroblob(\(answerBytes)) AS z"

    private func bytesInFlight(_ app: HTTPClient) throws -> Int {
        try Int(app.metrics().value("dosql_in_flight_bytes"))
    }

    @Test func `many who ask at once and do not read keep within it, and others are served`() throws {
        let server = try TestServer(loops: 1) { $0.bytesInFlightMax = Self.bytesMax }
        let app = try server.http()
        var held: [AnyObject] = []
        // Over 300 MB of answers, 4 MB of them for each client.
        for number in 0..<50 {
            let client = try server.client("tenant\(number % 5)", receiveBuffer: 4096)
            client.socket.readsWhileSending = false
            try client.together { for _ in 0..<4 { try client.sendQueryOne(.sql(Self.select)) } }
            held.append(client)
        }
        for number in 0..<25 {
            let client = try server.http("tenant\(number % 5)", receiveBuffer: 4096)
            client.socket.readsWhileSending = false
            for _ in 0..<4 {
                try client.send("POST", "/queryOne", body: HTTPClient.statement("SELECT hex(zeroblob(500000)) AS z"))
            }
            held.append(client)
        }
        for number in 0..<25 {
            let hub = try server.webSocket("tenant\(number % 5)", receiveBuffer: 4096)
            for id in 0..<4 {
                try hub.send(#"{"type":"query","sql":"SELECT hex(zeroblob(500000)) AS z","id":\#(id)}"#)
            }
            held.append(hub)
        }
        var peak = 0
        let honest = try server.client("honest")
        // Those who take nothing make room: a long read is served in the end, though nobody has gone.
        let isServed = try Deadline.poll {
            peak = max(peak, try bytesInFlight(app))
            guard peak > Self.bytesMax / 2 else { return false }
            return try honest.terminal(of: try honest.sendQueryOne(.sql(Self.select))).error == nil
        }
        #expect(isServed)
        for _ in 0..<100 { peak = max(peak, try bytesInFlight(app)) }
        #expect(peak <= Self.bytesMax + Self.overshoot, "\(peak >> 20) MiB")
        withExtendedLifetime(held) {}
        held = []
        #expect(try Deadline.poll { try bytesInFlight(app) < 1 << 20 })
    }

    @Test func `those who read get all of it, however many ask at once`() throws {
        let server = try TestServer(loops: 1) { $0.bytesInFlightMax = 32 << 20 }
        let clients = try (0..<30).map { try server.client("tenant\($0 % 4)") }
        let requests = try clients.map { client in try (0..<3).map { _ in try client.sendQueryOne(.sql(Self.select)) } }
        for (client, requests) in zip(clients, requests) {
            for request in requests {
                var reply = try client.terminal(of: request)
                // Whoever has waited for too long asks again.
                for _ in 0..<200 where reply.error?.code == .overloaded {
                    #expect(reply.error?.limit?.name == "bytesInFlightMax" && reply.error?.isRetryable == true)
                    reply = try client.terminal(of: try client.sendQueryOne(.sql(Self.select)))
                }
                #expect(reply.error == nil && reply.bodySize > Self.answerBytes, "\(String(describing: reply.error))")
            }
        }
    }

    @Test func `what ends a transaction is answered behind a read that waits for room`() throws {
        let server = try TestServer(loops: 1) { $0.bytesInFlightMax = 32 << 20 }
        let app = try server.http()
        let reader = try server.client("reader")
        try reader.begin(.read)
        var held: [WireClient] = []
        for number in 0..<60 {
            let client = try server.client("tenant\(number % 5)", receiveBuffer: 4096)
            client.socket.readsWhileSending = false
            try client.together { for _ in 0..<4 { try client.sendQueryOne(.sql(Self.select)) } }
            held.append(client)
        }
        #expect(try Deadline.poll { try bytesInFlight(app) > 16 << 20 })
        let (query, end) = try reader.together {
            (try reader.sendQueryOne(.sql(Self.select)), try reader.sendRollback())
        }
        let answer = try reader.terminal(of: query)
        #expect(answer.error == nil || answer.error?.code == .overloaded, "\(String(describing: answer.error))")
        #expect(try reader.terminal(of: end).error == nil)
        withExtendedLifetime(held) {}
    }

    @Test func `results in parts wait for room, too, and go on when there is some`() throws {
        let server = try TestServer(loops: 1) { $0.bytesInFlightMax = 32 << 20 }
        let app = try server.http()
        let rows = """
            WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 60)
            SELECT n, zeroblob(60000) AS z FROM c
            """
        let clients = try (0..<80).map { number in
            let client = try server.http("tenant\(number % 4)", receiveBuffer: 4096)
            client.socket.readsWhileSending = false
            try client.send("POST", "/query", body: HTTPClient.statement(rows))
            return client
        }
        var peak = 0
        for _ in 0..<100 { peak = max(peak, try bytesInFlight(app)) }
        #expect(peak <= (32 << 20) + (8 << 20), "\(peak >> 20) MiB")
        // One who reads gets all of it, though the others do not.
        let reader = try server.http("reader")
        var answer = try reader.post("/query", HTTPClient.statement(rows))
        for _ in 0..<200 where answer.status == 503 { answer = try reader.post("/query", HTTPClient.statement(rows)) }
        #expect(answer.status == 200 && answer.isComplete && answer.body.count > 60 * 80_000, "\(answer.status)")
        withExtendedLifetime(clients) {}
    }

    @Test func `bodies that grow are refused when there is no more room for them`() throws {
        let server = try TestServer(loops: 1) { $0.bytesInFlightMax = 32 << 20 }
        let app = try server.http()
        let part = [UInt8](repeating: 0x20, count: 1 << 20)
        let clients = try (0..<12).map { _ in
            let client = try server.http("acme")
            try client.send(raw: "POST /query HTTP/1.1\r\nHost: x\r\nContent-Length: 16000000\r\n\r\n")
            return client
        }
        var peak = 0
        for _ in 0..<6 {
            for client in clients { try? client.socket.send(part) }
            peak = max(peak, try bytesInFlight(app))
        }
        #expect(peak <= (32 << 20) + (4 << 20), "\(peak >> 20) MiB")
        #expect(try app.get("/health/live").status == 200)
        for client in clients { client.socket.close() }
        #expect(try Deadline.poll { try bytesInFlight(app) == 0 })
        #expect(try server.http("acme").query("SELECT 1") == #"{"rows":[{"1":1}]}"#)
    }

    @Test func `texts that are prepared count, beyond those of an ordinary application`() throws {
        let server = try TestServer(loops: 1) { $0.bytesInFlightMax = 32 << 20 }
        let app = try server.http()
        let ordinary = try server.client("acme")
        for number in 1...10 { try ordinary.prepare(UInt32(number), "SELECT \(number)") }
        #expect(try bytesInFlight(app) == 0)
        // 4 MiB for each connection, 16 of them.
        let text = String(repeating: "x", count: 100_000)
        var refused: DoSQLProtocol.ErrorMessage?
        let clients = try (0..<16).map { client in
            let greedy = try server.client("acme")
            for number in 1...40 where refused == nil {
                do {
                    try greedy.prepare(UInt32(number), "SELECT '\(client) \(number) \(text)'")
                } catch let error as DoSQLProtocol.ErrorMessage {
                    refused = error
                }
            }
            return greedy
        }
        #expect(refused?.code == .overloaded && refused?.limit?.name == "bytesInFlightMax")
        #expect(try bytesInFlight(app) <= 33 << 20)
        for client in clients { client.close() }
        #expect(try Deadline.poll { try bytesInFlight(app) == 0 })
        #expect(try ordinary.value(.prepared(3)) == 3)
    }
}
