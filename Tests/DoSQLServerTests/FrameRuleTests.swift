import DoSQLProtocol
import DoSQLServer
import DoSQLTestSupport
import Testing

/// The rules of frames behind the handshake (`protocol/framing.md`).
struct FrameRuleTests {
    // MARK: Length

    @Test func `a frame that is too long before HELLO_OK ends the connection`() throws {
        let server = try TestServer(loops: 1)
        let stranger = try server.stranger()
        try stranger.send(RawFrame.bytes(type: MessageType.hello.rawValue, length: Limits.frameHandshakeMax + 1))
        #expect(try stranger.fatalError().code == .frameTooLarge)
        try server.expectItServes()
    }

    @Test func `a statement of twenty million bytes is skipped, and the connection lives`() throws {
        let server = try TestServer(loops: 1)
        let client = try server.client("acme")
        try client.run("CREATE TABLE t(x)")
        let sql = "INSERT INTO t VALUES ('" + String(repeating: "x", count: 20_000_000) + "')"
        let error = try client.failure(of: try client.sendRun(.sql(sql)))
        #expect(error.code == .frameTooLarge && !error.isFatal && error.execution == .notExecuted)
        #expect(error.limit == .init(name: "frameMax", value: 16_777_216))
        try client.run("INSERT INTO t VALUES (1)")
        #expect(try client.query("SELECT x FROM t").rows == [[1]])
        try server.expectItServes()
    }

    @Test func `a body of exactly frameMax is taken, one byte more is not`() throws {
        let client = try TestServer(loops: 1).client("acme")
        try client.run("CREATE TABLE t(x)")
        // What the body has besides the blob.
        let rest =
            RawFrame.body {
                Execute.encode(
                    into: &$0, kind: .run, stream: 1, request: 1, statement: "INSERT INTO t VALUES (?)",
                    parameters: [.blob([UInt8](repeating: 7, count: 1 << 21))])
            }.count - 1 << 21
        let fitting = Limits.frameMax - rest
        let run = { (count: Int) in
            try client.sendRun("INSERT INTO t VALUES (?)", [.blob([UInt8](repeating: 7, count: count))])
        }
        try client.answer(to: try run(fitting))
        #expect(try client.failure(of: try run(fitting + 1)).code == .frameTooLarge)
        #expect(try client.query("SELECT length(x) FROM t").rows == [[.integer(fitting)]])
    }

    @Test(arguments: [0x4000_0001, 0x7FFF_FFFF, 0xFFFF_FFFF])
    func `a frame beyond a gibibyte ends the connection`(length: Int) throws {
        let server = try TestServer(loops: 1)
        let client = try server.client("acme")
        _ = try client.sendRaw(type: MessageType.run.rawValue, stream: 1, length: length)
        #expect(try client.fatalError().code == .protocolViolation)
        try server.expectItServes()
    }

    @Test func `a frame of a gibibyte is refused before its body comes`() throws {
        let server = try TestServer(loops: 1)
        let client = try server.client("acme")
        let request = try client.sendRaw(type: MessageType.run.rawValue, stream: 1, length: 0x4000_0000)
        #expect(try client.failure(of: request).code == .frameTooLarge)
        client.close()
        try server.expectItServes()
    }

    @Test func `a COMMIT that depends on a statement that was too long does not commit`() throws {
        let client = try TestServer(loops: 1).client("acme")
        try client.run("CREATE TABLE t(x)")
        let body = [UInt8](repeating: 0, count: Limits.frameMax + 1)
        let requests = try client.together {
            [
                try client.sendBegin(),
                try client.sendRun("INSERT INTO t VALUES (1)", flags: .depends),
                try client.sendRaw(type: MessageType.run.rawValue, flags: 2, stream: 1, body: body),
                try client.sendCommit(flags: .depends),
                try client.sendQuery("SELECT count(*) FROM t"),
            ]
        }
        try client.answer(to: requests[0])
        try client.answer(to: requests[1])
        #expect(try client.failure(of: requests[2]).code == .frameTooLarge)
        #expect(try client.failure(of: requests[3]).code == .skipped)
        #expect(try client.answer(to: requests[4]).value == 0)
    }

