import DoSQLClient
import Testing

@testable import DoSQLCommandLine

struct RowWriterTests {
    private func text(_ format: OutputFormat, _ columns: [String], _ rows: [[DoSQLValue]], hasHeader: Bool = true)
        -> String
    {
        var writer = format.writer(hasHeader: hasHeader)
        var output: [UInt8] = []
        writer.begin(columns, into: &output)
        for row in rows { writer.row(row, into: &output) }
        writer.end(into: &output)
        return String(decoding: output, as: UTF8.self)
    }

    @Test func `a table lines up numbers and wide characters`() {
        let table = text(.table, ["id", "name", "x"], [[1, "日本", nil], [-20, "a\tb\u{1B}", .blob([0, 255])]])
        #expect(
            table == #"""
                 id  | name     | x
                -----+----------+---------
                   1 | 日本     | NULL
                 -20 | a\tb\x1B | x'00ff'
                (2 rows)

                """#)
    }

    @Test func `a table without rows has its head`() {
        #expect(text(.table, ["a"], []) == " a\n---\n(0 rows)\n")
        #expect(text(.table, ["a"], [[1]], hasHeader: false) == " 1\n(1 row)\n")
    }

    @Test func `a table of many rows goes on with the first widths`() {
        let rows: [[DoSQLValue]] = (0..<1500).map { [.integer($0), "x"] } + [["a long text", "y"]]
        let lines = text(.table, ["n", "t"], rows).split(separator: "\n")
        #expect(lines.count == 1501 + 3)
        #expect(lines[2] == "   0 | x" && lines[1502 - 1] == " 1499 | x" && lines[1502] == " a long text | y")
    }

    @Test func `JSON loses nothing`() {
        let row: [DoSQLValue] = [
            9_007_199_254_740_991, 9_007_199_254_740_992, -9_007_199_254_740_992, 1.0, .real(-.infinity),
            .blob([1, 2, 3]),
            .textBytes([0xFF]), "q\"\\\n\u{1}ü", nil,
        ]
        #expect(
            text(.json, ["a", "b", "c", "d", "e", "f", "g", "h", "i"], [row]) == #"""
                [{"a": 9007199254740991, "b": "9007199254740992", "c": "-9007199254740992", "d": 1.0, "e": {"$double": "-Infinity"}, "f": {"$blob": "AQID"}, "g": {"$text": "/w=="}, "h": "q\"\\\n\u0001ü", "i": null}]

                """#)
    }

    @Test func `JSON gives columns of one name different keys`() {
        #expect(
            text(.json, ["a", "a", "a:1", "a"], [[1, 2, 3, 4]]) == "[{\"a\": 1, \"a:2\": 2, \"a:1\": 3, \"a:3\": 4}]\n")
        #expect(text(.json, ["a"], []) == "[]\n")
    }

    @Test func `CSV quotes what it must, and tells NULL from the empty text`() {
        let csv = text(.csv, ["a,b", "c"], [["x\"y", nil], ["", "two\nlines"], [1, .blob([0xAB])]])
        #expect(csv == "\"a,b\",c\n\"x\"\"y\",\n\"\",\"two\nlines\"\n1,ab\n")
    }

    @Test(arguments: [
        ("42", DoSQLValue.integer(42)), ("-7", -7), ("9223372036854775807", .integer(.max)),
        ("9223372036854775808", "9223372036854775808"),
        ("007", "007"), ("+1", "+1"), ("1.5", 1.5), ("1.10", "1.10"), ("1e3", "1e3"), ("null", nil), ("Null", "Null"),
        ("x'00fF'", .blob([0, 255])), ("x''", .blob([])), ("x'0'", "x'0'"), ("x'", "x'"), ("", ""), ("inf", "inf"),
        ("nan", "nan"),
    ])
    func `parameters are numbers only where nothing is lost`(text: String, value: DoSQLValue) {
        #expect(ParameterText(text).value == value)
        #expect(ParameterText(text, isText: true).value == .text(text))
    }

    @Test func `literals are read as the same value again`() {
        let literal = { (value: DoSQLValue) in
            var output: [UInt8] = []
            SQLLiteral.append(value, to: &output)
            return String(decoding: output, as: UTF8.self)
        }
        #expect(literal("it's") == "'it''s'")
        #expect(literal("a\0b") == "CAST(X'610062' AS TEXT)")
        #expect(literal(.textBytes([0xFF])) == "CAST(X'ff' AS TEXT)")
        #expect(literal(.blob([1, 0xAB])) == "X'01ab'")
        #expect(literal(0.1) == "0.1" && literal(3.0) == "3.0" && literal(.real(.infinity)) == "1e999")
        #expect(SQLLiteral.name("a\"b") == "\"a\"\"b\"")
    }

    @Test func `a caret stands under the byte that is meant`() {
        #expect(
            SourcePlace("SELECT 'äö日', nope", offset: 18)?.description == "  SELECT 'äö日', nope\n                 ^")
        #expect(SourcePlace("SELECT\n\tx y\nFROM t", offset: 10)?.description == "   x y\n     ^")
        #expect(SourcePlace("x", offset: 1)?.description == "  x\n   ^")
        #expect(SourcePlace("x", offset: 2) == nil)
        let long = SourcePlace(
            String(repeating: "a", count: 500) + "?" + String(repeating: "b", count: 500), offset: 500)
        let lines = long?.description.split(separator: "\n") ?? []
        #expect(lines.count == 2 && lines[0].count < 90)
        #expect(lines[0][lines[0].index(lines[0].startIndex, offsetBy: lines[1].count - 1)] == "?")
    }
}
