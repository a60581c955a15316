import Testing

@testable import DoSQLAccess

@Suite struct JSONParserTests {
    private func parse(_ text: String) throws -> JSONValue { try JSONParser.parse(Array(text.utf8)) }

    @Test func `every kind of value is read`() throws {
        let text = #" {"a": [null, true, false, 0, -1.5e2, "x\n\u0041\ud83d\ude00\/"], "b": {}, "c": []} "#
        #expect(
            try parse(text)
                == .object([
                    "a": .array([.null, .bool(true), .bool(false), .number(0), .number(-150), .string("x\nA😀/")]),
                    "b": .object([:]), "c": .array([]),
                ]))
    }

    @Test(arguments: [
        "", " ", "{", "}", "[", "[1", "[1,]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{'a':1}", "nul", "nulls",
        "TRUE", "01", "+1", "-", "1.", ".5", "1e", "1e+", "0x1", "NaN", "Infinity", "1e999", "\"", "\"\\", "\"\\x\"",
        "\"\\u12\"", "\"\\uD800\"", "\"\\uDC00\"", "\"\\uD800\\u0041\"", "\"a\nb\"", "{} {}", "[] ,", "1 2",
        "\u{FEFF}{}",
        "[1 2]", "{\"a\":1 \"b\":2}", "\"\\u00é0\"",
    ])
    func `what is not JSON is refused`(_ text: String) {
        #expect(throws: JSONParser.Fault.self) { try parse(text) }
    }

    @Test(arguments: [
        #"{"a":1,"a":1}"#, #"{"a":1,"\u0061":2}"#, #"{"x":{"a":1,"b":2,"a":3}}"#, "{\"\u{212A}\":1,\"K\":2}",
    ])
    func `a member twice is refused, however it is written`(_ text: String) {
        #expect(throws: JSONParser.Fault.self) { try parse(text) }
    }

    @Test func `levels have a bound`() throws {
        let deep = { (levels: Int) in String(repeating: "[", count: levels) + String(repeating: "]", count: levels) }
        _ = try parse(deep(16))
        #expect(throws: JSONParser.Fault.self) { try parse(deep(17)) }
        #expect(throws: JSONParser.Fault.self) { try parse(String(repeating: "[", count: 1_000_000)) }
        #expect(throws: JSONParser.Fault.self) { try parse(String(repeating: "{\"a\":", count: 100_000)) }
    }

    @Test func `what is not UTF-8 is refused`() {
        for bytes: [UInt8] in [[0x22, 0xFF, 0x22], [0x22, 0xC0, 0xAF, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22]] {
            #expect(throws: JSONParser.Fault.self) { try JSONParser.parse(bytes) }
        }
    }

    @Test func `what is written is read again`() throws {
        let text = "a\"b\\c\n\u{01}\u{7F}é😀/"
        #expect(try parse(JSONText.string(text)) == .string(text))
        #expect(try parse(JSONText.strings(["a", text])) == .array([.string("a"), .string(text)]))
    }
}
