import DoSQLCompression
import Testing

@Suite struct CompressionTests {
    static let text = [UInt8](String(repeating: "Zwei Seelen wohnen, ach! in meiner Brust. ", count: 5000).utf8)

    static func deflated(_ bytes: [UInt8], _ format: CompressionFormat) -> [UInt8] {
        var output: [UInt8] = []
        Deflater(format).append(bytes.span, into: &output, flush: .finish)
        return output
    }

    @Test(arguments: [CompressionFormat.gzip, .raw(windowBits: 15), .raw(windowBits: 9)])
    func `what goes in comes out, however it is cut`(_ format: CompressionFormat) throws {
        let deflater = Deflater(format)
        let inflater = Inflater(format)
        for cut in [1, 100, 4096, Self.text.count] {
            var compressed: [UInt8] = [7]
            for start in stride(from: 0, to: Self.text.count, by: max(cut, 1000)) {
                let part = Self.text[start..<min(start + max(cut, 1000), Self.text.count)]
                deflater.append(Array(part).span, into: &compressed, flush: .none)
            }
            deflater.append([UInt8]().span, into: &compressed, flush: .finish)
            deflater.reset()
            #expect(compressed.count < Self.text.count / 20)

            var plain: [UInt8] = [8]
            var rest = Array(compressed.dropFirst())[...]
            while !rest.isEmpty {
                try inflater.append(Array(rest.prefix(cut)).span, into: &plain, outputMax: Self.text.count)
                rest = rest.dropFirst(cut)
            }
            try inflater.finish()
            inflater.reset()
            #expect(plain == [8] + Self.text)
        }
    }

    @Test func `gzip has the signature of RFC 1952`() {
        #expect(Self.deflated([1, 2, 3], .gzip).prefix(3) == [0x1F, 0x8B, 8])
    }

    @Test func `a flush gives everything so far`() throws {
        let deflater = Deflater(.gzip)
        let inflater = Inflater(.gzip)
        var plain: [UInt8] = []
        for word in ["eins", "zwei", "drei"] {
            var part: [UInt8] = []
            deflater.append(Array(word.utf8).span, into: &part, flush: .sync)
            #expect(part.suffix(4) == [0, 0, 0xFF, 0xFF])
            try inflater.append(part.span, into: &plain, outputMax: 100)
        }
        #expect(plain == Array("einszweidrei".utf8))
        #expect(throws: InflateError.truncated) { try inflater.finish() }
    }

    @Test func `a bomb is refused as soon as the bound is met`() {
        let compressed = Self.deflated([UInt8](repeating: 0, count: 50_000_000), .gzip)
        let inflater = Inflater(.gzip)
        var plain: [UInt8] = [1, 2]
        #expect(throws: InflateError.outputTooLarge(max: 100_000)) {
            try inflater.append(compressed.span, into: &plain, outputMax: 100_000)
        }
        #expect(plain == [1, 2])
        // Little more than the bound was ever held.
        #expect(plain.capacity < 1_000_000)
        #expect(throws: InflateError.outputTooLarge(max: 100_000)) {
            try inflater.append([0].span, into: &plain, outputMax: .max)
        }
        inflater.reset()
        #expect(throws: Never.self) {
            try inflater.append(Self.deflated([5], .gzip).span, into: &plain, outputMax: 1)
        }
        #expect(plain == [1, 2, 5])
    }

    @Test func `the bound counts over all parts`() throws {
        let compressed = Self.deflated(Self.text, .gzip)
        let inflater = Inflater(.gzip)
        var plain: [UInt8] = []
        #expect(throws: InflateError.outputTooLarge(max: Self.text.count - 1)) {
            for byte in compressed {
                try inflater.append([byte].span, into: &plain, outputMax: Self.text.count - 1)
                plain = []
            }
        }
    }

    @Test func `damaged and short bytes are refused`() throws {
        let compressed = Self.deflated(Self.text, .gzip)
        var plain: [UInt8] = []
        var damaged = compressed
        damaged[damaged.count - 6] ^= 1  // The checksum.
        #expect(throws: InflateError.corrupt) {
            try Inflater(.gzip).append(damaged.span, into: &plain, outputMax: .max)
        }
        #expect(throws: InflateError.corrupt) {
            try Inflater(.gzip).append(Array("not gzip".utf8).span, into: &plain, outputMax: .max)
        }
        #expect(throws: InflateError.corrupt) {
            try Inflater(.gzip).append((compressed + [1, 2, 3]).span, into: &plain, outputMax: .max)
        }
        #expect(plain.isEmpty)
        for count in [1, 9, 15, compressed.count - 1] {
            let inflater = Inflater(.gzip)
            try inflater.append(Array(compressed[..<count]).span, into: &plain, outputMax: .max)
            #expect(throws: InflateError.truncated) { try inflater.finish() }
        }
        #expect(throws: Never.self) { try Inflater(.gzip).finish() }
    }

    @Test func `members of a gzip file follow one another`() throws {
        let both = Self.deflated([1, 2], .gzip) + Self.deflated([3], .gzip)
        let inflater = Inflater(.gzip)
        var plain: [UInt8] = []
        for byte in both { try inflater.append([byte].span, into: &plain, outputMax: 3) }
        try inflater.finish()
        #expect(plain == [1, 2, 3])
    }
}