    @Test func `a COMMIT that depends on a cancelled statement does not commit`() throws {
        let server = try TestServer(loops: 1)
        let client = try server.client("acme")
        try client.run("CREATE TABLE t(x)")
        let holder = try server.client("acme")
        try holder.begin()
        let requests = try client.together {
            let requests = [
                try client.sendBegin(),
                try client.sendRun("INSERT INTO t VALUES (1)", flags: .depends),
                try client.sendRun("INSERT INTO t VALUES (2)", flags: .depends),
                try client.sendCommit(flags: .depends),
            ]
            try client.sendCancel(requests[2])
            return requests
        }
        #expect(try client.failure(of: requests[2]).code == .cancelled)
        try holder.rollback()
        try client.answer(to: requests[0])
        try client.answer(to: requests[1])
        #expect(try client.failure(of: requests[3]).code == .skipped)
        #expect(try client.value("SELECT count(*) FROM t") == 0)
    }

    // MARK: Types, flags, streams, ids

    @Test(arguments: [0x02, 0x09, 0x1E, 0x3F] as [UInt8])
    func `a message of later versions is refused, wherever it stands, and the connection lives`(type: UInt8) throws {
        let server = try TestServer(loops: 1)
        let client = try server.client("acme")
        for (stream, flags) in [(0, 0), (1, 0), (1, 0xFF), (77, 2)] as [(UInt16, UInt8)] {
            let request = try client.sendRaw(type: type, flags: flags, stream: stream, body: [1, 2, 3])
            let error = try client.failure(of: request)
            #expect(error.code == .unsupported && !error.isFatal)
        }
        #expect(try client.value("SELECT 1") == 1)
    }

    @Test(arguments: [0x00, 0x40, 0x41, 0x5F, 0x7F, 0x80, 0xFF] as [UInt8])
    func `a type that no client sends ends the connection`(type: UInt8) throws {
        let server = try TestServer(loops: 1)
        let client = try server.client("acme")
        _ = try client.sendRaw(type: type, stream: 1)
        #expect(try client.fatalError().code == .protocolViolation)
        try server.expectItServes()
    }

    @Test(
        arguments: [
            (0x14, 0x01), (0x14, 0x04), (0x14, 0x80), (0x03, 0x02), (0x1B, 0x02), (0x04, 0x01), (0x11, 0x01),
            (0x08, 0x02),
        ] as [(UInt8, UInt8)])
    func `a flag that a message does not list ends the connection`(type: UInt8, flags: UInt8) throws {
        let client = try TestServer(loops: 1).client("acme")
        _ = try client.sendRaw(type: type, flags: flags, stream: [0x03, 0x04, 0x08].contains(type) ? 0 : 1)
        #expect(try client.fatalError().code == .protocolViolation)
    }

    @Test func `a message on the wrong kind of stream ends the connection`() throws {
        let server = try TestServer(loops: 1)
        for type in MessageType.allCases where type.sender == .client {
            let client = try server.client("acme")
            _ = try client.sendRaw(type: type.rawValue, stream: type.streamRule == .connection ? 1 : 0)
            #expect(try client.fatalError().code == .protocolViolation, "\(type.name)")
        }
        try server.expectItServes()
    }

    @Test func `a request without an id ends the connection`() throws {
        let server = try TestServer(loops: 1)
        for type in MessageType.allCases where type.sender == .client {
            let client = try server.client("acme")
            try client.send(
                RawFrame.bytes(type: type.rawValue, stream: type.streamRule == .connection ? 0 : 1, request: 0))
            #expect(try client.fatalError().code == .protocolViolation, "\(type.name)")
        }
        try server.expectItServes()
    }

