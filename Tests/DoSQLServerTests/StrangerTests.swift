import DoSQLProtocol
import DoSQLServer
import DoSQLSession
import DoSQLTestSupport
import Testing

/// What the server does with those who do not speak its protocol, or stop in the middle (`protocol/framing.md`, preamble; `protocol/handshake.md`).
struct StrangerTests {
    @Test(arguments: [
        // SSH, SMTP, Redis; and what begins as the preamble does.
        "SSH-2.0-OpenSSH_9.6\r\n", "EHLO example.org\r\n", "*1\r\n$4\r\nPING\r\n", "\u{0}",
        "DSQ\u{0}", "DSQX\r\n", "DSql\r\n", "dsql\r\n", "DX\r\n",
    ])
    func `whoever speaks neither the protocol nor HTTP reads a status line 400, and the end`(bytes: String) throws {
        let server = try TestServer(loops: 1)
        let stranger = try server.stranger(preamble: Array(bytes.utf8))
        let text = try stranger.textUntilEnd()
        #expect(text.hasPrefix("HTTP/1.1 400 Bad Request\r\n") && text.contains("\r\nConnection: close\r\n"))
        try server.expectItServes()
    }

    @Test func `whoever speaks HTTP is answered in HTTP`() throws {
        let server = try TestServer(loops: 1)
        let request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        #expect(
            try server.stranger(preamble: Array(request.utf8)).textUntilEnd().hasPrefix("HTTP/1.1 404 Not Found\r\n"))
        try server.expectItServes()
    }

    @Test func `a thousand bytes of garbage behind the preamble end the connection`() throws {
        let server = try TestServer(loops: 1)
        var random = SystemRandomNumberGenerator()
        for _ in 0..<50 {
            let stranger = try server.stranger()
            // A length that can be meant, so that the rest of the header is looked at, and no HELLO.
            var bytes = (0..<1000).map { _ in UInt8.random(in: 0...255, using: &random) }
            bytes.replaceSubrange(0..<4, with: [0, 1, 0, 0])
            if bytes[4] == MessageType.hello.rawValue { bytes[4] = 0 }
            try stranger.send(bytes)
            #expect(try stranger.fatalError().code == .protocolViolation)
        }
        try server.expectItServes()
    }

    @Test(arguments: [
        [], [0x44], [0x44, 0x53, 0x51], [0x44, 0x53, 0x51, 0x4C], [0x44, 0x53, 0x51, 0x4C, 26, 0, 0, 0, 1, 0, 0],
    ])
    func `whoever falls silent before HELLO is told after the handshake time`(bytes: [UInt8]) throws {
        let server = try TestServer(loops: 1) { $0.session.handshakeTime = 100_000_000 }
        let stranger = try server.stranger(preamble: bytes)
        #expect(try stranger.fatalError().code == .handshakeTimeout)
        try server.expectItServes()
    }

    @Test func `a client behind its HELLO may be silent longer than the handshake time`() throws {
        let server = try TestServer(loops: 1) { $0.session.handshakeTime = 100_000_000 }
        let client = try server.persistentClient("acme")
        let stranger = try server.stranger(preamble: [])
        #expect(try stranger.fatalError().code == .handshakeTimeout)
        try client.ping([1, 2, 3])
    }

    @Test func `a preamble may come in parts`() throws {
        let server = try TestServer(loops: 1)
        let stranger = try server.stranger(preamble: [0x44])
        for byte in [0x53, 0x51, 0x4C] as [UInt8] { try stranger.send([byte]) }
        try stranger.hello()
        try stranger.open("acme")
    }

    @Test func `a frame that its sender did not finish is nobody's loss`() throws {
        let server = try TestServer(loops: 1)
        for kept in [1, 11, 12, 13, 38] {
            let client = try server.client("acme")
            let whole = RawFrame.bytes(
                type: MessageType.run.rawValue, stream: 1, request: 9,
                body: RawFrame.body {
                    Execute.encode(into: &$0, kind: .run, stream: 1, request: 9, statement: "CREATE TABLE gone(x, y)")
                })
            try client.send(Array(whole.prefix(kept)))
            if kept % 2 == 0 { client.cut() } else { client.close() }
        }
        try server.expectItServes()
        #expect(try server.client("acme").value("SELECT count(*) FROM sqlite_schema WHERE name = 'gone'") == 0)
    }

    // MARK: HELLO

    @Test func `frames before HELLO end the connection`() throws {
        let server = try TestServer(loops: 1)
        for type in [0x02, 0x03, 0x10, 0x14, 0x40, 0x80, 0xFF] as [UInt8] {
            let stranger = try server.stranger()
            try stranger.send(RawFrame.bytes(type: type, stream: type == 3 ? 0 : 1))
            #expect(try stranger.fatalError().code == .protocolViolation)
        }
        try server.expectItServes()
    }

    @Test(arguments: [(1, 0, 1), (0, 0, 0), (0, 2, 1), (0, 0x80, 1)] as [(UInt16, UInt8, UInt32)])
    func `HELLO stands on stream 0, with an id and without flags`(stream: UInt16, flags: UInt8, request: UInt32) throws
    {
        let server = try TestServer(loops: 1)
        let stranger = try server.stranger()
        let body = RawFrame.body { Hello.encode(into: &$0, request: 1, client: "t") }
        try stranger.send(
            RawFrame.bytes(type: MessageType.hello.rawValue, flags: flags, stream: stream, request: request, body: body)
        )
        #expect(try stranger.fatalError().code == .protocolViolation)
    }

    @Test(arguments: [(2, 9), (0, 0), (2, 1), (65535, 65535)] as [(UInt16, UInt16)])
    func `a client without a version in common is told`(min: UInt16, max: UInt16) throws {
        let server = try TestServer(loops: 1)
        let stranger = try server.stranger()
        try stranger.send { writer, request in
            Hello.encode(into: &writer, request: request, versionMin: min, versionMax: max, client: "t")
        }
        #expect(try stranger.fatalError().code == .versionUnsupported)
    }

    @Test func `a client that also speaks later versions gets the highest in common`() throws {
        let stranger = try TestServer(loops: 1).stranger()
        let request = try stranger.sendHello(versions: 0...900)
        guard case .helloOK(let hello) = try stranger.receive(for: request).message else {
            throw TestSupportError("no HELLO_OK")
        }
        #expect(hello.version == 1)
    }

    @Test func `a HELLO that cannot be decoded ends the connection`() throws {
        let server = try TestServer(loops: 1)
        let good = RawFrame.body { Hello.encode(into: &$0, request: 1, client: "dosql-tests") }
        var bodies = (0..<good.count).map { Array(good.prefix($0)) }
        bodies.append(good + [0x01])
        bodies.append(good + [0x01, 0xFF, 0xFF, 0x01])
        // One option twice.
        bodies.append(good + [0x01, 1, 65, 0x01, 1, 65])
        // A frameMax below the least, a client's name that is too long, one that is not UTF-8, one with a NUL.
        bodies.append(RawFrame.body { Hello.encode(into: &$0, request: 1, frameMax: 65_535, client: "t") })
        bodies.append(RawFrame.body { Hello.encode(into: &$0, request: 1, client: String(repeating: "c", count: 257)) })
        bodies.append(Array(good.dropLast(11)) + [11] + [UInt8](repeating: 0xFF, count: 11))
        bodies.append(Array(good.dropLast(2)) + [0, 65])
        bodies.append(
            RawFrame.body { Hello.encode(into: &$0, request: 1, client: "t", token: Array(repeating: 65, count: 8193)) }
        )
        for body in bodies {
            let stranger = try server.stranger()
            try stranger.send(RawFrame.bytes(type: MessageType.hello.rawValue, body: body))
            #expect(try stranger.fatalError().code == .malformed, "\(body)")
        }
        let stranger = try server.stranger()
        try stranger.send(RawFrame.bytes(type: MessageType.hello.rawValue, body: good + [0x80, 0]))
        #expect(try stranger.fatalError().code == .unsupported)
        try server.expectItServes()
    }

    @Test func `unknown features and options that may be ignored are ignored`() throws {
        let server = try TestServer(loops: 1)
        let stranger = try server.stranger()
        let body = RawFrame.body {
            Hello.encode(into: &$0, request: 1, features: .init(rawValue: .max), client: "t", token: [1, 2])
        }
        try stranger.send(RawFrame.bytes(type: MessageType.hello.rawValue, body: body + [0x7F, 3, 1, 2, 3]))
        guard case .helloOK(let hello) = try #require(try stranger.receive()).message else {
            throw TestSupportError("no HELLO_OK")
        }
        #expect(hello.features == [])
    }

    @Test func `a second HELLO ends the connection`() throws {
        let server = try TestServer(loops: 1)
        let client = try server.client("acme")
        try client.sendHello()
        #expect(try client.fatalError().code == .protocolViolation)
        try server.expectItServes()
    }

    // MARK: Connections

    @Test func `one connection more than the server takes is told and closed, until there is room`() throws {
        let server = try TestServer(loops: 1) { $0.connectionsMax = 2 }
        let first = try server.client("acme")
        let second = try server.client("acme")
        for _ in 0..<3 {
            let third = try server.stranger()
            #expect(try third.fatalError().code == .tooManyConnections)
        }
        try first.ping()
        second.close()
        let hasRoom = try Deadline.poll {
            let third = try server.stranger()
            // Whoever is turned away may find the connection closed before it has said or heard anything.
            guard (try? third.sendHello()) != nil, let reply = try? third.receive() else { return false }
            if case .helloOK = reply.message { return true }
            return false
        }
        #expect(hasRoom)
    }
}
