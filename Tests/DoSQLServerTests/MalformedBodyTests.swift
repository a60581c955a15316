import DoSQLProtocol
import DoSQLTestSupport
import Testing

/// Bodies that cannot be decoded: the request is answered, and the connection lives (`protocol/framing.md`, what closes a connection).
struct MalformedBodyTests {
    /// A message whose every proper prefix lacks something.
    struct Message: Sendable, CustomTestStringConvertible {
        let type: MessageType
        let body: [UInt8]
        var inTransaction = false
        /// Whether it can be carried out again and again with the same result.
        var isRepeatable = true

        init(
            _ type: MessageType, inTransaction: Bool = false, isRepeatable: Bool = true,
            _ encode: (inout ByteWriter) -> Void
        ) {
            self.type = type
            self.inTransaction = inTransaction
            self.isRepeatable = isRepeatable
            body = RawFrame.body(encode)
        }

        var stream: UInt16 { type.streamRule == .connection ? 0 : type == .open ? 7 : 1 }
        var testDescription: String { type.name + (inTransaction ? " in a transaction" : "") }
    }

    static let messages: [Message] = {
        var messages = [
            Message(.prepare) { Prepare.encode(into: &$0, request: 1, id: 3, sql: "SELECT 1") },
            Message(.unprepare) { Unprepare.encode(into: &$0, request: 1, id: 3) },
            Message(.tenants) { Tenants.encode(into: &$0, request: 1, after: "a", limit: 3) },
            Message(.open, isRepeatable: false) { Open.encode(into: &$0, stream: 7, request: 1, tenant: "acme") },
            Message(.script) { Script.encode(into: &$0, stream: 1, request: 1, sql: "SELECT 1; SELECT 2") },
            Message(.begin, isRepeatable: false) { Begin.encode(into: &$0, stream: 1, request: 1, mode: .write) },
            Message(.migrate) { Migrate.encode(into: &$0, stream: 1, request: 1, migrations: [], isDryRun: true) },
        ]
        for inTransaction in [false, true] {
            messages += [
                Message(.query, inTransaction: inTransaction) {
                    Execute.encode(
                        into: &$0, kind: .query, stream: 1, request: 1, statement: "SELECT ?, ?, ?",
                        parameters: [-70000, .text(String(repeating: "t", count: 70)), .blob([1, 2])])
                },
                Message(.queryOne, inTransaction: inTransaction) {
                    Execute.encode(
                        into: &$0, kind: .queryOne, stream: 1, request: 1, statement: "SELECT :a, :b",
                        parameters: ["a": 1.5, "b": nil])
                },
                Message(.run, inTransaction: inTransaction) {
                    Execute.encode(
                        into: &$0, kind: .run, stream: 1, request: 1, statement: "DELETE FROM t WHERE x = ?",
                        parameters: [1])
                },
                Message(.batch, inTransaction: inTransaction) {
                    Batch.encode(
                        into: &$0, stream: 1, request: 1,
                        steps: [BatchStep("DELETE FROM t WHERE x = ?", [1]), BatchStep("SELECT ?", [2])])
                },
                Message(.describe, inTransaction: inTransaction) {
                    Describe.encode(into: &$0, stream: 1, request: 1, statement: "SELECT 1", withPlan: true)
                },
                Message(.load, inTransaction: inTransaction, isRepeatable: false) {
                    Load.encode(into: &$0, stream: 1, request: 1, statement: "INSERT INTO t VALUES (?)", columns: 1)
                },
            ]
        }
        for kind in [Savepoint.Kind.set, .release, .rollbackTo] {
            let type: MessageType = kind == .set ? .savepoint : kind == .release ? .release : .rollbackTo
            messages.append(
                Message(type, inTransaction: true, isRepeatable: false) {
                    Savepoint.encode(into: &$0, kind: kind, stream: 1, request: 1, name: "s")
                })
        }
        return messages
    }()

    private func client(for message: Message, on server: TestServer) throws -> WireClient {
        let client = try server.client("acme")
        try client.run("CREATE TABLE IF NOT EXISTS t(x)")
        if message.inTransaction { try client.begin() }
        return client
    }

