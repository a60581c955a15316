import DoSQLProtocol
import DoSQLServer
import DoSQLTestSupport
import Testing

/// How event streams live and end: silence, old clients, clients that vanish or do not read, a server that stops.
struct EventStreamLifeTests {
    @Test func `a comment comes whenever nothing else does`() throws {
        let server = try TestServer { $0.http.heartbeatTime = 20_000_000 }
        let stream = try server.events("acme", "events/stream")
        for _ in 0..<3 { try stream.nextComment() }
        _ = try server.http("acme").post("/events/emit", #"{"type":"t","data":1}"#)
        #expect(try stream.next() == EventStreamClient.Event(id: "1", event: "t", data: "1"))
        for _ in 0..<2 { try stream.nextComment() }
    }

    @Test func `a client of HTTP 1.0 gets the stream without chunks`() throws {
        let server = try TestServer()
        let http = try server.http()
        try http.send(raw: "GET /t/acme/events/stream HTTP/1.0\r\n\r\n")
        let head = try http.head()
        #expect(head.status == 200 && head.header("transfer-encoding") == nil && head.header("content-length") == nil)
        _ = try server.http("acme").post("/events/emit", #"{"type":"t","data":1}"#)
        var text: [UInt8] = []
        let expected = Array("retry: 1000\n\nid: 1\nevent: t\ndata: 1\n\n".utf8)
        while text.count < expected.count {
            let bytes = try http.bytes()
            if bytes.isEmpty { break }
            text += bytes
        }
        #expect(text == expected)
        server.stop()
        #expect(try http.isEnded())
    }

    @Test func `an answer that was asked for behind a stream waits, and nothing is mixed`() throws {
        let server = try TestServer()
        let stream = try server.events("acme", "channels/c/stream")
        #expect(try stream.nextBlock() == "retry: 1000")
        try stream.http.send("GET", "/health/live")
        for number in 1...3 {
            _ = try server.http("acme").post("/channels/c", #"{"data":\#(number)}"#)
            #expect(try stream.next()?.data == "\(number)")
        }
    }

    @Test func `a server that stops ends its streams as complete, and a client comes back`() throws {
        let server = try TestServer()
        let stream = try server.events("acme", "events/stream")
        let waiting = try server.events("acme", "channels/c/stream")
        _ = try server.http("acme").post("/events/emit", #"{"type":"t","data":1}"#)
        let last = try #require(try stream.next()?.id)
        server.stop()
        // The chunk without bytes, and then the connection's end.
        #expect(try stream.http.chunk() == [])
        #expect(try stream.http.isEnded())
        #expect(try waiting.next() == nil)
        try server.start()
        _ = try server.http("acme").post("/events/emit", #"{"type":"t","data":2}"#)
        let again = try server.events("acme", "events/stream", headers: [("Last-Event-ID", last)])
        #expect(try again.next() == EventStreamClient.Event(id: "2", event: "t", data: "2"))
    }

    @Test func `clients that vanish while they are sent to cost nothing, and others hear everything`() throws {
        let server = try TestServerProcess(flags: ["--loops", "2"])
        let publisher = try server.client("acme")
        let data = "\"" + String(repeating: "x", count: 4000) + "\""
        try publisher.publish("0", to: "c")
        let before = try #require(server.descriptorCount)
        let steady = try EventStreamClient(
            connectingTo: server.address, path: "/t/acme/channels/c/stream", server: server)
        let socket = try server.webSocket("acme")
        try socket.subscribe("c")
        for round in 0..<10 {
            var streams: [EventStreamClient] = []
            var sockets: [WebSocketClient] = []
            for _ in 0..<5 {
                streams.append(
                    try EventStreamClient(
                        connectingTo: server.address, path: "/t/acme/channels/c/stream", server: server))
                let client = try server.webSocket("acme")
                try client.subscribe("c")
                sockets.append(client)
            }
            let requests = try (0..<20).map { _ in try publisher.sendPublish(data, to: "c") }
            for (index, stream) in streams.enumerated() {
                if (index + round) % 2 == 0 { stream.http.socket.reset() } else { stream.http.socket.close() }
            }
            for (index, client) in sockets.enumerated() {
                if (index + round) % 2 == 0 { client.http.socket.reset() } else { client.http.socket.close() }
            }
            for request in requests { try publisher.answer(to: request) }
        }
        for id in 2...201 {
            #expect(try steady.next()?.id == "\(id)")
            #expect(try socket.nextMessage().hasSuffix(#","id":\#(id)}"#))
        }
        // The steady two, and the second loop's reader.
        #expect(Deadline.poll { (server.descriptorCount ?? .max) <= before + 8 })
    }

    /// 24 MB are published while it does not read.
    @Test func `a reader that does not read costs a window, and catches up completely`() throws {
        let count = 256
        let data = "\"" + String(repeating: "x", count: 96 * 1024) + "\""
        let server = try TestServerProcess(flags: ["--loops", "2"])
        let publisher = try server.client("acme")
        try publisher.publish("0", to: "c")
        try publisher.publish(data, to: "c")
        func connect(after id: Int) throws -> EventStreamClient {
            try EventStreamClient(
                connectingTo: server.address, path: "/t/acme/channels/c/stream", headers: [("Last-Event-ID", "\(id)")],
                receiveBuffer: 16 * 1024, server: server)
        }
        var slow = try connect(after: 0)
        #expect(try slow.next()?.id == "1")
        let before = try #require(server.residentMemoryPeak)
        var next = 3
        while next < count + 3 {
            let requests = try (0..<16).map { _ in try publisher.sendPublish(data, to: "c") }
            for request in requests { try publisher.answer(to: request) }
            next += 16
        }
        let grown = try #require(server.residentMemoryPeak) - before
        #expect(grown < 14 << 20, "\(grown) bytes")
        var last = 1
        while last < count + 2 {
            guard let event = try slow.next() else {
                // On a slow machine it was away for so long that it was closed: that is what the id is for.
                slow = try connect(after: last)
                continue
            }
            #expect(event.id == "\(last + 1)", "\(String(describing: event.event)) \(event.data.prefix(200))")
            #expect(event.data.utf8.count == data.utf8.count)
            last += 1
        }
    }
}
