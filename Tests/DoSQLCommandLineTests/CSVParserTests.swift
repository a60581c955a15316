import Testing

@testable import DoSQLCommandLine

struct CSVParserTests {
    /// The records of a text that comes in parts of `size` bytes.
    private func records(_ text: [UInt8], size: Int) throws -> [[String]] {
        var parser = CSVParser()
        var records: [CSVParser.Record] = []
        for start in stride(from: 0, to: text.count, by: size) {
            records += try parser.feed(text[start..<min(start + size, text.count)])
        }
        if let last = try parser.finish() { records.append(last) }
        return records.map { $0.fields.map { String(decoding: $0, as: UTF8.self) } }
    }

    @Test(arguments: [
        ("a,b\n1,2\n", [["a", "b"], ["1", "2"]]), ("a,b\r\n1,2", [["a", "b"], ["1", "2"]]),
        ("\"x,y\",\"a \"\"b\"\"\"\n", [["x,y", "a \"b\""]]), ("\"two\r\nlines\",z\n", [["two\r\nlines", "z"]]),
        ("a,,\n,\n", [["a", "", ""], ["", ""]]), ("\n\r\na\n\n", [["a"]]), ("\"\"\n", [[""]]),
        ("it\"s,x\n", [["it\"s", "x"]]),
        ("\u{FEFF}a,b\n", [["a", "b"]]), ("", []), ("ä,日\n", [["ä", "日"]]),
        ("a,\"\"\r\nb,\r\n", [["a", ""], ["b", ""]]),
    ])
    func `records, however the bytes come`(text: String, expected: [[String]]) throws {
        for size in [1, 2, 3, 1000] {
            #expect(try records(Array(text.utf8), size: size) == expected, "in parts of \(size)")
        }
    }

    @Test func `records know their lines`() throws {
        var parser = CSVParser()
        let records = try parser.feed("a\n\"b\nc\"\n\nd\n".utf8)
        #expect(records.map(\.line) == [1, 2, 5])
    }

    @Test func `what is not CSV is told with its line`() throws {
        var open = CSVParser()
        _ = try open.feed("a\n\"b\n".utf8)
        #expect(throws: CSVParser.Fault(line: 2, reason: "a quoted field is not closed")) { try open.finish() }
        var behind = CSVParser()
        #expect(throws: CSVParser.Fault(line: 1, reason: "something stands behind a quoted field")) {
            try behind.feed("\"a\"b\n".utf8)
        }
        var bare = CSVParser()
        #expect(throws: CSVParser.Fault.self) { try bare.feed("a\rb\n".utf8) }
    }
}
