import DoSQLJSON
import DoSQLLoop
import DoSQLProtocol

/// Turns the frames that answer an operation into JSON. It knows no connection: a long frame is a thread's work.
struct AnswerTranslator: Sendable {
    /// What a frame came to.
    enum Step: Sendable {
        /// More frames come. Of rows so many bytes were taken, for which credit is due.
        case goesOn(taken: Int)
        case finished
        /// The request has failed, perhaps behind rows that were sent already.
        case failed(ErrorMessage)
    }

    let operation: Operation
    let style: AnswerStyle
    private let rowStyle: ResultStyle
    /// What the guide's operations are, by which their results are shaped.
    private let kinds: [Execute.Kind]
    private var rows: RowTranscoder?
    private var columns = 0

    init(_ operation: Operation, style: AnswerStyle, rows rowStyle: ResultStyle, kinds: [Execute.Kind]) {
        self.operation = operation
        self.style = style
        self.rowStyle = rowStyle
        self.kinds = kinds
    }

    /// Appends what the next frame says.
    mutating func translate(_ header: FrameHeader, _ body: Span<UInt8>, to held: inout ByteWriter) throws(DecodeError)
        -> Step
    {
        switch MessageType(rawValue: header.type) {
        case .error: return .failed(try ErrorMessage(body))
        case .head:
            let head = try HeadMessage(body)
            columns = head.columns.count
            rows = try RowTranscoder(head.columns, style: rowStyle, layout: style == .lines ? .lines : .elements)
            beginRows(to: &held)
            return .goesOn(taken: 0)
        case .rows:
            let message = try RowsMessage(body, columns: columns)
            try rows?.append(message.rows, to: &held, upTo: held.count + JSONLimits.expanded(body.count))
            return .goesOn(taken: body.count)
        case .result:
            try translate(result: body, to: &held)
        case .done where rows != nil:
            if style == .json { JSONAnswer.endRows(try Done(body).outcome, style: rowStyle, to: &held) }
        case .done where operation == .script:
            try JSONAnswer.append(script: body, style: rowStyle, to: &held)
        case .done where operation == .publish:
            try JSONAnswer.append(published: body, to: &held)
        case .done:
            try JSONAnswer.append(run: body, style: rowStyle, to: &held)
        case .batchResult where operation == .transaction:
            try JSONAnswer.append(operations: body, kinds: kinds, style: rowStyle, to: &held)
        case .batchResult:
            try JSONAnswer.append(batch: body, style: rowStyle, to: &held)
        case .migrations:
            try JSONAnswer.append(migrations: body, to: &held)
        case .ok:
            try JSONAnswer.append(ok: body, to: &held)
        default:
            return .goesOn(taken: 0)
        }
        return .finished
    }

    private mutating func translate(result body: Span<UInt8>, to held: inout ByteWriter) throws(DecodeError) {
        // Most results need about so much as JSON.
        held.reserve(body.count + 128)
        if operation == .queryOne { return try JSONAnswer.append(queryOne: body, style: rowStyle, to: &held) }
        guard style == .lines else { return try JSONAnswer.append(query: body, style: rowStyle, to: &held) }
        let result = try ResultMessage(body)
        rows = try RowTranscoder(result.columns, style: rowStyle, layout: .lines)
        beginRows(to: &held)
        try rows?.append(result.rows, to: &held, upTo: held.count + JSONLimits.expanded(body.count))
    }

    private func beginRows(to held: inout ByteWriter) {
        guard let rows else { return }
        guard style == .lines else { return JSONAnswer.beginRows(rows, to: &held) }
        guard rowStyle.rows == .arrays else { return }
        rows.appendColumns(to: &held)
        held.writeU8(0x0A)
    }
}

/// A long frame as JSON, made by a thread.
struct TranslatedFrame: Sendable {
    /// What goes on behind it.
    let translator: AnswerTranslator
    let held: [UInt8]
    let result: Result<AnswerTranslator.Step, DecodeError>
    let isLast: Bool
    /// Counts it until the face does.
    let onItsWay: BytesOnTheirWay

    /// Lets a thread translate a frame, when it is the tenant's turn there; the caller gets it.
    static func begin(
        _ header: FrameHeader, _ body: Span<UInt8>, with translator: AnswerTranslator, behind held: [UInt8],
        for caller: TransactionCaller, owner: AnyObject, on shard: Shard
    ) {
        let bytes = [UInt8](copying: body)
        let coming = BytesOnTheirWay(bytes.count + held.count, in: shard.inFlight)
        let inFlight = shard.inFlight
        shard.context.tenants.context.readers.post(for: owner) { _ in
            var translator = translator
            var writer = ByteWriter()
            writer.append(held)
            let result: Result<AnswerTranslator.Step, DecodeError>
            do throws(DecodeError) {
                result = .success(try translator.translate(header, bytes.span, to: &writer))
            } catch {
                result = .failure(error)
            }
            let made = writer.take()
            let frame = TranslatedFrame(
                translator: translator, held: made, result: result,
                isLast: MessageType(rawValue: header.type)?.isTerminal ?? true,
                onItsWay: BytesOnTheirWay(made.count, in: inFlight))
            withExtendedLifetime(coming) {}
            caller.shard.post(.answerTranslated(frame, for: caller))
        }
    }
}
