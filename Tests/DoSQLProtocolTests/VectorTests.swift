import DoSQLProtocol
import Testing

/// What a decoder in front of `bytes`, cut as `cuts` says, makes of a frame.
func read(
    _ bytes: [UInt8], columns: Int? = nil, inPartsOf size: Int = .max, frameMax: Int = Limits.frameMax
) -> (lines: [String]?, refusal: String?) {
    var decoder = FrameDecoder(frameMax: frameMax)
    var start = 0
    repeat {
        let end = size < bytes.count - start ? start + size : bytes.count
        let part = Array(bytes[start..<end])
        start = end
        var input = part.span
        do {
            switch decoder.next(&input) {
            case .frame(let header, let body):
                return (try MessageReading(header, body, columns: columns).lines, nil)
            case .assembled(let header, let body):
                return (try MessageReading(header, body.span, columns: columns).lines, nil)
            case .tooLarge: return (nil, ErrorCode.frameTooLarge.name)
            case .unmeant: return (nil, ErrorCode.protocolViolation.name)
            case .needMore: break
            }
        } catch {
            return (nil, error.errorCode.name)
        }
    } while start < bytes.count
    return (nil, "incomplete")
}

@Suite struct VectorTests {
    static let messages = Pages.vectors.filter { $0.message != nil }
    static let refusals = Pages.vectors.filter { $0.refusal != nil }

    @Test(arguments: messages) func `an encoder makes exactly these bytes`(_ vector: Vector) {
        #expect(MessageWriting.encode(vector.message ?? []) == vector.frame)
    }

    @Test(arguments: messages) func `a decoder reads exactly this message`(_ vector: Vector) {
        let columns = MessageWriting.columns(of: vector.message ?? [])
        for frame in [vector.frame] + vector.accepted {
            let (lines, refusal) = read(frame, columns: columns)
            #expect(lines == vector.message)
            #expect(refusal == nil)
        }
    }

    @Test(arguments: messages) func `a decoder reads it byte by byte`(_ vector: Vector) {
        let columns = MessageWriting.columns(of: vector.message ?? [])
        for size in [1, 7, 12, 13] {
            #expect(read(vector.frame, columns: columns, inPartsOf: size).lines == vector.message)
        }
    }

    @Test(arguments: messages) func `of every prefix a decoder needs more`(_ vector: Vector) {
        for count in 0..<vector.frame.count {
            #expect(read(Array(vector.frame.prefix(count))).refusal == "incomplete")
        }
    }

    @Test(arguments: messages) func `a body that is cut anywhere is refused or another message`(_ vector: Vector) {
        let columns = MessageWriting.columns(of: vector.message ?? [])
        for count in FrameHeader.size..<vector.frame.count {
            var writer = ByteWriter(Array(vector.frame.prefix(count)))
            writer.endFrame(at: 0)
            let (lines, refusal) = read(writer.bytes, columns: columns)
            #expect(lines != vector.message)
            if let refusal { #expect([ErrorCode.malformed.name, ErrorCode.protocolViolation.name].contains(refusal)) }
        }
    }

    @Test(arguments: refusals) func `a receiver refuses with this code`(_ vector: Vector) {
        let (lines, refusal) = read(vector.frame, columns: vector.columns)
        #expect(lines == nil)
        #expect(refusal == vector.refusal)
        #expect(read(vector.frame, columns: vector.columns, inPartsOf: 1).refusal == vector.refusal)
    }

    @Test func `every message has a vector`() {
        let names = Set(Self.messages.compactMap { $0.message?.first?.dropFirst("type: ".count) }.map(String.init))
        #expect(names == Set(MessageType.allCases.map(\.name)))
    }

    @Test func `every case has its blocks`() {
        #expect(Pages.vectors.count > 150)
        for vector in Pages.vectors { #expect((vector.message == nil) != (vector.refusal == nil), "\(vector)") }
    }
}
