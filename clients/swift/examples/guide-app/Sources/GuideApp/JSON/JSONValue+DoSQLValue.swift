import DoSQLClient
import Foundation

extension JSONValue {
    /// A value of the database as DoSQL's own JSON has it (`protocol/json.md`, *Values*).
    init(_ value: DoSQLValue) {
        switch value {
        case .null: self = .null
        // Beyond 53 bits JavaScript would round it.
        case .integer(let integer): self = integer.magnitude < 1 << 53 ? .integer(integer) : .string("\(integer)")
        case .real(let real) where real.isInfinite: self = ["$double": real > 0 ? "Infinity" : "-Infinity"]
        case .real(let real): self = .number(real)
        case .text(let text): self = .string(text)
        case .textBytes(let bytes): self = ["$text": .string(Data(bytes).base64EncodedString())]
        case .blob(let bytes): self = ["$blob": .string(Data(bytes).base64EncodedString())]
        }
    }

    /// As a parameter of a statement; nil for arrays and objects: structures go as text.
    var parameter: DoSQLValue? {
        switch self {
        case .null: .null
        case .bool(let bool): .integer(bool ? 1 : 0)
        case .integer(let integer): .integer(integer)
        case .number(let number): .real(number)
        case .string(let string): .text(string)
        case .array, .object: nil
        }
    }
}
