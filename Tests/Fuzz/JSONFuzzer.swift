import DoSQLJSON
import DoSQLProtocol

/// libFuzzer on everything that turns JSON into messages and messages into JSON (`protocol/json.md`).
///
///     DOSQL_FUZZ=1 swift build --scratch-path .build-fuzz --sanitize=fuzzer --product JSONFuzzer
///     .build-fuzz/debug/JSONFuzzer -max_total_time=30
///
/// The first byte of an input says what the rest is taken for. A request is translated or refused, and what it was
/// translated to is a message that the server's decoders read; an answer becomes JSON or is refused.
@c(LLVMFuzzerTestOneInput)
public func fuzzJSON(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
    guard let first = input.first else { return 0 }
    let rest = Array(input.dropFirst())
    switch first & 7 {
    case 0: fuzzReader(rest)
    case 1: fuzzStatement(rest)
    case 2: fuzzBatch(rest)
    case 3: fuzzOperations(rest)
    case 4: fuzzOtherRequests(rest)
    case 5: fuzzHub(rest)
    default: fuzzAnswers(rest, first)
    }
    return 0
}

/// Whether the bytes are one JSON text.
private func isJSON(_ bytes: [UInt8]) -> Bool { JSONData.isJSON(bytes.span) }

/// What can be read can be passed over, and is the same JSON without its white space.
private func fuzzReader(_ json: [UInt8]) {
    var reader = JSONReader(json.span)
    let isRead = (try? readAll(&reader)) != nil
    precondition(!isRead || isJSON(json), "What is read can be passed over.")
    var writer = ByteWriter()
    JSONData.append(json.span, to: &writer)
    precondition(isJSON(writer.bytes), "Data is written as JSON, whatever it was.")
    if isJSON(json) {
        precondition(writer.count <= json.count, "Compact JSON is no longer than other.")
        var again = ByteWriter()
        JSONData.append(writer.bytes.span, to: &again)
        precondition(again.bytes == writer.bytes, "Compact JSON stays as it is.")
    }
}

@_lifetime(reader: copy reader)
private func readAll(_ reader: inout JSONReader) throws(JSONFault) {
    try readValue(&reader)
    try reader.expectEnd()
}

@_lifetime(reader: copy reader)
private func readValue(_ reader: inout JSONReader) throws(JSONFault) {
    switch try reader.peek() {
    case .object:
        try reader.beginObject()
        while let name = try reader.nextMember() {
            precondition(name.bytes.count == name.count, "A name is as long as it says.")
            try readValue(&reader)
        }
    case .array:
        try reader.beginArray()
        while try reader.nextElement() { try readValue(&reader) }
    case .string:
        let string = try reader.readString()
        precondition(string.bytes.count == string.count, "A string is as long as it says.")
        precondition(string.string.utf8.count == string.count, "A string is UTF-8.")
        precondition(string.hasNUL == string.bytes.contains(0), "A NUL is told.")
    case .number: _ = try reader.readNumber()
    case .boolean: _ = try reader.readBool()
    case .null: try reader.readNull()
    }
}

private func fuzzStatement(_ json: [UInt8]) {
    for kind in Execute.Kind.allCases {
        var writer = ByteWriter()
        guard (try? StatementRequest.encode(json.span, kind: kind, into: &writer)) != nil else {
            precondition(writer.isEmpty, "What is refused leaves nothing.")
            continue
        }
        guard let execute = try? Execute(writer.bytes.span, kind: kind) else {
            preconditionFailure("What was translated can be read.")
        }
        var reader = execute.parameters.makeReader()
        while (try? reader.next()) != nil {}
    }
}

private func fuzzBatch(_ json: [UInt8]) {
    var writer = ByteWriter()
    guard (try? BatchRequest.encode(json.span, into: &writer)) != nil else {
        precondition(writer.isEmpty, "What is refused leaves nothing.")
        return
    }
    precondition((try? Batch(writer.bytes.span)) != nil, "What was translated can be read.")
}

