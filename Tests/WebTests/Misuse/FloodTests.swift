import DoSQLServer
import DoSQLTestSupport
import Testing

/// Clients that send and send: memory stays bounded, and the others are served.
struct FloodTests {
    @Test func `requests that are sent ahead wait with their sender, not in the server's memory`() throws {
        let server = try TestServerProcess(flags: ["--loops", "1"])
        let other = try HTTPClient(connectingTo: server.address)
        try other.run("CREATE TABLE t(x)")
        let client = try HTTPClient(connectingTo: server.address)
        _ = try client.query("SELECT 1")
        let idle = try #require(server.residentMemory)
        // Each answer has 60 KB, and nobody reads one.
        let body = HTTPClient.statement("SELECT printf('%.*c', 60000, 'x') AS x")
        let request = "POST /query HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        let flood = Array(String(repeating: request, count: 500).utf8)
        let requestBytes = request.utf8.count
        var sent = 0
        for number in 0..<50 {
            sent += try client.socket.sendWhatFits(Array(flood[(sent % requestBytes)...]))
            try other.run("INSERT INTO t VALUES (?)", "[\(number)]")
            #expect(try other.count("t") == Int64(number + 1))
        }
        // More than could have been answered into the sockets' buffers.
        #expect(sent / requestBytes > 500)
        let peak = try #require(server.residentMemoryPeak)
        #expect(peak - idle < 48 << 20, "\((peak - idle) >> 20) MiB")
        // Whoever reads at last gets every answer, in order.
        for _ in 0..<100 { #expect(try client.answer().body.count > 60_000) }
    }

    @Test(arguments: ["/openapi.json", "/nothing"])
    func `answers that cost nothing to make wait for their reader too`(path: String) throws {
        let server = try TestServerProcess(flags: ["--loops", "1"])
        let other = try HTTPClient(connectingTo: server.address)
        _ = try other.query("SELECT 1")
        let client = try HTTPClient(connectingTo: server.address)
        let answer = try client.get(path)
        let idle = try #require(server.residentMemory)
        let request = Array("GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
        let flood = Array(repeating: request, count: 2_000).flatMap { $0 }
        var sent = 0
        for _ in 0..<200 {
            sent += try client.socket.sendWhatFits(Array(flood[(sent % request.count)...]))
            #expect(try other.query("SELECT 1") == #"{"rows":[{"1":1}]}"#)
        }
        let peak = try #require(server.residentMemoryPeak)
        #expect(peak - idle < 48 << 20, "\((peak - idle) >> 20) MiB")
        for _ in 0..<50 { #expect(try client.answer().body == answer.body) }
    }

    @Test func `bodies that are begun and left cost no more than was sent`() throws {
        let server = try TestServerProcess(flags: ["--loops", "1"])
        let other = try HTTPClient(connectingTo: server.address)
        _ = try other.query("SELECT 1")
        let idle = try #require(server.residentMemory)
        let clients = try (0..<200).map { _ in
            let client = try HTTPClient(connectingTo: server.address)
            try client.send(
                raw: "POST /query HTTP/1.1\r\nHost: x\r\nContent-Length: 16777216\r\n\r\n"
                    + String(repeating: "x", count: 10_000))
            return client
        }
        for _ in 0..<20 { #expect(try other.query("SELECT 1") == #"{"rows":[{"1":1}]}"#) }
        let peak = try #require(server.residentMemoryPeak)
        #expect(peak - idle < 48 << 20, "\((peak - idle) >> 20) MiB")
        for client in clients { client.socket.reset() }
        #expect(try other.query("SELECT 1") == #"{"rows":[{"1":1}]}"#)
    }

    @Test func `large bodies one after the other leave nothing behind`() throws {
        let server = try TestServerProcess(flags: ["--loops", "1"])
        let client = try HTTPClient(connectingTo: server.address)
        // Where nothing is optimized this takes a while.
        client.patience = .seconds(300)
        _ = try client.query("SELECT 1")
        let body = #"{"sql":"SELECT length(?) AS n","params":[""# + String(repeating: "x", count: 1 << 20) + #""]}"#
        // Buffers and threads come to their sizes first. What leaked would be 40 MiB.
        for _ in 0..<8 { #expect(try client.post("/queryOne", body).status == 200) }
        let first = try #require(server.residentMemoryPeak)
        for _ in 0..<40 { #expect(try client.post("/queryOne", body).status == 200) }
        let last = try #require(server.residentMemoryPeak)
        #expect(last - first < 24 << 20, "\((last - first) >> 20) MiB")
    }

    @Test func `a connection more than the server takes is told so with 503, until there is room`() throws {
        let server = try TestServer(loops: 1) { $0.connectionsMax = 2 }
        let first = try server.http("acme")
        let second = try server.http("acme")
        #expect(try first.query("SELECT 1") == #"{"rows":[{"1":1}]}"#)
        #expect(try second.query("SELECT 1") == #"{"rows":[{"1":1}]}"#)
        for _ in 0..<3 {
            let third = try server.http("acme")
            let answer = try third.call("/query", "SELECT 1")
            #expect(answer.status == 503 && answer.code == "TOO_MANY_CONNECTIONS", "\(answer.text)")
            #expect(answer.header("connection") == "close" && answer.header("retry-after") == "1")
            #expect(try third.isEnded())
        }
        #expect(try first.query("SELECT 1") == #"{"rows":[{"1":1}]}"#)
        second.socket.close()
        let hasRoom = try Deadline.poll { try server.http("acme").call("/query", "SELECT 1").status == 200 }
        #expect(hasRoom)
    }

    @Test func `a thousand connections that come and go leave no descriptor behind`() throws {
        let server = try TestServerProcess(flags: ["--loops", "1"])
        let client = try HTTPClient(connectingTo: server.address)
        _ = try client.query("SELECT 1")
        let before = try #require(server.descriptorCount)
        for number in 0..<1_000 {
            let passing = try HTTPClient(connectingTo: server.address)
            switch number % 4 {
            case 0: _ = try passing.query("SELECT 1")
            case 1: try passing.send(raw: "GET / HT")
            case 2: try passing.send(raw: "\u{16}\u{3}\u{1}")
            default: break
            }
            if number % 3 == 0 { passing.socket.reset() } else { passing.socket.close() }
        }
        let isBack = Deadline.poll { server.descriptorCount.map { $0 <= before } ?? true }
        #expect(isBack, "\(server.descriptorCount ?? 0) descriptors, \(before) before")
        #expect(try client.query("SELECT 1") == #"{"rows":[{"1":1}]}"#)
    }
}
