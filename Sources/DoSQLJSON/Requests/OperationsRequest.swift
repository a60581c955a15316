public import DoSQLProtocol

/// `{"operations": [{"type", "sql", "params"?}, …], "deadline"?}`: statements that all succeed or leave nothing, as a
/// BATCH (`protocol/json.md`, requests).
public enum OperationsRequest {
    /// Appends the body of a BATCH, and gives what each operation is, by which the answer is shaped. Without operations
    /// there is no such batch: then nothing is appended, and the answer is `{"results": []}`.
    public static func encode(
        _ json: Span<UInt8>, options: RequestOptions = RequestOptions(), into writer: inout ByteWriter
    ) throws(JSONFault) -> [Execute.Kind] {
        var operations = Member()
        var deadline = Member()
        var reader = JSONReader(json)
        try reader.beginRequestObject()
        while let name = try reader.nextMember() {
            if name.means("operations") {
                try operations.take("operations", from: &reader)
            } else if name.means("deadline") {
                try deadline.take("deadline", from: &reader)
            } else {
                try reader.skipValue()
            }
        }
        try reader.expectEnd()
        let start = writer.count
        do throws(JSONFault) {
            writer.writeU8(Batch.OnError.rollback.rawValue)
            let kinds = try encodeSteps(operations, of: reader, into: &writer)
            if let deadline = try reader.count("deadline", deadline) { writer.writeOption(0x01, varint: deadline) }
            try writer.writeOption(idempotencyKey: options.idempotencyKey)
            if kinds.isEmpty { writer.truncate(to: start) }
            return kinds
        } catch {
            writer.truncate(to: start)
            throw error
        }
    }

    private static func encodeSteps(
        _ member: Member, of request: borrowing JSONReader, into writer: inout ByteWriter
    ) throws(JSONFault) -> [Execute.Kind] {
        var reader = try request.array("operations", member)
        let position = writer.beginCount()
        var kinds: [Execute.Kind] = []
        while try reader.nextElement() {
            do throws(JSONFault) {
                guard kinds.count < Limits.batchStepsMax else {
                    throw JSONFault("more than \(Limits.batchStepsMax) operations")
                }
                kinds.append(try encodeStep(&reader, into: &writer))
            } catch {
                throw error.inside("operations[\(kinds.count)]")
            }
        }
        writer.endCount(at: position, kinds.count)
        return kinds
    }

    @_lifetime(reader: copy reader)
    private static func encodeStep(
        _ reader: inout JSONReader, into writer: inout ByteWriter
    ) throws(JSONFault) -> Execute.Kind {
        var type = Member()
        var sql = Member()
        var params = Member()
        try reader.beginRequestObject()
        while let name = try reader.nextMember() {
            if name.means("type") {
                try type.take("type", from: &reader)
            } else if name.means("sql") {
                try sql.take("sql", from: &reader)
            } else if name.means("params") {
                try params.take("params", from: &reader)
            } else {
                try reader.skipValue()
            }
        }
        let kind = try kind(of: try reader.optionalString("type", type))
        let want: RowsWanted =
            switch kind {
            case .query: .all
            case .queryOne: .first
            case .run: .none
            }
        writer.writeU8(want.rawValue)
        writer.writeU8(0)
        writer.writeStatement(try reader.messageText("sql", sql))
        try writer.writeParameters(params, of: reader, .statement)
        // Neither a condition nor an assertion.
        writer.writeVarint(0)
        writer.writeVarint(0)
        return kind
    }

    /// Every type but two means *run*.
    private static func kind(of type: JSONString?) throws(JSONFault) -> Execute.Kind {
        guard let type else { return .run }
        if type.means("query") { return .query }
        return type.means("queryOne") ? .queryOne : .run
    }
}
