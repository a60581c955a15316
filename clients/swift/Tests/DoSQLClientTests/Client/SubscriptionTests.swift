import DoSQLProtocol
import Testing

@testable import DoSQLClient

@Suite(.timeLimit(.minutes(1)))
struct SubscriptionTests {
    /// Answers the first SUBSCRIBE with HEAD and these messages, and the later ones as `again` does.
    private static func server(
        _ ids: [Int64], position: Int64 = 10, again: @escaping @Sendable (FakeServer.Received) -> Void = { _ in }
    ) -> FakeServer {
        FakeServer { frame in
            guard frame.type == .subscribe else { return false }
            if frame.subscription?.after == nil {
                frame.subscribed(position: position)
                for id in ids { frame.messages([id]) }
            } else {
                again(frame)
            }
            return true
        }
    }

    // MARK: What is sent and given

    @Test func `messages are given as they come`() async throws {
        struct Chat: Decodable, Equatable { var text: String }
        let server = FakeServer { frame in
            guard frame.type == .subscribe else { return false }
            frame.subscribed(position: 41, oldest: 12)
            frame.rows([[.integer(42), .text("room"), .text(#"{"text":"hi"}"#), .text("2026-11-26 09:30:00")]])
            frame.rows([[.integer(44), .text("room"), .text("[]"), .null]])
            return true
        }
        try await withFakeServer(server) { client in
            var messages = client.tenant("acme").subscribe(to: "room").makeAsyncIterator()
            let first = try await messages.next()
            #expect(
                first
                    == Message(id: 42, channel: "room", data: #"{"text":"hi"}"#, createdAt: "2026-11-26 09:30:00"))
            #expect(try first?.decode(Chat.self) == Chat(text: "hi"))
            let second = try await messages.next()
            #expect(second == Message(id: 44, channel: "room", data: "[]", createdAt: ""))
            let error = await dosqlError { _ = try second?.decode(Chat.self) }
            #expect(error?.code == .decoding)
        }
        let subscription = await server.next(.subscribe).subscription
        #expect(subscription?.filter == .channel("room"))
        #expect(subscription?.after == nil && subscription?.credit == nil)
    }

    @Test func `events are given as they come`() async throws {
        let server = FakeServer { frame in
            guard frame.type == .subscribe else { return false }
            frame.subscribed(to: .events, position: 7)
            frame.rows([[.integer(8), .text("tick"), .null, .text("2026-11-26 09:30:00")]])
            frame.rows([[.integer(9), .text("order.placed"), .text("5"), .text("2026-11-26 09:30:01")]])
            return true
        }
        try await withFakeServer(server) { client in
            var events = client.tenant("acme").events(types: ["tick", "order.placed"], after: 7, credit: 900)
                .makeAsyncIterator()
            let tick = try await events.next()
            #expect(tick == Event(id: 8, type: "tick", data: nil, createdAt: "2026-11-26 09:30:00"))
            #expect(try tick?.decode(Int?.self) == Int?.none)
            let order = try await events.next()
            #expect(try order?.decode(Int.self) == 5)
        }
        let subscription = await server.next(.subscribe).subscription
        #expect(subscription?.filter == .events(types: ["tick", "order.placed"]))
        #expect(subscription?.after == 7 && subscription?.credit == 900)
    }

    @Test func `a row that is no message is an error that says which one it is`() async throws {
        let server = FakeServer { frame in
            guard frame.type == .subscribe else { return false }
            frame.subscribed(position: 41)
            frame.rows([[.integer(42), .text("room"), .blob([1]), .text("")]])
            return true
        }
        try await withFakeServer(server) { client in
            var messages = client.tenant("acme").subscribe(to: "room").makeAsyncIterator()
            let error = await dosqlError { _ = try await messages.next() }
            #expect(error?.code == .decoding)
            #expect(error?.message.contains("row 42") == true)
            let end = try await messages.next()
            #expect(end == nil)
            _ = await server.next(.cancel)
        }
    }

    @Test func `rows of another width are an error`() async throws {
        let server = FakeServer { frame in
            guard frame.type == .subscribe else { return false }
            frame.reply.send {
                HeadMessage.encode(
                    into: &$0, stream: frame.stream, request: frame.request, columns: ["id"], position: 1)
            }
            frame.rows([[.integer(42)]])
            return true
        }
        try await withFakeServer(server) { client in
            var messages = client.tenant("acme").subscribe(to: "room").makeAsyncIterator()
            let error = await dosqlError { _ = try await messages.next() }
            #expect(error?.code == .unexpectedAnswer)
        }
    }

    @Test func `a HEAD without a position is an error`() async throws {
        let server = FakeServer { frame in
            guard frame.type == .subscribe else { return false }
            frame.head(Feed.messages.columns)
            return true
        }
        try await withFakeServer(server) { client in
            var messages = client.tenant("acme").subscribe(to: "room").makeAsyncIterator()
            let error = await dosqlError { _ = try await messages.next() }
            #expect(error?.code == .unexpectedAnswer)
            _ = await server.next(.cancel)
        }
    }

    @Test func `subscriptions share a connection with everything else, and hold nothing up`() async throws {
        let server = Self.server([11])
        try await withFakeServer(server, configure: { $0.connectionsMax = 1 }) { client in
            let acme = client.tenant("acme")
            var first = acme.subscribe(to: "room").makeAsyncIterator()
            var second = acme.subscribe(to: "room").makeAsyncIterator()
            let fromFirst = try await first.next()
            let fromSecond = try await second.next()
            #expect(fromFirst?.id == 11 && fromSecond?.id == 11)
            let value = try await acme.query("SELECT 1", as: Int.self)
            #expect(value == [1])
            let frames = server.log.filter { $0.type == .subscribe }
            #expect(Set(frames.map(\.connection)) == [1] && Set(frames.map(\.stream)).count == 1)
        }
    }

    // MARK: Coming back

    @Test func `after a cut it goes on behind the last message it gave`() async throws {
        let server = Self.server([11, 12]) { frame in
            frame.subscribed(position: frame.subscription?.after ?? 0)
            // A server that gives one twice.
            frame.messages([12, 13])
        }
        try await withFakeServer(server) { client in
            var messages = client.tenant("acme").subscribe(to: "room").makeAsyncIterator()
            for id: Int64 in 11...12 {
                let message = try await messages.next()
                #expect(message?.id == id)
            }
            await server.next(.subscribe).reply.close()
            let message = try await messages.next()
            #expect(message?.id == 13)
        }
        let again = await server.next(.subscribe)
        #expect(again.subscription?.after == 12)
        #expect(again.connection == 2)
    }

    @Test func `a cut before the first message loses nothing`() async throws {
        let server = Self.server([], position: 10) { frame in
            frame.subscribed(position: frame.subscription?.after ?? 0)
            frame.messages([11])
        }
        try await withFakeServer(server) { client in
            let task = Task { () -> Message? in
                var messages = client.tenant("acme").subscribe(to: "room").makeAsyncIterator()
                return try await messages.next()
            }
            // The server has sent HEAD before the end, and the end comes behind it.
            await server.next(.subscribe).reply.close()
            let message = try await task.value
            #expect(message?.id == 11)
        }
        #expect(await server.next(.subscribe).subscription?.after == 10)
    }

    @Test func `what has come before a cut is given before it goes on`() async throws {
        let server = Self.server([11, 12, 13]) { frame in
            frame.subscribed(position: frame.subscription?.after ?? 0)
            frame.messages([14])
        }
        try await withFakeServer(server) { client in
            var messages = client.tenant("acme").subscribe(to: "room").makeAsyncIterator()
            let first = try await messages.next()
            #expect(first?.id == 11)
            await server.next(.subscribe).reply.close()
            for id: Int64 in 12...14 {
                let message = try await messages.next()
                #expect(message?.id == id)
            }
        }
    }

    @Test(arguments: [ErrorCode.shuttingDown, .tenantUnavailable, .cancelled, .storageFailed])
    func `an error that will pass is waited out`(_ code: ErrorCode) async throws {
        let server = Self.server([11]) { frame in
            frame.subscribed(position: frame.subscription?.after ?? 0)
            frame.messages([12])
        }
        try await withFakeServer(server) { client in
            var messages = client.tenant("acme").subscribe(to: "room").makeAsyncIterator()
            let first = try await messages.next()
            #expect(first?.id == 11)
            await server.next(.subscribe).error(code)
            let second = try await messages.next()
            #expect(second?.id == 12)
        }
        #expect(await server.next(.subscribe).subscription?.after == 11)
    }

    @Test func `a connection that is lost again and again is made again and again`() async throws {
        let server = Self.server([11]) { frame in
            if frame.connection < 12 { return frame.reply.close() }
            frame.subscribed(position: frame.subscription?.after ?? 0)
            frame.messages([12])
        }
        try await withFakeServer(server) { client in
            var messages = client.tenant("acme").subscribe(to: "room").makeAsyncIterator()
            let first = try await messages.next()
            #expect(first?.id == 11)
            await server.next(.subscribe).reply.close()
            let second = try await messages.next()
            #expect(second?.id == 12)
        }
    }

    @Test func `a passing error that does not pass is thrown in the end`() async throws {
        let server = Self.server([11]) { $0.error(.storageFailed, "I/O error") }
        try await withFakeServer(server) { client in
            var messages = client.tenant("acme").subscribe(to: "room").makeAsyncIterator()
            let first = try await messages.next()
            #expect(first?.id == 11)
            await server.next(.subscribe).error(.storageFailed, "I/O error")
            let error = await dosqlError { _ = try await messages.next() }
            #expect(error?.code == .storageFailed)
        }
        #expect(server.log.count { $0.type == .subscribe } == 4)
    }

    @Test func `a subscription that cannot begin fails as a call does`() async throws {
        let server = FakeServer { frame in
            guard frame.type == .subscribe else { return false }
            frame.error(.overloaded, "busy")
            return true
        }
        try await withFakeServer(server) { client in
            var messages = client.tenant("acme").subscribe(to: "room").makeAsyncIterator()
            let error = await dosqlError { _ = try await messages.next() }
            #expect(error?.code == .overloaded)
            #expect(error?.attempts == 3)
        }
        #expect(server.log.count { $0.type == .subscribe } == 3)
    }

    @Test(arguments: [ErrorCode.feedNameInvalid, .feedShape, .subscriptionLimit, .tenantNotFound])
    func `what will not get better is thrown at once`(_ code: ErrorCode) async throws {
        let server = FakeServer { frame in
            guard frame.type == .subscribe else { return false }
            frame.error(code, "words")
            return true
        }
        try await withFakeServer(server) { client in
            var messages = client.tenant("acme").subscribe(to: "").makeAsyncIterator()
            let error = await dosqlError { _ = try await messages.next() }
            #expect(error?.code.name == code.name)
            let end = try await messages.next()
            #expect(end == nil)
        }
        #expect(server.log.count { $0.type == .subscribe } == 1)
    }

    @Test func `rows that were removed in front of a slow consumer are not passed over in silence`() async throws {
        let server = Self.server([11])
        try await withFakeServer(server) { client in
            var messages = client.tenant("acme").subscribe(to: "room").makeAsyncIterator()
            let first = try await messages.next()
            #expect(first?.id == 11)
            await server.next(.subscribe).error(.feedTruncated, "rows were removed", oldest: 90)
            let error = await dosqlError { _ = try await messages.next() }
            #expect(error?.code == .feedTruncated)
            #expect(error?.oldest == 90)
        }
        #expect(server.log.count { $0.type == .subscribe } == 1)
    }

    @Test func `a beginning that is fixed holds for every loop`() async throws {
        let server = Self.server([]) { frame in
            frame.subscribed(position: frame.subscription?.after ?? 0)
            frame.messages([11])
        }
        try await withFakeServer(server) { client in
            let messages = try await client.tenant("acme").subscribe(to: "room").fromNow()
            #expect(messages.after == 10)
            let probe = await server.next(.subscribe)
            #expect(probe.subscription?.credit == 0)
            #expect(await server.next(.cancel).request == probe.request)
            for _ in 0..<2 {
                for try await message in messages {
                    #expect(message.id == 11)
                    break
                }
                #expect(await server.next(.subscribe).subscription?.after == 10)
            }
            let same = try await messages.fromNow()
            #expect(same.after == 10)
        }
        #expect(server.log.count { $0.type == .subscribe } == 3)
    }

    // MARK: Backpressure

    @Test func `credit goes back only as messages are consumed`() async throws {
        let server = Self.server([11, 12, 13])
        var body = ByteWriter()
        RowsMessage.encode(
            into: &body, stream: 1, request: 1,
            rows: [[.integer(11), .text("room"), .text("11"), .text("2026-11-26 09:30:00")]])
        let size = UInt64(body.count - FrameHeader.size)
        try await withFakeServer(server) { client in
            var messages = client.tenant("acme").subscribe(to: "room", credit: 100).makeAsyncIterator()
            for id: Int64 in 11...13 {
                let message = try await messages.next()
                #expect(message?.id == id)
            }
            let subscribe = await server.next(.subscribe)
            #expect(subscribe.subscription?.credit == 100)
            // Two blocks, more than half of the credit together, have been consumed; the third is still in hand.
            let credit = await server.next(.credit)
            #expect(credit.request == subscribe.request)
            #expect(try Credit(credit.body.span).bytes == 2 * size)
        }
        #expect(server.log.count { $0.type == .credit } == 1)
    }

    // MARK: The end

    @Test func `leaving the loop tells the server`() async throws {
        let server = Self.server([11])
        try await withFakeServer(server) { client in
            for try await message in client.tenant("acme").subscribe(to: "room") {
                #expect(message.id == 11)
                break
            }
            let subscribe = await server.next(.subscribe)
            #expect(await server.next(.cancel).request == subscribe.request)
        }
    }

    @Test func `the end of its task ends it, and tells the server`() async throws {
        let server = Self.server([11])
        try await withFakeServer(server) { client in
            let task = Task {
                for try await message in client.tenant("acme").subscribe(to: "room") { #expect(message.id == 11) }
            }
            let subscribe = await server.next(.subscribe)
            task.cancel()
            let cancel = await server.next(.cancel)
            #expect(cancel.request == subscribe.request)
            subscribe.error(.cancelled)
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }

    @Test func `the end of its task ends it while there is no connection`() async throws {
        let server = Self.server([11]) { $0.reply.close() }
        try await withFakeServer(server) { client in
            let task = Task {
                for try await message in client.tenant("acme").subscribe(to: "room") { #expect(message.id == 11) }
            }
            await server.next(.subscribe).reply.close()
            _ = await server.next(.subscribe)
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }

    @Test func `a client that is shut down waits for no subscription`() async throws {
        let server = Self.server([])
        try await withFakeServer(server) { client in
            let task = Task {
                for try await _ in client.tenant("acme").subscribe(to: "room") {}
            }
            let subscribe = await server.next(.subscribe)
            client.runner.pool.shutDown()
            let cancel = await server.next(.cancel)
            #expect(cancel.request == subscribe.request)
            subscribe.error(.cancelled)
            let error = await dosqlError { try await task.value }
            #expect(error?.code == .clientShutDown)
        }
    }
}
