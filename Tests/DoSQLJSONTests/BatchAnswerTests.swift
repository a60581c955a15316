import DoSQLJSON
import DoSQLProtocol
import Testing

@Suite struct BatchAnswerTests {
    static let steps: [StepResult] = [
        .done(columns: ["id"], rows: [[.integer(1)], [.integer(2)]], changes: 0, lastInsertRowid: 0),
        .done(columns: ["a"], rows: [[.text("x")]], changes: 0, lastInsertRowid: 0),
        .done(columns: ["a"], rows: [], changes: 0, lastInsertRowid: 0),
        .done(columns: [], rows: [], changes: 2, lastInsertRowid: 9),
    ]
    static let kinds: [Execute.Kind] = [.query, .queryOne, .queryOne, .run]
    static let outcome = Outcome(changed: true, changes: 2, lastInsertRowid: 9, lsn: 30)

    @Test func `each operation has the answer of its kind`() throws {
        #expect(
            try operations(Self.steps, Self.kinds)
                == #"{"results":[[{"id":1},{"id":2}],{"a":"x"},null,{"changes":2,"lastInsertRowid":9}],"lsn":30}"#)
        #expect(
            try operations(Self.steps, Self.kinds, ResultStyle(rows: .arrays))
                == #"{"results":[{"columns":["id"],"rows":[[1],[2]]},{"columns":["a"],"row":["x"]},"#
                + #"{"columns":["a"],"row":null},{"changes":2,"lastInsertRowid":9}],"lsn":30}"#)
        var writer = ByteWriter()
        JSONAnswer.appendNoOperations(to: &writer)
        #expect(String(decoding: writer.bytes, as: UTF8.self) == #"{"results":[]}"#)
    }

    @Test func `an answer to other operations is refused`() {
        #expect(throws: DecodeError.outOfRange) { try operations(Self.steps, [.query]) }
        #expect(throws: DecodeError.outOfRange) { try operations([.skipped], [.run]) }
    }

    @Test func `a batch tells what became of each step`() throws {
        let failure = ErrorMessage(.constraintUnique, "UNIQUE constraint failed: a.x", sqlite: 2067)
        #expect(
            try batch(Self.steps + [.skipped, .failed(failure)])
                == #"{"results":[{"status":"done","rows":[{"id":1},{"id":2}],"changes":0,"lastInsertRowid":0},"#
                + #"{"status":"done","rows":[{"a":"x"}],"changes":0,"lastInsertRowid":0},"#
                + #"{"status":"done","rows":[],"changes":0,"lastInsertRowid":0},"#
                + #"{"status":"done","changes":2,"lastInsertRowid":9},{"status":"skipped"},"#
                + #"{"status":"failed","error":{"error":"UNIQUE constraint failed: a.x","code":"CONSTRAINT_UNIQUE","#
                + #""category":"CONFLICT","retryable":false,"executed":"no","sqliteCode":2067}}],"#
                + #""changes":2,"lastInsertRowid":9,"lsn":30}"#)
        #expect(
            try batch(Array(Self.steps.prefix(1)), ResultStyle(rows: .arrays))
                == #"{"results":[{"status":"done","columns":["id"],"rows":[[1],[2]],"changes":0,"lastInsertRowid":0}],"#
                + #""changes":2,"lastInsertRowid":9,"lsn":30}"#)
    }

    private func operations(
        _ steps: [StepResult], _ kinds: [Execute.Kind], _ style: ResultStyle = ResultStyle()
    ) throws -> String {
        try AnswerWriting.json(AnswerWriting.batch(steps, Self.outcome)) { body, writer throws(DecodeError) in
            try JSONAnswer.append(operations: body, kinds: kinds, style: style, to: &writer)
        }
    }

    private func batch(_ steps: [StepResult], _ style: ResultStyle = ResultStyle()) throws -> String {
        try AnswerWriting.json(AnswerWriting.batch(steps, Self.outcome)) { body, writer throws(DecodeError) in
            try JSONAnswer.append(batch: body, style: style, to: &writer)
        }
    }
}
