import DoSQLClient
import FoundationEssentials

/// An array of objects, one on each line. Nothing is lost: integers beyond ±(2^53−1) are strings, blobs
/// `{"$blob": base64}`, infinities `{"$double": "Infinity"}`, and text that is not UTF-8 `{"$text": base64}`. A column
/// whose name another one has becomes `name:1`.
struct JSONWriter: RowWriter {
    /// The integers that a JSON reader's double holds exactly.
    static let exactIntegers: ClosedRange<Int64> = -9_007_199_254_740_991...9_007_199_254_740_991

    private var keys: [String] = []
    private var isFirst = true

    init() {}

    mutating func begin(_ columns: [String], into output: inout [UInt8]) {
        var taken = Set(columns)
        var seen = Set<String>()
        keys = columns.map { name in
            var key = name
            var number = 0
            while !seen.insert(key).inserted {
                repeat {
                    number += 1
                    key = "\(name):\(number)"
                } while taken.contains(key)
                taken.insert(key)
            }
            return Self.string(key)
        }
        output.append("[")
    }

    mutating func row(_ values: [DoSQLValue], into output: inout [UInt8]) {
        output.append(isFirst ? "{" : ",\n {")
        isFirst = false
        for (column, value) in values.enumerated() {
            if column > 0 { output.append(", ") }
            output.append("\(keys[column]): \(Self.text(value))")
        }
        output.append("}")
    }

    func end(into output: inout [UInt8]) { output.append("]\n") }

    private static func text(_ value: DoSQLValue) -> String {
        switch value {
        case .null: "null"
        case .integer(let integer): exactIntegers.contains(integer) ? "\(integer)" : "\"\(integer)\""
        case .real(let real) where real.isFinite: "\(real)"
        case .real(let real): "{\"$double\": \"\(real.isNaN ? "NaN" : real < 0 ? "-Infinity" : "Infinity")\"}"
        case .text(let text): string(text)
        case .textBytes(let bytes): "{\"$text\": \"\(Data(bytes).base64EncodedString())\"}"
        case .blob(let bytes): "{\"$blob\": \"\(Data(bytes).base64EncodedString())\"}"
        }
    }

    private static func string(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
