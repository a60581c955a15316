import DoSQLServer
import DoSQLTestSupport
import Testing

/// RFC 6455 on a real connection: what breaks its rules, how it ends, and who is dead.
struct SocketTests {
    // MARK: The end

    @Test func `a close is answered with its code, and the server ends the connection`() throws {
        let server = try TestServer()
        let ways: [([UInt8], Int?)] = [([], nil), ([0x03, 0xE8], 1000), ([0x0F, 0xA0] + Array("bye".utf8), 4000)]
        for (payload, code) in ways {
            let client = try server.webSocket("acme")
            try client.subscribe("c")
            try client.send(opcode: 8, payload)
            #expect(try client.nextClose() == code)
            #expect(try client.next() == nil)
        }
    }

    @Test func `what was asked before a close is carried out`() throws {
        let server = try TestServer()
        let client = try server.webSocket("acme")
        try client.send(#"{"type":"publish","channel":"c","data":1}"#)
        try client.send(opcode: 8, [0x03, 0xE8])
        #expect(try client.nextClose() == 1000)
        let other = try server.webSocket("acme")
        try other.subscribe("c", after: 0)
        #expect(try other.nextMessage().contains(#""data":1"#))
    }

    private enum Breach: CaseIterable {
        case unmasked, reservedBits, reservedOpcode, longPing, fragmentedPing, continuation, badCode, shortClose
        case badText, badReason, tooLong
    }

    @Test(arguments: [
        (0, 1002), (1, 1002), (2, 1002), (3, 1002), (4, 1002), (5, 1002), (6, 1002), (7, 1002), (8, 1007), (9, 1007),
        (10, 1009),
    ])
    func `a breach of the rules has its close code, and others do not notice`(index: Int, code: Int) throws {
        let server = try TestServer(loops: 1)
        let other = try server.webSocket("acme")
        try other.subscribe("c")
        let client = try server.webSocket("acme")
        try client.subscribe("c")
        switch Breach.allCases[index] {
        case .unmasked: try client.send(opcode: 1, Array("{}".utf8), isMasked: false)
        case .reservedBits: try client.send(opcode: 0x21, Array("{}".utf8))
        case .reservedOpcode: try client.send(opcode: 3, [])
        case .longPing: try client.send(opcode: 9, [UInt8](repeating: 0, count: 126))
        case .fragmentedPing: try client.send(opcode: 9, [], isFinal: false)
        case .continuation: try client.send(opcode: 0, [1])
        case .badCode: try client.send(opcode: 8, [0x03, 0xED])
        case .shortClose: try client.send(opcode: 8, [3])
        case .badText: try client.send(opcode: 1, [0x22, 0xC3, 0x28, 0x22])
        case .badReason: try client.send(opcode: 8, [0x03, 0xE8, 0xFF])
        // Only the head comes: nothing of such a message has to be read.
        case .tooLong: try client.http.socket.send([0x81, 0xFF, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0])
        }
        #expect(try client.nextClose() == code)
        #expect(try client.next() == nil)
        try other.send(#"{"type":"publish","channel":"c","data":1}"#)
        #expect(try other.nextMessage() == #"{"type":"message","channel":"c","data":1,"id":1}"#)
    }

    @Test func `a message in fragments with a ping between them is one message`() throws {
        let client = try TestServer().webSocket("acme")
        let bytes = Array(#"{"type":"subscribe","channel":"ü","id":1}"#.utf8)
        // The cut is in the midst of a character.
        let cut = bytes.firstIndex(of: 0xBC) ?? 0
        try client.send(opcode: 1, Array(bytes[..<cut]), isFinal: false)
        try client.send(opcode: 9, [1, 2, 3])
        try client.send(opcode: 0, [], isFinal: false)
        try client.send(opcode: 0, Array(bytes[cut...]))
        #expect(try client.next() == .pong([1, 2, 3]))
        #expect(try client.nextText() == #"{"type":"subscribed","id":1,"channel":"ü"}"#)
    }

    // MARK: Keepalive

    @Test func `a ping is answered with its payload`() throws {
        let client = try TestServer().webSocket("acme")
        for size in [0, 1, 125] {
            let payload = [UInt8](repeating: 7, count: size)
            try client.send(opcode: 9, payload)
            #expect(try client.next() == .pong(payload))
        }
        // A pong that nobody asked for means nothing.
        try client.send(opcode: 10, [1])
        try client.subscribe("c")
    }

    @Test func `who is silent is pinged, and who does not answer is dead`() throws {
        let server = try TestServer { $0.http.heartbeatTime = 100_000_000 }
        let client = try server.webSocket("acme")
        client.answersPings = false
        #expect(try client.next() == .ping([]))
        // A peer that is gone gets no close frame: the connection just ends.
        #expect(try client.next() == nil)
        let binary = try server.webSocket("acme", subprotocol: "dosql.v1")
        binary.answersPings = false
        #expect(try binary.next() == .ping([]))
        #expect(try binary.next() == nil)
    }

    // MARK: Shutdown

    @Test func `a server that stops says so`() throws {
        let server = try TestServer.patient()
        let client = try server.webSocket("acme")
        try client.subscribe("c")
        let idle = try server.webSocket("acme")
        server.stopAside()
        #expect(try client.next() == .close(1001, "the server is shutting down"))
        try client.send(opcode: 8, [0x03, 0xE9])
        #expect(try client.next() == nil)
        #expect(try idle.nextClose() == 1001)
        try idle.send(opcode: 8, [0x03, 0xE9])
        #expect(try idle.next() == nil)
    }

    @Test func `what was asked before a server stops is answered first`() throws {
        let server = try TestServer.patient()
        let holder = try server.client("acme")
        let client = try server.webSocket("acme")
        try client.publish("1", to: "c")
        try holder.begin()
        try client.send(#"{"type":"publish","channel":"c","data":2,"id":"late"}"#)
        // Requests of a connection are read in their order: the publish is under way when this is answered.
        #expect(try client.ask(#"{"type":"unsubscribe","channel":"x","id":0}"#).contains("unsubscribed"))
        server.stopAside()
        while true {
            guard let reply = try holder.receive() else { throw TestSupportError("no GOAWAY came") }
            if case .goAway = reply.message { break }
        }
        try holder.commit()
        #expect(
            try client.nextText() == #"{"type":"published","id":"late","channel":"c","messageId":2}"#)
        #expect(try client.nextClose() == 1001)
    }
}
