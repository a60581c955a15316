import DoSQLProtocol
import DoSQLTestSupport

/// Hears a channel by one of the ways there are, and goes on with another server behind the last message it had.
final class RoomSubscriber {
    enum Way: String, CaseIterable {
        case hub, events, binary
    }

    /// A message: its id and its data.
    struct Message: Hashable {
        var id: Int64
        var data: String
    }

    private enum Connection {
        case none
        case hub(WebSocketClient)
        case events(EventStreamClient)
        case wire(WireClient, UInt32)
    }

    let way: Way
    /// What it has heard, over all its connections.
    private(set) var messages: [Message] = []
    /// Where it began.
    private(set) var position: Int64
    private var connection = Connection.none

    /// Connects and waits until it hears whatever is published from now on. `after`: the id to begin behind.
    init(_ way: Way, to address: String, after: Int64) throws {
        self.way = way
        position = after
        try connect(to: address)
    }

    /// Connects, behind the last message.
    func connect(to address: String) throws {
        let after = messages.last?.id ?? position
        let tenant = NumberedPublisher.tenant
        let channel = NumberedPublisher.channel
        switch way {
        case .hub:
            let client = try WebSocketClient(connectingTo: address, path: "/t/\(tenant)/connect")
            try client.subscribe(channel, after: after)
            connection = .hub(client)
        case .events:
            let client = try EventStreamClient(
                connectingTo: address, path: "/t/\(tenant)/channels/\(channel)/stream",
                headers: [("Last-Event-ID", "\(after)")])
            guard client.head.status == 200 else { throw TestSupportError("a stream has status \(client.head.status)") }
            connection = .events(client)
        case .binary:
            let client = try WireClient(connectingTo: address)
            try client.hello()
            try client.open(tenant)
            connection = .wire(client, try client.subscribe(.channel(channel), after: after).request)
        }
    }

    /// Waits until it has heard so many messages in all.
    func hear(_ count: Int) throws {
        while messages.count < count {
            guard try receive() else { throw TestSupportError("\(way): the server ended the connection") }
        }
    }

    /// Hears what there is until the server has ended the connection, in whatever way.
    func hearTheRest() {
        while (try? receive()) == true {}
        connection = .none
    }

    /// Waits for more; false: the connection has ended.
    private func receive() throws -> Bool {
        switch connection {
        case .none: return false
        case .hub(let client):
            guard case .text(let text)? = try client.next() else { return false }
            let start = #"{"type":"message","channel":"\#(NumberedPublisher.channel)","data":"#
            let message = try text.withoutDate()
            guard message.hasPrefix(start),
                let (data, rest) = String(message.dropFirst(start.count)).split(before: #","id":"#),
                let id = Int64(rest.dropLast())
            else { throw TestSupportError("this is no message: \(text)") }
            messages.append(Message(id: id, data: data))
        case .events(let client):
            guard let event = try client.next() else { return false }
            guard event.event == "message", let id = event.id.flatMap({ Int64($0) }) else {
                throw TestSupportError("this is no message: \(event)")
            }
            messages.append(Message(id: id, data: event.data))
        case .wire(let client, let request):
            let reply = try client.receive(for: request)
            if reply.error != nil { return false }
            guard case .rows(let rows) = reply.message else { throw TestSupportError("\(reply.message)") }
            try client.sendCredit(UInt64(reply.bodySize), for: request)
            for row in rows {
                guard case .integer(let id) = row[0], case .text(let text) = row[2], let data = text.string else {
                    throw TestSupportError("this is no message: \(row)")
                }
                messages.append(Message(id: id, data: data))
            }
        }
        return true
    }
}
