import DoSQLJSON
import DoSQLProtocol
import Testing

@Suite struct ResultAnswerTests {
    static let arrays = ResultStyle(rows: .arrays)

    @Test func `rows are objects in an array`() throws {
        let body = AnswerWriting.result(["id", "name"], [[.integer(1), .text("a")], [.integer(2), .null]])
        #expect(
            try query(body) == #"{"rows":[{"id":1,"name":"a"},{"id":2,"name":null}],"lsn":7}"#)
        #expect(
            try query(body, Self.arrays) == #"{"columns":["id","name"],"rows":[[1,"a"],[2,null]],"lsn":7}"#)
    }

    @Test func `no rows are an empty array`() throws {
        let body = AnswerWriting.result(["id"], [])
        #expect(try query(body) == #"{"rows":[],"lsn":7}"#)
        #expect(try query(body, Self.arrays) == #"{"columns":["id"],"rows":[],"lsn":7}"#)
        let nothing = AnswerWriting.result([], [])
        #expect(try query(nothing) == #"{"rows":[],"lsn":7}"#)
        #expect(try query(nothing, Self.arrays) == #"{"columns":[],"rows":[],"lsn":7}"#)
    }

    @Test func `one row is itself, and none is null`() throws {
        let body = AnswerWriting.result(["1"], [[.integer(1)]])
        #expect(try queryOne(body) == #"{"row":{"1":1},"lsn":7}"#)
        #expect(try queryOne(body, Self.arrays) == #"{"columns":["1"],"row":[1],"lsn":7}"#)
        let none = AnswerWriting.result(["1"], [])
        #expect(try queryOne(none) == #"{"row":null,"lsn":7}"#)
        #expect(try queryOne(none, Self.arrays) == #"{"columns":["1"],"row":null,"lsn":7}"#)
    }

    @Test func `of columns with one name the last is taken`() throws {
        let body = AnswerWriting.result(["a", "b", "a", "b", "a"], [(1...5).map { .integer($0) }])
        #expect(try query(body) == #"{"rows":[{"b":4,"a":5}],"lsn":7}"#)
        #expect(try query(body, Self.arrays) == #"{"columns":["a","b","a","b","a"],"rows":[[1,2,3,4,5]],"lsn":7}"#)
        let many = AnswerWriting.result(
            (0..<40).map { "c\($0 % 3)" }, [(0..<40).map { .integer($0) }, (40..<80).map { .integer($0) }])
        #expect(
            try query(many) == #"{"rows":[{"c1":37,"c2":38,"c0":39},{"c1":77,"c2":78,"c0":79}],"lsn":7}"#)
    }

    @Test func `names are escaped`() throws {
        let body = AnswerWriting.result(["a\"b\\\n", "é", ""], [[.null, .null, .null]])
        #expect(try query(body) == #"{"rows":[{"a\"b\\\n":null,"é":null,"":null}],"lsn":7}"#)
        #expect(
            try query(body, Self.arrays) == #"{"columns":["a\"b\\\n","é",""],"rows":[[null,null,null]],"lsn":7}"#)
    }