private func fuzzOperations(_ json: [UInt8]) {
    var writer = ByteWriter()
    guard let kinds = try? OperationsRequest.encode(json.span, into: &writer), !kinds.isEmpty else {
        precondition(writer.isEmpty, "What is refused, and what is empty, leaves nothing.")
        return
    }
    guard let batch = try? Batch(writer.bytes.span) else { preconditionFailure("What was translated can be read.") }
    precondition(batch.count == kinds.count, "There is a step for each operation.")
}

private func fuzzOtherRequests(_ json: [UInt8]) {
    var writer = ByteWriter()
    if (try? MigrateRequest.encode(json.span, into: &writer)) != nil {
        precondition((try? Migrate(writer.bytes.span)) != nil, "What was translated can be read.")
    }
    writer.removeAll()
    if (try? ScriptRequest.encode(json.span, into: &writer)) != nil {
        precondition((try? Script(writer.bytes.span)) != nil, "What was translated can be read.")
    }
    writer.removeAll()
    if (try? TransactionRequest.encodeBegin(json.span, into: &writer)) != nil {
        precondition((try? Begin(writer.bytes.span)) != nil, "What was translated can be read.")
    }
    writer.removeAll()
    if (try? TransactionRequest.encodeSavepoint(json.span, into: &writer)) != nil {
        precondition((try? Savepoint(writer.bytes.span, kind: .set)) != nil, "What was translated can be read.")
    }
    if let event = try? EventRequest(json.span) { precondition(isJSON(event.data), "Data is JSON.") }
    if let message = try? ChannelMessageRequest(json.span) { precondition(isJSON(message.data), "Data is JSON.") }
}

private func fuzzHub(_ json: [UInt8]) {
    var writer = ByteWriter()
    do throws(HubRequest.Refusal) {
        let request = try HubRequest(json.span)
        if case .publish(_, let data) = request.action { precondition(isJSON(data), "Data is JSON.") }
        HubFrame.append(published: "channel", messageID: 1, id: request.id, to: &writer)
    } catch {
        HubFrame.append(error.fault.error, id: error.id, to: &writer)
    }
    precondition(isJSON(writer.bytes), "Whatever was asked, the answer is JSON.")
}

private func fuzzAnswers(_ body: [UInt8], _ first: UInt8) {
    let style = ResultStyle(
        rows: first & 8 == 0 ? .objects : .arrays, integers: ResultStyle.Integers.allCases[Int(first >> 4) % 3])
    func check(_ append: (inout ByteWriter) throws(DecodeError) -> Void) {
        var writer = ByteWriter()
        if (try? append(&writer)) != nil { precondition(isJSON(writer.bytes), "An answer is JSON.") }
    }
    check { writer throws(DecodeError) in try JSONAnswer.append(query: body.span, style: style, to: &writer) }
    check { writer throws(DecodeError) in try JSONAnswer.append(queryOne: body.span, style: style, to: &writer) }
    check { writer throws(DecodeError) in try JSONAnswer.append(run: body.span, style: style, to: &writer) }
    check { writer throws(DecodeError) in try JSONAnswer.append(script: body.span, style: style, to: &writer) }
    check { writer throws(DecodeError) in try JSONAnswer.append(batch: body.span, style: style, to: &writer) }
    check { writer throws(DecodeError) in try JSONAnswer.append(ok: body.span, to: &writer) }
    check { writer throws(DecodeError) in try JSONAnswer.append(migrations: body.span, to: &writer) }
    check { writer throws(DecodeError) in try JSONAnswer.append(error: body.span, to: &writer) }
    check { writer throws(DecodeError) in
        try JSONAnswer.append(operations: body.span, kinds: [.query, .run], style: style, to: &writer)
    }
    check { writer in
        HubFrame.append(messageOf: body.span, data: body.span, id: 1, createdAt: body.span, to: &writer)
    }
}
