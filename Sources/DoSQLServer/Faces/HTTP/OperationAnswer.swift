import DoSQLJSON
import DoSQLLoop
import DoSQLProtocol

/// Turns the frames that answer an operation into its HTTP answer: whole where it is short, a stream where it is long.
final class OperationAnswer {
    /// Bytes of rows up to which an error that comes behind them still has its own status; beyond, they are sent.
    private static let heldMax = 256 * 1024

    private let operation: Operation
    private let style: AnswerStyle
    private let rowStyle: ResultStyle
    /// What the guide's operations are, by which their results are shaped.
    private let kinds: [Execute.Kind]
    private let response: Response
    private var rows: RowTranscoder?
    private var columns = 0
    private var held = ByteWriter()

    init(
        _ operation: Operation, style: AnswerStyle, rows rowStyle: ResultStyle, kinds: [Execute.Kind],
        response: Response
    ) {
        self.operation = operation
        self.style = style
        self.rowStyle = rowStyle
        self.kinds = kinds
        self.response = response
    }

    /// What has become of the answer.
    enum Progress {
        /// More frames come. Of rows so many bytes were taken, for which credit is due.
        case goesOn(taken: Int)
        case finished
        /// It has failed behind what was sent already: the client must see that it is not complete.
        case broken
    }

    /// Takes the next frame.
    func received(_ header: FrameHeader, _ body: Span<UInt8>) -> Progress {
        do throws(DecodeError) {
            return style == .binary ? take(header, body) : try translate(header, body)
        } catch {
            // Our own frame: nothing that a client can do anything about.
            let failure = ErrorMessage(
                .internal, "an answer of \(operation.rawValue) could not be translated: \(error)")
            guard !response.hasBegun else { return .broken }
            response.send(Refusal(failure), style: style)
            return .finished
        }
    }

    // MARK: JSON

    private func translate(_ header: FrameHeader, _ body: Span<UInt8>) throws(DecodeError) -> Progress {
        switch MessageType(rawValue: header.type) {
        case .error: return failed(try ErrorMessage(body))
        case .head:
            let head = try HeadMessage(body)
            columns = head.columns.count
            rows = try RowTranscoder(head.columns, style: rowStyle, layout: style == .lines ? .lines : .elements)
            try beginRows()
            return .goesOn(taken: 0)
        case .rows:
            let message = try RowsMessage(body, columns: columns)
            try rows?.append(message.rows, to: &held)
            if response.hasBegun || held.count > Self.heldMax || style == .lines { sendHeld() }
            return .goesOn(taken: body.count)
        case .result:
            try translate(result: body)
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
        finish()
        return .finished
    }

    private func translate(result body: Span<UInt8>) throws(DecodeError) {
        // Most results need about so much as JSON.
        held.reserve(body.count + 128)
        if operation == .queryOne { return try JSONAnswer.append(queryOne: body, style: rowStyle, to: &held) }
        guard style == .lines else { return try JSONAnswer.append(query: body, style: rowStyle, to: &held) }
        let result = try ResultMessage(body)
        rows = try RowTranscoder(result.columns, style: rowStyle, layout: .lines)
        try beginRows()
        try rows?.append(result.rows, to: &held)
    }

    private func beginRows() throws(DecodeError) {
        guard let rows else { return }
        guard style == .lines else { return JSONAnswer.beginRows(rows, to: &held) }
        guard rowStyle.rows == .arrays else { return }
        rows.appendColumns(to: &held)
        held.writeU8(0x0A)
    }

    private func failed(_ error: ErrorMessage) -> Progress {
        guard response.hasBegun else {
            response.send(Refusal(error), style: style)
            return .finished
        }
        if style == .lines {
            JSONAnswer.append(errorLine: error, to: &held)
            sendHeld()
        }
        return .broken
    }

    private func finish() {
        guard response.hasBegun else { return response.send(200, type: style.type, held.take()) }
        sendHeld()
        response.end()
    }

    private func sendHeld() {
        if !response.hasBegun { response.begin(200, type: style.type) }
        response.write(held.bytes)
        held.removeAll(keepingCapacity: true)
    }

    // MARK: Binary

    private func take(_ header: FrameHeader, _ body: Span<UInt8>) -> Progress {
        // Streams and requests are the server's own doing here.
        FrameHeader(length: header.length, type: header.type, flags: header.flags, stream: 0, request: 0)
            .encode(into: &held)
        held.append(body)
        let type = MessageType(rawValue: header.type)
        if type?.isTerminal ?? true {
            if type == .error && !response.hasBegun, let error = try? ErrorMessage(body) {
                response.send(Refusal(error), style: style)
            } else {
                finish()
            }
            return .finished
        }
        if held.count > Self.heldMax || response.hasBegun { sendHeld() }
        return .goesOn(taken: type == .rows ? body.count : 0)
    }
}
