import DoSQLServer
import DoSQLTestSupport
import FoundationEssentials
import Logging
import Testing

/// One event is one line, whatever is in it.
struct LogLineTests {
    private static let nasty: [String] = [
        "", "plain", "two\nlines\r\nand more", "a\u{0}b\u{1}\u{7F}\u{85}\u{9B}2J", "\u{2028}\u{2029}\u{202E}\u{FEFF}",
        "say \"no\"", "back\\slash", "a=b", "é 🐧 漢", "\u{1B}[2J\u{1B}]0;title\u{7}", "{\"level\":\"error\"}\n{\"x\":1}",
        String(decoding: [0x61, 0xFF, 0xC0, 0x80, 0xED, 0xA0, 0x80, 0x62] as [UInt8], as: UTF8.self),
        String(repeating: "x", count: 100_000), String(repeating: "\u{0}", count: 100_000),
    ]

    private static func line(_ format: LogFormat, _ text: String) -> [UInt8] {
        LogLine(
            format, at: 1_700_000_000_123, .warning, text,
            [
                "value": .string(text), text: "name", "list": .array([.string(text), "b"]),
                "nested": .dictionary(["a": .dictionary(["b": .array([.dictionary(["c": .array([.string(text)])])])])]),
                "number": .stringConvertible(42), "wide": .stringConvertible(Int64.max),
            ]
        ).bytes
    }

    @Test(arguments: LogFormat.allCases, nasty) func `nothing breaks a line, or obeys a terminal`(
        _ format: LogFormat, _ text: String
    ) throws {
        let line = Self.line(format, text)
        #expect(line.last == UInt8(ascii: "\n") && line.filter { $0 == UInt8(ascii: "\n") }.count == 1)
        let written = try #require(String(validating: line, as: UTF8.self))
        for scalar in written.unicodeScalars.dropLast() {
            let isControl = scalar.properties.generalCategory == .control
            #expect(!isControl && !["\u{2028}", "\u{2029}", "\u{202E}", "\u{FEFF}"].contains(scalar))
            if isControl { break }
        }
        // Several values, each cut, each character at most six bytes more than its bound.
        #expect(line.count < 8 * (LogLine.valueBytesMax + 64))
    }

    @Test(arguments: nasty) func `a line of JSON holds what was said`(_ text: String) throws {
        let line = LogLine(.json, at: 1_700_000_000_123, .warning, text, ["value": .string(text)])
        let read = try JSONDecoder().decode(TestLog.Line.self, from: Data(line.bytes))
        #expect(read.time == "2023-11-14T22:13:20.123Z" && read.level == "warning")
        if text.utf8.count <= LogLine.valueBytesMax {
            #expect(read.message == text && read["value"] == text)
        } else {
            #expect(read.message.hasSuffix("…") && text.hasPrefix(read.message.dropLast()))
        }
    }

    @Test func `a line of text is for people, and a value ends where it ends`() {
        let line = LogLine(
            .text, at: 1_700_000_000_123, .notice, "tenant created",
            ["tenant": "acme", "by": "a b", "empty": "", "forged": "x level=error", "quote": "a\"b\\"])
        #expect(
            String(decoding: line.bytes, as: UTF8.self)
                == "2023-11-14T22:13:20.123Z notice tenant created by=\"a b\" empty=\"\" forged=\"x level=error\" quote=\"a\\\"b\\\\\" tenant=acme\n"
        )
    }

    @Test func `numbers are numbers where every reader has them exactly`() {
        let line = String(
            decoding: LogLine(
                .json, at: 0, .info, "m",
                ["n": .stringConvertible(42), "w": .stringConvertible(Int64.max), "t": .stringConvertible(true)]
            ).bytes, as: UTF8.self)
        #expect(
            line
                == "{\"time\":\"1970-01-01T00:00:00.000Z\",\"level\":\"info\",\"message\":\"m\",\"metadata\":{\"n\":42,\"t\":true,\"w\":\"9223372036854775807\"}}\n"
        )
    }

    @Test(arguments: LogFormat.allCases) func `there are at most so many values`(_ format: LogFormat) {
        var many: Logger.Metadata = [:]
        for number in 0..<1000 { many["n\(number)"] = .array(Array(repeating: "v", count: 1000)) }
        let line = LogLine(format, at: 0, .info, "m", many)
        #expect(line.bytes.count < LogLine.valuesMax * (LogLine.valueBytesMax + 64))
        if format == .json {
            #expect(throws: Never.self) { try JSONDecoder().decode(TestLog.Line.self, from: Data(line.bytes)) }
        }
    }
}
