import DoSQLJSON
import DoSQLProtocol
import Testing

@Suite struct HubTests {
    @Test(arguments: [
        (#"{"type":"subscribe","channel":"room"}"#, "- subscribe room"),
        (#"{"type":"subscribe","channel":"room","after":12,"id":1}"#, "1 subscribe room after 12"),
        (#"{"type":"subscribe","channel":"r","after":"9007199254740993"}"#, "- subscribe r after 9007199254740993"),
        (#"{"type":"subscribe","channel":"r","after":null,"id":null}"#, "- subscribe r"),
        (#"{"channel":"é","type":"unsubscribe","id":"a\n\u0062"}"#, #""a\n\u0062" unsubscribe é"#),
        (#"{"type":"publish","channel":"r","data":{"a": [1, 2.50, "x y"] }}"#, #"- publish r {"a":[1,2.50,"x y"]}"#),
        (#"{"type":"publish","channel":"r","data":null,"id":-1.50e3}"#, "-1.50e3 publish r null"),
        (#"{"type":"publish","channel":"r","data":99999999999999999999}"#, "- publish r 99999999999999999999"),
        (#"{"type":"publish","channel":"r","data": "a  \" \\ b" }"#, #"- publish r "a  \" \\ b""#),
        ("{\"type\":\"publish\",\"channel\":\"r\",\"data\":[\n1 ,\t2\r]}", "- publish r [1,2]"),
        (
            #"{"type":"query","id":7,"sql":"SELECT ?","params":[1],"deadline":5}"#,
            "7 query <SELECT ?> (i1) deadline=5 rowsMax=3"
        ),
        (#"{"type":"query","sql":"S","params":{"a":"b"},"other":{}}"#, "- query <S> {a='b'} rowsMax=3"),
        (#"{"type":"auth","token":"dsk_1","id":4}"#, "4 auth dsk_1"),
    ]) func `what a client of the hub asks`(_ json: String, _ meaning: String) throws {
        #expect(try read(json) == meaning)
    }

    @Test(arguments: [
        ("", "- the JSON ends where a value is needed (at byte 0)"), ("[]", "- an object is needed"),
        ("5", "- an object is needed"),
        ("{}", "- type: a string is needed"), (#"{"type":5,"id":3}"#, "3 type: a string is needed"),
        (
            #"{"type":"shout","id":3}"#,
            #"3 type: one of "subscribe", "unsubscribe", "publish", "query", "auth" is needed"#
        ),
        (#"{"type":"auth","id":3}"#, "3 token: a string is needed"),
        (#"{"id":"x","type":"subscribe"}"#, #""x" channel: a string is needed"#),
        (#"{"id":"x","type":"subscribe","channel":""}"#, #""x" channel: a channel's name has 1 to 256 bytes"#),
        (#"{"type":"subscribe","channel":"a\u0000"}"#, "- channel: a NUL (\\u0000) cannot stand in it"),
        (#"{"id":1,"type":"publish","channel":"r"}"#, "1 data: a value is needed"),
        (#"{"id":1,"type":"query"}"#, "1 sql: a string is needed"),
        (
            #"{"id":1,"type":"query","sql":"S","params":[[]]}"#,
            "1 params[0]: an array is not a value: send it as text (its JSON in a string)"
        ),
        (#"{"id":{},"type":"query","sql":"S"}"#, "- id: a string or a number is needed"),
        (#"{"id":1,"id":2}"#, "1 id: it occurs twice"),
        (
            #"{"id":1,"type":"subscribe","channel":"r","after":-1}"#,
            "1 after: the id of a message is needed: an integer from 0 up, or its digits in a string"
        ),
        (
            #"{"id":1,"type":"subscribe","channel":"r","after":"+1"}"#,
            "1 after: the id of a message is needed: an integer from 0 up, or its digits in a string"
        ),
        (
            #"{"id":1,"type":"subscribe","channel":"r","after":1.5}"#,
            "1 after: the id of a message is needed: an integer from 0 up, or its digits in a string"
        ),
        // What is not JSON behind the id still answers to it.
        (#"{"id":"x","type":"#, #""x" the JSON ends where a value is needed (at byte 17)"#),
        (#"{"type":,"id":1}"#, "- not JSON: ',' stands where a value is needed (at byte 8)"),
    ]) func `what the hub refuses, and to whom it says so`(_ json: String, _ meaning: String) throws {
        #expect(try read(json) == meaning)
    }

    @Test func `an id and a channel have bounds`() throws {
        func json(id: Int, channel: Int) -> String {
            let id = String(repeating: "i", count: id - 2)
            let channel = String(repeating: "c", count: channel)
            return #"{"id":"\#(id)","type":"unsubscribe","channel":"\#(channel)"}"#
        }
        #expect(try read(json(id: 256, channel: 256)).hasSuffix("unsubscribe " + String(repeating: "c", count: 256)))
        #expect(try read(json(id: 257, channel: 1)) == "- id: it has more than 256 bytes")
        #expect(try read(json(id: 2, channel: 257)) == #""" channel: a channel's name has 1 to 256 bytes"#)
    }

    @Test(arguments: [
        (#"{"a":1}"#, #"{"a":1}"#), ("[1, 2]", "[1,2]"), ("null", "null"), (" 5 ", "5"), ("hello", #""hello""#),
        ("", #""""#), ("{\"a\":}", #""{\"a\":}""#), ("{\"a\":\n\"b c\"}", #"{"a":"b c"}"#),
    ]) func `a message of a channel`(_ data: String, _ written: String) throws {
        let channel = Array("room \"1\"".utf8)
        let bytes = Array(data.utf8)
        let created = Array("2026-01-01 00:00:00".utf8)
        #expect(
            try AnswerWriting.json { _, writer in
                HubFrame.append(
                    messageOf: channel.span, data: bytes.span, id: 12, createdAt: created.span, to: &writer)
            }
                == #"{"type":"message","channel":"room \"1\"","data":\#(written),"id":12,"createdAt":"2026-01-01 00:00:00"}"#
        )
        #expect(
            try AnswerWriting.json { _, writer in
                HubFrame.append(messageOf: channel.span, data: bytes.span, id: 12, createdAt: nil, to: &writer)
            } == #"{"type":"message","channel":"room \"1\"","data":\#(written),"id":12}"#)
    }

    @Test func `what the hub answers`() throws {
        let id = Array(#""q\n""#.utf8)
        let rows = AnswerWriting.result(["a"], [[.integer(1)]])
        #expect(
            try AnswerWriting.json(rows) { body, writer throws(DecodeError) in
                try HubFrame.append(result: body, id: id, to: &writer)
            } == #"{"type":"result","id":"q\n","rows":[{"a":1}],"lsn":7}"#)
        #expect(
            try AnswerWriting.json(rows) { body, writer throws(DecodeError) in
                try HubFrame.append(result: body, id: nil, style: ResultStyle(rows: .arrays), to: &writer)
            } == #"{"type":"result","columns":["a"],"rows":[[1]],"lsn":7}"#)
        #expect(
            try AnswerWriting.json { _, writer in HubFrame.append(subscribed: "r", id: id, to: &writer) }
                == #"{"type":"subscribed","id":"q\n","channel":"r"}"#)
        #expect(
            try AnswerWriting.json { _, writer in HubFrame.append(authenticated: id, to: &writer) }
                == #"{"type":"authenticated","id":"q\n"}"#)
        #expect(
            try AnswerWriting.json { _, writer in HubFrame.append(unsubscribed: "r", id: nil, to: &writer) }
                == #"{"type":"unsubscribed","channel":"r"}"#)
        #expect(
            try AnswerWriting.json { _, writer in
                HubFrame.append(published: "r", messageID: 5, id: Array("1.50".utf8), to: &writer)
            } == #"{"type":"published","id":1.50,"channel":"r","messageId":5}"#)
        #expect(
            try AnswerWriting.json { _, writer in
                HubFrame.append(JSONFault("a string is needed", path: "type").error, id: id, to: &writer)
            }
                == #"{"type":"error","id":"q\n","error":"type: a string is needed","code":"MALFORMED","category":"PROTOCOL","#
                + #""retryable":false,"executed":"no"}"#)
    }

    @Test func `an event to emit`() throws {
        let json = Array(#"{"data": {"a": 1}, "type": "user.created", "more": 1}"#.utf8)
        let event = try EventRequest(json.span)
        #expect(event.type == "user.created")
        #expect(String(decoding: event.data, as: UTF8.self) == #"{"a":1}"#)
        let message = try ChannelMessageRequest(json.span)
        #expect(message.data == event.data)
        let null = Array(#"{"data":null,"type":"x"}"#.utf8)
        #expect(try EventRequest(null.span).data == Array("null".utf8))
    }

    @Test(arguments: [
        ("{}", "type: a string is needed"), (#"{"type":"x"}"#, "data: a value is needed"),
        (#"{"type":"","data":1}"#, "type: an event's type has 1 to 256 bytes"),
        (#"{"type":"a\nb","data":1}"#, "type: an event's type is one line"),
        (#"{"type":"a\rb","data":1}"#, "type: an event's type is one line"),
        (#"{"type":"a","data":1,"data":2}"#, "data: it occurs twice"),
    ]) func `what is no event is refused`(_ json: String, _ message: String) {
        let bytes = Array(json.utf8)
        #expect(throws: JSONFault.self) { try EventRequest(bytes.span) }
        do throws(JSONFault) {
            _ = try EventRequest(bytes.span)
        } catch {
            #expect(error.message == message)
        }
    }

    private func read(_ json: String) throws -> String {
        let bytes = Array(json.utf8)
        do throws(HubRequest.Refusal) {
            let request = try HubRequest(bytes.span, options: RequestOptions(rowsMax: 3))
            return name(request.id) + " " + describe(request.action)
        } catch {
            return name(error.id) + " " + error.fault.message
        }
    }

    private func name(_ id: [UInt8]?) -> String { id.map { String(decoding: $0, as: UTF8.self) } ?? "-" }

    private func describe(_ action: HubRequest.Action) -> String {
        switch action {
        case .subscribe(let channel, let after): "subscribe \(channel)" + (after.map { " after \($0)" } ?? "")
        case .unsubscribe(let channel): "unsubscribe \(channel)"
        case .publish(let channel, let data): "publish \(channel) \(String(decoding: data, as: UTF8.self))"
        case .auth(let token): "auth \(String(decoding: token, as: UTF8.self))"
        case .query(let body): "query \((try? RequestReading.statement(body, kind: .query)) ?? "?")"
        }
    }
}