    @Test(arguments: messages)
    func `a body that ends early is refused, and the connection lives`(message: Message) throws {
        let server = try TestServer(loops: 1)
        let client = try client(for: message, on: server)
        for count in 0..<message.body.count {
            let request = try client.sendRaw(
                type: message.type.rawValue, stream: message.stream, body: Array(message.body.prefix(count)))
            let error = try client.failure(of: request)
            #expect(
                error.code == .malformed && !error.isFatal && error.execution == .notExecuted,
                "\(count) bytes: \(error)")
            #expect(error.transaction == (message.inTransaction ? .write : .none))
        }
        #expect(try client.value("SELECT 1") == 1)
        client.close()
        try server.expectItServes()
    }

    @Test(arguments: messages)
    func `an option that must be understood is refused, another one is ignored`(message: Message) throws {
        let server = try TestServer(loops: 1)
        let client = try client(for: message, on: server)
        let send = { (more: [UInt8]) in
            try client.sendRaw(type: message.type.rawValue, stream: message.stream, body: message.body + more)
        }
        for option in [[0x80, 0], [0xFF, 3, 1, 2, 3]] as [[UInt8]] {
            let error = try client.failure(of: try send(option))
            #expect(error.code == .unsupported && !error.isFatal)
        }
        #expect(try client.failure(of: try send([0x70, 0, 0x70, 0])).code == .malformed)
        #expect(try client.failure(of: try send([0x70, 5, 1])).code == .malformed)
        if message.isRepeatable {
            #expect(try client.terminal(of: try send([0x70, 2, 1, 2])).error == nil)
            #expect(try client.terminal(of: try send([])).error == nil)
        }
        #expect(try client.value("SELECT 1") == 1)
    }

    @Test func `what has no body, or only options, is decoded all the same`() throws {
        let client = try TestServer(loops: 1).client("acme")
        #expect(
            try client.failure(of: try client.sendRaw(type: MessageType.close.rawValue, stream: 1, body: [0])).code
                == .malformed)
        #expect(
            try client.failure(
                of: try client.sendRaw(type: MessageType.ping.rawValue, body: [UInt8](repeating: 0, count: 65))
            ).code == .malformed)
        try client.begin()
        for type in [MessageType.commit, .rollback] {
            for (body, code) in [([1], .malformed), ([0x90, 0], .unsupported)] as [([UInt8], ErrorCode)] {
                let error = try client.failure(of: try client.sendRaw(type: type.rawValue, stream: 1, body: body))
                #expect(error.code == code && error.transaction == .write, "\(type.name): \(error)")
            }
        }
        try client.commit()
        #expect(try client.value("SELECT 1") == 1)
    }

    @Test(
        arguments: [
            (.describe, [2, 0, 1, 65]), (.migrate, [2, 0]),
            (.batch, [0, 1, 0, 0x80, 0, 8] + Array("SELECT 1".utf8) + [0, 0, 0, 0]),
        ] as [(MessageType, [UInt8])])
    func `a reserved bit in a body ends the connection`(type: MessageType, body: [UInt8]) throws {
        let server = try TestServer(loops: 1)
        for inTransaction in type == .migrate ? [false] : [false, true] {
            let client = try server.client("acme")
            if inTransaction { try client.begin() }
            _ = try client.sendRaw(type: type.rawValue, stream: 1, body: body)
            #expect(try client.fatalError().code == .protocolViolation)
        }
        try server.expectItServes()
    }

    @Test(arguments: [[0x53, 0xFF, 0x31], [0x53, 0x00, 0x31], [0xC0, 0x80, 0x31], [0xED, 0xA0, 0x80]] as [[UInt8]])
    func `SQL that is not UTF-8 or holds a NUL is refused`(sql: [UInt8]) throws {
        let client = try TestServer(loops: 1).client("acme")
        let text = [UInt8(sql.count)] + sql
        for (type, body) in [
            (.query, [0] + text + [0, 0]), (.run, [0] + text + [0, 0]), (.script, text), (.describe, [0, 0] + text),
            (.migrate, [0, 1, 1, 0x31] + text), (.prepare, [1] + text),
        ] as [(MessageType, [UInt8])] {
            let request = try client.sendRaw(type: type.rawValue, stream: type == .prepare ? 0 : 1, body: body)
            #expect(try client.failure(of: request).code == .malformed, "\(type.name)")
        }
        #expect(try client.value("SELECT 1") == 1)
    }

    @Test func `rows of a load that cannot be decoded undo it`() throws {
        let client = try TestServer(loops: 1).client("acme")
        try client.run("CREATE TABLE t(x)")
        for body in [
            [], [1, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0, 0x0D], [1, 0, 0, 0, 0x41, 0x41], [255, 255, 255, 255, 0x41],
        ] as [[UInt8]] {
            let load = try client.sendLoad("INSERT INTO t VALUES (?)", columns: 1)
            #expect(try client.receive(for: load).isTerminal == false)
            try client.sendLoadRows([[1], [2]], of: load)
            try client.send(RawFrame.bytes(type: MessageType.loadRows.rawValue, stream: 1, request: load, body: body))
            #expect(try client.terminal(of: load).error?.code == .malformed, "\(body)")
            try client.sendLoadRows([[3]], of: load, isLast: true)
        }
        #expect(try client.value("SELECT count(*) FROM t") == 0)
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `whatever bytes a body has, its request is answered once`(seed: UInt64) throws {
        let server = try TestServer(loops: 1)
        var random = SeededRandom(seed: seed)
        var client = try server.client("acme")
        let types = MessageType.allCases.filter { $0.sender == .client && $0.isRequest && $0 != .hello }
        for _ in 0..<500 {
            let type = types.randomElement(using: &random)!
            var body = (0..<Int.random(in: 0..<40, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random)
            }
            if let base = Self.messages.filter({ $0.type == type }).randomElement(using: &random),
                Bool.random(using: &random)
            {
                body = base.body
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    body[Int.random(in: 0..<body.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
            }
            let stream: UInt16 = type.streamRule == .connection ? 0 : type == .open ? 2 : 1
            let request = try client.sendRaw(type: type.rawValue, stream: stream, body: body)
            // A load that came out right waits for rows; nothing else does.
            if type == .load { try client.sendCancel(request) }
            do {
                let reply = try client.terminal(of: request)
                #expect(reply.request == request)
                if type == .close, reply.error == nil { try client.open("acme") }
            } catch let error as ErrorMessage {
                #expect(error.isFatal && error.code == .protocolViolation, "\(type.name) \(body): \(error)")
                client = try server.client("acme")
            }
        }
        try client.ping()
        client.close()
        try server.expectItServes()
    }
}
