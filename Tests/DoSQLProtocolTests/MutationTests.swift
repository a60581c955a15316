import DoSQLProtocol
import Testing

/// A generator whose numbers are the same in every run (splitmix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}

/// Decoders refuse or read whatever comes: they never trap.
@Suite struct MutationTests {
    @Test(arguments: 0..<8 as Range<UInt64>) func `changed frames are read or refused`(_ seed: UInt64) {
        var generator = SeededGenerator(state: seed)
        let vectors = Pages.vectors.filter { $0.frame.count >= FrameHeader.size }
        for _ in 0..<3_000 {
            guard let vector = vectors.randomElement(using: &generator) else { return }
            var frame = vector.frame
            for _ in 0..<Int.random(in: 1...4, using: &generator) { change(&frame, &generator) }
            let columns = Int.random(in: 0...4, using: &generator)
            let whole = read(frame, columns: columns)
            let parts = read(frame, columns: columns, inPartsOf: .random(in: 1...40, using: &generator))
            #expect(whole.refusal == parts.refusal)
            #expect(whole.lines == parts.lines)
        }
    }

    /// Whatever was read and made again says the same.
    @Test(arguments: 0..<4 as Range<UInt64>) func `what is read can be written`(_ seed: UInt64) {
        var generator = SeededGenerator(state: seed &+ 1_000)
        for _ in 0..<2_000 {
            guard let vector = VectorTests.messages.randomElement(using: &generator) else { return }
            var frame = vector.frame
            let index = Int.random(in: 4..<frame.count, using: &generator)
            frame[index] = .random(in: 0...255, using: &generator)
            let columns = vector.message.flatMap(MessageWriting.columns)
            guard let lines = read(frame, columns: columns).lines else { continue }
            #expect(read(MessageWriting.encode(lines), columns: columns).lines == lines)
        }
    }

    private func change(_ frame: inout [UInt8], _ generator: inout SeededGenerator) {
        let body = FrameHeader.size
        switch Int.random(in: 0..<6, using: &generator) {
        case 0 where frame.count > body:
            frame[.random(in: body..<frame.count, using: &generator)] = .random(in: 0...255, using: &generator)
        case 1 where frame.count > body:
            frame[.random(in: body..<frame.count, using: &generator)] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 2 where frame.count > body:
            frame.remove(at: .random(in: body..<frame.count, using: &generator))
        case 3:
            let position = Int.random(in: body...frame.count, using: &generator)
            frame.insert([0x00, 0x7F, 0x80, 0xFF, 0x0A, 0x0C].randomElement(using: &generator) ?? 0, at: position)
        case 4:
            frame[4] = MessageType.allCases.randomElement(using: &generator)?.rawValue ?? 0
            frame[5] = 0
        default:
            frame += [0xFF, 0x01, 0x80]
        }
        var writer = ByteWriter(frame)
        writer.endFrame(at: 0)
        frame = writer.bytes
    }
}
