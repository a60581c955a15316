import DoSQLProtocol
import DoSQLTestSupport
import Testing

/// The binary protocol inside WebSocket messages, as browsers speak it (`protocol/framing.md`, preamble).
struct BinarySocketTests {
    /// A connection behind HELLO, with stream 1 open on a tenant; requests 1 and 2 are spent.
    private func connect(_ server: TestServer, _ tenant: String = "acme") throws -> WebSocketFrames {
        let frames = WebSocketFrames(try server.webSocket(tenant, subprotocol: "dosql.v1"))
        try frames.send { writer in
            Hello.encode(into: &writer, request: 1, client: "dosql-tests")
            Open.encode(into: &writer, stream: 1, request: 2, tenant: tenant)
        }
        _ = try frames.next(.helloOK, request: 1)
        _ = try frames.next(.ok, request: 2)
        return frames
    }

    @Test func `the subprotocol is named in the answer, and others are not`() throws {
        let server = try TestServer()
        #expect(
            try server.webSocket("acme", subprotocol: "dosql.v1").handshake.header("sec-websocket-protocol")
                == "dosql.v1")
        let choice = try server.webSocket("acme", subprotocol: "dosql.v9, dosql.v1")
        #expect(choice.handshake.header("sec-websocket-protocol") == "dosql.v1")
        // Whoever asks for others only has the hub, and is told that none of them is spoken.
        let other = try server.webSocket("acme", subprotocol: "graphql-ws")
        #expect(other.handshake.status == 101 && other.handshake.header("sec-websocket-protocol") == nil)
        try other.subscribe("c")
    }

    @Test func `several frames in a message are requests like any others`() throws {
        let frames = try connect(try TestServer())
        try frames.send { writer in
            Execute.encode(into: &writer, kind: .run, stream: 1, request: 3, statement: "CREATE TABLE t(x)")
            Execute.encode(
                into: &writer, kind: .run, stream: 1, request: 4, statement: "INSERT INTO t VALUES (?)",
                parameters: [42])
            Execute.encode(into: &writer, kind: .query, stream: 1, request: 5, statement: "SELECT x FROM t")
        }
        _ = try frames.next(.done, request: 3)
        #expect(try frames.nextDone(4).outcome.changes == 1)
        #expect(try frames.nextResult(5) == [[42]])
        // None at all are no request either.
        try frames.client.send([])
        #expect(try frames.ping(6, [1]) == [1])
    }

    @Test func `errors are frames, and the connection goes on`() throws {
        let frames = try connect(try TestServer())
        try frames.send {
            Execute.encode(into: &$0, kind: .query, stream: 1, request: 3, statement: "SELECT * FROM nowhere")
        }
        #expect(try frames.nextError(3).message == "no such table: nowhere")
        try frames.send { Execute.encode(into: &$0, kind: .query, stream: 1, request: 4, statement: "SELECT 1") }
        _ = try frames.next(.result, request: 4)
    }

    @Test func `a subscription's rows come in messages`() throws {
        let server = try TestServer()
        let frames = try connect(server)
        try frames.send { Subscribe.encode(into: &$0, stream: 1, request: 3, filter: .channel("c"), after: 0) }
        _ = try frames.next(.head, request: 3)
        let hub = try server.webSocket("acme")
        for data in 1...3 { try hub.publish("\(data)", to: "c") }
        var rows: [[Value]] = []
        while rows.count < 3 {
            rows += try frames.nextRows(3)
        }
        #expect(rows.map { $0[2] } == ["1", "2", "3"])
    }

    @Test func `the longest frame fits into a message`() throws {
        let frames = try connect(try TestServer())
        let bytesMax = FrameHeader.size + Limits.frameMax
        var count = Limits.frameMax
        var writer = ByteWriter()
        repeat {
            count -= max(0, writer.bytes.count - bytesMax)
            writer = ByteWriter()
            Execute.encode(
                into: &writer, kind: .query, stream: 1, request: 3, statement: "SELECT length(?) AS n",
                parameters: .positional([.blob([UInt8](repeating: 1, count: count))]))
        } while writer.bytes.count > bytesMax
        #expect(writer.bytes.count == bytesMax)
        try frames.client.send(writer.bytes)
        // Whatever the bound on values says to it: it was read as the frame that it is.
        #expect(try frames.next().header.request == 3)
        #expect(try frames.ping(4) == [])
    }

    @Test func `half a frame is refused`() throws {
        let server = try TestServer()
        for cut in [1, FrameHeader.size - 1, FrameHeader.size, FrameHeader.size + 3] {
            let frames = try connect(server)
            var writer = ByteWriter()
            Execute.encode(into: &writer, kind: .query, stream: 1, request: 3, statement: "SELECT 1")
            try frames.client.send(Array(writer.bytes.prefix(cut)))
            #expect(try frames.client.nextClose() == 1008)
            #expect(try frames.client.next() == nil)
        }
        // Nor is there a preamble.
        let client = try server.webSocket("acme", subprotocol: "dosql.v1")
        try client.send(Preamble.bytes)
        #expect(try client.nextClose() == 1008)
    }

    @Test func `a text message is refused`() throws {
        let frames = try connect(try TestServer())
        try frames.client.send(#"{"type":"query","sql":"SELECT 1"}"#)
        #expect(try frames.client.nextClose() == 1003)
        #expect(try frames.client.next() == nil)
    }

    @Test func `what breaks the protocol is told in a frame, then the connection is closed`() throws {
        let client = WebSocketFrames(try TestServer().webSocket("acme", subprotocol: "dosql.v1"))
        // A request before HELLO.
        try client.send { Open.encode(into: &$0, stream: 1, request: 1, tenant: "acme") }
        #expect(try client.nextError(0).isFatal)
        #expect(try client.client.nextClose() == 1000)
    }

    @Test func `a server that stops sends GOAWAY, lets a transaction end, and closes`() throws {
        let server = try TestServer.patient()
        let frames = try connect(server)
        try frames.send { writer in
            Execute.encode(into: &writer, kind: .run, stream: 1, request: 3, statement: "CREATE TABLE t(x)")
            Begin.encode(into: &writer, stream: 1, request: 4, mode: .write)
            Execute.encode(into: &writer, kind: .run, stream: 1, request: 5, statement: "INSERT INTO t VALUES (1)")
        }
        _ = try frames.next(.done, request: 3)
        _ = try frames.next(.ok, request: 4)
        _ = try frames.next(.done, request: 5)
        server.stopAside()
        #expect(try frames.nextGoAway().reason == .shuttingDown)
        try frames.send { Commit.encode(into: &$0, stream: 1, request: 6) }
        _ = try frames.next(.ok, request: 6)
        #expect(try frames.client.nextClose() == 1001)
    }
}
