import DoSQLTestSupport
import Testing

/// What the hub says to requests that are none, and that the connection goes on behind them.
struct HubErrorTests {
    @Test(arguments: [
        "", " ", "no JSON", "{", #"{"type":"subscribe","channel":"c""#, "[]", "null", "42", #""subscribe""#, "{}",
        #"{"type":"subscribe"}"#, #"{"type":"subscribe","channel":7}"#, #"{"type":"subscribe","channel":null}"#,
        #"{"type":"subscribe","channel":""}"#, #"{"type":"publish","channel":"","data":1}"#,
        #"{"type":"subscribe","channel":"a\u0000b"}"#, #"{"type":"subscribe","channel":"\ud800"}"#,
        #"{"type":"unsubscribe"}"#, #"{"type":"publish","channel":"c"}"#, #"{"type":"publish","data":1}"#,
        #"{"type":"query"}"#, #"{"type":"query","sql":7}"#, #"{"type":"query","sql":"SELECT ?","params":[[]]}"#,
        #"{"type":"SUBSCRIBE","channel":"c"}"#, #"{"type":"ping"}"#, #"{"type":null}"#, #"{"type":7}"#,
        #"{"type":"subscribe","channel":"c","after":-1}"#, #"{"type":"subscribe","channel":"c","after":"x"}"#,
        #"{"type":"subscribe","channel":"c","after":9223372036854775808}"#,
        #"{"type":"subscribe","channel":"c","after":1.5}"#, #"{"type":"subscribe","type":"query","channel":"c"}"#,
        #"{"type":"subscribe","channel":"c","id":{}}"#, #"{"type":"subscribe","channel":"c"} x"#,
        "\u{FEFF}{}", #"{"type":"subscribe","channel":"\#(String(repeating: "x", count: 257))"}"#,
        String(repeating: "[", count: 100_000),
    ])
    func `what is no request is answered with MALFORMED, and the connection goes on`(request: String) throws {
        let client = try TestServer(loops: 1).webSocket("acme")
        try client.send(request)
        #expect(try client.nextError() == "MALFORMED")
        try client.subscribe("room")
        try client.send(#"{"type":"publish","channel":"room","data":1}"#)
        #expect(try client.nextMessage() == #"{"type":"message","channel":"room","data":1,"id":1}"#)
    }

    @Test func `an error has the members of every error, and the id as far as it could be read`() throws {
        let client = try TestServer(loops: 1).webSocket("acme")
        let answer = try client.ask(#"{"id":"m-1","type":"publish","channel":"c"}"#)
        #expect(answer.hasPrefix(#"{"type":"error","id":"m-1","error":"data: "#))
        #expect(answer.contains(#","code":"MALFORMED","category":"PROTOCOL","retryable":false,"executed":"no""#))
        #expect(try client.ask(#"{"id":5,"type":"publish",!"#).hasPrefix(#"{"type":"error","id":5,"error":""#))
        let long = String(repeating: "x", count: 300)
        #expect(try client.ask(#"{"id":"\#(long)","type":"ping"}"#).hasPrefix(#"{"type":"error","error":"id: "#))
    }

    @Test func `errors of SQL are SQLite's, with the id`() throws {
        let client = try TestServer(loops: 1).webSocket("acme")
        let unknown = try client.ask(#"{"type":"query","sql":"SELECT * FROM nowhere","id":1}"#)
        #expect(unknown.hasPrefix(#"{"type":"error","id":1,"error":"no such table: nowhere","code":"SQL_ERROR""#))
        let syntax = try client.ask(#"{"type":"query","sql":"SELEC 1"}"#)
        #expect(syntax.hasPrefix(#"{"type":"error","error":"near \"SELEC\": syntax error""#))
        #expect(syntax.contains(#""offset":0"#))
        _ = try client.ask(#"{"type":"query","sql":"CREATE TABLE t(x UNIQUE)"}"#)
        _ = try client.ask(#"{"type":"query","sql":"INSERT INTO t VALUES (1)"}"#)
        let conflict = try client.ask(#"{"type":"query","sql":"INSERT INTO t VALUES (1)","id":"c"}"#)
        #expect(conflict.contains(#""error":"UNIQUE constraint failed: t.x","code":"CONSTRAINT_UNIQUE""#))
        #expect(conflict.contains(#""category":"CONFLICT","retryable":false,"executed":"no","sqliteCode":2067"#))
        try client.send(#"{"type":"query","sql":"ATTACH 'x' AS y"}"#)
        _ = try client.nextError()
        #expect(
            try client.ask(#"{"type":"query","sql":"SELECT count(*) AS n FROM t"}"#).withoutLSN()
                == #"{"type":"result","rows":[{"n":1}]}"#)
    }

    @Test func `a binary message is an error, and the connection goes on`() throws {
        let client = try TestServer(loops: 1).webSocket("acme")
        try client.send([UInt8](#"{"type":"subscribe","channel":"c"}"#.utf8))
        let answer = try client.nextText()
        #expect(answer.contains("dosql.v1") && answer.contains(#""code":"MALFORMED""#))
        try client.subscribe("c")
    }

    @Test func `a result that one message cannot take is an error, and the connection goes on`() throws {
        let client = try TestServer(loops: 1).webSocket("acme")
        try client.send(
            #"{"type":"query","id":1,"sql":"WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 40) SELECT printf('%.500000c', 'x') AS x FROM c"}"#
        )
        let answer = try client.nextText()
        #expect(answer.hasPrefix(#"{"type":"error","id":1,"#) && answer.contains(#""code":"RESULT_TOO_LARGE""#))
        #expect(
            try client.ask(#"{"type":"query","sql":"SELECT 1 AS n"}"#).withoutLSN()
                == #"{"type":"result","rows":[{"n":1}]}"#)
    }

    // MARK: The table

    @Test func `a table of another shape is FEED_SHAPE for publishing, subscribing, and afterwards`() throws {
        let server = try TestServer()
        let client = try server.webSocket("acme")
        let http = try server.http("acme")
        try http.run("CREATE TABLE messages(id INTEGER PRIMARY KEY, body TEXT)")
        try client.send(#"{"type":"publish","channel":"c","data":1,"id":1}"#)
        #expect(try client.nextError() == "FEED_SHAPE")
        try client.send(#"{"type":"subscribe","channel":"c","id":2}"#)
        let error = try client.nextText()
        #expect(error.hasPrefix(#"{"type":"error","id":2,"error":"the table messages is not one"#))
        #expect(error.contains("it has no column channel") && error.contains(#""category":"CONFLICT""#))
        #expect(try http.post("/channels/c", #"{"data":1}"#).status == 409)
        #expect(try server.events("acme", "channels/c/stream").head.status == 409)
        // Without an id what fails is told as well.
        try client.send(#"{"type":"subscribe","channel":"c"}"#)
        #expect(try client.nextError() == "FEED_SHAPE")
        try http.run("DROP TABLE messages")
        try client.subscribe("c")
        try client.send(#"{"type":"publish","channel":"c","data":1}"#)
        #expect(try client.nextMessage() == #"{"type":"message","channel":"c","data":1,"id":1}"#)
        // Now it changes under those who subscribe.
        #expect(try http.count("messages") == 1)
        try http.run("ALTER TABLE messages RENAME COLUMN data TO body")
        #expect(try client.nextError() == "FEED_SHAPE")
    }

    @Test func `a migration that comes later and makes the same table does not fail the tenant`() throws {
        let server = try TestServer()
        let client = try server.webSocket("acme")
        try client.subscribe("room")
        try client.send(#"{"type":"publish","channel":"room","data":1}"#)
        _ = try client.nextMessage()
        let http = try server.http("acme")
        let migrations = """
            {"migrations":[{"id":"001_messages","sql":"CREATE TABLE messages (id INTEGER PRIMARY KEY AUTOINCREMENT, \
            channel TEXT NOT NULL, data TEXT NOT NULL, created_at TEXT DEFAULT CURRENT_TIMESTAMP); \
            CREATE INDEX idx_messages_channel ON messages(channel);"}]}
            """
        let answer = try http.post("/migrate", migrations)
        #expect(answer.status == 200, "\(answer.text)")
        try client.send(#"{"type":"publish","channel":"room","data":2}"#)
        #expect(try client.nextMessage() == #"{"type":"message","channel":"room","data":2,"id":2}"#)
        // And the guide's own, which asks whether it is there.
        let guide = migrations.split(separator: "CREATE TABLE ").joined(separator: "CREATE TABLE IF NOT EXISTS ")
            .split(separator: "001_").joined(separator: "002_")
            .split(separator: "CREATE INDEX ").joined(separator: "CREATE INDEX IF NOT EXISTS ")
        #expect(try http.post("/migrate", guide).status == 200)
        #expect(
            try http.query("SELECT id, data FROM messages")
                == #"{"rows":[{"id":1,"data":"1"},{"id":2,"data":"2"}]}"#)
    }
}
