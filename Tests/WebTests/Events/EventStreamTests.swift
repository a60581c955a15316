import DoSQLServer
import DoSQLTestSupport
import Testing

/// Events and channels as server-sent events (`protocol/http.md`, streams; WHATWG HTML, section 9.2).
struct EventStreamTests {
    private typealias Event = EventStreamClient.Event

    private func emit(_ http: HTTPClient, _ type: String, _ data: String) throws -> Int64 {
        let answer = try http.post("/events/emit", #"{"type":\#(type.json),"data":\#(data)}"#)
        guard answer.status == 200 else { throw TestSupportError("\(answer.status): \(answer.text)") }
        return try answer.integer("id")
    }

    // MARK: The shapes

    @Test func `emit answers as the guide does, and more`() throws {
        let http = try TestServer().http("acme")
        let answer = try http.post("/events/emit", #"{"type":"user.created","data":{"id":42}}"#)
        #expect(answer.status == 200 && answer.header("content-type") == "application/json")
        #expect(try answer.text.withoutLSN() == #"{"success":true,"id":1}"#)
        #expect(
            try http.query("SELECT id, type, data FROM events")
                == #"{"rows":[{"id":1,"type":"user.created","data":"{\"id\":42}"}]}"#)
        let message = try http.post("/channels/a%20r%C3%BCm/", #"{"data":[1, 2]}"#)
        #expect(message.status == 404)
        let published = try http.post("/channels/a%20r%C3%BCm", #"{"data":[1, 2]}"#)
        #expect(published.status == 200)
        #expect(try published.text.withoutLSN() == #"{"success":true,"id":1}"#)
        #expect(
            try http.query("SELECT id, channel, data FROM messages")
                == #"{"rows":[{"id":1,"channel":"a rüm","data":"[1,2]"}]}"#)
    }

    @Test func `a key makes an event one, however often it is sent`() throws {
        let http = try TestServer().http("acme")
        for _ in 0..<3 {
            let key = [("Idempotency-Key", "e-1")]
            let event = try http.post("/events/emit", #"{"type":"t","data":1}"#, headers: key)
            #expect(try event.status == 200 && event.integer("id") == 1)
            let other = try http.post("/channels/c", #"{"data":1}"#, headers: [("Idempotency-Key", "m-1")])
            #expect(try other.status == 200 && other.integer("id") == 1)
        }
        #expect(try http.count("events") == 1)
        #expect(try http.count("messages") == 1)
    }

    @Test func `a block is an id, the type and the data`() throws {
        let server = try TestServer()
        let stream = try server.events("acme", "events/stream")
        #expect(stream.head.status == 200)
        #expect(stream.head.header("content-type") == "text/event-stream")
        #expect(stream.head.header("cache-control") == "no-cache")
        #expect(stream.head.header("content-encoding") == nil)
        #expect(try stream.nextBlock() == "retry: 1000")
        let http = try server.http("acme")
        _ = try emit(http, "user.created", #"{"id": 42}"#)
        #expect(try stream.nextBlock() == "id: 1\nevent: user.created\ndata: {\"id\":42}")
        // A channel's messages have the event's default type, so that `onmessage` hears them.
        let channel = try server.events("acme", "channels/room/stream")
        #expect(try channel.nextBlock() == "retry: 1000")
        _ = try http.post("/channels/room", #"{"data":"x"}"#)
        #expect(try channel.nextBlock() == "id: 1\nevent: message\ndata: \"x\"")
    }

    @Test func `rows that SQL inserts arrive, whatever they hold`() throws {
        let server = try TestServer()
        let http = try server.http("acme")
        _ = try emit(http, "first", "0")
        let stream = try server.events("acme", "events/stream?after=now")
        try http.run(
            """
            INSERT INTO events(type, data) VALUES
            ('null', NULL), ('lines', '{' || char(10) || '  "a": 1' || char(13, 10) || '}' || char(13) || 'x'),
            ('text', 'no JSON'), ('ty' || char(10) || 'pe' || char(13) || ': x', '1'), (' ümlaut: ', '2'),
            ('number', 42), ('real', 0.5), ('blob', x'6162'), ('empty', ''), ('end', char(10))
            """)
        let expected = [
            Event(id: "2", event: "null", data: "null"),
            Event(id: "3", event: "lines", data: "{\n  \"a\": 1\n}\nx"),
            Event(id: "4", event: "text", data: "no JSON"), Event(id: "5", event: "ty pe : x", data: "1"),
            Event(id: "6", event: " ümlaut: ", data: "2"), Event(id: "7", event: "number", data: "42"),
            Event(id: "8", event: "real", data: "0.5"), Event(id: "9", event: "blob", data: "ab"),
            Event(id: "10", event: "empty", data: ""), Event(id: "11", event: "end", data: "\n"),
        ]
        for event in expected { #expect(try stream.next() == event) }
    }

    @Test func `text that is no UTF-8 does not garble the stream`() throws {
        let server = try TestServer()
        let http = try server.http("acme")
        _ = try emit(http, "first", "0")
        try http.run(
            "INSERT INTO events(type, data) VALUES (CAST(x'61ff' AS TEXT), CAST(x'ff62' AS TEXT)), ('b', x'c328')")
        let stream = try server.events("acme", "events/stream?after=1")
        _ = try stream.next()
        #expect(stream.isValidUTF8)
        _ = try stream.next()
        #expect(stream.isValidUTF8)
    }

    // MARK: Where it begins

    @Test func `events begin with the first, or where the client says`() throws {
        let server = try TestServer()
        let http = try server.http("acme")
        for number in 1...5 { #expect(try emit(http, "t", "\(number)") == Int64(number)) }
        func ids(_ query: String, _ headers: [(String, String)] = []) throws -> [String] {
            let stream = try server.events("acme", "events/stream" + query, headers: headers)
            // What comes in front of an event that is emitted now is all there was to come.
            let end = String(try emit(http, "end", "0"))
            var ids: [String] = []
            while let event = try stream.next(), event.id != end {
                if event.event == "t" { ids.append(event.data) }
            }
            return ids
        }
        #expect(try ids("") == ["1", "2", "3", "4", "5"])
        #expect(try ids("?after=0") == ["1", "2", "3", "4", "5"])
        #expect(try ids("?after=3") == ["4", "5"])
        #expect(try ids("", [("Last-Event-ID", "4")]) == ["5"])
        // What a browser says when it comes back counts more than the address it was given.
        #expect(try ids("?after=0", [("Last-Event-ID", "2")]) == ["3", "4", "5"])
        #expect(try ids("?after=now") == [])
    }

    @Test func `a channel begins with now, or where the client says`() throws {
        let server = try TestServer()
        let http = try server.http("acme")
        for number in 1...3 { _ = try http.post("/channels/c", #"{"data":\#(number)}"#) }
        let now = try server.events("acme", "channels/c/stream")
        let all = try server.events("acme", "channels/c/stream?after=0")
        let two = try server.events("acme", "channels/c/stream", headers: [("Last-Event-ID", "2")])
        _ = try http.post("/channels/c", #"{"data":4}"#)
        #expect(try now.next()?.data == "4")
        for number in 1...4 { #expect(try all.next() == Event(id: "\(number)", event: "message", data: "\(number)")) }
        for number in 3...4 { #expect(try two.next()?.data == "\(number)") }
    }

    @Test func `types let through those events only`() throws {
        let server = try TestServer()
        let http = try server.http("acme")
        for type in ["a", "b,c", "d", "a", "e"] { _ = try emit(http, type, "1") }
        let one = try server.events("acme", "events/stream?types=a")
        let two = try server.events("acme", "events/stream?types=d,e&after=0")
        for id in ["1", "4"] { #expect(try one.next()?.id == id) }
        for id in ["3", "5"] { #expect(try two.next()?.id == id) }
        for type in ["b", "a", "e"] { _ = try emit(http, type, "2") }
        #expect(try one.next() == Event(id: "7", event: "a", data: "2"))
        #expect(try two.next() == Event(id: "8", event: "e", data: "2"))
    }

    @Test func `other tenants and channels are not heard`() throws {
        let server = try TestServer()
        let stream = try server.events("acme", "channels/c/stream")
        let acme = try server.http("acme")
        let other = try server.http("other")
        for _ in 0..<10 {
            _ = try other.post("/channels/c", #"{"data":"other"}"#)
            _ = try acme.post("/channels/C", #"{"data":"other"}"#)
            _ = try emit(acme, "c", "1")
        }
        _ = try acme.post("/channels/c", #"{"data":"own"}"#)
        #expect(try stream.next() == Event(id: "11", event: "message", data: #""own""#))
    }

    // MARK: Errors

    @Test(arguments: [
        ("events/stream?after=x", 400), ("events/stream?after=-1", 400),
        ("events/stream?after=9223372036854775808", 400),
        ("events/stream?types=" + String(repeating: "x", count: 257), 400),
        ("events/stream?types=" + (0..<65).map { "t\($0)" }.joined(separator: ","), 400),

        ("channels//stream", 400), ("channels/%FF/stream", 400), ("channels/%zz/stream", 400),
        ("channels/" + String(repeating: "x", count: 257) + "/stream", 400),
        ("channels/c/stream/more", 404), ("events", 404),
    ])
    func `what is wrong with a stream's address has a status`(path: String, status: Int) throws {
        let server = try TestServer(loops: 1)
        let answer = try server.http().get("/t/acme/" + path)
        #expect(answer.status == status, "\(answer.text)")
        if status == 400 {
            #expect(answer.header("content-type") == "application/json" && answer.code != nil)
        }
    }

    @Test func `what is wrong before the stream begins has its own status`() throws {
        let server = try TestServer { $0.createsTenants = false }
        let unknown = try server.http("nobody").get("/events/stream")
        #expect(unknown.status == 404 && unknown.code == "TENANT_NOT_FOUND")
        #expect(try server.http("..").get("/events/stream").status == 400)
        let open = try TestServer()
        try open.http("acme").run("CREATE VIEW events AS SELECT 1 AS id")
        let shape = try open.http("acme").get("/events/stream")
        #expect(shape.status == 409 && shape.code == "FEED_SHAPE")
        #expect(try open.http("acme").request("POST", "/events/stream", body: "").status == 405)
        #expect(try open.http("acme").request("HEAD", "/events/stream").status == 405)
    }

    @Test(arguments: [
        "", "{}", #"{"type":"t"}"#, #"{"data":1}"#, #"{"type":"","data":1}"#, #"{"type":"a\nb","data":1}"#,
        #"{"type":7,"data":1}"#, "x",
    ])
    func `an event that is none is MALFORMED`(body: String) throws {
        let http = try TestServer(loops: 1).http("acme")
        let answer = try http.post("/events/emit", body)
        #expect(answer.status == 400 && answer.code == "MALFORMED", "\(answer.text)")
        #expect(try emit(http, "t", "1") == 1)
    }

    @Test func `a table that becomes another ends the stream with an event that says so`() throws {
        let server = try TestServer()
        let http = try server.http("acme")
        _ = try emit(http, "t", "1")
        let stream = try server.events("acme", "events/stream")
        #expect(try stream.next()?.id == "1")
        try http.run("DROP TABLE events")
        let last = try #require(try stream.next())
        #expect(last.event == "error" && last.id == nil && last.data.contains(#""code":"FEED_SHAPE""#))
        #expect(try stream.next() == nil)
        // The chunks came to their end, so the connection takes the next request.
        #expect(try stream.http.get("/health/live").status == 200)
    }
}
