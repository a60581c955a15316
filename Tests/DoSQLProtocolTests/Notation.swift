import DoSQLProtocol
import Foundation

/// The notation of values in message blocks (`protocol/vectors/README.md`).
enum Notation {
    static func bytes(hex: String) -> [UInt8] {
        let digits = Array(hex.utf8)
        precondition(digits.count.isMultiple(of: 2), "Hex has an odd number of digits: \(hex)")
        return stride(from: 0, to: digits.count, by: 2).map { index in
            guard let byte = UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16) else {
                preconditionFailure("This is not hex: \(hex)")
            }
            return byte
        }
    }

    static func hex(_ bytes: [UInt8]) -> String { "x\"" + bytes.map { String(format: "%02X", $0) }.joined() + "\"" }

    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case _ where scalar.value < 0x20: quoted += String(format: "\\u%04x", scalar.value)
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    static func string(quoted: some StringProtocol) -> String {
        guard let text = try? JSONDecoder().decode(String.self, from: Data(quoted.utf8)) else {
            preconditionFailure("This is not a JSON string: \(quoted)")
        }
        return text
    }

    static func write(_ value: Value) -> String {
        switch value {
        case .null: "(null)"
        case .integer(let value): "(integer \(value))"
        case .real(let value): value.isNaN ? "(real nan)" : "(real \(value))"
        case .text(let text): text.string.map { "(text \(quoted($0)))" } ?? "(text \(hex(text.bytes)))"
        case .blob(let bytes): "(blob \(hex(bytes)))"
        }
    }

    static func write(_ reference: Reference) -> String {
        switch reference {
        case .lastInsertRowid(let step): "(lastInsertRowid \(step))"
        case .changes(let step): "(changes \(step))"
        case .column(let step, let column): "(column \(step) \(column))"
        case .rowCount(let step): "(rowCount \(step))"
        }
    }

    static func write(_ operand: StepValue) -> String {
        switch operand {
        case .value(let value): write(value)
        case .reference(let reference): write(reference)
        }
    }

    static func write(_ expression: DoSQLProtocol.Expression?) -> String {
        switch expression {
        case nil: "none"
        case .ran(let step): "(ran \(step))"
        case .failed(let step): "(failed \(step))"
        case .skipped(let step): "(skipped \(step))"
        case .not(let operand): "(not \(write(operand)))"
        case .and(let left, let right): "(and \(write(left)) \(write(right)))"
        case .or(let left, let right): "(or \(write(left)) \(write(right)))"
        case .isNull(let operand): "(isNull \(write(operand)))"
        case .compare(let comparison, let left, let right):
            "(\(symbols[comparison] ?? "") \(write(left)) \(write(right)))"
        }
    }

    static let symbols: [DoSQLProtocol.Expression.Comparison: String] = [
        .equal: "=", .notEqual: "≠", .less: "<", .lessOrEqual: "≤", .greater: ">", .greaterOrEqual: "≥",
    ]
}

/// Reads what `Notation` writes.
struct NotationParser {
    /// Scalars, since a quotation mark and an accent behind it are one `Character`.
    private var rest: Substring.UnicodeScalarView

    private let text: String

    init(_ text: String) {
        self.text = text
        rest = text.unicodeScalars[...]
    }

    var isAtEnd: Bool { rest.allSatisfy { $0 == " " } }

    mutating func word() -> String {
        rest = rest.drop { $0 == " " }
        guard let first = rest.first else { preconditionFailure("A value ends too early.") }
        if first == "(" || first == ")" { return String(rest.removeFirst()) }
        var word = String.UnicodeScalarView()
        var isQuoted = false
        while let next = rest.first {
            if !isQuoted, next == " " || next == ")" { break }
            word.append(rest.removeFirst())
            if next == "\\" { word.append(rest.removeFirst()) }
            if next == "\"" { isQuoted.toggle() }
        }
        return String(word)
    }

    mutating func expect(_ expected: String) {
        let found = word()
        precondition(found == expected, "There is \(found) where \(expected) belongs in \(text).")
    }

    mutating func number() -> Int {
        guard let number = Int(word()) else { preconditionFailure("A number is missing.") }
        return number
    }

    mutating func bytesOrText() -> (bytes: [UInt8], isText: Bool) {
        let word = word()
        if word.hasPrefix("x\"") { return (Notation.bytes(hex: String(word.dropFirst(2).dropLast())), false) }
        return (Array(Notation.string(quoted: word).utf8), true)
    }

    mutating func operand() -> StepValue {
        expect("(")
        defer { expect(")") }
        switch word() {
        case "null": return .value(.null)
        case "integer": return .value(.integer(Int64(number())))
        case "real": return .value(.real(Double(word()) ?? .nan))
        case "text": return .value(.text(Text(bytesOrText().bytes)))
        case "blob": return .value(.blob(bytesOrText().bytes))
        case "lastInsertRowid": return .reference(.lastInsertRowid(step: number()))
        case "changes": return .reference(.changes(step: number()))
        case "column": return .reference(.column(step: number(), column: number()))
        case "rowCount": return .reference(.rowCount(step: number()))
        case let other: preconditionFailure("There is no value \(other).")
        }
    }

    mutating func value() -> Value {
        guard case .value(let value) = operand() else { preconditionFailure("A reference may not stand here.") }
        return value
    }

    mutating func expression() -> DoSQLProtocol.Expression {
        expect("(")
        defer { expect(")") }
        let name = word()
        switch name {
        case "ran": return .ran(step: number())
        case "failed": return .failed(step: number())
        case "skipped": return .skipped(step: number())
        case "not": return .not(expression())
        case "and": return .and(expression(), expression())
        case "or": return .or(expression(), expression())
        case "isNull": return .isNull(operand())
        default:
            guard let comparison = Notation.symbols.first(where: { $0.value == name })?.key else {
                preconditionFailure("There is no operator \(name).")
            }
            return .compare(comparison, operand(), operand())
        }
    }
}
