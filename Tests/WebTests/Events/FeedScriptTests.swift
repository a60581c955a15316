import DoSQLProtocol
import DoSQLServer
import DoSQLTestSupport
import Testing

/// Many hear, many publish, by every way there is, on several connections and loops: nothing is lost, nothing is
/// doubled, and the order is kept, over a restart too (`protocol/feeds.md`).
struct FeedScriptTests {
    private typealias Message = RoomSubscriber.Message

    /// A server that waits for those who hear only later, however slow the machine is.
    private func start(loops: Int = 2) throws -> TestServer {
        try TestServer(loops: loops) {
            $0.http.heartbeatTime = 300_000_000_000
            $0.http.stallTime = 300_000_000_000
        }
    }

    /// Two subscribers of each way: connections are dealt out evenly, so each way is on both loops.
    private func subscribers(of address: String, after: Int64) throws -> [RoomSubscriber] {
        try (RoomSubscriber.Way.allCases + RoomSubscriber.Way.allCases.reversed()).map {
            try RoomSubscriber($0, to: address, after: after)
        }
    }

    /// The table as it is: what was published, in its order.
    private func table(_ client: WireClient) throws -> [Message] {
        try client.query("SELECT id, data FROM messages WHERE channel = 'room' ORDER BY id").rows.map { row in
            guard case .integer(let id) = row[0], case .text(let text) = row[1], let data = text.string else {
                throw TestSupportError("this is no message: \(row)")
            }
            return Message(id: id, data: data)
        }
    }

    /// Checks that each publisher's numbers are there once, in order, and that each subscriber has heard the table.
    private func check(
        _ table: [Message], _ publishers: [NumberedPublisher], _ subscribers: [RoomSubscriber]
    ) throws {
        #expect(table.count == publishers.reduce(0) { $0 + $1.sent })
        for publisher in publishers {
            let own = table.map(\.data).filter { $0.hasPrefix(#"["\#(publisher.way.rawValue)","#) }
            #expect(own == (0..<publisher.sent).map { NumberedPublisher.data(publisher.way, $0 + 1) })
        }
        for subscriber in subscribers {
            let expected = table.filter { $0.id > subscriber.position }
            try subscriber.hear(expected.count)
            #expect(subscriber.messages == expected, "\(subscriber.way) after \(subscriber.position)")
        }
    }

    private func connected(to address: String) throws -> [NumberedPublisher] {
        let publishers = NumberedPublisher.Way.allCases.map { NumberedPublisher($0) }
        for publisher in publishers { try publisher.connect(to: address) }
        return publishers
    }

    @Test func `everybody hears everything once, in one order, whenever it came`() throws {
        let server = try start(loops: 3)
        let address = try server.address
        let reader = try server.client(NumberedPublisher.tenant)
        // Plain SQL publishes only where the table is.
        try reader.publish("0", to: "other")
        var all = try subscribers(of: address, after: 0)
        let publishers = try connected(to: address)
        for round in 1...10 {
            for publisher in publishers { try publisher.publish(25) }
            // Some come in the midst of it, from the beginning or behind what they know from elsewhere.
            if round == 4 { all += try subscribers(of: address, after: 0) }
            if round == 7 {
                try all[0].hear(300)
                all += try subscribers(of: address, after: all[0].messages[299].id)
            }
            // Some hear at once, others only at the end.
            if round % 2 == 0 { for subscriber in all.prefix(2) { try subscriber.hear(round * 50) } }
        }
        for publisher in publishers { try publisher.settle() }
        try check(try table(reader), publishers, all)
        #expect(publishers.allSatisfy { $0.answered == 250 })
    }

    @Test func `a restart in the midst of it takes nothing away`() throws {
        let server = try start()
        try server.client(NumberedPublisher.tenant).publish("0", to: "other")
        let all = try subscribers(of: try server.address, after: 0)
        let publishers = try connected(to: try server.address)
        for _ in 0..<3 {
            for publisher in publishers { try publisher.publish(40) }
            for publisher in publishers { try publisher.settle() }
            // They have heard some of it, and hear what else comes before the end.
            for (index, subscriber) in all.enumerated() { try subscriber.hear(index * 10) }
            server.stop()
            for subscriber in all { subscriber.hearTheRest() }
            try server.start()
            for publisher in publishers { try publisher.connect(to: try server.address) }
            // Some messages come before those who were cut off do.
            for publisher in publishers { try publisher.publish(10) }
            for subscriber in all { try subscriber.connect(to: try server.address) }
        }
        for publisher in publishers { try publisher.settle() }
        try check(try table(try server.client(NumberedPublisher.tenant)), publishers, all)
        #expect(publishers.allSatisfy { $0.answered == 150 })
    }

    @Test func `kill -9 in the midst of it takes nothing away`() throws {
        let folder = try TemporaryFolder()
        var server = try TestServerProcess(folder: folder, flags: ["--loops", "2"])
        try server.client(NumberedPublisher.tenant).publish("0", to: "other")
        let all = try subscribers(of: server.address, after: 0)
        let publishers = try connected(to: server.address)
        for round in 1...4 {
            // Killed while everything is under way, a little later each time.
            for publisher in publishers { try publisher.publish(60) }
            try all[round].hear(all[round].messages.count + round * 15)
            server.kill()
            for subscriber in all { subscriber.hearTheRest() }
            server = try TestServerProcess(folder: folder, flags: ["--loops", "2"])
            for publisher in publishers { try publisher.connect(to: server.address) }
            for subscriber in all { try subscriber.connect(to: server.address) }
        }
        for publisher in publishers { try publisher.settle() }
        try check(try table(try server.client(NumberedPublisher.tenant)), publishers, all)
        #expect(publishers.allSatisfy { $0.answered == 240 })
    }

    @Test func `events of several types come in one order, to those who want all and those who want some`() throws {
        let server = try start()
        let wire = try server.client("acme")
        let http = try server.http("acme")
        try wire.publish("0", to: "a", feed: .events)
        let everything = try (0..<2).map { _ in try server.events("acme", "events/stream") }
        let some = try (0..<2).map { _ in try server.events("acme", "events/stream?types=a,c") }
        var requests: [UInt32] = []
        for number in 1...100 {
            for type in ["a", "b"] { requests.append(try wire.sendPublish("\(number)", to: type, feed: .events)) }
            try http.send("POST", "/events/emit", body: #"{"type":"c","data":\#(number)}"#)
            requests.append(try wire.sendRun("INSERT INTO events(type, data) VALUES ('d', \(number))"))
        }
        for request in requests { try wire.answer(to: request) }
        for _ in 1...100 { #expect(try http.answer().status == 200) }
        let table = try wire.query("SELECT CAST(id AS TEXT), type, data FROM events ORDER BY id").rows.map { row in
            row.map { value in if case .text(let text) = value { text.string ?? "" } else { "" } }
        }
        #expect(table.count == 401)
        for stream in everything {
            for row in table { #expect(try stream.next().map { [$0.id ?? "", $0.event ?? "", $0.data] } == row) }
        }
        for stream in some {
            for row in table where row[1] == "a" || row[1] == "c" {
                #expect(try stream.next().map { [$0.id ?? "", $0.event ?? "", $0.data] } == row)
            }
        }
    }
}
