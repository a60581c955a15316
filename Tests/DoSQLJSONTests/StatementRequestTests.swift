import DoSQLJSON
import DoSQLProtocol
import Testing

@Suite struct StatementRequestTests {
    @Test(arguments: [
        (#"{"sql":"SELECT 1"}"#, "<SELECT 1> ()"),
        (#"{"sql":"SELECT ?","params":[42]}"#, "<SELECT ?> (i42)"),
        (#"{"params":[42],"sql":"SELECT ?"}"#, "<SELECT ?> (i42)"),
        (#"{"sql":"S","params":null}"#, "<S> ()"),
        (#"{"sql":"S","params":[]}"#, "<S> ()"),
        (#"{"sql":"S","params":{}}"#, "<S> {}"),
        (#"{"sql":"S","params":{"a":1,":b":"x","@c":null}}"#, "<S> {a=i1 :b='x' @c=null}"),
        (#"{"sql":"S","params":[null,true,false]}"#, "<S> (null i1 i0)"),
        (#"{"sql":"S","params":[0,-0,63,64,-1,-129,2147483648]}"#, "<S> (i0 i0 i63 i64 i-1 i-129 i2147483648)"),
        (
            #"{"sql":"S","params":[9007199254740993,9223372036854775807,-9223372036854775808]}"#,
            "<S> (i9007199254740993 i9223372036854775807 i-9223372036854775808)"
        ),
        (#"{"sql":"S","params":[1.0,1e3,-0.0,0.1]}"#, "<S> (r1.0 r1000.0 r-0.0 r0.1)"),
        (#"{"sql":"S","params":["","a","é","a\u0000b","\ud83d\ude00"]}"#, "<S> ('' 'a' 'é' 'a\u{0}b' '😀')"),
        (
            #"{"sql":"S","params":[{"$blob":""},{"$blob":"AP8="},{"$blob":"\u0041P8="}]}"#,
            "<S> (blob[] blob[0, 255] blob[0, 255])"
        ),
        (#"{"sql":"S","params":[{"$blob":"\/\/\/\/"}]}"#, "<S> (blob[255, 255, 255])"),
        (
            #"{"sql":"S","params":[{"$int":"5"},{"$int":"-9223372036854775808"},{"$int":"-0"},{"$int":"\u0037"}]}"#,
            "<S> (i5 i-9223372036854775808 i0 i7)"
        ),
        (
            #"{"sql":"S","params":[{"$double":"Infinity"},{"$double":"-Infinity"},{"$double":"1"},"#
                + #"{"$double":"1.5e3"},{"$double":"-0"}]}"#,
            "<S> (rinf r-inf r1.0 r1500.0 r-0.0)"
        ),
        (#"{"sql":"S","params":[{"$text":"gA=="},{"$text":"YQ=="}]}"#, "<S> (text[128] 'a')"),
        (#"{"sql":"S","params":[{ "$int" : "5" }]}"#, "<S> (i5)"),
        (#"{"sql":"S","deadline":1500}"#, "<S> () deadline=1500"),
        (#"{"sql":"S","deadline":null}"#, "<S> ()"),
        (#"{"deadline":0,"params":[1],"sql":"S"}"#, "<S> (i1) deadline=0"),
        (#"{"sql":"S","more":{"a":[1,{"b":99999999999999999999}]},"again":1,"again":2}"#, "<S> ()"),
        (#"{"s\u0071l":"S"}"#, "<S> ()"),
        (#"{"sql":"a\n\tb"}"#, "<a\n\tb> ()"),
        (#"{"sql":""}"#, "<> ()"),
    ]) func `a statement becomes a body`(_ json: String, _ meaning: String) throws {
        #expect(try Translation.statement(json) == meaning)
    }

    static let notTagged =
        #"an object is a value only as {"$blob": …}, {"$int": …}, {"$double": …} or {"$text": …}: "#
        + "send any other as text (its JSON in a string)"

    @Test(arguments: [
        ("", "the JSON ends where a value is needed (at byte 0)"),
        ("[]", "an object is needed"),
        ("null", "an object is needed"),
        ("{}", "sql: a string is needed"),
        (#"{"sql":null}"#, "sql: a string is needed"),
        (#"{"sql":5}"#, "sql: a string is needed"),
        (#"{"sql":"a\u0000"}"#, "sql: a NUL (\\u0000) cannot stand in it"),
        (#"{"sql":"S","sql":"T"}"#, "sql: it occurs twice"),
        (#"{"sql":null,"sql":"T"}"#, "sql: it occurs twice"),
        (#"{"sql":"S","params":5}"#, "params: an array or an object is needed"),
        (#"{"sql":"S","params":"x"}"#, "params: an array or an object is needed"),
        (#"{"sql":"S","params":[[1]]}"#, "params[0]: an array is not a value: send it as text (its JSON in a string)"),
        (
            #"{"sql":"S","params":[1,{}]}"#,
            "params[1]: \(notTagged)"
        ),
        (
            #"{"sql":"S","params":{"a":{"b":1}}}"#,
            "params.a: \(notTagged)"
        ),
        (
            #"{"sql":"S","params":[{"$int":"1","$int":"2"}]}"#,
            "params[0]: \(notTagged)"
        ),
        (#"{"sql":"S","params":[{"$blob":5}]}"#, "params[0].$blob: a string is needed"),
        (#"{"sql":"S","params":[{"$blob":"AP8"}]}"#, "params[0].$blob: padded base64 is needed"),
        (#"{"sql":"S","params":[{"$text":"?"}]}"#, "params[0].$text: padded base64 is needed"),
        (#"{"sql":"S","params":[{"$int":5}]}"#, "params[0].$int: a string is needed"),
        (
            #"{"sql":"S","params":[{"$int":"9223372036854775808"}]}"#,
            "params[0].$int: the digits of a 64-bit integer are needed"
        ),
        (#"{"sql":"S","params":[{"$int":"1.0"}]}"#, "params[0].$int: the digits of a 64-bit integer are needed"),
        (#"{"sql":"S","params":[{"$int":" 1"}]}"#, "params[0].$int: the digits of a 64-bit integer are needed"),
        (#"{"sql":"S","params":[{"$int":"1 "}]}"#, "params[0].$int: the digits of a 64-bit integer are needed"),
        (#"{"sql":"S","params":[{"$int":""}]}"#, "params[0].$int: the digits of a 64-bit integer are needed"),
        (#"{"sql":"S","params":[{"$double":"inf"}]}"#, "params[0].$double: a number, Infinity or -Infinity is needed"),
        (
            #"{"sql":"S","params":[{"$double":"1e999"}]}"#,
            "params[0].$double: a number, Infinity or -Infinity is needed"
        ),
        (
            #"{"sql":"S","params":[{"$double":"NaN"}]}"#,
            "NAN_NOT_STORABLE params[0].$double: SQLite cannot store NaN: send null if that is meant"
        ),
        (
            #"{"sql":"S","params":[{"$ref":{"step":0,"column":0}}]}"#,
            "params[0].$ref: only a batch has steps to refer to"
        ),
        (
            #"{"sql":"S","params":[9223372036854775808]}"#,
            "params[0]: the integer 9223372036854775808 is beyond 64 bits (at byte 21)"
        ),
        (#"{"sql":"S","params":{"a\u0000":1}}"#, "params: a NUL (\\u0000) cannot stand in a name"),
        (#"{"sql":"S","deadline":-1}"#, "deadline: an integer from 0 up is needed"),
        (#"{"sql":"S","deadline":1.0}"#, "deadline: an integer from 0 up is needed"),
        (#"{"sql":"S","deadline":"1"}"#, "deadline: an integer from 0 up is needed"),
        (#"{"sql":"S"} x"#, "not JSON: 'x' stands where the end is needed (at byte 12)"),
        (#"{"sql":"S","params":[1,]}"#, "not JSON: ']' stands where a value is needed (at byte 23)"),
    ]) func `what is no statement is refused, and says why`(_ json: String, _ message: String) throws {
        #expect(try Translation.statement(json) == message)
    }

    @Test func `what the face adds becomes options`() throws {
        let options = RequestOptions(idempotencyKey: Array("k1".utf8), credit: 1_000, rowsMax: 7)
        #expect(
            try Translation.statement(#"{"sql":"S","deadline":5}"#, kind: .query, options: options)
                == "<S> () deadline=5 credit=1000 rowsMax=7 key=k1")
        #expect(try Translation.statement(#"{"sql":"S"}"#, kind: .run, options: options) == "<S> () key=k1")
        for length in [0, 129] {
            let options = RequestOptions(idempotencyKey: [UInt8](repeating: 0x61, count: length))
            #expect(
                try Translation.statement(#"{"sql":"S"}"#, options: options)
                    == "an idempotency key has 1 to 128 bytes")
        }
    }

    /// A count of 128 and more takes more bytes than were kept free for it.
    @Test(arguments: [127, 128, 129, 16_383, 16_384, 32_766]) func `many parameters are counted`(_ count: Int) throws {
        let values = (0..<count).map { "\($0 % 50)" }.joined(separator: ",")
        let expected = (0..<count).map { "i\($0 % 50)" }.joined(separator: " ")
        #expect(try Translation.statement("{\"sql\":\"S\",\"params\":[\(values)]}") == "<S> (\(expected))")
    }

    @Test func `more parameters than a statement can have are not even read`() throws {
        let values = Array(repeating: "1", count: 32_767).joined(separator: ",")
        let said = try Translation.statement("{\"sql\":\"S\",\"params\":[\(values)]}")
        #expect(said.hasSuffix("params[32766]: a statement has at most 32766 parameters"), "\(said.prefix(200))")
    }

    /// A client that speaks frames makes the same bytes, so that an idempotency key means the same on every face.
    @Test func `the body is the one a binary client makes`() throws {
        let json = Array(
            #"{"params":{"a":1,"b":"x\n","c":2.5,"d":null,"e":{"$blob":"AAEC"}},"sql":"SELECT :a","deadline":900}"#.utf8
        )
        var body = ByteWriter()
        try StatementRequest.encode(
            json.span, kind: .query, options: RequestOptions(idempotencyKey: [1, 2], credit: 70_000, rowsMax: 9),
            into: &body)
        var frame = ByteWriter()
        Execute.encode(
            into: &frame, kind: .query, stream: 1, request: 1, statement: .sql("SELECT :a"),
            parameters: .named([
                ("a", .integer(1)), ("b", .text("x\n")), ("c", .real(2.5)), ("d", .null), ("e", .blob([0, 1, 2])),
            ]), deadline: 900, credit: 70_000, rowsMax: 9, idempotencyKey: [1, 2])
        #expect(body.bytes == Array(frame.bytes.dropFirst(FrameHeader.size)))
    }

    @Test(arguments: [0, 1, 62, 63, 64, 65, 127, 128, 5_000]) func `texts of every length, plain and escaped`(
        _ length: Int
    ) throws {
        let plain = String(repeating: "x", count: length)
        #expect(try Translation.statement("{\"sql\":\"S\",\"params\":[\"\(plain)\"]}") == "<S> ('\(plain)')")
        let escaped = String(repeating: "\\u0078", count: length)
        #expect(try Translation.statement("{\"sql\":\"S\",\"params\":[\"\(escaped)\"]}") == "<S> ('\(plain)')")
        var body = ByteWriter()
        let json = Array("{\"sql\":\"S\",\"params\":[\"\(escaped)\"]}".utf8)
        try StatementRequest.encode(json.span, kind: .run, into: &body)
        var frame = ByteWriter()
        Execute.encode(
            into: &frame, kind: .run, stream: 1, request: 1, statement: .sql("S"),
            parameters: .positional([.text(plain)]))
        #expect(body.bytes == Array(frame.bytes.dropFirst(FrameHeader.size)))
    }
}
