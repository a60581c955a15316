import DoSQLProtocol

/// libFuzzer on everything of the protocol that reads bytes (`protocol/framing.md`).
///
///     DOSQL_FUZZ=1 swift build --scratch-path .build-fuzz --sanitize=fuzzer --product ProtocolFuzzer
///     .build-fuzz/debug/ProtocolFuzzer -max_total_time=30
///
/// The first two bytes of an input say how the rest is cut and how many columns rows have; the rest are the bytes of a
/// connection. Every decoder must read or refuse them, and what the pages' encoders make again must be as long or
/// shorter, and read the same.
@c(LLVMFuzzerTestOneInput)
public func fuzzProtocol(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
    guard input.count > 2 else { return 0 }
    let columns = Int(input[1] & 7)
    var decoder = FrameDecoder(frameMax: 1 << 16)
    let size = input[0] == 0 ? input.count : Int(input[0])
    var position = 2
    while position < input.count {
        let part = Array(input[position..<min(position + size, input.count)])
        position += part.count
        feed(part, to: &decoder, columns: columns)
    }
    // The same bytes as the body of every message, since headers are seldom guessed.
    let body = Array(input.dropFirst(2))
    for type in MessageType.allCases { try? walk(type, body.span, columns: columns) }
    _ = try? Expression(decoding: body.span)
    _ = Preamble.match(body.span)
    _ = TenantNameRule.isValid(body.span)
    checkValue(body)
    return 0
}

private func feed(_ part: [UInt8], to decoder: inout FrameDecoder, columns: Int) {
    var input = part.span
    while true {
        switch decoder.next(&input) {
        case .frame(let header, let body): handle(header, body, columns: columns)
        case .assembled(let header, let body): handle(header, body.span, columns: columns)
        case .tooLarge, .unmeant: continue
        case .needMore: return
        }
    }
}

private func handle(_ header: FrameHeader, _ body: Span<UInt8>, columns: Int) {
    precondition(Int(header.length) == body.count, "A frame's body has the length its header says.")
    for sender in [Peer.client, .server] {
        if let type = try? header.validate(sentBy: sender) { try? walk(type, body, columns: columns) }
    }
}

/// A value that can be read comes back the same from its shortest form.
private func checkValue(_ bytes: [UInt8]) {
    var reader = ByteReader(bytes.span)
    guard let view = try? reader.readValue(), let value = Value(view) else { return }
    var writer = ByteWriter()
    value.encode(into: &writer)
    precondition(writer.count <= reader.offset, "The shortest form is not longer than any other.")
    var again = ByteReader(writer.bytes.span)
    guard let view = try? again.readValue(), again.isAtEnd else { preconditionFailure("What was written can be read.") }
    precondition(Value(view) == value, "A value comes back the same.")
}

/// Decodes a body and walks everything that is decoded only when it is asked for.
private func walk(_ type: MessageType, _ body: Span<UInt8>, columns: Int) throws(DecodeError) {
    switch type {
    case .hello: _ = try Hello(body)
    case .ping: _ = try Ping(body)
    case .cancel: try Cancel.decode(body)
    case .credit: _ = try Credit(body)
    case .prepare: _ = try Prepare(body)
    case .unprepare: _ = try Unprepare(body)
    case .tenants: _ = try Tenants(body)
    case .open: _ = try Open(body)
    case .close: try Close.decode(body)
    case .query: try walk(try Execute(body, kind: .query).parameters, inBatch: false)
    case .queryOne: try walk(try Execute(body, kind: .queryOne).parameters, inBatch: false)
    case .run: try walk(try Execute(body, kind: .run).parameters, inBatch: false)
    case .batch:
        let batch = try Batch(body)
        var steps = batch.makeReader()
        while let step = try steps.next() {
            try walk(step.parameters, inBatch: true)
            if !step.condition.isEmpty { _ = try Expression(decoding: step.condition) }
            if !step.assertion.isEmpty { _ = try Expression(decoding: step.assertion) }
        }
    case .script: _ = try Script(body)
    case .describe: _ = try Describe(body)
    case .load: _ = try Load(body)
    case .loadRows: _ = try LoadRows(body, columns: columns).rows.copy()
    case .subscribe: try check(Subscribe(body))
    case .publish: _ = Feed.isValid(name: try Publish(body).name)
    case .begin: _ = try Begin(body)
    case .commit: _ = try Commit(body)
    case .rollback: try Rollback.decode(body)
    case .savepoint: _ = try Savepoint(body, kind: .set)
    case .release: _ = try Savepoint(body, kind: .release)
    case .rollbackTo: _ = try Savepoint(body, kind: .rollbackTo)
    case .migrate:
        let migrate = try Migrate(body)
        var migrations = migrate.makeReader()
        while try migrations.next() != nil {}
    case .helloOK: _ = try HelloOK(body)
    case .pong: _ = try Pong(body)
    case .goAway: _ = try GoAway(body)
    case .grant: _ = try Grant(body)
    case .ok: _ = try OK(body)
    case .result:
        let result = try ResultMessage(body)
        _ = try result.columns.copy()
        _ = try result.rows.copy()
    case .head: _ = try HeadMessage(body).columns.copy()
    case .rows: _ = try RowsMessage(body, columns: columns).rows.copy()
    case .done: _ = try Done(body)
    case .batchResult:
        let result = try BatchResult(body)
        var steps = result.makeReader()
        while let step = try steps.next() { _ = try StepResult(step) }
    case .description: _ = try Description(body)
    case .migrations: _ = try Migrations(body)
    case .tenantList: _ = try TenantList(body)
    case .error: _ = try ErrorMessage(body)
    }
}

/// A subscription comes back the same from the shortest form of its frame.
private func check(_ message: Subscribe) throws(DecodeError) {
    _ = message.filter.isValid
    var writer = ByteWriter()
    Subscribe.encode(
        into: &writer, stream: 1, request: 1, filter: message.filter, after: message.after, credit: message.credit)
    let again = try Subscribe(writer.bytes.span.extracting(droppingFirst: FrameHeader.size))
    precondition(again == message, "A subscription comes back the same.")
}

private func walk(_ parameters: ParametersView, inBatch: Bool) throws(DecodeError) {
    var reader = parameters.makeReader(allowReferences: inBatch)
    var count = 0
    while try reader.next() != nil { count += 1 }
    precondition(count == parameters.count, "As many parameters can be read as were counted.")
}
