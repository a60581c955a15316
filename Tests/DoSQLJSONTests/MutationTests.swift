import DoSQLJSON
import DoSQLProtocol
import Testing

/// Whatever comes is translated or refused: nothing traps, and what is translated is a body that the server reads.
@Suite struct MutationTests {
    static let seeds: [String] = [
        #"{"sql":"SELECT ?","params":[1,-2.5e3,"a\n\ud83d\ude00é",null,true,{"$blob":"AP8="},{"$int":"5"},{"$double":"1.5"}],"deadline":5}"#,
        #"{"sql":"S","params":{"a":1,":b":{"$text":"gA=="}}}"#,
        #"{"operations":[{"type":"query","sql":"S","params":[1]},{"type":"run","sql":"T"}]}"#,
        #"{"onError":"stop","steps":[{"sql":"S"},{"sql":"T","want":"first","params":[{"$ref":{"step":0,"column":1}}],"#
            + #""if":{"and":[{"ran":0},{"not":{"eq":[{"$ref":{"step":0,"value":"changes"}},1]}},{"isNull":null}]},"#
            + #""assert":{"or":[{"ge":[1,2]},{"ran":1}]},"message":"m","tolerate":true}]}"#,
        #"{"migrations":[{"id":"1","sql":"S"},{"id":"2","sql":"T"}],"dryRun":true}"#,
        #"{"mode":"read","wait":1,"idle":2,"total":3}"#, #"{"name":"sp"}"#,
        #"{"type":"publish","channel":"r","data":{"a":[1,"x",null]},"id":"q"}"#,
        #"{"type":"subscribe","channel":"r","after":"12","id":1.5}"#,
    ]

    @Test(arguments: 0..<4 as Range<UInt64>) func `changed requests are translated or refused`(_ seed: UInt64) {
        var generator = SeededGenerator(state: seed)
        for _ in 0..<1_500 {
            var json = Array((Self.seeds.randomElement(using: &generator) ?? "").utf8)
            for _ in 0..<Int.random(in: 1...4, using: &generator) { change(&json, &generator) }
            check(json)
        }
    }

    @Test(arguments: 0..<2 as Range<UInt64>) func `random bytes are translated or refused`(_ seed: UInt64) {
        var generator = SeededGenerator(state: seed &+ 50)
        let alphabet = Array("{}[]\",:\\ue0123456789-+.truefalsn$ \n".utf8) + [0x00, 0x80, 0xC3, 0xFF]
        for _ in 0..<1_500 {
            let length = Int.random(in: 0...60, using: &generator)
            check((0..<length).map { _ in alphabet.randomElement(using: &generator) ?? 0 })
        }
    }

    /// Bodies that were changed make answers that are JSON, or none.
    @Test(arguments: 0..<2 as Range<UInt64>) func `changed answers are JSON or refused`(_ seed: UInt64) {
        var generator = SeededGenerator(state: seed &+ 90)
        let bodies = [
            AnswerWriting.result(
                ["a", "b\"", "a"],
                [
                    [.integer(.min), .text("x\n"), .blob([1, 2])],
                    [.real(1.5), .text(Text([0xFF])), .real(-.infinity)],
                ]),
            AnswerWriting.batch([
                .done(columns: ["a"], rows: [[.null]], changes: 1, lastInsertRowid: 2), .skipped,
                .failed(ErrorMessage(.sqlError, "m", offset: 3)),
            ]),
            AnswerWriting.body {
                Done(Outcome(changed: true, lsn: 4), statements: 3).encode(into: &$0, stream: 1, request: 1)
            },
            AnswerWriting.body {
                ErrorMessage(.overloaded, "m", retryAfter: 5).encode(into: &$0, stream: 1, request: 1)
            },
        ]
        for _ in 0..<1_500 {
            var body = bodies.randomElement(using: &generator) ?? []
            for _ in 0..<Int.random(in: 1...3, using: &generator) where !body.isEmpty {
                body[.random(in: 0..<body.count, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            for json in answers(body) where !isJSON(json) { Issue.record("\(String(decoding: json, as: UTF8.self))") }
        }
    }

    private func check(_ json: [UInt8]) {
        var writer = ByteWriter()
        if (try? StatementRequest.encode(json.span, kind: .query, into: &writer)) != nil {
            require((try? RequestReading.statement(writer.bytes, kind: .query)) != nil, json)
        }
        writer.removeAll()
        if (try? BatchRequest.encode(json.span, into: &writer)) != nil {
            require((try? RequestReading.batch(writer.bytes)) != nil, json)
        }
        writer.removeAll()
        if let kinds = try? OperationsRequest.encode(json.span, into: &writer), !kinds.isEmpty {
            require((try? RequestReading.batch(writer.bytes).count) == kinds.count + 1, json)
        }
        writer.removeAll()
        if (try? MigrateRequest.encode(json.span, into: &writer)) != nil {
            require((try? RequestReading.migrations(writer.bytes)) != nil, json)
        }
        writer.removeAll()
        if (try? TransactionRequest.encodeBegin(json.span, into: &writer)) != nil {
            require((try? Begin(writer.bytes.span)) != nil, json)
        }
        if let request = try? HubRequest(json.span) {
            if let id = request.id { require(isJSON(id), json) }
            if case .publish(_, let data) = request.action { require(isJSON(data), json) }
        }
        if (try? JSONTree.describe(json)) != nil { require(isJSON(json), json) }
    }

    private func require(_ isTrue: Bool, _ json: [UInt8]) {
        if !isTrue { Issue.record("\(String(decoding: json, as: UTF8.self))") }
    }

    private func answers(_ body: [UInt8]) -> [[UInt8]] {
        var written: [[UInt8]] = []
        func append(_ answer: (inout ByteWriter) throws(DecodeError) -> Void) {
            var writer = ByteWriter()
            if (try? answer(&writer)) != nil { written.append(writer.bytes) }
        }
        for style in [ResultStyle(), ResultStyle(rows: .arrays, integers: .tagged)] {
            append { writer throws(DecodeError) in try JSONAnswer.append(query: body.span, style: style, to: &writer) }
            append { writer throws(DecodeError) in try JSONAnswer.append(queryOne: body.span, style: style, to: &writer)
            }
            append { writer throws(DecodeError) in try JSONAnswer.append(batch: body.span, style: style, to: &writer) }
        }
        append { writer throws(DecodeError) in try JSONAnswer.append(run: body.span, to: &writer) }
        append { writer throws(DecodeError) in try JSONAnswer.append(error: body.span, to: &writer) }
        append { writer in
            HubFrame.append(messageOf: body.span, data: body.span, id: 1, createdAt: body.span, to: &writer)
        }
        return written
    }

    private func change(_ json: inout [UInt8], _ generator: inout SeededGenerator) {
        guard !json.isEmpty else { return }
        let index = Int.random(in: 0..<json.count, using: &generator)
        let interesting = Array("{}[]\",:\\0-.eutfn \n".utf8) + [0x00, 0x1F, 0x80, 0xC3, 0xED, 0xFF]
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: json[index] = interesting.randomElement(using: &generator) ?? 0
        case 1: json[index] = .random(in: 0...255, using: &generator)
        case 2: json.remove(at: index)
        case 3: json.insert(interesting.randomElement(using: &generator) ?? 0, at: index)
        default:
            let end = Int.random(in: index...json.count, using: &generator)
            json.insert(contentsOf: Array(json[index..<end]), at: index)
        }
    }
}
