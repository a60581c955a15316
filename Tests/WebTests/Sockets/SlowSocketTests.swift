import DoSQLProtocol
import DoSQLTestSupport
import Testing

/// Clients of the hub that ask or subscribe, and do not read.
struct SlowSocketTests {
    @Test func `a flood of queries without reading is held back, and others are served`() throws {
        let count = 600
        let server = try TestServerProcess(flags: ["--loops", "1"])
        let other = try server.webSocket("acme")
        _ = try other.ask(#"{"type":"query","sql":"CREATE TABLE t(x)"}"#)
        let flood = try server.webSocket("acme", receiveBuffer: 16 * 1024)
        _ = try flood.ask(#"{"type":"query","sql":"SELECT 1"}"#)
        let before = try #require(server.residentMemoryPeak)
        // Sixty megabytes of answers, asked for in a few kilobytes.
        flood.http.socket.readsWhileSending = false
        for number in 0..<count {
            try flood.send(#"{"type":"query","id":\#(number),"sql":"SELECT printf('%.100000c', 'x') AS x"}"#)
        }
        for number in 1...50 {
            _ = try other.ask(#"{"type":"query","sql":"INSERT INTO t VALUES (1)"}"#)
            #expect(
                try other.ask(#"{"type":"query","sql":"SELECT count(*) AS n FROM t"}"#).withoutLSN()
                    == #"{"type":"result","rows":[{"n":\#(number)}]}"#)
        }
        let grown = try #require(server.residentMemoryPeak) - before
        #expect(grown < 32 << 20, "\(grown) bytes")
        flood.http.socket.readsWhileSending = true
        for number in 0..<count {
            let answer = try flood.nextText()
            #expect(answer.hasPrefix(#"{"type":"result","id":\#(number),"rows":[{"x":"xxx"#))
            #expect(answer.utf8.count > 100_000)
        }
    }

    @Test func `a subscriber that does not read costs a window, and hears everything later`() throws {
        let count = 256
        let data = "\"" + String(repeating: "x", count: 96 * 1024) + "\""
        let server = try TestServerProcess(flags: ["--loops", "2"])
        let publisher = try server.client("acme")
        try publisher.publish(data, to: "c")
        /// Pings are not answered: a pong that crosses the server's close would take away what can still be read.
        func connect(after id: Int) throws -> WebSocketClient {
            let client = try server.webSocket("acme", receiveBuffer: 16 * 1024)
            try client.subscribe("c", after: Int64(id))
            client.answersPings = false
            return client
        }
        var slow = try connect(after: 1)
        let quick = try server.webSocket("acme")
        try quick.subscribe("c")
        let before = try #require(server.residentMemoryPeak)
        var sent = 1
        while sent < count {
            let requests = try (0..<16).map { _ in try publisher.sendPublish(data, to: "c") }
            for request in requests { try publisher.answer(to: request) }
            for id in sent + 1...sent + 16 { #expect(try quick.nextMessage().hasSuffix(#","id":\#(id)}"#)) }
            sent += 16
        }
        let grown = try #require(server.residentMemoryPeak) - before
        #expect(grown < 14 << 20, "\(grown) bytes")
        var last = 1
        while last < sent {
            switch try slow.next() {
            case .text(let text)?:
                #expect(try text.withoutDate().hasSuffix(#","id":\#(last + 1)}"#))
                last += 1
            case .ping?: continue
            case let end:
                // On a slow machine its silence was long enough for the server to think it dead.
                #expect(end == nil)
                slow = try connect(after: last)
            }
        }
    }

    @Test func `messages of megabytes reach a slow subscriber and a quick one alike`() throws {
        let server = try TestServer.patient()
        let data = "\"" + String(repeating: "y", count: 3 << 20) + "\""
        let slow = try server.webSocket("acme", receiveBuffer: 16 * 1024)
        try slow.subscribe("c")
        let stream = try server.events("acme", "channels/c/stream", receiveBuffer: 16 * 1024)
        let publisher = try server.client("acme")
        for _ in 0..<6 { try publisher.publish(data, to: "c") }
        for id in 1...6 {
            let text = try slow.nextText()
            #expect(text.utf8.count > 3 << 20)
            #expect(try text.withoutDate().hasSuffix(#","id":\#(id)}"#))
            let event = try stream.next()
            #expect(event?.id == "\(id)" && event?.data.utf8.count == data.utf8.count)
        }
    }
}