    @Test(
        arguments: [
            (.null, "null"), (.integer(0), "0"), (.integer(-1), "-1"), (.integer(10), "10"), (.integer(-64), "-64"),
            (.integer(9_007_199_254_740_991), "9007199254740991"),
            (.integer(-9_007_199_254_740_991), "-9007199254740991"),
            (.integer(9_007_199_254_740_992), #""9007199254740992""#),
            (.integer(-9_007_199_254_740_992), #""-9007199254740992""#),
            (.integer(.max), #""9223372036854775807""#), (.integer(.min), #""-9223372036854775808""#),
            (.real(0), "0.0"), (.real(-0.0), "-0.0"), (.real(1), "1.0"), (.real(-2.5), "-2.5"), (.real(0.1), "0.1"),
            (.real(1e16), "1e+16"), (.real(1e-5), "1e-05"), (.real(123456789), "123456789.0"),
            (.real(.leastNonzeroMagnitude), "5e-324"),
            (.real(1.7976931348623157e308), "1.7976931348623157e+308"),
            (.real(9_007_199_254_740_992), "9007199254740992.0"),
            (.real(.infinity), #"{"$double":"Infinity"}"#), (.real(-.infinity), #"{"$double":"-Infinity"}"#),
            (.text(""), #""""#), (.text("a"), #""a""#), (.text("é😀"), #""é😀""#), (.text("\"\\/"), #""\"\\/""#),
            (.text("\u{0}\u{1}\u{8}\t\n\u{B}\u{C}\r\u{1F}"), #""\u0000\u0001\b\t\n\u000b\f\r\u001f""#),
            (.text("\u{7F}\u{2028}"), "\"\u{7F}\u{2028}\""),
            (.text("12345678\n12345678\"x"), #""12345678\n12345678\"x""#),
            (.text(Text([0x80])), #"{"$text":"gA=="}"#), (.text(Text([0x61, 0x62, 0xC3])), #"{"$text":"YWLD"}"#),
            (.text(Text([0xED, 0xA0, 0x80])), #"{"$text":"7aCA"}"#),
            (.blob([]), #"{"$blob":""}"#), (.blob([0]), #"{"$blob":"AA=="}"#),
            (.blob([0xFF, 0xFE, 0xFD]), #"{"$blob":"//79"}"#),
        ] as [(Value, String)]) func `each value`(_ value: Value, _ json: String) throws
    {
        let body = AnswerWriting.result(["v"], [[value]])
        #expect(try queryOne(body) == #"{"row":{"v":\#(json)},"lsn":7}"#)
    }

    @Test func `large integers as they are wanted`() throws {
        let body = AnswerWriting.result(["a", "b"], [[.integer(.max), .integer(5)]])
        for (style, json) in [
            (ResultStyle.Integers.string, #""9223372036854775807""#), (.number, "9223372036854775807"),
            (.tagged, #"{"$int":"9223372036854775807"}"#),
        ] {
            #expect(
                try queryOne(body, ResultStyle(integers: style)) == #"{"row":{"a":\#(json),"b":5},"lsn":7}"#)
            let done = AnswerWriting.body { writer in
                Done(Outcome(changed: true, changes: 1, lastInsertRowid: .max, lsn: 8))
                    .encode(into: &writer, stream: 1, request: 1)
            }
            #expect(
                try run(done, ResultStyle(integers: style)) == #"{"changes":1,"lastInsertRowid":\#(json),"lsn":8}"#)
        }
    }

    @Test func `what a run did`() throws {
        let body = AnswerWriting.body { writer in
            Done(Outcome(changed: true, changes: 3, lastInsertRowid: 41, lsn: 99))
                .encode(into: &writer, stream: 1, request: 1)
        }
        #expect(try run(body) == #"{"changes":3,"lastInsertRowid":41,"lsn":99}"#)
        let inTransaction = AnswerWriting.body { writer in
            Done(Outcome(replayed: true, changed: true, transaction: .write, changes: 0, lastInsertRowid: -5, lsn: 0))
                .encode(into: &writer, stream: 1, request: 1)
        }
        #expect(
            try run(inTransaction)
                == #"{"changes":0,"lastInsertRowid":-5,"lsn":0,"replayed":true,"transaction":"write"}"#)
    }

    @Test func `a statement that writes and gives rows tells both`() throws {
        let outcome = Outcome(changed: true, changes: 1, lastInsertRowid: 5, lsn: 12)
        let body = AnswerWriting.result(["id"], [[.integer(5)]], outcome)
        #expect(try query(body) == #"{"rows":[{"id":5}],"changes":1,"lastInsertRowid":5,"lsn":12}"#)
        #expect(try queryOne(body) == #"{"row":{"id":5},"changes":1,"lastInsertRowid":5,"lsn":12}"#)
    }

    @Test func `what a script did`() throws {
        let body = AnswerWriting.body { writer in
            Done(Outcome(changed: true, changes: 2, lastInsertRowid: 4, lsn: 5), statements: 3)
                .encode(into: &writer, stream: 1, request: 1)
        }
        let json = try AnswerWriting.json(body) { body, writer throws(DecodeError) in
            try JSONAnswer.append(script: body, to: &writer)
        }
        #expect(json == #"{"statements":3,"changes":2,"lastInsertRowid":4,"lsn":5}"#)
    }

    @Test(arguments: [
        (Outcome(changed: true, lsn: 5), #"{"lsn":5}"#),
        (Outcome(replayed: true, lsn: 5), #"{"lsn":5,"replayed":true}"#),
        (Outcome(transaction: .read, lsn: 5), #"{"lsn":5,"transaction":"read"}"#),
        (Outcome(transaction: .aborted, lsn: 0), #"{"lsn":0,"transaction":"aborted"}"#),
    ]) func `what is done with a transaction`(_ outcome: Outcome, _ expected: String) throws {
        let body = AnswerWriting.body { OK(outcome).encode(into: &$0, stream: 1, request: 1) }
        let json = try AnswerWriting.json(body) { body, writer throws(DecodeError) in
            try JSONAnswer.append(ok: body, to: &writer)
        }
        #expect(json == expected)
    }

    @Test func `a transaction that has begun`() throws {
        let json = try AnswerWriting.json { _, writer in
            JSONAnswer.append(transaction: "x-1\"", expiresAt: 1_767_225_600_000, to: &writer)
        }
        #expect(json == #"{"id":"x-1\"","expiresAt":1767225600000}"#)
    }

    @Test func `migrations tell how they stand`() throws {
        let body = AnswerWriting.body { writer in
            Migrations(
                [
                    .init(
                        id: "1", state: .appliedBefore, appliedAt: "2026-01-01 00:00:00", checksum: "aa",
                        milliseconds: 1),
                    .init(
                        id: "2", state: .applied, appliedAt: "2026-01-02 00:00:00", checksum: "bb", milliseconds: 250),
                    .init(id: "3", state: .pending, appliedAt: "", checksum: "cc", milliseconds: 0),
                ], outcome: Outcome(changed: true, lsn: 9)
            ).encode(into: &writer, stream: 1, request: 1)
        }
        let json = try AnswerWriting.json(body) { body, writer throws(DecodeError) in
            try JSONAnswer.append(migrations: body, to: &writer)
        }
        #expect(
            json
                == #"{"migrations":[{"id":"1","state":"present","appliedAt":"2026-01-01 00:00:00","checksum":"aa","#
                + #""durationMs":1},{"id":"2","state":"applied","appliedAt":"2026-01-02 00:00:00","checksum":"bb","#
                + #""durationMs":250},{"id":"3","state":"pending","appliedAt":null,"checksum":"cc","durationMs":0}],"lsn":9}"#
        )
    }

    /// A result in parts is the same JSON as in one piece.
    @Test(arguments: [ResultStyle(), ResultStyle(rows: .arrays)]) func `a streamed result`(_ style: ResultStyle) throws
    {
        let rows: [[Value]] = (0..<10).map { [.integer($0), .text("row \($0)")] }
        let whole = try query(AnswerWriting.result(["id", "text"], rows), style)
        let head = AnswerWriting.body { HeadMessage.encode(into: &$0, stream: 1, request: 1, columns: ["id", "text"]) }
        var transcoder = try RowTranscoder(HeadMessage(head.span).columns, style: style)
        var writer = ByteWriter()
        JSONAnswer.beginRows(transcoder, to: &writer)
        for part in [0..<3, 3..<3, 3..<9, 9..<10] {
            let body = AnswerWriting.body {
                RowsMessage.encode(into: &$0, stream: 1, request: 1, rows: Array(rows[part]))
            }
            try transcoder.append(RowsMessage(body.span, columns: 2).rows, to: &writer)
        }
        JSONAnswer.endRows(Outcome(lsn: 7), style: style, to: &writer)
        #expect(String(decoding: writer.bytes, as: UTF8.self) == whole)
        #expect(transcoder.rowsWritten == 10)
    }

    @Test func `rows on lines`() throws {
        let body = AnswerWriting.result(["a", "b"], [[.integer(1), .text("x\n")], [.integer(2), .null]])
        let result = try ResultMessage(body.span)
        var objects = try RowTranscoder(result.columns, style: ResultStyle(), layout: .lines)
        var writer = ByteWriter()
        try objects.append(result.rows, to: &writer)
        JSONAnswer.append(errorLine: ErrorMessage(.cursorStalled, "slow"), to: &writer)
        #expect(
            String(decoding: writer.bytes, as: UTF8.self) == #"""
                {"a":1,"b":"x\n"}
                {"a":2,"b":null}
                {"$error":{"error":"slow","code":"CURSOR_STALLED","category":"TIMEOUT","retryable":true,"executed":"no"}}

                """#)
        var lines = ByteWriter()
        var arrays = try RowTranscoder(result.columns, style: Self.arrays, layout: .lines)
        JSONAnswer.appendColumnsLine(arrays, to: &lines)
        try arrays.append(result.rows, to: &lines)
        #expect(String(decoding: lines.bytes, as: UTF8.self) == "[\"a\",\"b\"]\n[1,\"x\\n\"]\n[2,null]\n")
    }

    private func query(_ body: [UInt8], _ style: ResultStyle = ResultStyle()) throws -> String {
        try AnswerWriting.json(body) { body, writer throws(DecodeError) in
            try JSONAnswer.append(query: body, style: style, to: &writer)
        }
    }

    private func queryOne(_ body: [UInt8], _ style: ResultStyle = ResultStyle()) throws -> String {
        try AnswerWriting.json(body) { body, writer throws(DecodeError) in
            try JSONAnswer.append(queryOne: body, style: style, to: &writer)
        }
    }

    private func run(_ body: [UInt8], _ style: ResultStyle = ResultStyle()) throws -> String {
        try AnswerWriting.json(body) { body, writer throws(DecodeError) in
            try JSONAnswer.append(run: body, style: style, to: &writer)
        }
    }
}
