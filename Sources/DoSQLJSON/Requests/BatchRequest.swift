public import DoSQLProtocol

/// `{"onError"?, "steps": [Step, …], "deadline"?}`: a BATCH with all it can do (`protocol/json.md`, batches).
public enum BatchRequest {
    /// Appends the message's body, without a frame's header; if that fails, nothing.
    public static func encode(
        _ json: Span<UInt8>, options: RequestOptions = RequestOptions(), into writer: inout ByteWriter
    ) throws(JSONFault) {
        var onError = Member()
        var steps = Member()
        var deadline = Member()
        var reader = JSONReader(json)
        try reader.beginRequestObject()
        while let name = try reader.nextMember() {
            if name.means("steps") {
                try steps.take("steps", from: &reader)
            } else if name.means("onError") {
                try onError.take("onError", from: &reader)
            } else if name.means("deadline") {
                try deadline.take("deadline", from: &reader)
            } else {
                try reader.skipValue()
            }
        }
        try reader.expectEnd()
        let start = writer.count
        do throws(JSONFault) {
            writer.writeU8(try reader.choice("onError", onError, else: OnErrorWord.rollback).byte.rawValue)
            try encodeSteps(steps, of: reader, into: &writer)
            if let deadline = try reader.count("deadline", deadline) { writer.writeOption(0x01, varint: deadline) }
            try writer.writeOption(idempotencyKey: options.idempotencyKey)
        } catch {
            writer.truncate(to: start)
            throw error
        }
    }

    private static func encodeSteps(
        _ member: Member, of request: borrowing JSONReader, into writer: inout ByteWriter
    ) throws(JSONFault) {
        var reader = try request.array("steps", member)
        let position = writer.beginCount()
        var count = 0
        while try reader.nextElement() {
            do throws(JSONFault) {
                guard count < Limits.batchStepsMax else {
                    throw JSONFault("a batch has at most \(Limits.batchStepsMax) steps")
                }
                try StepMembers(&reader).encode(number: count, of: reader, into: &writer)
            } catch {
                throw error.inside("steps[\(count)]")
            }
            count += 1
        }
        guard count > 0 else { throw JSONFault("a batch has at least one step", path: "steps") }
        writer.endCount(at: position, count)
    }
}

/// Where the members of a step lie.
private struct StepMembers {
    private var sql = Member()
    private var params = Member()
    private var want = Member()
    private var condition = Member()
    private var assertion = Member()
    private var message = Member()
    private var tolerate = Member()

    /// Passes over a step.
    @_lifetime(reader: copy reader)
    init(_ reader: inout JSONReader) throws(JSONFault) {
        try reader.beginRequestObject()
        while let name = try reader.nextMember() {
            if name.means("sql") {
                try sql.take("sql", from: &reader)
            } else if name.means("params") {
                try params.take("params", from: &reader)
            } else if name.means("want") {
                try want.take("want", from: &reader)
            } else if name.means("if") {
                try condition.take("if", from: &reader)
            } else if name.means("assert") {
                try assertion.take("assert", from: &reader)
            } else if name.means("message") {
                try message.take("message", from: &reader)
            } else if name.means("tolerate") {
                try tolerate.take("tolerate", from: &reader)
            } else {
                // A member that is misspelt must not leave a step without its condition.
                throw JSONFault("a step has no such member", path: name.quoted)
            }
        }
    }

    /// Appends the step (`protocol/batches.md`, step).
    func encode(
        number: Int, of reader: borrowing JSONReader, into writer: inout ByteWriter
    ) throws(JSONFault) {
        writer.writeU8(try reader.choice("want", want, else: WantWord.all).byte.rawValue)
        writer.writeU8(try reader.bool("tolerate", tolerate) ? 1 : 0)
        writer.writeStatement(try reader.messageText("sql", sql))
        try writer.writeParameters(params, of: reader, ValueScope(referencesBefore: number))
        try ExpressionTranslation(limit: number).write("if", condition, of: reader, into: &writer)
        try ExpressionTranslation(limit: number + 1).write("assert", assertion, of: reader, into: &writer)
        guard message.offset != nil || assertion.offset != nil else { return }
        guard assertion.offset != nil else {
            throw JSONFault("it is the message of an assertion, and there is none", path: "message")
        }
        guard message.offset != nil else { return writer.writeVarint(0) }
        let text = try reader.messageText("message", message)
        guard text.count <= Limits.assertionMessageMax else {
            throw JSONFault("it has more than \(Limits.assertionMessageMax) bytes", path: "message")
        }
        writer.writeText(text)
    }
}

private enum OnErrorWord: String, CaseIterable {
    case rollback, stop, `continue`

    var byte: Batch.OnError {
        switch self {
        case .rollback: .rollback
        case .stop: .stop
        case .continue: .continue
        }
    }
}

private enum WantWord: String, CaseIterable {
    case none, first, all

    var byte: RowsWanted {
        switch self {
        case .none: .none
        case .first: .first
        case .all: .all
        }
    }
}
