import DoSQLProtocol
import Testing

@Suite struct CodecTests {
    /// Every power of two and its neighbours.
    static let edges: [UInt64] = (0..<64).flatMap { (bit: Int) -> [UInt64] in
        let power: UInt64 = 1 << UInt64(bit)
        return [power &- 1, power, power &+ 1]
    }

    @Test func `varints come back in their shortest form`() throws {
        for value in Self.edges {
            var writer = ByteWriter()
            writer.writeVarint(value)
            #expect(writer.count == ByteWriter.varintSize(value))
            #expect(writer.count == max(1, (64 - value.leadingZeroBitCount + 6) / 7))
            var reader = ByteReader(writer.bytes.span)
            let read = try reader.readVarint()
            #expect(read == value)
            let left = reader.remaining
            #expect(left == 0)
        }
    }

    @Test func `integers come back, signed and as zigzag, in their shortest form`() throws {
        for value in Self.edges.flatMap({ [Int64(bitPattern: $0), 0 &- Int64(bitPattern: $0)] }) {
            var writer = ByteWriter()
            writer.writeInteger(value)
            let size = writer.count
            #expect(size == 1 + Self.width(of: value))
            writer.writeZigzag(value)
            var reader = ByteReader(writer.bytes.span)
            guard case .integer(let read) = try reader.readValue() else { Issue.record("no integer"); return }
            #expect(read == value)
            let zigzag = try reader.readZigzag()
            #expect(zigzag == value)
            let left = reader.remaining
            #expect(left == 0)
        }
    }

    /// How many bytes behind its tag an integer needs.
    static func width(of value: Int64) -> Int {
        if (0...63).contains(value) { return 0 }
        for width in 1..<8 {
            let bound: Int64 = 1 << Int64(8 * width - 1)
            if value >= -bound, value < bound { return width }
        }
        return 8
    }

    @Test func `texts keep every byte and compare by them`() {
        let composed = Text("é")
        let decomposed = Text("e\u{301}")
        #expect(composed != decomposed)
        #expect(Text([0xFF, 0x00]).bytes == [0xFF, 0x00])
        #expect(Text([0xFF]).string == nil)
        #expect(Text(Array("abc".utf8)) == "abc")
        #expect(Set([Value.real(0.0), .real(-0.0), .integer(0), .text(""), .blob([]), .null]).count == 6)
    }

    @Test func `skipping a value ends where reading it does`() throws {
        var writer = ByteWriter()
        let values: [Value] = [
            .null, .integer(5), .integer(-5), .integer(.max), .real(.pi), .text("a"), .blob([1]),
            .text(String(repeating: "x", count: 200)), .blob([UInt8](repeating: 0, count: 64)),
        ]
        for value in values { value.encode(into: &writer) }
        var reading = ByteReader(writer.bytes.span)
        var skipping = ByteReader(writer.bytes.span)
        for value in values {
            let read = Value(try reading.readValue())
            #expect(read == value)
            try skipping.skipValue()
            let isSame = reading.offset == skipping.offset
            #expect(isSame)
        }
    }

    @Test func `a writer gives its array away and takes another`() {
        var writer = ByteWriter(capacity: 100)
        writer.writeU32(0x0403_0201)
        #expect(writer.take() == [1, 2, 3, 4])
        #expect(writer.isEmpty)
        writer.bytes = [9]
        writer.writeU16(0x0201)
        writer.truncate(to: 2)
        #expect(writer.bytes == [9, 1])
        writer.removeAll(keepingCapacity: true)
        writer.writeU64(1)
        writer.writeF64(-0.0)
        writer.patchU32(at: 4, 7)
        #expect(writer.bytes == [1, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80])
    }

    @Test func `a text that is not UTF-8 is repaired on its way`() throws {
        let source: [UInt8] = [0x61, 0x80, 0x00, 0x62]
        var writer = ByteWriter()
        writer.writeText(repairing: source.span)
        let bytes = writer.take()
        var reader = ByteReader(bytes.span)
        let text = try reader.readString()
        #expect(text == "a\u{FFFD}\u{FFFD}b")
    }

    @Test func `rows can be read in part`() throws {
        var writer = ByteWriter()
        let sent: [[Value]] = [[.integer(1), .text("a")], [.integer(2), .null]]
        RowsMessage.encode(into: &writer, stream: 1, request: 1, rows: sent)
        let rows = try RowsMessage(Array(writer.bytes.dropFirst(12)).span, columns: 2).rows
        var reader = rows.makeReader()
        var seen: [Value?] = []
        while reader.nextRow() { seen.append(Value(try reader.nextValue())) }
        #expect(seen == [.integer(1), .integer(2)])
    }

    @Test func `encoded parameters are the same as values`() {
        var values = ByteWriter()
        values.writeInteger(1)
        values.writeText(value: "a")
        var left = ByteWriter()
        Execute.encode(
            into: &left, kind: .run, stream: 1, request: 1, statement: .prepared(1),
            parameters: .encoded(form: .positional, count: 2, bytes: values.bytes))
        var right = ByteWriter()
        Execute.encode(
            into: &right, kind: .run, stream: 1, request: 1, statement: .prepared(1),
            parameters: .positional([.integer(1), .text("a")]))
        #expect(left.bytes == right.bytes)
    }

    @Test func `a version in common is the highest of both`() {
        #expect(ProtocolVersion.common(min: 1, max: 9) == 1)
        #expect(ProtocolVersion.common(min: 2, max: 9) == nil)
        #expect(ProtocolVersion.common(min: 0, max: 0) == nil)
        #expect(ProtocolVersion.common(min: 3, max: 1) == nil)
    }

    @Test(arguments: [
        ("a", true), ("0", true), ("acme.eu_1:x-y", true), (String(repeating: "a", count: 128), true), ("", false),
        (".a", false), ("a b", false), ("ä", false), ("a/b", false), (String(repeating: "a", count: 129), false),
    ]) func `tenants have valid names`(_ name: String, _ isValid: Bool) {
        let bytes = Array(name.utf8)
        let isAccepted = TenantNameRule.isValid(bytes.span)
        #expect(isAccepted == isValid)
    }

    @Test func `a name in a feed has 1 to 256 bytes`() {
        for (name, isAllowed) in [
            ("", false), ("a", true), (String(repeating: "a", count: 256), true),
            (String(repeating: "a", count: 257), false), (String(repeating: "ä", count: 128), true),
            (String(repeating: "ä", count: 129), false),
        ] {
            #expect(Feed.isValid(name: name.utf8Span.span) == isAllowed, "\(name.utf8.count)")
            #expect(FeedFilter.channel(name).isValid == isAllowed)
            #expect(FeedFilter.events(types: ["a", name]).isValid == isAllowed)
        }
        #expect(FeedFilter.events(types: []).isValid)
    }

    @Test func `a feed's columns begin with the id and name what it is chosen by`() {
        for feed in Feed.allCases {
            #expect(feed.columns == ["id", feed.nameColumn, "data", "created_at"])
        }
    }
}
