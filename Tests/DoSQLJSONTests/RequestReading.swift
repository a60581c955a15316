import DoSQLJSON
import DoSQLProtocol

/// Bodies as the server's own decoders read them, in one line each, so that tests compare meanings and not bytes.
enum RequestReading {
    static func statement(_ body: [UInt8], kind: Execute.Kind) throws -> String {
        let execute = try Execute(body.span, kind: kind)
        var words = [sql(execute.statement), try parameters(execute.parameters)]
        if let deadline = execute.deadline { words.append("deadline=\(deadline)") }
        if let credit = execute.credit { words.append("credit=\(credit)") }
        if let rowsMax = execute.rowsMax { words.append("rowsMax=\(rowsMax)") }
        if let key = execute.idempotencyKey { words.append("key=\(String(repairing: key))") }
        return words.joined(separator: " ")
    }

    static func batch(_ body: [UInt8]) throws -> [String] {
        let batch = try Batch(body.span)
        var first = "\(batch.onError)"
        if let deadline = batch.deadline { first += " deadline=\(deadline)" }
        if let key = batch.idempotencyKey { first += " key=\(String(repairing: key))" }
        var lines = [first]
        var steps = batch.makeReader()
        while let step = try steps.next() {
            var words = ["\(step.want)", sql(step.statement), try parameters(step.parameters)]
            if step.isTolerated { words.append("tolerate") }
            if !step.condition.isEmpty { words.append("if " + describe(try Expression(decoding: step.condition))) }
            if !step.assertion.isEmpty { words.append("assert " + describe(try Expression(decoding: step.assertion))) }
            if !step.message.isEmpty { words.append("message=\(String(repairing: step.message))") }
            lines.append(words.joined(separator: " "))
        }
        return lines
    }

    static func migrations(_ body: [UInt8]) throws -> [String] {
        let migrate = try Migrate(body.span)
        var lines = [migrate.isDryRun ? "dry" : "run"]
        var reader = migrate.makeReader()
        while let migration = try reader.next() {
            lines.append("\(String(repairing: migration.id)): \(String(repairing: migration.sql))")
        }
        return lines
    }

    static func key(_ key: Span<UInt8>?) -> String? {
        guard let key else { return nil }
        return String(repairing: key)
    }

    private static func sql(_ statement: borrowing StatementReference) -> String {
        switch statement {
        case .sql(let text): "<\(String(repairing: text))>"
        case .prepared(let id): "#\(id)"
        }
    }

    private static func parameters(_ view: ParametersView) throws -> String {
        var reader = view.makeReader(allowReferences: true)
        var words: [String] = []
        while let parameter = try reader.next() {
            let value = describe(parameter.value)
            words.append(view.form == .named ? "\(String(repairing: parameter.name))=\(value)" : value)
        }
        return (view.form == .named ? "{" : "(") + words.joined(separator: " ") + (view.form == .named ? "}" : ")")
    }

    private static func describe(_ view: ValueView) -> String {
        if case .reference(let reference) = view { return describe(reference) }
        return Value(view).map(describe) ?? "?"
    }

    static func describe(_ value: Value) -> String {
        switch value {
        case .null: "null"
        case .integer(let value): "i\(value)"
        case .real(let value): "r\(value)"
        case .text(let text): text.string.map { "'\($0)'" } ?? "text\(text.bytes)"
        case .blob(let bytes): "blob\(bytes)"
        }
    }

    private static func describe(_ reference: Reference) -> String {
        switch reference {
        case .lastInsertRowid(let step): "@\(step).rowid"
        case .changes(let step): "@\(step).changes"
        case .column(let step, let column): "@\(step)[\(column)]"
        case .rowCount(let step): "@\(step).count"
        }
    }

    static func describe(_ expression: Expression) -> String {
        switch expression {
        case .ran(let step): "ran \(step)"
        case .failed(let step): "failed \(step)"
        case .skipped(let step): "skipped \(step)"
        case .not(let operand): "not(\(describe(operand)))"
        case .and(let left, let right): "(\(describe(left)) and \(describe(right)))"
        case .or(let left, let right): "(\(describe(left)) or \(describe(right)))"
        case .compare(let comparison, let left, let right): "\(describe(left)) \(comparison) \(describe(right))"
        case .isNull(let operand): "\(describe(operand)) isNull"
        }
    }

    private static func describe(_ operand: Expression.Operand) -> String {
        switch operand {
        case .value(let value): describe(value)
        case .reference(let reference): describe(reference)
        }
    }
}

/// What a translation made of a text: the body's meaning, or the fault's message.
enum Translation {
    static func statement(
        _ json: String, kind: Execute.Kind = .query, options: RequestOptions = RequestOptions()
    ) throws -> String {
        let bytes = Array(json.utf8)
        var writer = ByteWriter([7])
        do throws(JSONFault) {
            try StatementRequest.encode(bytes.span, kind: kind, options: options, into: &writer)
        } catch {
            return told(error, writer)
        }
        return try RequestReading.statement(Array(writer.bytes.dropFirst()), kind: kind)
    }

    static func batch(_ json: String, options: RequestOptions = RequestOptions()) throws -> [String] {
        let bytes = Array(json.utf8)
        var writer = ByteWriter([7])
        do throws(JSONFault) {
            try BatchRequest.encode(bytes.span, options: options, into: &writer)
        } catch {
            return [told(error, writer)]
        }
        return try RequestReading.batch(Array(writer.bytes.dropFirst()))
    }

    static func operations(_ json: String, options: RequestOptions = RequestOptions()) throws -> [String] {
        let bytes = Array(json.utf8)
        var writer = ByteWriter([7])
        var kinds: [Execute.Kind] = []
        do throws(JSONFault) {
            kinds = try OperationsRequest.encode(bytes.span, options: options, into: &writer)
        } catch {
            return [told(error, writer)]
        }
        let names = kinds.map { "\($0)" }.joined(separator: " ")
        if writer.count == 1 { return [names] }
        return [names] + (try RequestReading.batch(Array(writer.bytes.dropFirst())))
    }

    /// A failed translation must leave nothing behind.
    static func told(_ fault: JSONFault, _ writer: ByteWriter) -> String {
        let code = fault.code == .malformed ? "" : fault.code.name + " "
        return code + fault.message + (writer.bytes == [7] ? "" : " AND LEAVES \(writer.bytes)")
    }
}
