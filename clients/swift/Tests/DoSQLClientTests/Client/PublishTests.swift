import DoSQLProtocol
import Testing

@testable import DoSQLClient

@Suite(.timeLimit(.minutes(1)))
struct PublishTests {
    private struct Chat: Encodable {
        var text: String
        var from: String
    }

    private struct Unwritable: Encodable {
        func encode(to encoder: any Encoder) throws { throw CancellationError() }
    }

    /// What a PUBLISH says, in words.
    private static func words(_ frame: FakeServer.Received) throws -> String {
        let message = try Publish(frame.body.span)
        var words = "\(message.feed) \(String(repairing: message.name)) \(String(repairing: message.data))"
        if let key = message.idempotencyKey { words += " key \(String(repairing: key))" }
        if let deadline = message.deadline { words += deadline > 0 ? " deadline" : " no time" }
        return words
    }

    @Test func `texts and values are published as JSON`() async throws {
        let server = FakeServer()
        try await withFakeServer(server) { client in
            let acme = client.tenant("acme")
            let result = try await acme.publish(#"{"b":1, "a":2}"#, to: "room")
            #expect(result.lastInsertRowid == 7 && result.lsn == 42)
            try await acme.publish(Chat(text: "a/b", from: "ada"), to: "room", idempotencyKey: "k1")
            try await acme.emit("tick", "null", deadline: .seconds(60))
            try await acme.emit("order.placed", [1, 2], idempotencyKey: "k2")
        }
        let published = try server.log.filter { $0.type == .publish }.map(Self.words)
        #expect(
            published == [
                #"messages room {"b":1, "a":2}"#, #"messages room {"from":"ada","text":"a/b"} key k1"#,
                "events tick null deadline", "events order.placed [1,2] key k2",
            ])
    }

    @Test func `a value that has no JSON is not sent`() async throws {
        let server = FakeServer()
        try await withFakeServer(server) { client in
            let error = await dosqlError { try await client.tenant("acme").publish(Unwritable(), to: "room") }
            #expect(error?.code == .encoding)
            let nan = await dosqlError { try await client.tenant("acme").emit("tick", Double.nan) }
            #expect(nan?.code == .encoding)
        }
        #expect(!server.dialogue.contains("PUBLISH"))
    }

    @Test func `a message of a transaction goes on its stream`() async throws {
        let server = FakeServer { frame in
            guard frame.type == .publish else { return false }
            frame.done(transaction: .write)
            return true
        }
        try await withFakeServer(server) { client in
            try await client.tenant("acme").transaction { tx in
                try await tx.publish("1", to: "room")
                try await tx.emit("tick", 2)
            }
        }
        let frames = server.log.filter { $0.stream != 0 }
        #expect(frames.map(\.type) == [.open, .begin, .publish, .publish, .commit])
        #expect(Set(frames.map(\.stream)).count == 1)
    }

    @Test func `a message with a key is sent again when its answer is lost, and one without is not`() async throws {
        let server = FakeServer { frame in
            guard frame.type == .publish, frame.connection == 1 else { return false }
            frame.reply.close()
            return true
        }
        try await withFakeServer(server) { client in
            try await client.tenant("acme").publish("1", to: "room", idempotencyKey: "k")
        }
        #expect(
            try server.log.filter { $0.type == .publish }.map(Self.words)
                == Array(
                    repeating: "messages room 1 key k", count: 2))

        let other = FakeServer { frame in
            guard frame.type == .publish else { return false }
            frame.reply.close()
            return true
        }
        try await withFakeServer(other) { client in
            let error = await dosqlError { try await client.tenant("acme").publish("1", to: "room") }
            #expect(error?.code == .connectionClosed)
            #expect(error?.execution == .unknown)
        }
        #expect(other.log.count { $0.type == .publish } == 1)
    }
}
