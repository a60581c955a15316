import DoSQLProtocol
import DoSQLTestSupport
import Testing

/// The guide's hub, message by message (`protocol/json.md`, hub).
struct HubTests {
    // MARK: The guide's shapes

    @Test func `without ids there is what the guide has, and nothing else`() throws {
        let server = try TestServer()
        let alice = try server.webSocket("acme")
        let bob = try server.webSocket("acme")
        try bob.subscribe("room")
        try alice.send(#"{"type":"subscribe","channel":"room"}"#)
        try alice.send(#"{"type":"publish","channel":"room","data":{"text":"Hello"}}"#)
        let message = #"{"type":"message","channel":"room","data":{"text":"Hello"},"id":1}"#
        #expect(try alice.nextMessage() == message)
        #expect(try bob.nextMessage() == message)
        let result = try alice.ask(#"{"type":"query","sql":"SELECT id, channel, data FROM messages","params":[]}"#)
        #expect(
            try result.withoutLSN()
                == #"{"type":"result","rows":[{"id":1,"channel":"room","data":"{\"text\":\"Hello\"}"}]}"#)
        try alice.send(#"{"type":"unsubscribe","channel":"room"}"#)
        try alice.send(#"{"type":"publish","channel":"room","data":2}"#)
        #expect(try bob.nextMessage() == #"{"type":"message","channel":"room","data":2,"id":2}"#)
        // The answer to what is asked behind it is the next that she hears.
        #expect(
            try alice.ask(#"{"type":"query","sql":"SELECT count(*) AS n FROM messages","id":7}"#).withoutLSN()
                == #"{"type":"result","id":7,"rows":[{"n":2}]}"#)
    }

    @Test func `every request with an id is acknowledged with it, as it was written`() throws {
        let client = try TestServer().webSocket("acme")
        #expect(
            try client.ask(#"{"type":"subscribe","channel":"room","id":1}"#)
                == #"{"type":"subscribed","id":1,"channel":"room"}"#)
        #expect(
            try client.ask(#"{"type":"unsubscribe","channel":"room","id":"ü\u00fc"}"#)
                == #"{"type":"unsubscribed","id":"ü\u00fc","channel":"room"}"#)
        #expect(
            try client.ask(#"{"type":"publish","channel":"room","data":null,"id":1.50e1}"#)
                == #"{"type":"published","id":1.50e1,"channel":"room","messageId":1}"#)
        #expect(
            try client.ask(#"{"type":"query","sql":"SELECT :x AS x","params":{"x":null},"id":""}"#).withoutLSN()
                == #"{"type":"result","id":"","rows":[{"x":null}]}"#)
        #expect(
            try client.ask(#"{"type":"unsubscribe","channel":"never","id":2}"#)
                == #"{"type":"unsubscribed","id":2,"channel":"never"}"#)
    }

    @Test func `a query may write, and says what it did`() throws {
        let client = try TestServer().webSocket("acme")
        _ = try client.ask(#"{"type":"query","sql":"CREATE TABLE t(x)"}"#)
        #expect(
            try client.ask(#"{"type":"query","sql":"INSERT INTO t VALUES (?), (?)","params":[1,"zwei"],"id":1}"#)
                .withoutLSN() == #"{"type":"result","id":1,"rows":[],"changes":2,"lastInsertRowid":2}"#)
        #expect(
            try client.ask(#"{"type":"query","sql":"SELECT x FROM t","id":2}"#).withoutLSN()
                == #"{"type":"result","id":2,"rows":[{"x":1},{"x":"zwei"}]}"#)
    }

    @Test func `a result of megabytes is one message`() throws {
        let client = try TestServer().webSocket("acme")
        let answer = try client.ask(
            """
            {"type":"query","id":1,"sql":"WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 5000) \
            SELECT n, printf('%.500c', 'x') AS x FROM c"}
            """)
        let text = String(repeating: "x", count: 500)
        let rows = (1...5000).map { #"{"n":\#($0),"x":"\#(text)"}"# }.joined(separator: ",")
        #expect(try answer.withoutLSN() == #"{"type":"result","id":1,"rows":[\#(rows)]}"#)
    }

    @Test(arguments: [
        "0", "null", "true", #""text""#, "[]", "{}", "-0.0", "12345678901234567890123456789.5e-3",
        #"{"a":[1,{"b":"\n\u0000\ud83d\ude00 \" \\"}]}"#, #""\u2028 a  b""#,
    ])
    func `data is carried as it was written`(data: String) throws {
        let client = try TestServer().webSocket("acme")
        try client.subscribe("room")
        try client.send(#"{"type":"publish","channel":"room","data":\#(data)}"#)
        #expect(try client.nextMessage() == #"{"type":"message","channel":"room","data":\#(data),"id":1}"#)
    }

    @Test func `white space between the tokens of data goes`() throws {
        let client = try TestServer().webSocket("acme")
        try client.subscribe("room")
        try client.send("{\"type\" : \"publish\", \"channel\":\"room\",\n\"data\" : { \"a\" :\t[ 1 , \" x \" ] } }")
        #expect(try client.nextMessage() == #"{"type":"message","channel":"room","data":{"a":[1," x "]},"id":1}"#)
    }

    @Test func `rows that SQL inserts arrive as well, whatever they hold`() throws {
        let server = try TestServer()
        let client = try server.webSocket("acme")
        let http = try server.http("acme")
        try client.publish("0", to: "room")
        try client.subscribe("room")
        try http.run(
            """
            INSERT INTO messages(channel, data, created_at) VALUES
            ('room', '{ "a": 1 }', '2026-01-01 12:00:00'), ('room', 'no JSON: "', '2026-01-01 12:00:00'),
            ('room', 42, '2026-01-01 12:00:00'), ('room', CAST(x'61ff62' AS TEXT), '2026-01-01 12:00:00'),
            ('room', x'00ff', '2026-01-01 12:00:00'), ('room', '', '2026-01-01 12:00:00')
            """)
        let data = [
            #"{"a":1}"#, #""no JSON: \"""#, "42", #"{"$text":"Yf9i"}"#, #"{"$text":"AP8="}"#, #""""#,
        ]
        for (index, data) in data.enumerated() {
            let message = try client.nextMessage()
            #expect(message == #"{"type":"message","channel":"room","data":\#(data),"id":\#(index + 2)}"#)
        }
        try http.run("INSERT INTO messages(channel, data, created_at) VALUES ('room', '1', NULL)")
        #expect(try client.nextText() == #"{"type":"message","channel":"room","data":1,"id":8}"#)
    }

    // MARK: Who hears what

    @Test func `messages of other channels and tenants never arrive`() throws {
        let server = try TestServer()
        let client = try server.webSocket("acme")
        let same = try server.webSocket("acme")
        let other = try server.webSocket("other")
        try client.subscribe("room")
        try other.subscribe("room")
        for _ in 0..<20 {
            try same.publish(#""no""#, to: "Room")
            try same.publish(#""no""#, to: "room ")
            try other.publish(#""other""#, to: "roo")
        }
        try same.publish(#""yes""#, to: "room")
        #expect(try client.nextMessage() == #"{"type":"message","channel":"room","data":"yes","id":41}"#)
        try other.send(#"{"type":"publish","channel":"room","data":"mine"}"#)
        #expect(try other.nextMessage() == #"{"type":"message","channel":"room","data":"mine","id":21}"#)
        #expect(
            try client.ask(#"{"type":"query","sql":"SELECT 1 AS n"}"#).withoutLSN()
                == #"{"type":"result","rows":[{"n":1}]}"#)
    }

    @Test func `channels are told apart by their bytes`() throws {
        let client = try TestServer().webSocket("acme")
        try client.subscribe("caf\u{e9}")
        try client.subscribe("cafe\u{301}")
        try client.send(#"{"type":"publish","channel":"caf\u00e9","data":1}"#)
        #expect(
            try client.nextMessage().utf8.elementsEqual(
                "{\"type\":\"message\",\"channel\":\"caf\u{e9}\",\"data\":1,\"id\":1}".utf8))
        try client.send(#"{"type":"publish","channel":"cafe\u0301","data":2}"#)
        #expect(
            try client.nextMessage().utf8.elementsEqual(
                "{\"type\":\"message\",\"channel\":\"cafe\u{301}\",\"data\":2,\"id\":2}".utf8))
        _ = try client.ask(#"{"type":"unsubscribe","channel":"caf\u00e9","id":1}"#)
        try client.send(#"{"type":"publish","channel":"cafe\u0301","data":3}"#)
        #expect(try client.nextMessage().contains(#""data":3"#))
    }

    /// A client of the guide's gets no acknowledgement, so it cannot wait for one.
    @Test func `whoever subscribes and publishes in one breath hears itself`() throws {
        let server = try TestServer()
        let client = try server.webSocket("acme")
        for round in 1...50 {
            try client.send(
                together: #"{"type":"subscribe","channel":"c\#(round)"}"#,
                #"{"type":"publish","channel":"c\#(round)","data":\#(round)}"#)
            #expect(
                try client.nextMessage()
                    == #"{"type":"message","channel":"c\#(round)","data":\#(round),"id":\#(round)}"#)
            // The first request of a connection has to open the tenant.
            let first = try server.webSocket("tenant-\(round)")
            try first.send(
                together: #"{"type":"subscribe","channel":"c"}"#, #"{"type":"publish","channel":"c","data":1}"#)
            #expect(try first.nextMessage() == #"{"type":"message","channel":"c","data":1,"id":1}"#)
        }
    }

    @Test func `subscribing twice is as good as once`() throws {
        let client = try TestServer().webSocket("acme")
        try client.send(
            together: #"{"type":"subscribe","channel":"room","id":1}"#, #"{"type":"subscribe","channel":"room","id":2}"#
        )
        #expect(try client.nextText() == #"{"type":"subscribed","id":1,"channel":"room"}"#)
        #expect(try client.nextText() == #"{"type":"subscribed","id":2,"channel":"room"}"#)
        for data in 1...3 { try client.send(#"{"type":"publish","channel":"room","data":\#(data)}"#) }
        for data in 1...3 {
            #expect(
                try client.nextMessage() == #"{"type":"message","channel":"room","data":\#(data),"id":\#(data)}"#)
        }
        // One unsubscribe ends it.
        #expect(
            try client.ask(#"{"type":"unsubscribe","channel":"room","id":3}"#)
                == #"{"type":"unsubscribed","id":3,"channel":"room"}"#)
        try client.publish("4", to: "room")
    }

    @Test(arguments: ["0", #""0""#]) func `after 0 everything comes`(after: String) throws {
        let server = try TestServer()
        let publisher = try server.webSocket("acme")
        for data in 1...5 { try publisher.publish("\(data)", to: data == 3 ? "other" : "room") }
        let client = try server.webSocket("acme")
        try client.send(#"{"type":"subscribe","channel":"room","after":\#(after)}"#)
        for data in [1, 2, 4, 5] {
            #expect(
                try client.nextMessage() == #"{"type":"message","channel":"room","data":\#(data),"id":\#(data)}"#)
        }
    }

    @Test func `a resumed subscription goes on behind the id, also one that runs`() throws {
        let server = try TestServer()
        let client = try server.webSocket("acme")
        for data in 1...4 { try client.publish("\(data)", to: "room") }
        try client.subscribe("room", after: 2)
        for data in 3...4 { #expect(try client.nextMessage().hasSuffix(#""data":\#(data),"id":\#(data)}"#)) }
        try client.subscribe("room", after: 3)
        #expect(try client.nextMessage().hasSuffix(#""data":4,"id":4}"#))
        // Not twice from now on.
        try client.send(#"{"type":"publish","channel":"room","data":5}"#)
        #expect(try client.nextMessage().hasSuffix(#""data":5,"id":5}"#))
        try client.subscribe("room", after: Int64.max)
        try client.subscribe("end")
        try client.send(#"{"type":"publish","channel":"end","data":0}"#)
        #expect(try client.nextMessage().hasSuffix(#""channel":"end","data":0,"id":6}"#))
    }

    @Test func `a connection has at most 256 subscriptions, and room again when one has ended`() throws {
        let client = try TestServer().webSocket("acme")
        for number in 1...Limits.subscriptionsMax { try client.subscribe("c\(number)") }
        try client.send(#"{"type":"subscribe","channel":"more","id":1}"#)
        let error = try client.nextText()
        #expect(error.hasPrefix(#"{"type":"error","id":1,"error":""#))
        #expect(error.contains(#""code":"SUBSCRIPTION_LIMIT","category":"RESOURCE""#))
        #expect(error.contains(#""limit":{"name":"subscriptionsMax","value":256}"#))
        // One that is there already is not one more.
        try client.subscribe("c256")
        #expect(try client.ask(#"{"type":"unsubscribe","channel":"c1","id":2}"#).contains("unsubscribed"))
        try client.subscribe("more")
        try client.send(#"{"type":"publish","channel":"more","data":1}"#)
        #expect(try client.nextMessage().contains(#""channel":"more","data":1"#))
    }

    // MARK: Durability

    @Test func `what a subscriber has heard is there after kill -9`() throws {
        let folder = try TemporaryFolder()
        for round in 1...3 {
            let server = try TestServerProcess(folder: folder)
            let subscriber = try server.webSocket("acme")
            try subscriber.subscribe("room")
            let publisher = try server.webSocket("acme")
            try publisher.send(#"{"type":"publish","channel":"room","data":\#(round)}"#)
            #expect(
                try subscriber.nextMessage()
                    == #"{"type":"message","channel":"room","data":\#(round),"id":\#(round)}"#)
            server.kill()
        }
        let client = try TestServerProcess(folder: folder).webSocket("acme")
        try client.subscribe("room", after: 0)
        for round in 1...3 { #expect(try client.nextMessage().hasSuffix(#""data":\#(round),"id":\#(round)}"#)) }
    }
}
