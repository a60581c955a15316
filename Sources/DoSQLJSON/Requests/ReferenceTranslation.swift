import DoSQLProtocol

extension ByteWriter {
    /// What an earlier step gave: `{"step": 0, "value": "changes"}` or `{"step": 0, "column": 1}`
    /// (`protocol/json.md`, batches).
    @_lifetime(reader: copy reader)
    mutating func writeReference(_ reader: inout JSONReader, _ scope: ValueScope) throws(JSONFault) {
        guard let limit = scope.referencesBefore else {
            throw JSONFault("only a batch has steps to refer to", path: "$ref")
        }
        do throws(JSONFault) {
            try reference(&reader, before: limit).encode(into: &self)
        } catch {
            throw error.inside("$ref")
        }
    }

    @_lifetime(reader: copy reader)
    private func reference(_ reader: inout JSONReader, before limit: Int) throws(JSONFault) -> Reference {
        var step = Member()
        var value = Member()
        var column = Member()
        try reader.beginRequestObject()
        while let name = try reader.nextMember() {
            if name.means("step") {
                try step.take("step", from: &reader)
            } else if name.means("value") {
                try value.take("value", from: &reader)
            } else if name.means("column") {
                try column.take("column", from: &reader)
            } else {
                throw JSONFault("a reference has \"step\" and either \"value\" or \"column\"")
            }
        }
        guard (value.offset == nil) != (column.offset == nil) else {
            throw JSONFault("a reference has \"step\" and either \"value\" or \"column\"")
        }
        let number = try reader.step("step", step, before: limit)
        if let column = try reader.count("column", column) {
            guard column < UInt64(Int32.max) else { throw JSONFault("there is no such column", path: "column") }
            return .column(step: number, column: Int(column))
        }
        switch try reader.choice("value", value, else: StepWord.changes) {
        case .lastInsertRowid: return .lastInsertRowid(step: number)
        case .changes: return .changes(step: number)
        case .rowCount: return .rowCount(step: number)
        }
    }
}

/// What a reference may be to, but for columns.
private enum StepWord: String, CaseIterable {
    case lastInsertRowid
    case changes
    case rowCount
}

extension JSONReader {
    /// The number of a step that comes before `limit`.
    func step(_ name: String, _ member: Member, before limit: Int) throws(JSONFault) -> Int {
        guard let step = try count(name, member) else { throw JSONFault("the number of a step is needed", path: name) }
        guard step < UInt64(limit) else { throw Self.laterStep(step, path: name) }
        return Int(step)
    }

    static func laterStep(_ step: UInt64, path: String = "") -> JSONFault {
        JSONFault("step \(step) does not come before", code: .batchReference, path: path)
    }
}
