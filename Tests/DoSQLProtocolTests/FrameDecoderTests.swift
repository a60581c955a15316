import DoSQLProtocol
import Testing

/// An event as a value that can be compared.
enum SeenEvent: Equatable {
    case frame(UInt32, [UInt8])
    case tooLarge(UInt32)
    case unmeant
}

extension FrameDecoder {
    /// All events of `bytes`, or the first `limit` of them; the rest is handed back.
    mutating func events(of bytes: [UInt8], limit: Int = .max) -> [SeenEvent] {
        var seen: [SeenEvent] = []
        var input = bytes.span
        while seen.count < limit {
            switch next(&input) {
            case .frame(let header, let body): seen.append(.frame(header.request, [UInt8](copying: body)))
            case .assembled(let header, let body): seen.append(.frame(header.request, body))
            case .tooLarge(let header): seen.append(.tooLarge(header.request))
            case .unmeant: seen.append(.unmeant)
            case .needMore: return seen
            }
        }
        keep(input)
        return seen
    }
}

@Suite struct FrameDecoderTests {
    /// Three frames with a too large one between them.
    static let stream: [UInt8] = {
        var writer = ByteWriter()
        for (request, size) in [(1, 0), (2, 5), (3, 300), (4, 12), (5, 1)] as [(UInt32, Int)] {
            let frame = writer.beginFrame(.ping, request: request)
            for index in 0..<size { writer.writeU8(UInt8(truncatingIfNeeded: index)) }
            writer.endFrame(at: frame)
        }
        return writer.bytes
    }()
    static let expected: [SeenEvent] = [
        .frame(1, []), .frame(2, [0, 1, 2, 3, 4]), .tooLarge(3), .frame(4, Array(0..<12)), .frame(5, [0]),
    ]

    @Test func `a frame that is given up is passed over, wherever it was cut`() {
        let all = Self.stream
        // Of the third frame, which begins behind 12 and 17 bytes and ends 312 later.
        for cut in (29 + 12)..<(29 + 312) {
            var decoder = FrameDecoder(frameMax: 1000)
            var seen = decoder.events(of: Array(all[..<cut]))
            #expect(decoder.coming?.request == 3 && decoder.keptCount == cut - 29 - 12)
            decoder.giveUp()
            #expect(decoder.coming == nil && decoder.keptCount == 0)
            decoder.giveUp()
            seen += decoder.events(of: Array(all[cut...]))
            #expect(seen == [.frame(1, []), .frame(2, [0, 1, 2, 3, 4]), .frame(4, Array(0..<12)), .frame(5, [0])])
        }
    }

    @Test func `frames are the same however the bytes are cut`() {
        for size in 1...Self.stream.count {
            var decoder = FrameDecoder(frameMax: 100)
            var seen: [SeenEvent] = []
            for start in stride(from: 0, to: Self.stream.count, by: size) {
                seen += decoder.events(of: Array(Self.stream[start..<min(start + size, Self.stream.count)]))
            }
            #expect(seen == Self.expected)
            #expect(decoder.keptCount == 0)
        }
    }

    @Test func `a consumer may stop after every frame`() {
        for size in 1...Self.stream.count {
            var decoder = FrameDecoder(frameMax: 100)
            var seen: [SeenEvent] = []
            for start in stride(from: 0, to: Self.stream.count, by: size) {
                let part = Array(Self.stream[start..<min(start + size, Self.stream.count)])
                let first = decoder.events(of: part, limit: 1)
                seen += first
                guard !first.isEmpty else { continue }
                while case let next = decoder.events(of: [], limit: 1), !next.isEmpty { seen += next }
            }
            #expect(seen == Self.expected)
            #expect(decoder.keptCount == 0)
        }
    }

    @Test func `bytes that were handed back precede those that come later`() {
        for cut in 0...Self.stream.count {
            var decoder = FrameDecoder(frameMax: 100)
            decoder.keep(Array(Self.stream[..<cut]).span)
            #expect(decoder.events(of: Array(Self.stream[cut...])) == Self.expected)
        }
    }

    @Test func `frameMax may be raised between two frames`() {
        var decoder = FrameDecoder(frameMax: 4)
        var first = ByteWriter()
        Ping.encode(into: &first, request: 1, payload: [UInt8](repeating: 1, count: 4).span)
        var second = ByteWriter()
        Ping.encode(into: &second, request: 2, payload: [UInt8](repeating: 2, count: 5).span)
        #expect(decoder.events(of: first.bytes) == [.frame(1, [1, 1, 1, 1])])
        #expect(decoder.events(of: second.bytes) == [.tooLarge(2)])
        decoder.frameMax = 5
        #expect(decoder.events(of: second.bytes) == [.frame(2, [2, 2, 2, 2, 2])])
    }

    @Test func `nothing comes behind a frame that cannot be meant`() {
        var bytes: [UInt8] = [0x01, 0, 0, 0x40, 0x03, 0, 0, 0, 1, 0, 0, 0]
        bytes += Self.stream
        var decoder = FrameDecoder(frameMax: 100)
        #expect(decoder.events(of: bytes) == [.unmeant])
        #expect(decoder.events(of: Self.stream).isEmpty)
    }

    @Test func `a header alone allocates nothing for its body`() {
        var decoder = FrameDecoder(frameMax: Limits.frameMax)
        #expect(decoder.events(of: [0, 0, 0, 1, 0x14, 0, 1, 0, 1, 0, 0, 0]).isEmpty)
        #expect(decoder.keptCount == 0)
    }

    @Test(arguments: [
        ("", Preamble.Match.needMore), ("DSQ", .needMore), ("DSQL\u{01}", .matches), ("G", .foreign),
        ("DSQ!", .foreign),
    ]) func `the preamble matches, is foreign or needs more`(_ received: String, _ expected: Preamble.Match) {
        let bytes = Array(received.utf8)
        let match = Preamble.match(bytes.span)
        #expect(match == expected)
    }
}
