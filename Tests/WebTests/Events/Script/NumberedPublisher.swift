import DoSQLProtocol
import DoSQLTestSupport

/// Publishes 1, 2, 3… to a channel by one of the ways there are, ahead of the answers, and goes on with another server
/// where the last one ended: each number is published once, in order.
final class NumberedPublisher {
    enum Way: String, CaseIterable {
        case hub, http, binary, sql
    }

    private enum Connection {
        case none
        case hub(WebSocketClient)
        case http(HTTPClient)
        case wire(WireClient)
    }

    static let tenant = "acme"
    static let channel = "room"

    let way: Way
    /// The last number that was sent.
    private(set) var sent = 0
    /// The last number that was answered.
    private(set) var answered = 0
    private var connection = Connection.none
    private var requests: [UInt32] = []

    init(_ way: Way) { self.way = way }

    /// What is published: who publishes, and the number.
    static func data(_ way: Way, _ number: Int) -> String { #"["\#(way.rawValue)",\#(number)]"# }

    /// Connects, and sends again what was not answered by the server that was there before.
    func connect(to address: String) throws {
        requests = []
        let last = sent
        switch way {
        case .hub:
            let client = try WebSocketClient(connectingTo: address, path: "/t/\(Self.tenant)/connect")
            connection = .hub(client)
            // A message of the hub has no key: what is there is asked for.
            let answer = try client.ask(
                #"{"type":"query","sql":"SELECT count(*) AS n FROM sqlite_schema WHERE name = 'messages'"}"#)
            if answer.contains(#""rows":[{"n":1}]"#) {
                let count = try client.ask(
                    #"{"type":"query","sql":"SELECT count(*) AS n FROM messages WHERE data LIKE '[\"hub\",%'"}"#)
                guard let (_, rest) = count.split(before: #""n":"#), let there = Int(rest.prefix { $0 != "}" })
                else { throw TestSupportError("a count was answered with \(count)") }
                guard (answered...sent).contains(there) else {
                    throw TestSupportError("\(there) messages are there, \(answered) of \(sent) were answered")
                }
                answered = there
            }
        case .http:
            let client = try HTTPClient(connectingTo: address)
            client.headers = [("X-Tenant-ID", Self.tenant)]
            connection = .http(client)
        case .binary, .sql:
            let client = try WireClient(connectingTo: address)
            try client.hello()
            try client.open(Self.tenant)
            connection = .wire(client)
        }
        sent = answered
        try publish(last - answered)
    }

    /// Sends so many numbers, and waits for no answer.
    func publish(_ count: Int) throws {
        for _ in 0..<count {
            sent += 1
            let data = Self.data(way, sent)
            let key = "\(way.rawValue) \(sent)"
            switch connection {
            case .none: throw TestSupportError("not connected")
            case .hub(let client):
                try client.send(#"{"type":"publish","channel":"\#(Self.channel)","data":\#(data),"id":\#(sent)}"#)
            case .http(let client):
                try client.send(
                    "POST", "/channels/\(Self.channel)", headers: [("Idempotency-Key", key)],
                    body: #"{"data":\#(data)}"#)
            case .wire(let client) where way == .binary:
                requests.append(try client.sendPublish(data, to: Self.channel, key: key))
            case .wire(let client):
                requests.append(
                    try client.sendRun(
                        "INSERT INTO messages(channel, data) VALUES (?, ?)", [.text(Self.channel), .text(data)],
                        key: key))
            }
        }
    }

    /// Waits for all answers.
    func settle() throws {
        while answered < sent {
            switch connection {
            case .none: throw TestSupportError("not connected")
            case .hub(let client):
                let answer = try client.nextText()
                guard answer.hasPrefix(#"{"type":"published","id":\#(answered + 1),"#) else {
                    throw TestSupportError("publish was answered with \(answer)")
                }
            case .http(let client):
                let answer = try client.answer()
                guard answer.status == 200 else { throw TestSupportError("publish was answered with \(answer.text)") }
            case .wire(let client):
                try client.answer(to: requests.removeFirst())
            }
            answered += 1
        }
    }
}
