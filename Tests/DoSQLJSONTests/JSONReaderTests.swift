import DoSQLJSON
import DoSQLProtocol
import Testing

/// What is JSON by RFC 8259, what is not, and what it means.
@Suite struct JSONReaderTests {
    static let accepted: [(String, String)] = [
        // Literals and white space
        ("null", "null"), ("true", "true"), ("false", "false"), (" null ", "null"), ("\t\r\n true\n", "true"),
        // Integers
        ("0", "i0"), ("-0", "i0"), ("1", "i1"), ("-1", "i-1"), ("42", "i42"), ("1234567890", "i1234567890"),
        ("9007199254740993", "i9007199254740993"), ("-9007199254740993", "i-9007199254740993"),
        ("9223372036854775807", "i9223372036854775807"), ("-9223372036854775808", "i-9223372036854775808"),
        ("1844674407370955161", "i1844674407370955161"), ("-9223372036854775807", "i-9223372036854775807"),
        // Reals
        ("0.0", "r0.0"), ("-0.0", "r-0.0"), ("1.0", "r1.0"), ("1e3", "r1000.0"), ("1E3", "r1000.0"),
        ("1e+3", "r1000.0"), ("1e-3", "r0.001"), ("0e0", "r0.0"), ("-0e0", "r-0.0"), ("0.1", "r0.1"),
        ("-12.75", "r-12.75"), ("1.5e300", "r1.5e+300"),
        ("123456789012345678901234567890.0", "r1.2345678901234568e+29"),
        ("1e22", "r1e+22"), ("1e23", "r1e+23"), ("9007199254740993.0", "r9007199254740992.0"),
        ("9007199254740993e0", "r9007199254740992.0"), ("1.7976931348623157e308", "r1.7976931348623157e+308"),
        ("1.7976931348623158e308", "r1.7976931348623157e+308"), ("5e-324", "r5e-324"), ("2.4e-324", "r0.0"),
        ("2.5e-324", "r5e-324"), ("1e-400", "r0.0"), ("-1e-400", "r-0.0"), ("1e-99999999999999999999", "r0.0"),
        ("0e99999999999999999999", "r0.0"), ("2.2250738585072011e-308", "r2.225073858507201e-308"),
        ("2.2250738585072014e-308", "r2.2250738585072014e-308"), ("0.3", "r0.3"),
        ("0.30000000000000004", "r0.30000000000000004"),
        ("8.5e-5", "r8.5e-05"), ("100000000000000000000000.0", "r1e+23"), ("1.000000000000000000000000000001", "r1.0"),
        ("179769313486231580793728971405301e276", "r1.7976931348623157e+308"),
        // Strings
        (#""""#, "''"), (#""a""#, "'a'"), (#""a b""#, "'a b'"), (#"" ""#, "' '"), (#""\"""#, #"'"'"#),
        (#""\\""#, #"'\'"#), (#""\/""#, "'/'"), ("\"/\"", "'/'"), (#""\b\f\n\r\t""#, "'<08><0c><0a><0d><09>'"),
        (#""\u0041""#, "'A'"), (#""\u0000""#, "'<00>'"), (#""\u007f""#, "'<7f>'"), (#""\u0080""#, "'<c2><80>'"),
        (#""\u07FF""#, "'<df><bf>'"), (#""\u0800""#, "'<e0><a0><80>'"), (#""\uD7FF""#, "'<ed><9f><bf>'"),
        (#""\uE000""#, "'<ee><80><80>'"), (#""\uFFFF""#, "'<ef><bf><bf>'"), (#""\uFEFF""#, "'<ef><bb><bf>'"),
        (#""\uD83D\uDE00""#, "'<f0><9f><98><80>'"), (#""\ud83d\ude00""#, "'<f0><9f><98><80>'"),
        (#""\uD800\uDC00""#, "'<f0><90><80><80>'"), (#""\uDBFF\uDFFF""#, "'<f4><8f><bf><bf>'"),
        (#""a\nb\nc""#, "'a<0a>b<0a>c'"), ("\"é\"", "'<c3><a9>'"), ("\"😀\"", "'<f0><9f><98><80>'"),
        ("\"\u{7F}\"", "'<7f>'"), ("\"\u{2028}\"", "'<e2><80><a8>'"),
        (#""\u00e9é\u00E9""#, "'<c3><a9><c3><a9><c3><a9>'"),
        (#""1234567\n""#, "'1234567<0a>'"), (#""12345678\n""#, "'12345678<0a>'"),
        (#""123456789012345\"6""#, #"'123456789012345"6'"#), (#""[{,:}]""#, "'[{,:}]'"), (#""//""#, "'//'"),
        // Arrays
        ("[]", "[]"), ("[ ]", "[]"), ("[1]", "[i1]"), ("[1,2]", "[i1 i2]"), ("[ 1 , 2 ]", "[i1 i2]"), ("[[]]", "[[]]"),
        ("[[],[]]", "[[] []]"), ("[null,true,false]", "[null true false]"), ("[\n1\n]", "[i1]"),
        ("[[[1]],2]", "[[[i1]] i2]"),
        ("[-1]", "[i-1]"), ("[1.0,\"a\",{}]", "[r1.0 'a' {}]"),
        // Objects
        ("{}", "{}"), ("{ }", "{}"), (#"{"a":1}"#, "{'a':i1}"), (#"{"a":1,"b":2}"#, "{'a':i1 'b':i2}"),
        (#"{ "a" : 1 , "b" : 2 }"#, "{'a':i1 'b':i2}"), (#"{"":0}"#, "{'':i0}"), (#"{"a":{}}"#, "{'a':{}}"),
        (#"{"a":[{"b":[]}],"c":null}"#, "{'a':[{'b':[]}] 'c':null}"), (#"{"a":1,"a":2}"#, "{'a':i1 'a':i2}"),
        (#"{"\u0061":1}"#, "{'a':i1}"), (#"{"a":"b"}"#, "{'a':'b'}"), ("{\"a\"\n:\n1}", "{'a':i1}"),
    ]

    static let refused: [String] = [
        // Nothing, too little, too much
        "", " ", "\n", "nul", "tru", "fals", "nulll", "truefalse", "null null", "1 2", "[] []", "{}{}", "[1]x", "1]",
        "}",
        "]", ",", ":", "a", "undefined", "NaN", "Infinity", "-Infinity", "True", "NULL", "nUll", "'a'", "// a",
        "1 // a",
        "/* */ 1", "#", "\u{FEFF}1", "\u{A0}1", "1\u{0}", "\u{0C}1", "\u{0B}1", "\u{2028}1",
        // Numbers
        "-", "+1", "--1", "- 1", "01", "-01", "00", "0x1", "1.", ".1", "-.1", "1.e1", "1e", "1e+", "1e-", "1E", "1.5e",
        "1e1.5",
        "1..2", "1.2.3", "1e1e1", "1a", "1_000", "1,000", "0b1", "1f", "١", "-a", "1e400", "-1e400",
        "1e99999999999999999999",
        "1.7976931348623159e308", "-1.7976931348623159e308", "179769313486231580793728971405304e276",
        "9223372036854775808", "-9223372036854775809", "18446744073709551615", "18446744073709551616",
        "99999999999999999999",
        "100000000000000000000000000000000000000000000000000",
        // Strings
        #"""#, #""a"#, #""\"#, #""\""#, #""\a""#, #""\x41""#, #""\0""#, #""\'""#, #""\U0041""#, #""\u""#, #""\u0""#,
        #""\u00""#, #""\u004""#, #""\u004g""#, #""\u 041""#, #""\u+041""#, #""\uD800""#, #""\uDC00""#,
        #""\uD800\uD800""#,
        #""\uD800a""#, #""\uD800\n""#, #""\uD800\u0041""#, #""\uD83D\u""#, #""\uD83D\uDE0""#, #""\uDE00\uD83D""#,
        #""\uD83D"#,
        #""\uD83D\"#, "\"\n\"", "\"\t\"", "\"\r\"", "\"\u{0}\"", "\"\u{1F}\"", "\"a\u{1}b\"", "\"12345678\u{2}\"",
        "a\"", "\"a\" \"b\"",
        // Arrays
        "[", "[1", "[1,", "[,", "[,1]", "[1,]", "[1,,2]", "[1 2]", "[1}", "[[", "[]]", "[1:2]", "[\"a", "[1,\n", "[a]",
        "[null,",
        // Objects
        "{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{,}", "{:1}", "{1:2}", "{a:1}", "{'a':1}",
        "{\"a\" 1}",
        "{\"a\",1}", "{\"a\"::1}", "{\"a\":1 \"b\":2}", "{\"a\":1,,\"b\":2}", "{\"a\":}", "{\"a\":1]", "{\"a\"}",
        "{null:1}",
        "{\"a\":1;\"b\":2}", "{[]:1}", "{\"a\":1}}", "[{]", "[{]}", "{\"a\":[}", "{\"a\":{]}",
    ]

    static let refusedBytes: [[UInt8]] = [
        [0x22, 0x80, 0x22], [0x22, 0xC3, 0x22], [0x22, 0xC3], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xE0, 0x80, 0x80, 0x22],
        [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22],
        [0x22, 0xF8, 0x88, 0x80, 0x80, 0x80, 0x22],
        [0x22, 0xFF, 0x22], [0x22, 0xFE, 0x22], [0x22, 0xE2, 0x82, 0x22], [0x22, 0xC3, 0x5C, 0x6E, 0x22],
        [0x5B, 0xFF, 0x5D], [0xFF], [0xFE, 0xFF, 0x00, 0x31], [0x31, 0x00], [0x31, 0xFF],
        [0xEF, 0xBB, 0xBF, 0x7B, 0x7D],
        [0x22, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x80, 0x22],
    ]

    @Test(arguments: accepted) func `what is JSON means what it says`(_ text: String, _ meaning: String) throws {
        #expect(try JSONTree.describe(text) == meaning)
        #expect(isJSON(text))
    }

    @Test(arguments: refused) func `what is not JSON is refused`(_ text: String) {
        #expect(throws: JSONFault.self) { try JSONTree.describe(text) }
    }

    @Test(arguments: refusedBytes) func `what is not UTF-8 is refused`(_ bytes: [UInt8]) {
        #expect(throws: JSONFault.self) { try JSONTree.describe(bytes) }
        #expect(!isJSON(bytes))
    }

    /// What is passed over is checked like what is read, but that numbers may be of any size.
    @Test func `what is passed over is checked too`() {
        for text in Self.refused where text.utf8.first.map({ !"-0123456789".utf8.contains($0) }) ?? true {
            #expect(!isJSON(text), "\(text)")
        }
        #expect(isJSON("99999999999999999999"))
        #expect(isJSON("[1e999]"))
    }

    /// Every beginning of a text that is not the text is refused: nothing is taken for whole that was cut.
    @Test func `a text that was cut is refused`() {
        for (text, _) in Self.accepted where text.hasPrefix("[") || text.hasPrefix("{") || text.hasPrefix("\"") {
            let bytes = Array(text.utf8)
            for count in 0..<bytes.count {
                #expect(throws: JSONFault.self, "\(text) to \(count)") { try JSONTree.describe(Array(bytes[..<count])) }
            }
        }
    }

    @Test func `sixty-four levels are read and one more is not`() throws {
        func nested(_ levels: Int) -> [UInt8] {
            Array(
                (String(repeating: "[{\"a\":", count: levels / 2) + String(repeating: "[", count: levels % 2)
                    + (levels % 2 == 1 ? "" : "1")
                    + String(repeating: "]", count: levels % 2) + String(repeating: "}]", count: levels / 2)).utf8)
        }
        #expect(isJSON(nested(63)))
        #expect(isJSON(nested(64)))
        #expect(!isJSON(nested(65)))
        _ = try JSONTree.describe(nested(64))
        #expect(fault(nested(65)) == "the JSON is more than 64 levels deep (at byte 192)")
        #expect(!isJSON([UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)))
    }

    @Test(arguments: [
        ("", "the JSON ends where a value is needed (at byte 0)"),
        ("[1,", "the JSON ends where a value is needed (at byte 3)"),
        ("[1 2]", "not JSON: '2' stands where a comma or ] is needed (at byte 3)"),
        (#"{"a":1,}"#, "not JSON: '}' stands where a name is needed (at byte 7)"),
        (#"{"a" 1}"#, "not JSON: '1' stands where a colon is needed (at byte 5)"),
        ("{}x", "not JSON: 'x' stands where the end is needed (at byte 2)"),
        ("trud", "not JSON: 'd' stands where true is needed (at byte 3)"),
        ("[\u{1}]", "not JSON: byte 1 stands where a value is needed (at byte 1)"),
        (#""abc"#, "a string is not closed (at byte 0)"),
        (#"["\ud800"]"#, "a surrogate stands alone (at byte 2)"),
        (#""\x""#, "a backslash stands before what is no escape (at byte 1)"),
        (#""\u12""#, "four hexadecimal digits must follow \\u (at byte 1)"),
        ("\"a\nb\"", "a control character stands in a string: write it as an escape (at byte 2)"),
        ("-", "the JSON ends where a digit is needed (at byte 1)"),
        ("012", "not JSON: a number begins with a zero that is not its only digit (at byte 0)"),
        ("[9223372036854775808]", "the integer 9223372036854775808 is beyond 64 bits (at byte 1)"),
        ("1e400", "the number 1e400 is beyond what a double can hold (at byte 0)"),
        ("\u{FEFF}{}", "the JSON begins with a byte order mark or another byte that is not JSON (at byte 0)"),
    ]) func `a fault says what is wrong and where`(_ text: String, _ message: String) {
        #expect(fault(Array(text.utf8)) == message)
    }

    @Test func `a fault quotes only the beginning of a long number`() {
        let quoted = String(repeating: "1", count: 40) + "…"
        #expect(
            fault([UInt8](repeating: UInt8(ascii: "1"), count: 5_000))
                == "the integer \(quoted) is beyond 64 bits (at byte 0)")
    }

    @Test func `bytes that are not UTF-8 are named`() {
        #expect(fault([0x22, 0x61, 0xC3, 0x22]) == "a string is not UTF-8 (at byte 2)")
    }

    /// The fast way and the slow way round alike.
    @Test(arguments: 0..<4 as Range<UInt64>) func `reals are rounded as the library does`(_ seed: UInt64) throws {
        var generator = SeededGenerator(state: seed)
        var wrong: [String] = []
        for _ in 0..<5_000 {
            let digits = String(
                UInt64.random(in: 0...(.max >> UInt64.random(in: 0..<63, using: &generator)), using: &generator))
            let exponent = Int.random(in: -40...40, using: &generator)
            let fraction = UInt64.random(in: 0...999_999, using: &generator)
            for text in ["\(digits).0e\(exponent)", "-\(digits).\(fraction)", "\(digits)E\(exponent)"] {
                guard let expected = Double(text), try JSONTree.describe(text) == "r\(expected)" else {
                    wrong.append(text)
                    continue
                }
            }
        }
        #expect(wrong.isEmpty)
    }

    @Test(arguments: 0..<4 as Range<UInt64>) func `doubles come back from their shortest digits`(_ seed: UInt64) throws
    {
        var generator = SeededGenerator(state: seed &+ 100)
        var wrong: [Double] = []
        for _ in 0..<5_000 {
            let value = Double(bitPattern: generator.next())
            guard value.isFinite else { continue }
            if try JSONTree.describe("\(value)") != "r\(value)" { wrong.append(value) }
        }
        #expect(wrong.isEmpty)
    }

    private func fault(_ bytes: [UInt8]) -> String? {
        do throws(JSONFault) {
            _ = try JSONTree.describe(bytes)
            return nil
        } catch {
            return error.message
        }
    }
}
