import DoSQLJSON
import DoSQLProtocol
import Testing

/// A value that is written in an answer and sent back as a parameter is the same value.
@Suite struct RoundTripTests {
    @Test(arguments: 0..<6 as Range<UInt64>) func `every value comes back`(_ seed: UInt64) throws {
        var generator = SeededGenerator(state: seed)
        var wrong: [Value] = []
        for _ in 0..<2_000 {
            let value = Self.value(&generator)
            for integers in [ResultStyle.Integers.number, .tagged] {
                if try Self.back(value, integers) != value { wrong.append(value) }
            }
        }
        #expect(wrong.isEmpty)
    }

    @Test func `a large integer as a string comes back as its digits`() throws {
        #expect(try Self.back(.integer(.max), .string) == .text("9223372036854775807"))
        #expect(try Self.back(.integer(1 << 53 - 1), .string) == .integer(1 << 53 - 1))
    }

    private static func back(_ value: Value, _ integers: ResultStyle.Integers) throws -> Value? {
        let body = AnswerWriting.result(["v"], [[value]])
        let result = try ResultMessage(body.span)
        let rows = try RowTranscoder(result.columns, style: ResultStyle(rows: .arrays, integers: integers))
        var json = ByteWriter(Array(#"{"sql":"S","params":"#.utf8))
        try rows.appendFirst(result.rows, to: &json)
        json.writeU8(UInt8(ascii: "}"))
        var request = ByteWriter()
        try StatementRequest.encode(json.bytes.span, kind: .query, into: &request)
        let execute = try Execute(request.bytes.span, kind: .query)
        var reader = execute.parameters.makeReader()
        guard let parameter = try reader.next() else { return nil }
        return Value(parameter.value)
    }

    private static func value(_ generator: inout SeededGenerator) -> Value {
        let length = Int.random(in: 0...70, using: &generator)
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: return .null
        case 1: return .integer(Int64(bitPattern: generator.next()) >> Int64.random(in: 0..<64, using: &generator))
        case 2:
            let real = Double(bitPattern: generator.next())
            return .real(real.isNaN ? .infinity : real)
        case 3: return .real(Double(Int.random(in: -1_000...1_000, using: &generator)) / 8)
        case 4:
            let scalars: [Unicode.Scalar] = ["a", "\"", "\\", "\n", "\u{0}", "é", "😀", "\u{2028}", "\u{FFFD}", "/"]
            var text = String.UnicodeScalarView()
            for _ in 0..<length { text.append(scalars.randomElement(using: &generator) ?? "a") }
            return .text(String(text))
        default:
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
            return Bool.random(using: &generator) ? .blob(bytes) : .text(Text(bytes))
        }
    }
}