    @Test func `an id that is in flight already ends the connection, on whatever stream`() throws {
        let server = try TestServer(loops: 1)
        let holder = try server.client("acme")
        try holder.run("CREATE TABLE t(x)")
        try holder.begin()
        for type in [MessageType.ping, .run, .open] {
            let client = try server.client("acme")
            let request = try client.sendRun("INSERT INTO t VALUES (1)")
            try client.send(
                RawFrame.bytes(type: type.rawValue, stream: type == .ping ? 0 : 3, request: request, body: []))
            #expect(try client.fatalError().code == .protocolViolation, "\(type.name)")
        }
        // A frame that is not read is looked at all the same.
        let client = try server.client("acme")
        let request = try client.sendRun("INSERT INTO t VALUES (1)")
        try client.send(RawFrame.bytes(type: MessageType.run.rawValue, stream: 1, request: request, length: 20_000_000))
        #expect(try client.fatalError().code == .protocolViolation)
        try holder.rollback()
        try server.expectItServes()
    }

    @Test func `an id may be used again once it is answered`() throws {
        let client = try TestServer(loops: 1).client("acme")
        for number in 0..<100 {
            var writer = ByteWriter()
            Execute.encode(
                into: &writer, kind: .query, stream: 1, request: 4_000_000_000, statement: "SELECT ?",
                parameters: [.integer(number)])
            try client.send(writer.bytes)
            #expect(try client.answer(to: 4_000_000_000).value == .integer(number))
        }
    }

    @Test func `parts of requests that nobody has in flight are ignored`() throws {
        let client = try TestServer(loops: 1).client("acme")
        try client.sendCancel(4711)
        try client.sendCredit(1, for: 4711)
        try client.sendLoadRows([[1]], of: 4711, isLast: true)
        try client.sendCancel(4711)
        #expect(try client.ping([9]) == [9])
        #expect(try client.value("SELECT 1") == 1)
    }

    // MARK: Streams

    @Test func `a request on a stream that is not open is refused`() throws {
        let client = try TestServer(loops: 1).client("acme")
        #expect(throws: ErrorMessage.self) { try client.query("SELECT 1", stream: 2) }
        #expect(try client.failure(of: try client.sendQuery("SELECT 1", stream: 2)).code == .streamNotOpen)
        #expect(try client.failure(of: try client.sendClose(stream: 65535)).code == .streamNotOpen)
        #expect(try client.failure(of: try client.sendOpen("other", stream: 1)).code == .streamInUse)
        try client.close(stream: 1)
        #expect(try client.failure(of: try client.sendBegin(stream: 1)).code == .streamNotOpen)
        try client.open("other", stream: 1)
    }

    @Test func `requests behind a CLOSE are answered behind it`() throws {
        let client = try TestServer(loops: 1).client("acme")
        let requests = try client.together {
            [
                try client.sendRun("CREATE TABLE t(x)"), try client.sendClose(), try client.sendQuery("SELECT 1"),
                try client.sendQuery("SELECT 2"),
            ]
        }
        for request in requests { #expect(try client.receive()?.request == request) }
    }

    @Test func `one stream more than a connection may have is refused, until one is closed`() throws {
        let server = try TestServer(loops: 1)
        let client = try server.client()
        let opened = try client.together {
            try (1...Limits.streamsMax).map { try client.sendOpen("tenant-\($0 % 3)", stream: UInt16($0)) }
        }
        for request in opened { try client.answer(to: request) }
        let error = try client.failure(of: try client.sendOpen("acme", stream: 2000))
        #expect(error.code == .streamLimit && error.limit == .init(name: "streamsMax", value: 1024))
        try client.close(stream: 512)
        try client.open("acme", stream: 2000)
        #expect(try client.value("SELECT 1", stream: 2000) == 1)
        try server.expectItServes()
    }

    @Test func `requests behind an OPEN that fails are refused, and the number is free again`() throws {
        let client = try TestServer(loops: 1) { $0.createsTenants = false }.client()
        let requests = try client.together {
            [
                try client.sendOpen("nobody"), try client.sendQuery("SELECT 1"),
                try client.sendRun("CREATE TABLE t(x)"),
                try client.sendBegin(flags: .depends),
            ]
        }
        #expect(try client.failure(of: requests[0]).code == .tenantNotFound)
        for request in requests.dropFirst() { #expect(try client.failure(of: request).code == .streamNotOpen) }
        #expect(try client.failure(of: try client.sendOpen("nobody")).code == .tenantNotFound)
    }
}
