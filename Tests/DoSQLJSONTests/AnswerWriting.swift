import DoSQLJSON
import DoSQLProtocol

/// Bodies as the server's own encoders make them, and the JSON that becomes of them.
enum AnswerWriting {
    static func result(_ columns: [String], _ rows: [[Value]], _ outcome: Outcome = Outcome(lsn: 7)) -> [UInt8] {
        body { ResultMessage.encode(into: &$0, stream: 1, request: 1, columns: columns, rows: rows, outcome: outcome) }
    }

    static func batch(_ steps: [StepResult], _ outcome: Outcome = Outcome(lsn: 7)) -> [UInt8] {
        body { BatchResult.encode(into: &$0, stream: 1, request: 1, steps: steps, outcome: outcome) }
    }

    static func body(_ encode: (inout ByteWriter) -> Void) -> [UInt8] {
        var writer = ByteWriter()
        encode(&writer)
        return Array(writer.bytes.dropFirst(FrameHeader.size))
    }

    /// What an answer appends, which must be JSON.
    static func json(
        _ body: [UInt8] = [], _ append: (Span<UInt8>, inout ByteWriter) throws(DecodeError) -> Void
    ) throws -> String {
        var writer = ByteWriter()
        try append(body.span, &writer)
        precondition(isJSON(writer.bytes), "Answers are JSON: \(String(decoding: writer.bytes, as: UTF8.self))")
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
