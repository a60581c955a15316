import DoSQLTLS
import DoSQLTestSupport
import Testing

@testable import DoSQLServer

/// Clients that use TLS to take memory.
@Suite("TLS floods", .timeLimit(.minutes(10)))
struct TLSFloodTests {
    private static func server() throws -> TestServerProcess {
        try TestServerProcess(flags: ["--loops", "1"] + TestCertificates.flags())
    }

    private static func expectServed(_ server: TestServerProcess) throws {
        let client = try HTTPClient(connectingTo: server.secureAddress)
        #expect(try client.post("/query", #"{"sql": "SELECT 1"}"#).status == 200)
    }

    @Test func `handshakes that are begun and left stay bounded in number and memory, and others are served`() throws {
        let server = try Self.server()
        try Self.expectServed(server)
        let idle = try #require(server.residentMemory)
        let context = try TestCertificates.client()
        var held: [BlockingSocket] = []
        for round in 0..<4 {
            for _ in 0..<512 {
                var hello: [UInt8] = []
                try context.makeSession(serverName: "localhost").begin(into: &hello)
                let socket = try BlockingSocket(connectingTo: server.address)
                try socket.send(hello)
                held.append(socket)
                // The descriptors of this process are for the newest, too.
                if held.count > 600 { held.removeFirst() }
            }
            try Self.expectServed(server)
            let peak = try #require(server.residentMemoryPeak)
            // 1,024 at a time, each well below 64 KiB.
            #expect(peak - idle < 64 << 20, "round \(round): \((peak - idle) >> 20) MiB")
        }
        held = []
        let isOver = Deadline.poll { server.descriptorCount.map { $0 < 200 } ?? true }
        #expect(isOver)
    }

    @Test func `a result nobody reads costs the server as little through TLS`() throws {
        let server = try Self.server()
        let other = try HTTPClient(connectingTo: server.secureAddress)
        let sql =
            "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 1000000) SELECT n, 'row ' || n FROM c"
        #expect(try other.post("/query", #"{"sql": "SELECT 1"}"#).status == 200)
        let idle = try #require(server.residentMemory)
        let client = try HTTPClient(connectingTo: server.secureAddress)
        client.patience = .seconds(300)
        try client.send(
            "POST", "/query?rows=arrays", headers: [("Accept", "application/x-ndjson")], body: #"{"sql": "\#(sql)"}"#)
        for _ in 0..<100 { #expect(try other.post("/query", #"{"sql": "SELECT 1"}"#).status == 200) }
        #expect(try client.head().status == 200)
        var lines = 0
        while let chunk = try client.chunk(), !chunk.isEmpty {
            lines += chunk.count { $0 == 0x0A }
        }
        #expect(lines == 1_000_001)
        let peak = try #require(server.residentMemoryPeak)
        #expect(peak - idle < 48 << 20, "\((peak - idle) >> 20) MiB above \(idle >> 20) MiB")
    }

    @Test func `long answers leave nothing behind in a session's buffers`() throws {
        let server = try Self.server()
        let sql = #"{"sql": "SELECT hex(zeroblob(2000000)) AS x"}"#
        var clients: [HTTPClient] = []
        func connect(_ count: Int) throws {
            for _ in 0..<count {
                let client = try HTTPClient(connectingTo: server.secureAddress)
                client.patience = .seconds(120)
                #expect(try client.post("/query", sql).body.count > 4_000_000)
                clients.append(client)
            }
        }
        try connect(10)
        let first = try #require(server.residentMemory)
        try connect(50)
        let last = try #require(server.residentMemory)
        // Fifty of them at 4 MB would be 200 MB.
        #expect(last - first < 48 << 20, "\((last - first) >> 20) MiB")
    }

    @Test func `a thousand TLS connections that come and go leave nothing behind`() throws {
        let server = try Self.server()
        let context = try TestCertificates.client()
        func round(_ count: Int) throws {
            for number in 0..<count {
                let socket = try BlockingSocket(connectingTo: server.address)
                switch number % 4 {
                case 0: try socket.send([22, 3, 1])
                case 1: try socket.send([22, 3, 1, 0, 1, 9])
                default: try socket.secure(with: context)
                }
                if number % 4 == 3 { try socket.closeNotify() }
                if number % 3 == 0 { socket.reset() } else { socket.close() }
            }
        }
        try round(200)
        try Self.expectServed(server)
        let (memory, descriptors) = (try #require(server.residentMemory), try #require(server.descriptorCount))
        try round(1000)
        try Self.expectServed(server)
        let isBack = Deadline.poll { server.descriptorCount.map { $0 <= descriptors + 2 } ?? true }
        #expect(isBack)
        let grown = try #require(server.residentMemory) - memory
        // What stayed of them would be 20 MiB.
        #expect(grown < 10 << 20, "\(grown >> 10) KiB")
    }
}
